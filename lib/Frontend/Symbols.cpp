//===- Symbols.cpp - The symbols of a module ------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelBuilder.h"

#include "absl/strings/str_cat.h"

using mlir::Attribute;
using mlir::FlatSymbolRefAttr;
using mlir::MLIRContext;
using mlir::Type;
using namespace embcol;

namespace ir = mlir::embcol;

/// `name`, with a number where something is called that already.
std::string ModelBuilder::makeUnique(const std::string &name) {
  std::string unique = name;
  for (size_t n = 2; !names.insert(unique).second; ++n)
    unique = absl::StrCat(name, "_", n);
  return unique;
}

FlatSymbolRefAttr
ModelBuilder::getOrCreateVocabulary(const std::string &key,
                                    const VocabularySpec &spec) {
  for (const auto &[other, symbol] : vocabularies)
    if (other == spec)
      return symbol;
  std::string name = makeUnique(absl::StrCat(key, "_vocabulary"));
  mlir::SmallVector<Attribute> tokens;
  Type type = builder.getI64Type();
  if (auto *words = std::get_if<std::vector<std::string>>(&spec.tokens)) {
    type = ir::StringType::get(builder.getContext());
    for (const std::string &word : *words)
      tokens.push_back(builder.getStringAttr(word));
  } else {
    for (int64_t number : std::get<std::vector<int64_t>>(spec.tokens))
      tokens.push_back(builder.getI64IntegerAttr(number));
  }
  bool isFile = !spec.file.empty();
  ir::VocabularyOp::create(
      builder, builder.getStringAttr(name), mlir::TypeAttr::get(type),
      isFile ? nullptr : builder.getArrayAttr(tokens),
      isFile ? builder.getStringAttr(spec.file) : nullptr,
      isFile ? builder.getI64IntegerAttr(spec.size) : nullptr,
      builder.getI64IntegerAttr(spec.numOovBuckets),
      builder.getI64IntegerAttr(spec.defaultValue));
  if (isFile)
    layout.vocabularyFiles.emplace_back(name, spec.file);
  vocabularies.emplace_back(spec,
                            FlatSymbolRefAttr::get(builder.getContext(), name));
  return vocabularies.back().second;
}

/// The column without its weights: what its ids depend on.
ir::CategoricalAttrInterface
ModelBuilder::createUnweighted(const CategoricalColumnSpec &spec) {
  MLIRContext *context = builder.getContext();
  mlir::StringAttr key = builder.getStringAttr(spec.key);
  if (!spec.vocabulary) {
    if (spec.isSequence)
      return ir::SequenceIdentityAttr::get(context, key, spec.numBuckets,
                                           spec.defaultValue);
    return ir::IdentityAttr::get(context, key, spec.numBuckets,
                                 spec.defaultValue);
  }
  FlatSymbolRefAttr vocabulary =
      getOrCreateVocabulary(spec.key, *spec.vocabulary);
  bool isFile = !spec.vocabulary->file.empty();
  if (isFile && spec.isSequence)
    return ir::SequenceVocabularyFileAttr::get(context, key, vocabulary);
  if (isFile)
    return ir::VocabularyFileAttr::get(context, key, vocabulary);
  if (spec.isSequence)
    return ir::SequenceVocabularyListAttr::get(context, key, vocabulary);
  return ir::VocabularyListAttr::get(context, key, vocabulary);
}

ir::CategoricalAttrInterface
ModelBuilder::createCategorical(const CategoricalColumnSpec &spec) {
  ir::CategoricalAttrInterface categorical = createUnweighted(spec);
  if (spec.weightFeatureKey.empty())
    return categorical;
  return ir::WeightedAttr::get(builder.getContext(), categorical,
                               builder.getStringAttr(spec.weightFeatureKey));
}

static ir::InitializerAttrInterface
createInitializer(MLIRContext *context, const Initializer &initializer) {
  if (auto *normal = std::get_if<TruncatedNormalInitializer>(&initializer))
    return ir::TruncatedNormalAttr::get(context, normal->mean, normal->stddev);
  if (auto *constant = std::get_if<ConstantInitializer>(&initializer))
    return ir::ConstantAttr::get(context, constant->value);
  if (auto *uniform = std::get_if<UniformInitializer>(&initializer))
    return ir::UniformAttr::get(context, uniform->minval, uniform->maxval);
  return ir::SuppliedAttr::get(context);
}

static mlir::Type createRowType(MLIRContext *context, RowType rowType) {
  switch (rowType) {
  case RowType::F32:
    return mlir::Float32Type::get(context);
  case RowType::BF16:
    return mlir::BFloat16Type::get(context);
  case RowType::F16:
    return mlir::Float16Type::get(context);
  case RowType::I8:
    return ir::QuantizedType::get(mlir::IntegerType::get(context, 8));
  case RowType::I4:
    return ir::QuantizedType::get(mlir::IntegerType::get(context, 4));
  }
  llvm_unreachable("unknown row type");
}

void ModelBuilder::createTable(const EmbeddingTableSpec &table,
                               const ModelSpec &spec) {
  MLIRContext *context = builder.getContext();
  FlatSymbolRefAttr learningRate;
  if (!table.learningRateFn.empty() && optimizer) {
    learningRate = FlatSymbolRefAttr::get(context, table.learningRateFn);
    createStepFunction(table.learningRateFn, spec);
  }
  ir::PartitionAttr partition;
  if (spec.partition.numPartitions > 1)
    partition =
        ir::PartitionAttr::get(context,
                               spec.partition.strategy == PartitionStrategy::Div
                                   ? ir::PartitionStrategy::Div
                                   : ir::PartitionStrategy::Mod,
                               spec.partition.numPartitions);
  auto type = mlir::RankedTensorType::get({table.numRows, table.dimension},
                                          createRowType(context, spec.rowType));
  ir::TableOp::create(
      builder, builder.getStringAttr(table.name), mlir::TypeAttr::get(type),
      createInitializer(context, table.initializer), optimizer,
      optimizer ? spec.optimizerOptions : nullptr, learningRate, partition,
      spec.stochasticRounding ? builder.getUnitAttr() : nullptr);
}

void ModelBuilder::createColumn(const EmbeddingColumnSpec &spec) {
  MLIRContext *context = builder.getContext();
  ir::DeviceAttr device;
  if (spec.embeddingLookupDevice)
    device = ir::DeviceAttr::get(context, *spec.embeddingLookupDevice);
  mlir::DenseI64ArrayAttr shape;
  if (spec.tensorCoreShape)
    shape = builder.getDenseI64ArrayAttr(*spec.tensorCoreShape);
  ir::CategoricalAttrInterface categorical =
      createCategorical(spec.categoricalColumn);
  const std::string &symbol = columnSymbols[spec.name];
  mlir::StringAttr name;
  if (symbol != spec.name)
    name = builder.getStringAttr(spec.name);
  ir::ColumnOp::create(builder, builder.getStringAttr(symbol), categorical,
                       FlatSymbolRefAttr::get(context, spec.tableName),
                       ir::CombinerAttr::get(context, spec.combiner),
                       builder.getI64IntegerAttr(spec.maxSequenceLength),
                       device, shape,
                       builder.getBoolAttr(spec.useSafeEmbeddingLookup), name);
}
