//===- State.cpp - Tables and vocabularies of a module --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/ExecutionEngine/Program.h"

#include "llvm/ADT/TypeSwitch.h"

// Not all of mlir: its namespace embcol is not this one.
using llvm::isa;
using llvm::StringRef;
using mlir::Attribute;
using mlir::IntegerAttr;
using mlir::ModuleOp;
using mlir::StringAttr;

static embcol::Initializer
convertInitializer(mlir::embcol::InitializerAttrInterface attribute) {
  return llvm::TypeSwitch<Attribute, embcol::Initializer>(attribute)
      .Case([](mlir::embcol::TruncatedNormalAttr normal) {
        return embcol::TruncatedNormalInitializer{
            normal.getMean().getValueAsDouble(),
            normal.getStddev().getValueAsDouble()};
      })
      .Case([](mlir::embcol::ConstantAttr constant) {
        return embcol::ConstantInitializer{
            constant.getValue().getValueAsDouble()};
      })
      .Case([](mlir::embcol::UniformAttr uniform) {
        return embcol::UniformInitializer{
            uniform.getMinval().getValueAsDouble(),
            uniform.getMaxval().getValueAsDouble()};
      })
      .Default([](Attribute) { return embcol::SuppliedInitializer{}; });
}

embcol::Partition
embcol::convertPartition(mlir::embcol::PartitionAttr attribute) {
  if (!attribute)
    return {};
  bool isDiv = attribute.getStrategy() == mlir::embcol::PartitionStrategy::Div;
  return {isDiv ? PartitionStrategy::Div : PartitionStrategy::Mod,
          attribute.getNumPartitions()};
}

embcol::RowType embcol::convertRowType(mlir::Type type) {
  if (auto quantized = llvm::dyn_cast<mlir::embcol::QuantizedType>(type))
    return quantized.getBits() == 8 ? RowType::I8 : RowType::I4;
  if (type.isBF16())
    return RowType::BF16;
  return type.isF16() ? RowType::F16 : RowType::F32;
}

static absl::Status addTable(embcol::EmbeddingCore &core,
                             mlir::embcol::TableOp table, bool isInitialized) {
  embcol::TableSpec spec;
  spec.name = table.getSymName().str();
  spec.numRows = table.getNumRows();
  spec.dimension = table.getDimension();
  spec.initializer = embcol::SuppliedInitializer{};
  spec.partition = embcol::convertPartition(table.getPartitionAttr());
  spec.rowType = embcol::convertRowType(table.getRowType());
  if (isInitialized)
    spec.initializer = convertInitializer(table.getInitializerOrDefault());
  if (mlir::embcol::OptimizerAttrInterface optimizer = table.getOptimizerAttr())
    for (const mlir::embcol::Slot &slot : optimizer.getSlots())
      spec.slots.push_back({slot.name.str(),
                            slot.isRowWise ? 1 : spec.dimension,
                            static_cast<float>(slot.initialValue)});
  return core.addTable(std::move(spec));
}

static absl::StatusOr<embcol::Vocabulary>
createVocabulary(mlir::embcol::VocabularyOp op) {
  using embcol::Vocabulary;
  embcol::OutOfVocabulary oov{static_cast<int64_t>(op.getNumOovBuckets()),
                              static_cast<int64_t>(op.getDefaultValue())};
  bool isString = isa<mlir::embcol::StringType>(op.getTokenType());
  if (std::optional<StringRef> file = op.getFile())
    return Vocabulary::fromFile(file->str(), op.getNumTokens(),
                                isString ? Vocabulary::TokenType::String
                                         : Vocabulary::TokenType::Integer,
                                oov);
  if (isString) {
    std::vector<std::string> tokens;
    for (auto token : op.getTokens()->getAsRange<StringAttr>())
      tokens.push_back(token.str());
    return Vocabulary::fromStrings(std::move(tokens), oov);
  }
  std::vector<int64_t> tokens;
  for (auto token : op.getTokens()->getAsRange<IntegerAttr>())
    tokens.push_back(token.getInt());
  return Vocabulary::fromIntegers(std::move(tokens), oov);
}

absl::StatusOr<std::shared_ptr<embcol::EmbeddingCore>>
embcol::createEmbeddingCore(ModuleOp module, uint64_t seed, bool isInitialized,
                            const EmbeddingCore *vocabularies) {
  auto core = std::make_shared<EmbeddingCore>(seed);
  if (vocabularies)
    core->shareVocabularies(*vocabularies);
  for (auto table : module.getOps<mlir::embcol::TableOp>())
    if (absl::Status status = addTable(*core, table, isInitialized);
        !status.ok())
      return status;
  for (auto op : module.getOps<mlir::embcol::VocabularyOp>()) {
    if (vocabularies && core->vocabulary(op.getSymName().str()))
      continue;
    absl::StatusOr<Vocabulary> vocabulary = createVocabulary(op);
    if (!vocabulary.ok())
      return vocabulary.status();
    absl::Status status =
        core->addVocabulary(op.getSymName().str(), *std::move(vocabulary));
    if (!status.ok())
      return status;
  }
  return core;
}
