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

/// A tile of row `row`, in f32 whatever rows are kept as.
Value loadWeights(ImplicitLocOpBuilder &builder, Value rows, Value row,
                  const Tile &tile);

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
