//===- KernelBuilder.cpp - What kernels are built with --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "embcol/Conversion/Common/Kernels.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <numeric>

using namespace mlir;
using namespace mlir::embcol;

/// How many f32 half of AVX-512's registers hold, all of AVX2's: the widest
/// accumulator.
static constexpr int64_t kMaxTileSize = 128;
static constexpr int64_t kCacheLineBits = 64 * 8;
/// A program whose tables take more than that does not find them in a
/// last-level cache, unless one is so small that it is used all the time.
static constexpr int64_t kLargeProgramBytes = int64_t(128) << 20;
static constexpr int64_t kLargeTableBytes = int64_t(16) << 20;

static int64_t getRowBytes(TableOp table) {
  MemRefType row =
      getRowsType(/*numRows=*/1, table.getDimension(), table.getRowType());
  int64_t rowBits = row.getNumElements() * row.getElementTypeBitWidth();
  return llvm::divideCeil(rowBits, 8);
}

static int64_t getNumBytes(TableOp table) {
  return getRowBytes(table) * table.getNumRows();
}

/// Whether rows come from memory, and not from a cache.
static bool isLargeTable(TableOp table) {
  if (getNumBytes(table) < kLargeTableBytes)
    return false;
  int64_t numBytes = 0;
  for (auto other : table->getParentOfType<ModuleOp>().getOps<TableOp>())
    numBytes += getNumBytes(other);
  return numBytes >= kLargeProgramBytes;
}

PrefetchAttr mlir::embcol::getPrefetch(TableOp table) {
  bool isLarge = isLargeTable(table);
  int64_t rowBytes = getRowBytes(table);
  auto module = table->getParentOfType<ModuleOp>();
  if (auto prefetches =
          module->getAttrOfType<ArrayAttr>(EmbColDialect::kPrefetchAttrName))
    for (auto prefetch : prefetches.getAsRange<PrefetchAttr>())
      if (prefetch.getIsLarge() == isLarge &&
          rowBytes <= prefetch.getMaxRowBytes())
        return prefetch;
  return PrefetchAttr::getDefault(table.getContext(), rowBytes, isLarge);
}

bool mlir::embcol::isOneTile(int64_t dimension) {
  return dimension <= kMaxTileSize;
}

SmallVector<Value> mlir::embcol::forEachTile(
    ImplicitLocOpBuilder &builder, int64_t dimension, ValueRange state,
    function_ref<SmallVector<Value>(const Tile &, ValueRange state)> body) {
  auto getTile = [&](Value offset, int64_t size) {
    return Tile{offset, VectorType::get({size}, builder.getF32Type())};
  };
  auto createIndex = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, value);
  };
  SmallVector<Value> next(state);
  int64_t size = kMaxTileSize;
  int64_t end = dimension - dimension % size;
  if (end == size) {
    next = body(getTile(createIndex(0), size), next);
  } else if (end > 0) {
    auto loop = scf::ForOp::create(
        builder, createIndex(0), createIndex(end), createIndex(size), next,
        [&](OpBuilder &, Location, Value offset, ValueRange states) {
          scf::YieldOp::create(builder, body(getTile(offset, size), states));
        });
    next = loop.getResults();
  }
  if (end < dimension)
    next = body(getTile(createIndex(end), dimension - end), next);
  return next;
}

func::FuncOp mlir::embcol::createKernel(ImplicitLocOpBuilder &builder,
                                        ModuleOp module, StringRef name,
                                        FunctionType type) {
  builder.setInsertionPointToStart(module.getBody());
  auto kernel = func::FuncOp::create(builder, name, type);
  kernel.setPrivate();
  // Programs are linked with one another, and have kernels of one name.
  kernel->setAttr(
      "llvm.linkage",
      LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
  builder.setInsertionPointToStart(kernel.addEntryBlock());
  return kernel;
}

Value mlir::embcol::loadIndex(ImplicitLocOpBuilder &builder, Value buffer,
                              Value position) {
  Value value = memref::LoadOp::create(builder, buffer, position);
  return arith::IndexCastOp::create(builder, builder.getIndexType(), value);
}

void mlir::embcol::prefetch(ImplicitLocOpBuilder &builder, Value rows,
                            Value row, Value offset, int64_t count,
                            PrefetchAttr options) {
  auto type = cast<MemRefType>(rows.getType());
  int64_t elementBits = type.getElementTypeBitWidth();
  int64_t step = kCacheLineBits / elementBits;
  SmallVector<int64_t> columns;
  for (int64_t line = 0; line < count; line += step)
    columns.push_back(line);
  // Rows begin at multiples of this: of what follows the last full line, the
  // end may be in one line more. A tile of full lines ends a row at one's end,
  // or is followed by a tile that prefetches the next.
  int64_t granule =
      std::gcd(type.getDimSize(1) * elementBits, kCacheLineBits) / elementBits;
  if (count % step > granule)
    columns.push_back(count - 1);
  for (int64_t column : columns) {
    Value place = offset;
    if (column > 0)
      place = arith::AddIOp::create(
          builder, offset, arith::ConstantIndexOp::create(builder, column));
    memref::PrefetchOp::create(builder, rows, ValueRange{row, place},
                               /*isWrite=*/false, options.getLocality(),
                               /*isDataCache=*/true);
  }
}

Value mlir::embcol::sumVector(ImplicitLocOpBuilder &builder, Value vector,
                              Value sum) {
  auto flags = arith::FastMathFlags::reassoc;
  if (!sum)
    return vector::ReductionOp::create(builder, vector::CombiningKind::ADD,
                                       vector, flags);
  return vector::ReductionOp::create(builder, vector::CombiningKind::ADD,
                                     vector, sum, flags);
}

Value mlir::embcol::castToRows(ImplicitLocOpBuilder &builder, Value rows,
                               int64_t dimension, Type rowType) {
  return memref::CastOp::create(
      builder, getRowsType(ShapedType::kDynamic, dimension, rowType), rows);
}
