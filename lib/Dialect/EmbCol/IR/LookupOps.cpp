//===- LookupOps.cpp - Lookups and gradients ------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verifiers.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::embcol;

namespace {
struct ColumnAndTable {
  ColumnOp column;
  TableOp table;
};
} // namespace

static FailureOr<ColumnAndTable>
lookupColumn(Operation *op, FlatSymbolRefAttr name,
             SymbolTableCollection &symbolTable) {
  auto column = symbolTable.lookupNearestSymbolFrom<ColumnOp>(op, name);
  if (!column)
    return op->emitOpError("expected ") << name << " to name a column";
  auto table = symbolTable.lookupNearestSymbolFrom<TableOp>(
      column, column.getTableAttr());
  // The column's own verifier has said why.
  if (!table)
    return failure();
  return ColumnAndTable{column, table};
}

/// What a lookup of `found` gives and its gradient is, whatever the batch.
static RankedTensorType getLookupType(ColumnAndTable found) {
  SmallVector<int64_t, 3> shape = {ShapedType::kDynamic};
  if (found.column.getCategorical().isSequence())
    shape.push_back(found.column.getMaxSequenceLength());
  shape.push_back(found.table.getDimension());
  return RankedTensorType::get(shape,
                               Float32Type::get(found.table.getContext()));
}

/// That `type` is what a lookup gives. Its batch depends on the ids, so that no
/// type can promise one.
static LogicalResult verifyLookupType(Operation *op, StringRef what, Type type,
                                      ColumnAndTable found) {
  RankedTensorType expected = getLookupType(found);
  if (type == expected)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("expected ")
                                  << what << " of type " << expected
                                  << ", found " << type;
  diagnostic.attachNote(found.table.getLoc()) << "the table is here";
  return diagnostic;
}

/// That `ids` have the ragged ranks that a lookup of `column` takes.
static LogicalResult verifyIds(Operation *op, ColumnOp column, Type ids) {
  bool isSequence = column.getCategorical().isSequence();
  unsigned raggedRank = cast<RaggedType>(ids).getRaggedRank();
  // Places are steps, or else each id is a place.
  bool hasPlaces = column.getEmbeddingLookupDevice() == Device::TpuTensorCore;
  if (hasPlaces || raggedRank == (isSequence ? 2 : 1))
    return success();
  InFlightDiagnostic diagnostic =
      op->emitOpError("expected ids of ragged rank ")
      << (isSequence ? 2 : 1) << " for column @" << column.getSymName()
      << ", found " << ids;
  diagnostic.attachNote(column.getLoc()) << "the column is here";
  return diagnostic;
}

static LogicalResult verifyIsSequence(Operation *op, ColumnOp column,
                                      bool expected) {
  if (column.getCategorical().isSequence() == expected)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("expected a ")
                                  << (expected ? "sequence" : "plain")
                                  << " column, found the "
                                  << (expected ? "plain" : "sequence")
                                  << " column @" << column.getSymName();
  diagnostic.attachNote(column.getLoc()) << "the column is here";
  return diagnostic;
}

/// That weights, if there are any, have the ids' ragged rank.
static LogicalResult verifyWeights(Operation *op, Value ids, Value weights) {
  unsigned raggedRank = cast<RaggedType>(ids.getType()).getRaggedRank();
  if (!weights ||
      cast<RaggedType>(weights.getType()).getRaggedRank() == raggedRank)
    return success();
  return op->emitOpError("expected weights of the ids' ragged rank, ")
         << raggedRank << ", found " << weights.getType();
}

static LogicalResult verifyCount(Operation *op, StringRef what, size_t expected,
                                 size_t found) {
  if (expected == found)
    return success();
  return op->emitOpError("expected as many ")
         << what << ", " << expected << ", found " << found;
}

//===----------------------------------------------------------------------===//
// LookupOp and SequenceLookupOp
//===----------------------------------------------------------------------===//

