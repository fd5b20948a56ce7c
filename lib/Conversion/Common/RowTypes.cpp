//===- RowTypes.cpp - Weights of narrow rows in kernels -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowTypes.h"
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::embcol;

namespace {
/// Writes arithmetic on vectors of one shape, or on scalars, as it reads.
class Arithmetic {
public:
  Arithmetic(ImplicitLocOpBuilder &builder, Type type)
      : builder(builder), type(type) {}

  Type getType(Type element) const {
    if (auto vector = dyn_cast<VectorType>(type))
      return vector.clone(element);
    return element;
  }
  Type getI16() const { return getType(builder.getI16Type()); }
  Type getI32() const { return getType(builder.getI32Type()); }
  Type getF32() const { return getType(builder.getF32Type()); }

  /// `value`, an integer, everywhere.
  Value constant(Type element, uint64_t value) const {
    return splat(builder.getIntegerAttr(
        element, APInt(element.getIntOrFloatBitWidth(), value,
                       /*isSigned=*/false, /*implicitTrunc=*/true)));
  }
  Value i32(uint32_t value) const {
    return constant(builder.getI32Type(), value);
  }
  Value f32(float value) const { return splat(builder.getF32FloatAttr(value)); }

  template <typename OpT, typename... Args> Value op(Args &&...args) const {
    return OpT::create(builder, std::forward<Args>(args)...).getResult();
  }
  Value add(Value lhs, Value rhs) const { return op<arith::AddIOp>(lhs, rhs); }
  Value sub(Value lhs, Value rhs) const { return op<arith::SubIOp>(lhs, rhs); }
  Value mul(Value lhs, Value rhs) const { return op<arith::MulIOp>(lhs, rhs); }
  Value bitAnd(Value lhs, Value rhs) const {
    return op<arith::AndIOp>(lhs, rhs);
  }
  Value bitOr(Value lhs, Value rhs) const { return op<arith::OrIOp>(lhs, rhs); }
  Value shiftRight(Value value, uint64_t places) const {
    Type element = getElementTypeOrSelf(value);
    return op<arith::ShRUIOp>(value, constant(element, places));
  }
  Value select(Value condition, Value lhs, Value rhs) const {
    return op<arith::SelectOp>(condition, lhs, rhs);
  }
  Value bitcast(Type to, Value value) const {
    return op<arith::BitcastOp>(to, value);
  }
  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) const {
    return op<arith::CmpFOp>(predicate, lhs, rhs);
  }

  /// value ^ (value >> places), and that times `factor`.
  Value mix(Value value, uint64_t places, uint64_t factor = 1) const {
    Value mixed = op<arith::XOrIOp>(value, shiftRight(value, places));
    if (factor == 1)
      return mixed;
    return mul(mixed, constant(getElementTypeOrSelf(value), factor));
  }

private:
  Value splat(TypedAttr value) const {
    TypedAttr attribute = value;
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector.clone(value.getType()),
                                         Attribute(value));
    return arith::ConstantOp::create(builder, attribute);
  }

  ImplicitLocOpBuilder &builder;
  Type type;
};
} // namespace

//===----------------------------------------------------------------------===//
// bf16, by its bits: without the instructions that few CPUs have
//===----------------------------------------------------------------------===//

static Value extendBFloat16(const Arithmetic &a, Value weights) {
  Value bits = a.bitcast(a.getI16(), weights);
  bits = a.op<arith::ExtUIOp>(a.getI32(), bits);
  bits = a.op<arith::ShLIOp>(bits, a.i32(16));
  return a.bitcast(a.getF32(), bits);
}

/// What is cut off are 16 bits. Before that, half of what is kept last is
/// added, or random bits, which carry as often as the cut ones are great.
static Value truncateToBFloat16(const Arithmetic &a, Value weights,
                                Value random) {
  Value bits = a.bitcast(a.getI32(), weights);
  Value added;
  if (random) {
    added = a.sub(a.i32(0xFFFF), a.shiftRight(random, 16));
  } else {
    Value isOdd = a.bitAnd(a.shiftRight(bits, 16), a.i32(1));
    added = a.add(a.i32(0x7FFF), isOdd);
  }
  Value rounded = a.add(bits, added);
  // Not a number stays none, whichever of its bits are cut.
  Value isNaN = a.compare(arith::CmpFPredicate::UNO, weights, weights);
  Value quiet = a.bitOr(bits, a.i32(0x400000));
  rounded = a.shiftRight(a.select(isNaN, quiet, rounded), 16);
  return a.op<arith::TruncIOp>(a.getI16(), rounded);
}

