//===- RowTypes.h - Weights of narrow rows in kernels -----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_CONVERSION_COMMON_ROWTYPES_H
#define EMBCOL_LIB_CONVERSION_COMMON_ROWTYPES_H

#include "KernelBuilder.h"

namespace mlir::embcol {

/// What the weights of a row are made of, f32: scale * value + bias. Both null
/// where rows are not quantized, and values are weights.
struct RowScale {
  Value scale, bias;
};
RowScale loadScale(ImplicitLocOpBuilder &builder, Type rowType, Value rows,
                   Value row);

/// Cuts a tile into such as registers hold well, also from one block to the
/// next, where LLVM keeps a vector of another size than a power of two element
/// by element.
SmallVector<Tile> cutTile(ImplicitLocOpBuilder &builder, Type rowType,
                          const Tile &tile);

/// The types of what `loadValues` gives for such a piece.
SmallVector<VectorType> getValueTypes(Type rowType, const Tile &piece);

/// The values of a piece of a row, f32. Those of i4 are two vectors, of even
/// places and of odd ones: to put them in order is left until they are summed.
SmallVector<Value> loadValues(ImplicitLocOpBuilder &builder, Type rowType,
                              Value rows, Value row, const Tile &piece);

/// The vector of a piece, of vectors as `loadValues` gives them.
Value joinValues(ImplicitLocOpBuilder &builder, const Tile &piece,
                 ValueRange values);

/// A tile of row `row`, in f32 whatever rows are kept as.
Value loadWeights(ImplicitLocOpBuilder &builder, Type rowType, Value rows,
                  Value row, const Tile &tile);

/// Prefetches the cache lines of such a tile.
void prefetchWeights(ImplicitLocOpBuilder &builder, Type rowType, Value rows,
                     Value row, const Tile &tile, PrefetchAttr options);

/// Writes f32 weights, rounded to nearest, ties to even; or with `bits`, a
/// vector of random i32, stochastically. docs/Semantics.md says how.
void storeWeights(ImplicitLocOpBuilder &builder, Value weights, Value rows,
                  Value row, const Tile &tile, Value bits = {});

/// The row at `position` of a table at whose `numRows` rows `numTurns`
/// partitions take turns.
Value createRowOfTurns(ImplicitLocOpBuilder &builder, Value position,
                       Value numRows, int64_t numTurns);

/// Number `n`, an index from 0, of what SplitMix64 gives for a seed, an i64.
Value createSplitMix64(ImplicitLocOpBuilder &builder, Value seed, Value n);

/// A vector of random i32 for the weights of a tile, by their places in the
/// row: a function of these and of `seed`, an i64.
Value createRandomBits(ImplicitLocOpBuilder &builder, Value seed,
                       const Tile &tile);

} // namespace mlir::embcol

#endif // EMBCOL_LIB_CONVERSION_COMMON_ROWTYPES_H
