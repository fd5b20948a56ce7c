//===- ModelBuilder.h - Builds the module of a model ------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_FRONTEND_MODELBUILDER_H
#define EMBCOL_LIB_FRONTEND_MODELBUILDER_H

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/Frontend/Columns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace embcol {

/// Builds one module: its symbols (Symbols.cpp), then its functions
/// (Columns.cpp).
class ModelBuilder {
public:
  explicit ModelBuilder(mlir::MLIRContext &context);

  void buildModel(const ModelSpec &spec);
  void buildHalves(const ModelSpec &spec);
  void buildPackedLookup(const ModelSpec &spec);
  void buildWeightGradients(const ModelSpec &spec);
  void buildTransform(const CategoricalColumnSpec &spec);
  absl::StatusOr<Model> finish();

private:
  // Symbols.
  std::string makeUnique(const std::string &name);
  mlir::FlatSymbolRefAttr getOrCreateVocabulary(const std::string &key,
                                                const VocabularySpec &spec);
  mlir::embcol::CategoricalAttrInterface
  createUnweighted(const CategoricalColumnSpec &spec);
  mlir::embcol::CategoricalAttrInterface
  createCategorical(const CategoricalColumnSpec &spec);
  void createStepFunction(const std::string &name, const ModelSpec &spec);
  mlir::embcol::OptimizerAttrInterface createOptimizer(const ModelSpec &spec);
  void createTable(const EmbeddingTableSpec &table, const ModelSpec &spec);
  void createColumn(const EmbeddingColumnSpec &spec);
  void createSymbols(const ModelSpec &spec);

  // Functions.
  size_t addInput(FeatureInput input);
  size_t addIds(mlir::Attribute categorical, size_t input);
  void layOut(const ModelSpec &spec);
  void layOutGradientIds();
  mlir::Type getInputType(const FeatureInput &input);
  mlir::func::FuncOp createFunction(llvm::StringRef name,
                                    llvm::ArrayRef<mlir::Type> types);
  mlir::func::FuncOp createFeaturesFunction(llvm::StringRef name);
  mlir::SmallVector<mlir::Value> createIds(mlir::ValueRange inputs);
  mlir::SmallVector<mlir::Value>
  createVectors(llvm::ArrayRef<mlir::Value> ids,
                llvm::ArrayRef<mlir::Value> inputs);
  void createLookup(const ModelSpec &spec);
  void createHalves();
  mlir::Value createPooled(llvm::ArrayRef<mlir::Value> pooled);
  mlir::Type getJoinedType();
  mlir::SmallVector<mlir::Value> createGradients(mlir::ValueRange arguments);
  /// A function of gradients, and what its arguments are: for each column its
  /// ids and its gradient, and the weights of the weighted columns.
  struct GradientFunction {
    mlir::func::FuncOp function;
    mlir::SmallVector<mlir::Attribute> columns;
    mlir::SmallVector<mlir::Value> ids;
    mlir::ValueRange weights;
    mlir::SmallVector<mlir::Value> gradients;
  };
  /// With one argument more, of type `last`, unless that is null.
  GradientFunction createGradientFunction(llvm::StringRef name,
                                          mlir::Type last);
  void createApplyGradients(const ModelSpec &spec);
  void createWeightGradients();
  mlir::SmallVector<mlir::Value> createLearningRates(const ModelSpec &spec,
                                                     mlir::Value step);
  mlir::Type getIdsType(size_t ids);
  mlir::RankedTensorType getResultType(const EmbeddingColumnSpec &spec);

  mlir::ImplicitLocOpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  ModelLayout layout;
  std::vector<std::pair<VocabularySpec, mlir::FlatSymbolRefAttr>> vocabularies;
  /// Each distinct categorical column with the input that its tokens are.
  std::vector<std::pair<mlir::Attribute, size_t>> categoricals;
  /// The columns and their tables, in the layout's order.
  std::vector<const EmbeddingColumnSpec *> columns;
  /// The symbols of the columns: their names, unless a table has one of them.
  llvm::StringMap<std::string> columnSymbols;
  llvm::StringMap<const EmbeddingTableSpec *> tables;
  /// Of all tables; null where there is none.
  mlir::embcol::OptimizerAttrInterface optimizer;
  /// The names of all symbols.
  llvm::StringSet<> names;
};

} // namespace embcol

#endif // EMBCOL_LIB_FRONTEND_MODELBUILDER_H