LogicalResult LookupOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // (lookup-C1)
  FailureOr<ColumnAndTable> found =
      lookupColumn(*this, getColumnAttr(), symbolTable);
  // (lookup-C2)
  if (failed(found) || failed(verifyIsSequence(*this, found->column, false)))
    return failure();
  bool isWeighted = bool(found->column.getCategorical().getWeightKey());
  // (lookup-C3)
  if (isWeighted != static_cast<bool>(getWeights())) {
    InFlightDiagnostic diagnostic = emitOpError("expected ")
                                    << (isWeighted ? "weights" : "no weights")
                                    << " for column " << getColumnAttr();
    diagnostic.attachNote(found->column.getLoc()) << "the column is here";
    return diagnostic;
  }
  // (lookup-C4) (lookup-C5)
  if (failed(verifyIds(*this, found->column, getIds().getType())) ||
      failed(verifyWeights(*this, getIds(), getWeights())))
    return failure();
  // (lookup-C6)
  return verifyLookupType(*this, "a result", getResult().getType(), *found);
}

LogicalResult
SequenceLookupOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // (sequence_lookup-C1)
  FailureOr<ColumnAndTable> found =
      lookupColumn(*this, getColumnAttr(), symbolTable);
  // (sequence_lookup-C2)
  if (failed(found) || failed(verifyIsSequence(*this, found->column, true)))
    return failure();
  // (sequence_lookup-C3)
  if (!cast<RankedTensorType>(getLengths().getType()).isDynamicDim(0))
    return emitOpError("expected lengths of a dynamic size, found ")
           << getLengths().getType();
  // (sequence_lookup-C4)
  return verifyLookupType(*this, "a result", getResult().getType(), *found);
}

//===----------------------------------------------------------------------===//
// PackedLookupOp
//===----------------------------------------------------------------------===//

LogicalResult
PackedLookupOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // (packed_lookup-C1)
  if (getColumns().empty())
    return emitOpError("expected at least one column");
  for (auto name : getColumns().getAsRange<FlatSymbolRefAttr>()) {
    // (packed_lookup-C2)
    FailureOr<ColumnAndTable> found = lookupColumn(*this, name, symbolTable);
    if (failed(found) || failed(verifyIsSequence(*this, found->column, false)))
      return failure();
    // (packed_lookup-C9)
    if (found->column.getEmbeddingLookupDevice() != Device::TpuTensorCore)
      continue;
    InFlightDiagnostic diagnostic =
        emitOpError("expected columns on other devices than tpu_tensor_core, "
                    "found ")
        << name;
    diagnostic.attachNote(found->column.getLoc()) << "the column is here";
    return diagnostic;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// GroupedLookupOp
//===----------------------------------------------------------------------===//

/// That a lookup runs where that of the column `first` does.
static LogicalResult verifySameDevice(GroupedLookupOp op, ColumnOp column,
                                      ColumnOp first) {
  if (column.getEmbeddingLookupDevice() == first.getEmbeddingLookupDevice())
    return success();
  InFlightDiagnostic diagnostic =
      op.emitOpError("expected columns on one device, found @")
      << column.getSymName() << " on another one than @" << first.getSymName();
  diagnostic.attachNote(column.getLoc()) << "the column is here";
  return diagnostic;
}

LogicalResult
GroupedLookupOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  size_t numColumns = getColumns().size(), numWeighted = 0;
  // (grouped_lookup-C1)
  if (numColumns == 0)
    return emitOpError("expected at least one column");
  // (grouped_lookup-C2)
  if (failed(verifyCount(*this, "ids as columns", numColumns, getIds().size())))
    return failure();
  ColumnOp first;
  int64_t width = 0;
  for (auto [name, ids] :
       llvm::zip(getColumns().getAsRange<FlatSymbolRefAttr>(), getIds())) {
    // (grouped_lookup-C3)
    FailureOr<ColumnAndTable> found = lookupColumn(*this, name, symbolTable);
    if (failed(found) || failed(verifyIsSequence(*this, found->column, false)))
      return failure();
    if (!first)
      first = found->column;
    // (grouped_lookup-C4) (grouped_lookup-C6)
    if (failed(verifySameDevice(*this, found->column, first)) ||
        failed(verifyIds(*this, found->column, ids.getType())))
      return failure();
    width += found->table.getDimension();
    if (!found->column.getCategorical().getWeightKey())
      continue;
    // (grouped_lookup-C7)
    if (numWeighted < getWeights().size() &&
        failed(verifyWeights(*this, ids, getWeights()[numWeighted])))
      return failure();
    ++numWeighted;
  }
  // (grouped_lookup-C7)
  if (failed(verifyCount(*this, "weights as weighted columns", numWeighted,
                         getWeights().size())))
    return failure();
  auto expected = RankedTensorType::get({ShapedType::kDynamic, width},
                                        Float32Type::get(getContext()));
  // (grouped_lookup-C8)
  if (getResult().getType() != expected)
    return emitOpError("expected a result of type ")
           << expected << ", found " << getResult().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// LearningRateOp
//===----------------------------------------------------------------------===//

LogicalResult
LearningRateOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // (learning_rate-C1)
  return verifyLearningRate(*this, getFunctionAttr(), symbolTable);
}

