//===- BagEntries.cpp - The entries of bags, in kernels -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BagEntries.h"
#include "RowTypes.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::embcol;

//===----------------------------------------------------------------------===//
// Bags
//===----------------------------------------------------------------------===//

SmallVector<Type> BagEntries::getArgumentTypes() {
  Type idBuffer = getBufferType(builder.getI64Type(), 1);
  Type element =
      getRowsType(ShapedType::kDynamic, signature.dimension, signature.rowType)
          .getElementType();
  return {getBufferType(element, 2), idBuffer, idBuffer, idBuffer,
          getBufferType(builder.getF32Type(), 1)};
}

void BagEntries::setArguments(ValueRange arguments) {
  rows =
      castToRows(builder, arguments[0], signature.dimension, signature.rowType);
  ids = arguments[1], starts = arguments[2], ends = arguments[3];
  weights = arguments[4];

  zeroIndex = createIndex(builder, builder.getLoc(), 0);
  Value one = createIndex(builder, builder.getLoc(), 1);
  noBad = createIndex(builder, builder.getLoc(), -1);
  numRows = memref::DimOp::create(builder, rows, zeroIndex);
  Value numIds = memref::DimOp::create(builder, ids, zeroIndex);
  lastPosition = arith::SubIOp::create(builder, numIds, one);
}

Value BagEntries::forEachBag(
    Value begin, Value end,
    function_ref<Value(Value bag, Value start, Value end, Value bad)>
        buildBag) {
  Value one = createIndex(builder, builder.getLoc(), 1);
  auto bags = scf::ForOp::create(
      builder, begin, end, one, noBad,
      [&](OpBuilder &, Location, Value bag, ValueRange bad) {
        Value firstEntry = loadIndex(builder, starts, bag);
        Value lastEntry = loadIndex(builder, ends, bag);
        scf::YieldOp::create(builder,
                             buildBag(bag, firstEntry, lastEntry, bad.front()));
      });
  return bags.getResult(0);
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

BagEntries::Entry BagEntries::buildEntry(Value position) {
  Entry entry;
  entry.row = loadIndex(builder, ids, position);
  entry.isKept = arith::CmpIOp::create(builder, arith::CmpIPredicate::ult,
                                       entry.row, numRows);
  // (lookup-C8) (lookup-C9) (sequence_lookup-C6)
  auto isBadPredicate =
      signature.isSafe ? arith::CmpIPredicate::sge : arith::CmpIPredicate::uge;
  entry.isBad =
      arith::CmpIOp::create(builder, isBadPredicate, entry.row, numRows);
  if (!signature.isWeighted)
    return entry;
  entry.weight = memref::LoadOp::create(builder, weights, position);
  if (signature.isSafe && hasNorm()) {
    // An ordered comparison: not a number is not positive.
    Value zero =
        arith::ConstantOp::create(builder, builder.getF32FloatAttr(0.0));
    Value isPositive = arith::CmpFOp::create(builder, arith::CmpFPredicate::OGT,
                                             entry.weight, zero);
    entry.isKept = arith::AndIOp::create(builder, entry.isKept, isPositive);
    entry.isBad = arith::AndIOp::create(builder, entry.isBad, isPositive);
  }
  return entry;
}

Value BagEntries::buildFirstBad(const Entry &entry, Value position, Value bad) {
  // Positions are compared as unsigned: "none" is the largest.
  Value candidate =
      arith::SelectOp::create(builder, entry.isBad, position, noBad);
  return arith::MinUIOp::create(builder, bad, candidate);
}

void BagEntries::buildPrefetch(const Tile &tile, Value position) {
  Value distance =
      createIndex(builder, builder.getLoc(), signature.prefetch.getDistance());
  Value ahead = arith::AddIOp::create(builder, position, distance);
  ahead = arith::MinUIOp::create(builder, ahead, lastPosition);
  Value id = loadIndex(builder, ids, ahead);
  Value isRow =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, id, numRows);
  Value row = arith::SelectOp::create(builder, isRow, id, zeroIndex);
  prefetchWeights(builder, signature.rowType, rows, row, tile,
                  signature.prefetch);
}

//===----------------------------------------------------------------------===//
// Divisors
//===----------------------------------------------------------------------===//

Value BagEntries::buildNorm(const Entry &entry, Value norm) {
  Value term;
  if (!signature.isWeighted)
    term = arith::ConstantOp::create(builder, builder.getF64FloatAttr(1.0));
  else
    term = arith::ExtFOp::create(builder, builder.getF64Type(), entry.weight);
  if (signature.isWeighted && signature.combiner == Combiner::Sqrtn)
    term = arith::MulFOp::create(builder, term, term);
  return arith::AddFOp::create(builder, norm, term);
}

Value BagEntries::buildDivisor(Value norm) {
  if (signature.combiner == Combiner::Sqrtn)
    return math::SqrtOp::create(builder, norm);
  return norm;
}
