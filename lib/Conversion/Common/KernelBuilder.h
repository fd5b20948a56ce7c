//===- KernelBuilder.h - What kernels are built with ------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_CONVERSION_COMMON_KERNELBUILDER_H
#define EMBCOL_LIB_CONVERSION_COMMON_KERNELBUILDER_H

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::embcol {

/// A piece of a row that is held in registers, as f32.
struct Tile {
  Value offset;
  VectorType type;
};

/// Calls `body` for the tiles of rows of `dimension` elements: a loop over
/// those that fill the vector registers, then the last one, as short as it has
/// to be, so that nothing is read past a row. `state` goes from tile to tile.
SmallVector<Value> forEachTile(
    ImplicitLocOpBuilder &builder, int64_t dimension, ValueRange state,
    function_ref<SmallVector<Value>(const Tile &, ValueRange state)> body);

/// Whether rows of `dimension` elements are one tile.
bool isOneTile(int64_t dimension);

/// An empty private function at the start of `module`, the builder in its body.
func::FuncOp createKernel(ImplicitLocOpBuilder &builder, ModuleOp module,
                          StringRef name, FunctionType type);

/// Element `position` of a buffer of rank 1, an i64 as an index.
Value loadIndex(ImplicitLocOpBuilder &builder, Value buffer, Value position);

/// Prefetches the cache lines of row `row` that hold the `count` elements from
/// `offset` on. For reading, also where the row is written then: asked for
/// exclusively, random lines take up to 1.7 times as long to come (Sapphire
/// Rapids), and no other core has them.
void prefetch(ImplicitLocOpBuilder &builder, Value rows, Value row,
              Value offset, int64_t count, PrefetchAttr options);

/// The sum of a vector's elements and of `sum`, in an order that suits the
/// registers.
Value sumVector(ImplicitLocOpBuilder &builder, Value vector, Value sum = {});

/// `rows` with the static width of the rows that the kernel is for.
Value castToRows(ImplicitLocOpBuilder &builder, Value rows, int64_t dimension,
                 Type rowType);

} // namespace mlir::embcol

#endif // EMBCOL_LIB_CONVERSION_COMMON_KERNELBUILDER_H