//===----------------------------------------------------------------------===//
// WeightGradientsOp
//===----------------------------------------------------------------------===//

LogicalResult
WeightGradientsOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // (weight_gradients-C1)
  FailureOr<ColumnAndTable> found =
      lookupColumn(*this, getColumnAttr(), symbolTable);
  if (failed(found))
    return failure();
  // (weight_gradients-C2)
  if (!found->column.getCategorical().getWeightKey()) {
    InFlightDiagnostic diagnostic =
        emitOpError("expected a weighted column, found ") << getColumnAttr();
    diagnostic.attachNote(found->column.getLoc()) << "the column is here";
    return diagnostic;
  }
  // (weight_gradients-C3) (weight_gradients-C4)
  if (failed(verifyIds(*this, found->column, getIds().getType())) ||
      failed(verifyWeights(*this, getIds(), getWeights())))
    return failure();
  // (weight_gradients-C5)
  return verifyLookupType(*this, "a gradient", getGradient().getType(), *found);
}

//===----------------------------------------------------------------------===//
// ApplyGradientsOp
//===----------------------------------------------------------------------===//

/// Checks what belongs to column number `position`.
static LogicalResult verifyGradient(ApplyGradientsOp op, size_t position,
                                    ColumnAndTable found) {
  // (apply_gradients-C5)
  if (failed(verifyIds(op, found.column, op.getIds()[position].getType())))
    return failure();
  // (apply_gradients-C6)
  if (!found.table.getOptimizer()) {
    InFlightDiagnostic diagnostic =
        op.emitOpError("expected a table with an optimizer for column @")
        << found.column.getSymName();
    diagnostic.attachNote(found.table.getLoc()) << "the table is here";
    return diagnostic;
  }
  // (apply_gradients-C7)
  return verifyLookupType(op, "a gradient",
                          op.getGradients()[position].getType(), found);
}

LogicalResult
ApplyGradientsOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  size_t numColumns = getColumns().size();
  // (apply_gradients-C1)
  if (numColumns == 0)
    return emitOpError("expected at least one column");
  // (apply_gradients-C2)
  if (failed(
          verifyCount(*this, "ids as columns", numColumns, getIds().size())) ||
      failed(verifyCount(*this, "gradients as columns", numColumns,
                         getGradients().size())))
    return failure();

  llvm::SmallPtrSet<Operation *, 8> columns, tables;
  size_t numWeighted = 0;
  for (size_t position = 0; position < numColumns; ++position) {
    auto name = cast<FlatSymbolRefAttr>(getColumns()[position]);
    // (apply_gradients-C3)
    FailureOr<ColumnAndTable> found = lookupColumn(*this, name, symbolTable);
    if (failed(found))
      return failure();
    // (apply_gradients-C4)
    if (!columns.insert(found->column).second)
      return emitOpError("expected columns to differ, found ")
             << name << " twice";
    if (failed(verifyGradient(*this, position, *found)))
      return failure();
    tables.insert(found->table);
    if (!found->column.getCategorical().getWeightKey())
      continue;
    // (apply_gradients-C8)
    if (numWeighted < getWeights().size() &&
        failed(verifyWeights(*this, getIds()[position],
                             getWeights()[numWeighted])))
      return failure();
    ++numWeighted;
  }
  // (apply_gradients-C8)
  if (failed(verifyCount(*this, "weights as weighted columns", numWeighted,
                         getWeights().size())))
    return failure();
  // (apply_gradients-C9)
  return verifyCount(*this, "learning rates as tables", tables.size(),
                     getLearningRates().size());
}
