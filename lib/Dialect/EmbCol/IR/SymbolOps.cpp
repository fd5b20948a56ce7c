//===- SymbolOps.cpp - Tables, vocabularies, columns ----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verifiers.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::embcol;

LogicalResult mlir::embcol::verifyName(SymbolOpInterface op) {
  // (module-C6)
  if (op.getName().empty() || op.getName().contains('\0'))
    return op.emitOpError("expected a name that is not empty, and without zero "
                          "bytes, found ")
           << op.getNameAttr();
  return success();
}

//===----------------------------------------------------------------------===//
// VocabularyOp
//===----------------------------------------------------------------------===//

static bool isTokenOf(Attribute token, Type type) {
  // A string may have a type of its own, and then differs from one without.
  if (isa<StringType>(type))
    return isa<StringAttr>(token) &&
           isa<NoneType>(cast<StringAttr>(token).getType());
  auto integer = dyn_cast<IntegerAttr>(token);
  return integer && integer.getType() == type;
}

static LogicalResult verifyTokens(VocabularyOp op, ArrayAttr tokens) {
  // (vocabulary-C3)
  if (tokens.empty())
    return op.emitOpError("expected at least one token");
  llvm::DenseMap<Attribute, size_t> positions;
  for (auto [position, token] : llvm::enumerate(tokens)) {
    // (vocabulary-C4)
    if (!isTokenOf(token, op.getTokenType()))
      return op.emitOpError("expected token ")
             << position << " to be of type " << op.getTokenType() << ", found "
             << token;
    auto [it, isNew] = positions.try_emplace(token, position);
    // (vocabulary-C5)
    if (!isNew)
      return op.emitOpError("expected tokens to differ, found ")
             << token << " at " << it->second << " and " << position;
  }
  return success();
}

LogicalResult VocabularyOp::verify() {
  if (failed(verifyName(*this)))
    return failure();
  // (vocabulary-C1)
  if (!isa<StringType>(getTokenType()) && !getTokenType().isSignlessInteger(64))
    return emitOpError("expected tokens of type !embcol.string or i64, found ")
           << getTokenType();
  // (vocabulary-C2)
  if (getTokens().has_value() == getFile().has_value())
    return emitOpError("expected either tokens or a file");
  // (vocabulary-C11)
  if (getFile() && getFile()->empty())
    return emitOpError("expected the path of a file, found none");
  // (vocabulary-C2)
  if (getFile().has_value() != getSize().has_value())
    return emitOpError("expected a size with a file, and only there");
  if (getTokens() && failed(verifyTokens(*this, *getTokens())))
    return failure();
  // (vocabulary-C6)
  if (getSize() && static_cast<int64_t>(*getSize()) < 1)
    return emitOpError("expected size to be positive, found ")
           << static_cast<int64_t>(*getSize());
  int64_t numOovBuckets = getNumOovBuckets(), defaultValue = getDefaultValue();
  // (vocabulary-C7)
  if (numOovBuckets < 0)
    return emitOpError("expected num_oov_buckets not to be negative, found ")
           << numOovBuckets;
  // (vocabulary-C8)
  if (numOovBuckets > std::numeric_limits<int64_t>::max() - getNumTokens())
    return emitOpError("expected fewer than 2^63 ids, found ")
           << getNumTokens() << " tokens and " << numOovBuckets << " buckets";
  // (vocabulary-C9)
  if (numOovBuckets > 0 && defaultValue != -1)
    return emitOpError("expected num_oov_buckets or default_value, found both");
  // (vocabulary-C10)
  if (defaultValue >= getNumTokens())
    return emitOpError("expected default_value below the number of tokens, ")
           << getNumTokens() << ", found " << defaultValue;
  return success();
}

int64_t VocabularyOp::getNumTokens() {
  return getTokens() ? static_cast<int64_t>(getTokens()->size()) : *getSize();
}

//===----------------------------------------------------------------------===//
// TableOp
//===----------------------------------------------------------------------===//

