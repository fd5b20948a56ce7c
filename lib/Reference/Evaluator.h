//===- Evaluator.h - Functions of the dialect, evaluated --------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_REFERENCE_EVALUATOR_H
#define EMBCOL_LIB_REFERENCE_EVALUATOR_H

#include "Columns.h"
#include "Rounding.h"
#include "Rows.h"
#include "Tokens.h"
#include "Values.h"
#include "embcol/EmbeddingCore/LookupPlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace embcol::reference {

/// The gradients of a table's rows, one after another: of each entry of a step,
/// or one that is the sum of all.
using RowGradients = std::map<int64_t, std::vector<std::vector<double>>>;

/// Evaluates the functions of a module, op by op. The first error ends it.
class Evaluator {
public:
  /// `tokens` by the names of the vocabularies, `functions` as in
  /// ProgramOptions.
  Evaluator(mlir::ModuleOp module, Rows &rows,
            const std::map<std::string, Tokens> &tokens,
            const llvm::StringMap<void *> &functions)
      : module(module), symbols(module), rows(rows), tokens(tokens),
        functions(functions) {}

  using Results = absl::StatusOr<std::vector<Datum>>;

  Results call(mlir::func::FuncOp function, std::vector<Datum> arguments);
  Results call(llvm::StringRef function, std::vector<Datum> arguments) {
    return call(symbols.lookup<mlir::func::FuncOp>(function),
                std::move(arguments));
  }

  /// The rows of all columns, joined: [batch, width].
  absl::StatusOr<Datum> lookUp(mlir::embcol::PackedLookupOp op,
                               const PackedIds &ids, int64_t batch);

private:
  /// The values of one call.
  using Frame = llvm::DenseMap<mlir::Value, Datum>;

  /// Gives the arguments of a block values and evaluates its ops. The results
  /// are what its terminator gives.
  Results evaluate(mlir::Block &block, std::vector<Datum> arguments,
                   Frame &frame);
  Results evaluate(mlir::Operation &op, Frame &frame);
  Results evaluateTensorOp(mlir::Operation &op, Frame &frame);
  Results evaluateSelect(mlir::Operation &op, Frame &frame);
  Results evaluateScalarOp(mlir::Operation &op, Frame &frame);

  Results evaluateOp(mlir::func::CallOp op, Frame &frame);
  Results evaluateOp(mlir::scf::IfOp op, Frame &frame);
  Results evaluateOp(mlir::scf::ForOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::RaggedFromRowSplitsOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::RaggedFromDenseOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::RaggedFromCooOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::CategorizeOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::LookupOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::GroupedLookupOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::SequenceLookupOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::LearningRateOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::WeightGradientsOp op, Frame &frame);
  Results evaluateOp(mlir::embcol::ApplyGradientsOp op, Frame &frame);
  Results evaluateOp(mlir::tensor::ExtractSliceOp op, Frame &frame);

  std::vector<Datum> getValues(mlir::ValueRange values, Frame &frame);
  Column getColumn(llvm::StringRef name);
  /// The lookup of a plain column, `weights` null for one without.
  absl::StatusOr<Tensor> lookUp(Column column, const Ragged &ids,
                                const Ragged *weights);
  /// What a lookup gives: [batch, dimension] or [batch, steps, dimension].
  Tensor pool(Column column, const std::vector<std::vector<Bag>> &bags);

  /// The gradients with respect to the weights of a bag with this gradient.
  std::vector<double> differentiate(Column column, const Bag &bag,
                                    absl::Span<const float> gradient);

  /// The rule of a table's updates, as `createUpdateRule` makes it.
  mlir::func::FuncOp getRule(mlir::embcol::TableOp table);
  struct Step {
    mlir::Attribute learningRate;
    mlir::Attribute number;
    float gradientMultiplier = 1.0f;
  };
  absl::Status addGradients(Column column,
                            const std::vector<std::vector<Bag>> &bags,
                            const Tensor &gradients, bool skipsNonfinite,
                            RowGradients &rowGradients);
  void round(mlir::embcol::TableOp table, const RandomPlace &place,
             std::vector<float> &weights);
  absl::Status update(mlir::embcol::TableOp table, int64_t row, size_t number,
                      const std::vector<double> &gradient, const Step &step);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  Rows &rows;
  const std::map<std::string, Tokens> &tokens;
  const llvm::StringMap<void *> &functions;
  llvm::DenseMap<mlir::Operation *, mlir::func::FuncOp> rules;
};

} // namespace embcol::reference

#endif // EMBCOL_LIB_REFERENCE_EVALUATOR_H
