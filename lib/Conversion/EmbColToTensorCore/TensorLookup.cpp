//===- TensorLookup.cpp - A lookup as ops on tensors ----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorLookup.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::embcol;

/// A row with more entries takes turns.
static constexpr int64_t kMaxWidth = 1024;

static constexpr auto parallel = utils::IteratorType::parallel;
static constexpr auto reduction = utils::IteratorType::reduction;

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

using BuildBody =
    function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange)>;

static SmallVector<Value> createGeneric(ImplicitLocOpBuilder &builder,
                                        ArrayRef<utils::IteratorType> iterators,
                                        ValueRange ins, ValueRange outs,
                                        ArrayRef<AffineMap> maps,
                                        BuildBody buildBody) {
  auto generic = linalg::GenericOp::create(
      builder, outs.getTypes(), ins, outs, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange elements) {
        ImplicitLocOpBuilder b(loc, nested);
        linalg::YieldOp::create(b, buildBody(b, elements));
      });
  return llvm::to_vector_of<Value>(generic.getResults());
}

static Value createConstant(ImplicitLocOpBuilder &builder, TypedAttr value) {
  return arith::ConstantOp::create(builder, value);
}

static Value createZero(ImplicitLocOpBuilder &builder, Type type) {
  return createConstant(builder, builder.getZeroAttr(type));
}

static Value createEmpty(ImplicitLocOpBuilder &builder,
                         ArrayRef<OpFoldResult> sizes, Type element) {
  return tensor::EmptyOp::create(builder, sizes, element);
}

static Value fill(ImplicitLocOpBuilder &builder, Value value, Value tensor) {
  return linalg::FillOp::create(builder, value, tensor).getResult(0);
}

static Value toIndex(ImplicitLocOpBuilder &builder, Value value) {
  return arith::IndexCastOp::create(builder, builder.getIndexType(), value);
}

static Value compare(ImplicitLocOpBuilder &builder,
                     arith::CmpIPredicate predicate, Value lhs, Value rhs) {
  return arith::CmpIOp::create(builder, predicate, lhs, rhs);
}