/// How rows are kept, and that they can keep what they start with.
static LogicalResult verifyRows(TableOp op) {
  RankedTensorType type = op.getTableType();
  // (table-C1)
  if (!type.hasStaticShape() || op.getNumRows() < 1 || op.getDimension() < 1)
    return op.emitOpError("expected a positive number of rows and a positive "
                          "dimension, found ")
           << type;
  // (table-C7)
  Type rowType = op.getRowType();
  if (op.getStochasticRounding() && !rowType.isBF16() && !rowType.isF16())
    return op.emitOpError("expected stochastic_rounding with rows of bf16 or "
                          "f16, found ")
           << rowType;
  // The bias of a quantized row is an f16.
  auto kept = op.isQuantized() ? Float16Type::get(op.getContext())
                               : cast<FloatType>(rowType);
  APFloat largest(op.getInitializerOrDefault().getLargestMagnitude());
  APFloat rounded = largest;
  bool losesInfo;
  rounded.convert(kept.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
  // (table-C8)
  if (rounded.isInfinity())
    return op.emitOpError("expected initial values of @")
           << op.getSymName() << " in the range of " << kept << ", found up to "
           << largest.convertToDouble();
  return success();
}

LogicalResult TableOp::verify() {
  if (failed(verifyName(*this)) || failed(verifyRows(*this)))
    return failure();
  OptimizerAttrInterface optimizer = getOptimizerAttr();
  // (table-C10)
  if (optimizer && isQuantized())
    return emitOpError("expected no optimizer with rows of ")
           << getRowType() << ", found " << optimizer;
  OptimizerOptionsAttr options = getOptimizerOptionsAttr();
  if (!options)
    return success();
  // (table-C3)
  if (!optimizer)
    return emitOpError("expected an optimizer with optimizer_options, found ")
           << options << " alone";
  // (table-C6)
  if (optimizer.updatesAllRows() && !options.getUseGradientAccumulation())
    return emitOpError("expected use_gradient_accumulation with an optimizer "
                       "that updates all rows, found ")
           << options << " and " << optimizer;
  return success();
}

LogicalResult
mlir::embcol::verifyLearningRate(Operation *op, FlatSymbolRefAttr name,
                                 SymbolTableCollection &symbolTable) {
  auto function = symbolTable.lookupNearestSymbolFrom<func::FuncOp>(op, name);
  if (!function)
    return op->emitOpError("expected ") << name << " to name a function";
  Builder builder(op->getContext());
  Type expected =
      builder.getFunctionType(builder.getI64Type(), builder.getF32Type());
  if (function.getFunctionType() == expected)
    return success();
  InFlightDiagnostic diagnostic =
      op->emitOpError("expected a learning-rate function of type ")
      << expected << ", found " << function.getFunctionType();
  diagnostic.attachNote(function.getLoc()) << "the function is here";
  return diagnostic;
}

LogicalResult TableOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  OptimizerAttrInterface optimizer = getOptimizerAttr();
  if (optimizer && failed(optimizer.verifySymbols(*this, symbolTable)))
    return failure();
  if (!getLearningRateAttr())
    return success();
  // (table-C2)
  return verifyLearningRate(*this, getLearningRateAttr(), symbolTable);
}

int64_t TableOp::getNumTurns() {
  PartitionAttr partition = getPartitionAttr();
  if (!partition || partition.getStrategy() == PartitionStrategy::Div)
    return 1;
  return partition.getNumPartitions();
}

InitializerAttrInterface TableOp::getInitializerOrDefault() {
  if (InitializerAttrInterface initializer = getInitializerAttr())
    return initializer;
  return TruncatedNormalAttr::get(getContext(), 0.0,
                                  1.0 / std::sqrt(getDimension()));
}

int64_t TableOp::getSlotWidth() {
  int64_t width = 0;
  if (OptimizerAttrInterface optimizer = getOptimizerAttr())
    for (const Slot &slot : optimizer.getSlots())
      width += slot.isRowWise ? 1 : getDimension();
  return width;
}