//===----------------------------------------------------------------------===//
// f16
//===----------------------------------------------------------------------===//

/// Rounds f32 to what f16 has, and what is 2^16 and more to nothing less.
static Value roundToFloat16(const Arithmetic &a, Value weights, Value random) {
  // The exponent, from that of the least normal number on, in its place; and
  // 2^n is `n << 23` more.
  constexpr uint32_t leastExponent = (127 - 14) << 23;
  Value exponent = a.bitAnd(a.bitcast(a.getI32(), weights), a.i32(0x7F800000));
  exponent = a.op<arith::MaxUIOp>(exponent, a.i32(leastExponent));
  Value unit = a.bitcast(a.getF32(), a.sub(exponent, a.i32(10 << 23)));
  Value unitsPerOne =
      a.bitcast(a.getF32(), a.sub(a.i32((2 * 127 + 10) << 23), exponent));

  // Exact, all of it.
  Value magnitude = a.op<math::AbsFOp>(weights);
  Value units = a.op<arith::MulFOp>(magnitude, unitsPerOne);
  Value whole = a.op<math::FloorOp>(units);
  Value fraction = a.op<arith::SubFOp>(units, whole);
  Value draw = a.op<arith::UIToFPOp>(a.getF32(), a.shiftRight(random, 8));
  draw = a.op<arith::MulFOp>(draw, a.f32(0x1p-24f));
  Value isUp = a.compare(arith::CmpFPredicate::OLT, draw, fraction);
  Value next = a.op<arith::AddFOp>(whole, a.f32(1.0f));
  whole = a.select(isUp, next, whole);
  Value rounded = a.op<arith::MulFOp>(whole, unit);
  rounded = a.op<math::CopySignOp>(rounded, weights);
  Value isInRange =
      a.compare(arith::CmpFPredicate::OLT, magnitude, a.f32(0x1p16f));
  return a.select(isInRange, rounded, weights);
}

//===----------------------------------------------------------------------===//
// Quantized rows
//===----------------------------------------------------------------------===//

/// The bytes that the weights before a tile take.
static Value createByteOffset(ImplicitLocOpBuilder &builder, QuantizedType type,
                              Value offset) {
  // Tiles begin at whole bytes.
  Value weightsOfByte =
      arith::ConstantIndexOp::create(builder, 8 / type.getBits());
  return builder.createOrFold<arith::DivUIOp>(offset, weightsOfByte);
}

static SmallVector<Value> loadQuantized(ImplicitLocOpBuilder &builder,
                                        QuantizedType type, Value rows,
                                        Value row, const Tile &piece) {
  SmallVector<VectorType> types = getValueTypes(type, piece);
  Arithmetic a(builder, types.front());
  Value begin = arith::AddIOp::create(
      builder, createByteOffset(builder, type, piece.offset),
      arith::ConstantIndexOp::create(builder, QuantizedType::kHeaderBytes));
  Value bytes = vector::LoadOp::create(
      builder, cast<VectorType>(a.getType(builder.getI8Type())), rows,
      ValueRange{row, begin});
  bytes = a.op<arith::ExtUIOp>(a.getI32(), bytes);
  SmallVector<Value> values;
  for (size_t i = 0; i < types.size(); ++i) {
    Value integers = bytes;
    if (i > 0)
      integers = a.shiftRight(bytes, i * type.getBits());
    else if (types.size() > 1)
      integers = a.bitAnd(bytes, a.i32((1 << type.getBits()) - 1));
    values.push_back(a.op<arith::SIToFPOp>(a.getF32(), integers));
  }
  return values;
}