AffineMap TensorLookup::getMap(ArrayRef<unsigned> dims,
                               unsigned numDims) const {
  return AffineMap::getMultiDimMapWithTargets(numDims, dims,
                                              builder.getContext());
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// An integer of a quantized row, which stand after the header.
static Value extractInteger(ImplicitLocOpBuilder &b, QuantizedType type,
                            Value rows, Value row, Value column) {
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  int64_t integersOfByte = 8 / type.getBits();
  Value place = column;
  if (integersOfByte > 1)
    place = arith::DivUIOp::create(b, column, index(integersOfByte));
  place = arith::AddIOp::create(b, place, index(QuantizedType::kHeaderBytes));
  Value byte = tensor::ExtractOp::create(b, rows, ValueRange{row, place});
  Type i32 = b.getI32Type();
  byte = arith::ExtUIOp::create(b, i32, byte);
  if (integersOfByte == 1)
    return byte;
  // The first of them are the lowest bits.
  Value bit = arith::RemUIOp::create(b, column, index(integersOfByte));
  bit = arith::MulIOp::create(b, bit, index(type.getBits()));
  bit = arith::IndexCastOp::create(b, i32, bit);
  byte = arith::ShRUIOp::create(b, byte, bit);
  Value mask =
      createConstant(b, b.getI32IntegerAttr((1 << type.getBits()) - 1));
  return arith::AndIOp::create(b, byte, mask);
}

/// A number of the header, f16 of two bytes, as f32.
static Value extractHeader(ImplicitLocOpBuilder &b, Value rows, Value row,
                           int64_t place) {
  Type i16 = b.getI16Type();
  auto extract = [&](int64_t at) -> Value {
    Value byte = tensor::ExtractOp::create(
        b, rows, ValueRange{row, arith::ConstantIndexOp::create(b, at)});
    return arith::ExtUIOp::create(b, i16, byte);
  };
  Value low = extract(place), high = extract(place + 1);
  high =
      arith::ShLIOp::create(b, high, createConstant(b, b.getI16IntegerAttr(8)));
  Value bits = arith::OrIOp::create(b, high, low);
  Value number = arith::BitcastOp::create(b, b.getF16Type(), bits);
  return arith::ExtFOp::create(b, b.getF32Type(), number);
}

/// A weight of row `row`, in f32.
static Value extractWeight(ImplicitLocOpBuilder &builder, Type rowType,
                           Value rows, Value row, Value column) {
  Type f32 = builder.getF32Type();
  if (auto quantized = dyn_cast<QuantizedType>(rowType)) {
    Value integer = extractInteger(builder, quantized, rows, row, column);
    Value value = arith::UIToFPOp::create(builder, f32, integer);
    return math::FmaOp::create(builder, extractHeader(builder, rows, row, 0),
                               value, extractHeader(builder, rows, row, 2));
  }
  Value weight =
      tensor::ExtractOp::create(builder, rows, ValueRange{row, column});
  if (rowType == f32)
    return weight;
  return arith::ExtFOp::create(builder, f32, weight);
}

//===----------------------------------------------------------------------===//
// TensorLookup
//===----------------------------------------------------------------------===//

SmallVector<Value> TensorLookup::State::getValues() const {
  SmallVector<Value> values = {pooled};
  for (Value value : {norm, bad})
    if (value)
      values.push_back(value);
  return values;
}

TensorLookup::State TensorLookup::State::get(ArrayRef<Value> values,
                                             const State &like) {
  State state;
  state.pooled = values.front();
  if (like.norm)
    state.norm = values[1];
  if (like.bad)
    state.bad = values.back();
  return state;
}

SmallVector<Value> TensorLookup::PaddedEntries::getValues() const {
  SmallVector<Value> values = {ids};
  if (weights)
    values.push_back(weights);
  return values;
}

TensorLookup::TensorLookup(ImplicitLocOpBuilder &builder,
                           const LookupSignature &signature,
                           const TensorLookupOperands &operands, int64_t width,
                           bool takesTurns, bool findsBad)
    : builder(builder), signature(signature), operands(operands), width(width),
      takesTurns(takesTurns), findsBad(findsBad) {}

TensorLookupResults TensorLookup::build() {
  numRows = tensor::DimOp::create(builder, operands.out, 0);
  numTableRows = arith::IndexCastOp::create(
      builder, builder.getI64Type(),
      builder.createOrFold<tensor::DimOp>(operands.rows, 0));
  State state = buildRows(buildInitial(operands.out));
  TensorLookupResults results = {divide(state), {}};
  if (state.bad)
    results.bad = tensor::ExtractOp::create(builder, state.bad);
  return results;
}

TensorLookup::State TensorLookup::buildInitial(Value pooled) {
  State state;
  Type f64 = builder.getF64Type();
  state.pooled =
      fill(builder, createZero(builder, builder.getF32Type()), pooled);
  if (hasNorm())
    state.norm = fill(builder, createZero(builder, f64),
                      createEmpty(builder, {numRows}, f64));
  if (findsBad)
    state.bad = createConstant(
        builder,
        DenseElementsAttr::get(RankedTensorType::get({}, builder.getI64Type()),
                               builder.getI64IntegerAttr(-1).getValue()));
  return state;
}

TensorLookup::State TensorLookup::buildRows(State state) {
  state = buildTurn(state, Value());
  if (!takesTurns)
    return state;
  Value step = arith::ConstantIndexOp::create(builder, width);
  auto turns = scf::ForOp::create(
      builder, step, buildLongest(), step, state.getValues(),
      [&](OpBuilder &, Location, Value turn, ValueRange values) {
        State next = State::get(llvm::to_vector(values), state);
        Value offset =
            arith::IndexCastOp::create(builder, builder.getI64Type(), turn);
        scf::YieldOp::create(builder, buildTurn(next, offset).getValues());
      });
  return State::get(llvm::to_vector_of<Value>(turns.getResults()), state);
}

/// The number of entries of the longest row.
Value TensorLookup::buildLongest() {
  Type i64 = builder.getI64Type();
  Value zero = createZero(builder, RankedTensorType::get({}, i64));
  AffineMap row = getMap({0}, 1), scalar = getMap({}, 1);
  Value longest =
      createGeneric(
          builder, reduction, {operands.ranges.starts, operands.ranges.ends},
          zero, {row, row, scalar},
          [&](ImplicitLocOpBuilder &b, ValueRange elements) {
            Value size = arith::SubIOp::create(b, elements[1], elements[0]);
            size = arith::MaxSIOp::create(b, size, elements[2]);
            return SmallVector<Value>{size};
          })
          .front();
  return toIndex(builder, tensor::ExtractOp::create(builder, longest));
}

TensorLookup::State TensorLookup::buildTurn(State state, Value turn) {
  PaddedEntries entries = pad(turn);
  state.pooled = pool(entries, state.pooled);
  if (state.norm)
    state.norm = sumNorm(entries, state.norm);
  if (state.bad)
    state.bad = findBad(entries, turn, state.bad);
  return state;
}

/// The position of an entry, by its place in a padded row.
Value TensorLookup::getPosition(ImplicitLocOpBuilder &b, Value start,
                                Value turn) const {
  Value place = linalg::IndexOp::create(b, 1);
  place = arith::IndexCastOp::create(b, b.getI64Type(), place);
  if (turn)
    place = arith::AddIOp::create(b, place, turn);
  return arith::AddIOp::create(b, start, place);
}

TensorLookup::PaddedEntries TensorLookup::pad(Value turn) {
  SmallVector<OpFoldResult> sizes = {numRows, builder.getIndexAttr(width)};
  SmallVector<Value> outs = {createEmpty(builder, sizes, builder.getI64Type())};
  if (operands.weights)
    outs.push_back(createEmpty(builder, sizes, builder.getF32Type()));
  SmallVector<AffineMap> maps(2, getMap({0}, 2));
  maps.append(outs.size(), getMap({0, 1}, 2));
  SmallVector<Value> padded = createGeneric(
      builder, {parallel, parallel},
      {operands.ranges.starts, operands.ranges.ends}, outs, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        Value position = getPosition(b, elements[0], turn);
        Value isEntry =
            compare(b, arith::CmpIPredicate::slt, position, elements[1]);
        Value zero = createInt64(b, b.getLoc(), 0);
        Value at =
            toIndex(b, arith::SelectOp::create(b, isEntry, position, zero));
        Value id = tensor::ExtractOp::create(b, operands.ids, at);
        Value none = createInt64(b, b.getLoc(), -1);
        SmallVector<Value> results = {
            arith::SelectOp::create(b, isEntry, id, none)};
        if (operands.weights) {
          Value weight = tensor::ExtractOp::create(b, operands.weights, at);
          results.push_back(arith::SelectOp::create(
              b, isEntry, weight, createZero(b, b.getF32Type())));
        }
        return results;
      });
  return {padded.front(), operands.weights ? padded.back() : Value()};
}

