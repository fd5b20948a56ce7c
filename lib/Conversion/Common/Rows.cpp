//===- Rows.cpp - Rows of ragged arrays, checked and cut ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Common/Rows.h"
#include "KernelBuilder.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::embcol;

Value mlir::embcol::createPositions(OpBuilder &builder, Location loc,
                                    TableOp table, Value ids) {
  int64_t numPartitions = table.getNumTurns();
  if (numPartitions == 1)
    return ids;
  int64_t numRows = table.getNumRows();
  Value divisor = createInt64(builder, loc, numPartitions);
  Value size = createInt64(builder, loc, numRows / numPartitions);
  Value numLarger = createInt64(builder, loc, numRows % numPartitions);
  Value end = createInt64(builder, loc, numRows);
  return createElementwise(
      builder, loc, ids, builder.getI64Type(),
      [&](OpBuilder &nested, Location nestedLoc, ValueRange ids) -> Value {
        ImplicitLocOpBuilder b(nestedLoc, nested);
        Value id = ids.front();
        Value inPartition = arith::DivUIOp::create(b, id, divisor);
        Value partition = arith::RemUIOp::create(b, id, divisor);
        Value start = arith::MulIOp::create(b, partition, size);
        Value numBefore = arith::MinUIOp::create(b, partition, numLarger);
        start = arith::AddIOp::create(b, start, numBefore);
        Value position = arith::AddIOp::create(b, start, inPartition);
        Value isRow =
            arith::CmpIOp::create(b, arith::CmpIPredicate::ult, id, end);
        return arith::SelectOp::create(b, isRow, position, id);
      });
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

Value mlir::embcol::createGuard(OpBuilder &builder, Location loc,
                                ModuleOp module, Value count) {
  Type i64 = builder.getI64Type();
  count = arith::IndexCastOp::create(builder, loc, i64, count);
  count =
      createRuntimeCall(builder, loc, module, "embcol_core_guard", i64, count)
          .getResult(0);
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    count);
}

void mlir::embcol::joinBatches(OpBuilder &builder, Location loc,
                               ModuleOp module, ArrayRef<Value> batches) {
  Type i64 = builder.getI64Type();
  Value first = arith::IndexCastOp::create(builder, loc, i64, batches.front());
  for (Value batch : batches.drop_front())
    createRuntimeCall(
        builder, loc, module, "embcol_core_join_batches", i64,
        {first, arith::IndexCastOp::create(builder, loc, i64, batch)});
}

void mlir::embcol::checkWeights(OpBuilder &builder, Location loc,
                                const ColumnMap &columns, ColumnInfo info,
                                const RaggedParts &ids, ValueRange weights) {
  SmallVector<Value> arguments = {createInt64(builder, loc, info.ordinal)};
  if (ids.inner)
    arguments.push_back(readTensor(builder, loc, ids.inner));
  arguments.push_back(readTensor(builder, loc, ids.outer));
  for (Value splits : weights.drop_front())
    arguments.push_back(readTensor(builder, loc, splits));
  createRuntimeCall(builder, loc, columns.getModule(),
                    ids.inner ? "embcol_core_check_place_weights"
                              : "embcol_core_check_weights",
                    {}, arguments);
}

void mlir::embcol::checkRows(OpBuilder &builder, Location loc,
                             const ColumnMap &columns, ColumnInfo info,
                             const RaggedParts &ids, ValueRange weights) {
  int64_t batch = info.column.getTensorCoreShape()->front();
  if (batch != -1) {
    Value found = getNumRows(builder, loc, ids.outer);
    found =
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), found);
    createRuntimeCall(builder, loc, columns.getModule(),
                      "embcol_core_check_batch", {},
                      {createInt64(builder, loc, info.ordinal),
                       createInt64(builder, loc, batch), found});
  }
  if (!weights.empty())
    checkWeights(builder, loc, columns, info, ids, weights);
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

Value mlir::embcol::getNumRows(OpBuilder &builder, Location loc, Value splits) {
  Value size = tensor::DimOp::create(builder, loc, splits, 0);
  return subtractOne(builder, loc, size);
}

/// `numRows` elements of `splits`, from `offset` on.
static Value sliceSplits(OpBuilder &builder, Location loc, Value splits,
                         int64_t offset, Value numRows) {
  return tensor::ExtractSliceOp::create(
      builder, loc, splits,
      ArrayRef<OpFoldResult>{builder.getIndexAttr(offset)},
      ArrayRef<OpFoldResult>{numRows},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

RowRanges mlir::embcol::createCutRanges(OpBuilder &builder, Location loc,
                                        const RaggedParts &ids, Value width,
                                        Value numRows) {
  Value starts = sliceSplits(builder, loc, ids.outer, 0, numRows);
  Value ends = sliceSplits(builder, loc, ids.outer, 1, numRows);
  ends = createElementwise(
      builder, loc, {starts, ends}, builder.getI64Type(),
      [&](OpBuilder &nested, Location nestedLoc, ValueRange range) -> Value {
        ImplicitLocOpBuilder b(nestedLoc, nested);
        Value size = arith::SubIOp::create(b, range[1], range[0]);
        size = arith::MinSIOp::create(b, size, width);
        return arith::AddIOp::create(b, range[0], size);
      });
  if (!ids.inner)
    return {starts, ends};
  // The entries of places follow one another.
  auto createEntries = [&](Value places) {
    return createElementwise(
        builder, loc, places, builder.getI64Type(),
        [&](OpBuilder &nested, Location nestedLoc, ValueRange place) -> Value {
          Value position = arith::IndexCastOp::create(
              nested, nestedLoc, nested.getIndexType(), place.front());
          return tensor::ExtractOp::create(nested, nestedLoc, ids.inner,
                                           position);
        });
  };
  return {createEntries(starts), createEntries(ends)};
}

func::FuncOp mlir::embcol::getOrCreateCutFunction(OpBuilder &opBuilder,
                                                  ModuleOp module,
                                                  bool hasPlaces) {
  StringRef name = hasPlaces ? "embcol_cut_places" : "embcol_cut_entries";
  if (auto function = module.lookupSymbol<func::FuncOp>(name))
    return function;
  OpBuilder::InsertionGuard guard(opBuilder);
  ImplicitLocOpBuilder builder(module.getLoc(), opBuilder);
  Type i64 = builder.getI64Type();
  SmallVector<Type> types(hasPlaces ? 5 : 4, getBufferType(i64, 1));
  types[hasPlaces ? 2 : 1] = i64;
  func::FuncOp function = createKernel(
      builder, module, name, builder.getFunctionType(types, TypeRange()));
  ValueRange buffers = function.getArguments().take_back(2);
  ValueRange splits = function.getArguments().drop_back(3);
  SmallVector<Value> parts = {Value()};
  for (Value buffer : splits)
    parts.push_back(toReadOnlyTensor(builder, builder.getLoc(), buffer));
  RaggedParts ids(RaggedType::get(i64, splits.size()), parts);
  Value numRows = memref::DimOp::create(builder, buffers.front(), 0);
  RowRanges ranges =
      createCutRanges(builder, builder.getLoc(), ids,
                      function.getArgument(splits.size()), numRows);
  SmallVector<Value> written = {ranges.starts, ranges.ends};
  for (auto [range, buffer] : llvm::zip(written, buffers))
    bufferization::MaterializeInDestinationOp::create(
        builder, /*result=*/Type(), range, buffer, /*restrict=*/true,
        /*writable=*/true);
  func::ReturnOp::create(builder);
  return function;
}