RowScale mlir::embcol::loadScale(ImplicitLocOpBuilder &builder, Type rowType,
                                 Value rows, Value row) {
  if (!isa<QuantizedType>(rowType))
    return {};
  auto bytes =
      VectorType::get({QuantizedType::kHeaderBytes}, builder.getI8Type());
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  Value header =
      vector::LoadOp::create(builder, bytes, rows, ValueRange{row, zero});
  header = vector::BitCastOp::create(
      builder, VectorType::get({2}, builder.getF16Type()), header);
  header = arith::ExtFOp::create(
      builder, VectorType::get({2}, builder.getF32Type()), header);
  return {vector::ExtractOp::create(builder, header, 0),
          vector::ExtractOp::create(builder, header, 1)};
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

static Type getRowType(Value rows) {
  return cast<MemRefType>(rows.getType()).getElementType();
}

/// How many weights of a row are in one element of memory.
static int64_t getWeightsOfElement(Type rowType) {
  auto quantized = dyn_cast<QuantizedType>(rowType);
  return quantized ? 8 / quantized.getBits() : 1;
}

SmallVector<Tile> mlir::embcol::cutTile(ImplicitLocOpBuilder &builder,
                                        Type rowType, const Tile &tile) {
  int64_t weightsOfElement = getWeightsOfElement(rowType);
  int64_t size = tile.type.getNumElements();
  SmallVector<Tile> pieces;
  for (int64_t begin = 0; begin < size;) {
    int64_t elements = llvm::divideCeil(size - begin, weightsOfElement);
    int64_t count = llvm::bit_floor<uint64_t>(elements) * weightsOfElement;
    Value offset = builder.createOrFold<arith::AddIOp>(
        tile.offset, arith::ConstantIndexOp::create(builder, begin));
    pieces.push_back({offset, VectorType::get({std::min(count, size - begin)},
                                              tile.type.getElementType())});
    begin += count;
  }
  return pieces;
}

SmallVector<VectorType> mlir::embcol::getValueTypes(Type rowType,
                                                    const Tile &piece) {
  int64_t count = getWeightsOfElement(rowType);
  int64_t size = llvm::divideCeil(piece.type.getNumElements(), count);
  return SmallVector<VectorType>(
      count, VectorType::get({size}, piece.type.getElementType()));
}

SmallVector<Value> mlir::embcol::loadValues(ImplicitLocOpBuilder &builder,
                                            Type rowType, Value rows, Value row,
                                            const Tile &piece) {
  if (auto quantized = dyn_cast<QuantizedType>(rowType))
    return loadQuantized(builder, quantized, rows, row, piece);
  Arithmetic a(builder, piece.type);
  auto type = cast<VectorType>(a.getType(rowType));
  Value weights = vector::LoadOp::create(builder, type, rows,
                                         ValueRange{row, piece.offset});
  if (rowType.isBF16())
    return {extendBFloat16(a, weights)};
  if (rowType.isF16())
    return {a.op<arith::ExtFOp>(a.getF32(), weights)};
  return {weights};
}

Value mlir::embcol::joinValues(ImplicitLocOpBuilder &builder, const Tile &piece,
                               ValueRange values) {
  if (values.size() == 1)
    return values.front();
  int64_t size = cast<VectorType>(values[0].getType()).getNumElements();
  SmallVector<int64_t> places;
  for (int64_t i = 0; i < piece.type.getNumElements(); ++i)
    places.push_back(i / 2 + i % 2 * size);
  return vector::ShuffleOp::create(builder, values[0], values[1], places);
}

Value mlir::embcol::loadWeights(ImplicitLocOpBuilder &builder, Type rowType,
                                Value rows, Value row, const Tile &tile) {
  Value weights =
      joinValues(builder, tile, loadValues(builder, rowType, rows, row, tile));
  RowScale scale = loadScale(builder, rowType, rows, row);
  if (!scale.scale)
    return weights;
  auto broadcast = [&](Value value) {
    return vector::BroadcastOp::create(builder, tile.type, value);
  };
  return math::FmaOp::create(builder, broadcast(scale.scale), weights,
                             broadcast(scale.bias));
}

void mlir::embcol::prefetchWeights(ImplicitLocOpBuilder &builder, Type rowType,
                                   Value rows, Value row, const Tile &tile,
                                   PrefetchAttr options) {
  int64_t count = tile.type.getNumElements();
  Value begin = tile.offset;
  if (auto quantized = dyn_cast<QuantizedType>(rowType)) {
    // The header with the first tile.
    begin = createByteOffset(builder, quantized, tile.offset);
    count = quantized.getRowBytes(count);
  }
  prefetch(builder, rows, row, begin, count, options);
}

void mlir::embcol::storeWeights(ImplicitLocOpBuilder &builder, Value weights,
                                Value rows, Value row, const Tile &tile,
                                Value bits) {
  Arithmetic a(builder, tile.type);
  Type rowType = getRowType(rows);
  Type narrow = a.getType(rowType);
  if (rowType.isBF16()) {
    weights = a.bitcast(narrow, truncateToBFloat16(a, weights, bits));
  } else if (rowType.isF16()) {
    if (bits)
      weights = roundToFloat16(a, weights, bits);
    weights = a.op<arith::TruncFOp>(narrow, weights);
  }
  vector::StoreOp::create(builder, weights, rows, ValueRange{row, tile.offset});
}

//===----------------------------------------------------------------------===//
// Random bits
//===----------------------------------------------------------------------===//

/// The first numRows mod numTurns partitions have a row more than the others.
Value mlir::embcol::createRowOfTurns(ImplicitLocOpBuilder &builder,
                                     Value position, Value numRows,
                                     int64_t numTurns) {
  Arithmetic a(builder, builder.getIndexType());
  auto compare = [&](arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return a.op<arith::CmpIOp>(predicate, lhs, rhs);
  };
  Value turns = a.op<arith::ConstantIndexOp>(numTurns);
  Value zero = a.op<arith::ConstantIndexOp>(0);
  Value one = a.op<arith::ConstantIndexOp>(1);
  Value size = a.op<arith::DivUIOp>(numRows, turns);
  Value numLarger = a.op<arith::RemUIOp>(numRows, turns);
  Value largerSize = a.add(size, one);
  Value endOfLarger = a.mul(numLarger, largerSize);
  Value isLarger = compare(arith::CmpIPredicate::ult, position, endOfLarger);
  Value begin = a.select(isLarger, zero, endOfLarger);
  Value ownSize = a.select(isLarger, largerSize, size);
  Value offset = a.sub(position, begin);
  Value partition = a.op<arith::DivUIOp>(offset, ownSize);
  Value turn = a.op<arith::RemUIOp>(offset, ownSize);
  partition = a.add(partition, a.select(isLarger, zero, numLarger));
  return a.add(a.mul(turn, turns), partition);
}

/// SplitMix64 of G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014.
Value mlir::embcol::createSplitMix64(ImplicitLocOpBuilder &builder, Value seed,
                                     Value n) {
  Type i64 = builder.getI64Type();
  Arithmetic a(builder, i64);
  Value count = a.add(a.op<arith::IndexCastOp>(i64, n), a.constant(i64, 1));
  Value z = a.add(seed, a.mul(count, a.constant(i64, 0x9E3779B97F4A7C15)));
  z = a.mix(z, 30, 0xBF58476D1CE4E5B9);
  z = a.mix(z, 27, 0x94D049BB133111EB);
  return a.mix(z, 31);
}

/// The same for 32 bits, which vectors are quick at, and by the finalizer of A.
/// Appleby's MurmurHash3.
Value mlir::embcol::createRandomBits(ImplicitLocOpBuilder &builder, Value seed,
                                     const Tile &tile) {
  constexpr uint32_t step = 0x9E3779B9;
  Type i32 = builder.getI32Type();
  Arithmetic scalar(builder, i32), a(builder, tile.type);
  SmallVector<int32_t> steps;
  for (int64_t i = 0; i < tile.type.getNumElements(); ++i)
    steps.push_back(static_cast<int32_t>(static_cast<uint32_t>(i + 1) * step));
  Value begin = scalar.op<arith::IndexCastOp>(i32, tile.offset);
  begin = scalar.mul(begin, scalar.i32(step));
  begin = scalar.add(begin, scalar.op<arith::TruncIOp>(i32, seed));
  auto vectorType = cast<VectorType>(a.getI32());
  Value h = a.op<vector::BroadcastOp>(vectorType, begin);
  h = a.add(h, a.op<arith::ConstantOp>(DenseIntElementsAttr::get(
                   vectorType, ArrayRef<int32_t>(steps))));
  h = a.mix(h, 16, 0x85EBCA6B);
  h = a.mix(h, 13, 0xC2B2AE35);
  return a.mix(h, 16);
}