/// An ordered comparison: not a number is not positive.
Value TensorLookup::getIsPositive(ImplicitLocOpBuilder &b, Value weight) const {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, weight,
                               createZero(b, b.getF32Type()));
}

/// Whether an entry is looked up: its id is a row, and its weight not dropped.
Value TensorLookup::getIsKept(ImplicitLocOpBuilder &b, Value id,
                              Value weight) const {
  Value isKept = compare(b, arith::CmpIPredicate::ult, id, numTableRows);
  if (dropsWeights())
    isKept = arith::AndIOp::create(b, isKept, getIsPositive(b, weight));
  return isKept;
}

/// Adds the rows of the entries. What is not looked up adds nothing, whatever
/// the row that is read in its place holds.
Value TensorLookup::pool(const PaddedEntries &entries, Value pooled) {
  SmallVector<Value> ins = entries.getValues();
  SmallVector<AffineMap> maps(ins.size(), getMap({0, 1}, 3));
  maps.push_back(getMap({0, 2}, 3));
  Value sums =
      createGeneric(builder, {parallel, reduction, parallel}, ins, pooled, maps,
                    [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                      Value id = elements.front(), sum = elements.back();
                      Value weight = entries.weights ? elements[1] : Value();
                      Value isKept = getIsKept(b, id, weight);
                      Value zero = createInt64(b, b.getLoc(), 0);
                      Value row = toIndex(
                          b, arith::SelectOp::create(b, isKept, id, zero));
                      Value column = linalg::IndexOp::create(b, 2);
                      Value value = extractWeight(b, signature.rowType,
                                                  operands.rows, row, column);
                      Value next;
                      if (weight)
                        next = math::FmaOp::create(b, weight, value, sum);
                      else
                        next = arith::AddFOp::create(b, sum, value);
                      next = arith::SelectOp::create(b, isKept, next, sum);
                      return SmallVector<Value>{next};
                    })
          .front();
  sums.getDefiningOp()->setAttr(EmbColDialect::kPrefetchAttrName,
                                signature.prefetch);
  return sums;
}

