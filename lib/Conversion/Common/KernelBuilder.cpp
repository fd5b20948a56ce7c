//===- KernelBuilder.cpp - What kernels are built with --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::embcol;

/// Half of AVX-512's registers, all of AVX2's: the widest accumulator.
static constexpr int64_t kMaxTileBits = 128 * 32;
static constexpr int64_t kCacheLineBits = 64 * 8;

SmallVector<Tile> mlir::embcol::getTiles(int64_t dimension, Type element) {
  int64_t maxSize = kMaxTileBits / element.getIntOrFloatBitWidth();
  SmallVector<Tile> tiles;
  for (int64_t offset = 0; offset < dimension; offset += maxSize) {
    int64_t size = std::min(maxSize, dimension - offset);
    tiles.push_back({offset, VectorType::get({size}, element)});
  }
  return tiles;
}

func::FuncOp mlir::embcol::createKernel(ImplicitLocOpBuilder &builder,
                                        ModuleOp module, StringRef name,
                                        FunctionType type) {
  builder.setInsertionPointToStart(module.getBody());
  auto kernel = func::FuncOp::create(builder, name, type);
  kernel.setPrivate();
  builder.setInsertionPointToStart(kernel.addEntryBlock());
  return kernel;
}

Value mlir::embcol::loadIndex(ImplicitLocOpBuilder &builder, Value buffer,
                              Value position) {
  Value value = memref::LoadOp::create(builder, buffer, position);
  return arith::IndexCastOp::create(builder, builder.getIndexType(), value);
}

void mlir::embcol::prefetchRow(ImplicitLocOpBuilder &builder, Value rows,
                               Value row, int64_t dimension, Type element,
                               bool isWrite) {
  int64_t step = kCacheLineBits / element.getIntOrFloatBitWidth();
  for (int64_t offset = 0; offset < dimension; offset += step) {
    Value column = arith::ConstantIndexOp::create(builder, offset);
    memref::PrefetchOp::create(builder, rows, ValueRange{row, column}, isWrite,
                               /*localityHint=*/3, /*isDataCache=*/true);
  }
}

Value mlir::embcol::castToRows(ImplicitLocOpBuilder &builder, Value rows,
                               int64_t dimension, Type element) {
  auto type = MemRefType::get({ShapedType::kDynamic, dimension}, element);
  return memref::CastOp::create(builder, type, rows);
}