//===----------------------------------------------------------------------===//
// ColumnOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyTensorCore(ColumnOp op) {
  bool onTensorCore = op.getEmbeddingLookupDevice() == Device::TpuTensorCore;
  std::optional<ArrayRef<int64_t>> shape = op.getTensorCoreShape();
  // (device-C2)
  if (onTensorCore != shape.has_value())
    return op.emitOpError("expected tensor_core_shape with the device "
                          "tpu_tensor_core, and only there");
  if (!shape)
    return success();
  // (device-C3)
  if (shape->size() != 2)
    return op.emitOpError("expected tensor_core_shape of size 2, found ")
           << shape->size();
  // (device-C4)
  if ((*shape)[0] != -1 && (*shape)[0] < 1)
    return op.emitOpError("expected a batch in tensor_core_shape that is "
                          "positive, or -1 for any, found ")
           << (*shape)[0];
  // (device-C5)
  if ((*shape)[1] < 1)
    return op.emitOpError("expected a positive width in tensor_core_shape, "
                          "found ")
           << (*shape)[1];
  // (device-C6)
  if (op.getCategorical().isSequence())
    return op.emitOpError("expected a plain column on the device "
                          "tpu_tensor_core, found the sequence column ")
           << op.getCategorical();
  return success();
}

LogicalResult ColumnOp::verify() {
  if (failed(verifyName(*this)))
    return failure();
  int64_t maxSequenceLength = getMaxSequenceLength();
  // (column-C3)
  if (getCategorical().isSequence() && maxSequenceLength < 1)
    return emitOpError("expected a positive max_sequence_length for a sequence "
                       "column, found ")
           << maxSequenceLength;
  // (column-C4)
  if (!getCategorical().isSequence() && maxSequenceLength != 0)
    return emitOpError("expected max_sequence_length 0 for a column that is no "
                       "sequence, found ")
           << maxSequenceLength;
  return verifyTensorCore(*this);
}

FailureOr<VocabularyOp>
mlir::embcol::lookupVocabulary(Operation *op,
                               CategoricalAttrInterface categorical,
                               SymbolTableCollection &symbolTable) {
  FlatSymbolRefAttr name = categorical.getVocabulary();
  if (!name)
    return VocabularyOp();
  auto vocabulary = symbolTable.lookupNearestSymbolFrom<VocabularyOp>(op, name);
  // (categorical-C3)
  if (!vocabulary)
    return op->emitOpError("expected ") << name << " to name a vocabulary";
  // (categorical-C4)
  if (categorical.isVocabularyFile() == vocabulary.getFile().has_value())
    return vocabulary;
  InFlightDiagnostic diagnostic =
      op->emitOpError("expected a vocabulary ")
      << (categorical.isVocabularyFile() ? "from a file" : "of tokens in line");
  diagnostic.attachNote(vocabulary.getLoc()) << "the vocabulary is here";
  return diagnostic;
}

/// That no other column has this one's `column_name`.
static LogicalResult verifyColumnName(ColumnOp op) {
  if (!op.getColumnName())
    return success();
  for (auto other : op->getParentOfType<ModuleOp>().getOps<ColumnOp>()) {
    // (column-C6)
    if (other == op ||
        other.getColumnNameOrSymbol() != op.getColumnNameOrSymbol())
      continue;
    InFlightDiagnostic diagnostic =
        op.emitOpError("expected columns of different names, found ")
        << op.getColumnNameAttr() << " twice";
    diagnostic.attachNote(other.getLoc()) << "the other column is here";
    return diagnostic;
  }
  return success();
}

LogicalResult ColumnOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  if (failed(verifyColumnName(*this)))
    return failure();
  auto table =
      symbolTable.lookupNearestSymbolFrom<TableOp>(*this, getTableAttr());
  // (column-C1)
  if (!table)
    return emitOpError("expected ") << getTableAttr() << " to name a table";
  FailureOr<VocabularyOp> vocabulary =
      lookupVocabulary(*this, getCategorical(), symbolTable);
  if (failed(vocabulary))
    return failure();
  int64_t numBuckets = *vocabulary ? vocabulary->getNumBuckets()
                                   : getCategorical().getNumBuckets();
  // (column-C2)
  if (numBuckets != table.getNumRows()) {
    InFlightDiagnostic diagnostic = emitOpError("expected a table of ")
                                    << numBuckets << " rows, found "
                                    << table.getNumRows();
    diagnostic.attachNote(table.getLoc()) << "the table is here";
    return diagnostic;
  }
  // (table-C11)
  if (table.isQuantized() &&
      getEmbeddingLookupDevice() == Device::TpuEmbeddingCore)
    return emitOpError("expected another device than tpu_embedding_core for "
                       "rows of ")
           << table.getRowType();
  return success();
}