/// Adds what the divisor of mean is, and the square of that of sqrtn.
Value TensorLookup::sumNorm(const PaddedEntries &entries, Value norm) {
  SmallVector<Value> ins = entries.getValues();
  SmallVector<AffineMap> maps(ins.size(), getMap({0, 1}, 2));
  maps.push_back(getMap({0}, 2));
  return createGeneric(builder, {parallel, reduction}, ins, norm, maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                         Value term = createConstant(b, b.getF64FloatAttr(1.0));
                         Value weight = entries.weights ? elements[1] : Value();
                         if (weight)
                           term =
                               arith::ExtFOp::create(b, b.getF64Type(), weight);
                         if (weight && signature.combiner == Combiner::Sqrtn)
                           term = arith::MulFOp::create(b, term, term);
                         Value sum = elements.back();
                         Value next = arith::AddFOp::create(b, sum, term);
                         Value isKept = getIsKept(b, elements.front(), weight);
                         next = arith::SelectOp::create(b, isKept, next, sum);
                         return SmallVector<Value>{next};
                       })
      .front();
}

/// The first position of an id that is no row and not dropped. Positions are
/// compared as unsigned: "none" is the largest.
Value TensorLookup::findBad(const PaddedEntries &entries, Value turn,
                            Value bad) {
  SmallVector<Value> ins = entries.getValues();
  SmallVector<AffineMap> maps(ins.size(), getMap({0, 1}, 2));
  ins.append({operands.ranges.starts, operands.ranges.ends});
  maps.append(2, getMap({0}, 2));
  maps.push_back(getMap({}, 2));
  return createGeneric(
             builder, {reduction, reduction}, ins, bad, maps,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) {
               Value start = elements.drop_back(2).back();
               Value end = elements.drop_back().back();
               Value position = getPosition(b, start, turn);
               // (lookup-C8) (lookup-C9)
               auto isBadPredicate = signature.isSafe
                                         ? arith::CmpIPredicate::sge
                                         : arith::CmpIPredicate::uge;
               Value isBad =
                   compare(b, isBadPredicate, elements.front(), numTableRows);
               Value isEntry =
                   compare(b, arith::CmpIPredicate::slt, position, end);
               isBad = arith::AndIOp::create(b, isBad, isEntry);
               if (dropsWeights())
                 isBad = arith::AndIOp::create(b, isBad,
                                               getIsPositive(b, elements[1]));
               Value none = createInt64(b, b.getLoc(), -1);
               Value candidate =
                   arith::SelectOp::create(b, isBad, position, none);
               return SmallVector<Value>{
                   arith::MinUIOp::create(b, elements.back(), candidate)};
             })
      .front();
}

/// What is pooled, by its divisors: 0 where the divisor is, whatever the rows
/// hold.
Value TensorLookup::divide(const State &state) {
  if (!state.norm)
    return state.pooled;
  Type f32 = builder.getF32Type();
  Value divisors = createElementwise(
      builder, builder.getLoc(), state.norm, f32,
      [&](OpBuilder &nested, Location loc, ValueRange elements) -> Value {
        Value norm = elements.front();
        if (signature.combiner == Combiner::Sqrtn)
          norm = math::SqrtOp::create(nested, loc, norm);
        return arith::TruncFOp::create(nested, loc, f32, norm);
      });
  return createGeneric(builder, {parallel, parallel}, divisors, state.pooled,
                       {getMap({0}, 2), getMap({0, 1}, 2)},
                       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                         Value zero = createZero(b, f32);
                         Value isZero = arith::CmpFOp::create(
                             b, arith::CmpFPredicate::OEQ, elements[0], zero);
                         Value quotient =
                             arith::DivFOp::create(b, elements[1], elements[0]);
                         quotient =
                             arith::SelectOp::create(b, isZero, zero, quotient);
                         return SmallVector<Value>{quotient};
                       })
      .front();
}

int64_t mlir::embcol::getPaddedWidth(ColumnInfo info) {
  return std::min((*info.column.getTensorCoreShape())[1], kMaxWidth);
}
