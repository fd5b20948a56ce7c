//===- TensorKernel.cpp - The kernel of a lookup on tensors ---------------===//
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
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::embcol;

/// The elements [begin, begin + size) of a buffer, or so many of its rows.
static Value slice(ImplicitLocOpBuilder &builder, Value buffer, Value begin,
                   Value size) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<OpFoldResult> offsets = {begin}, sizes = {size};
  if (type.getRank() == 2) {
    offsets.push_back(builder.getIndexAttr(0));
    sizes.push_back(builder.getIndexAttr(type.getDimSize(1)));
  }
  SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
  return memref::SubViewOp::create(builder, buffer, offsets, sizes, strides);
}

/// `buffer`, or where it is empty one of one element: something to read at a
/// place that is masked.
static Value getNonEmpty(ImplicitLocOpBuilder &builder, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  Value one = memref::AllocaOp::create(
      builder, MemRefType::get({1}, type.getElementType()));
  memref::StoreOp::create(
      builder,
      arith::ConstantOp::create(builder,
                                builder.getZeroAttr(type.getElementType())),
      one, ValueRange{arith::ConstantIndexOp::create(builder, 0)});
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  Value size = memref::DimOp::create(builder, buffer, zero);
  Value isEmpty =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, size, zero);
  return arith::SelectOp::create(
      builder, isEmpty, castToBuffer(builder, builder.getLoc(), one), buffer);
}

/// The body of a kernel: reads and writes buffers, in between all are tensors.
static void buildBody(ImplicitLocOpBuilder &builder, ValueRange arguments,
                      const LookupSignature &signature, int64_t width) {
  Value begin = arguments[6];
  Value size = arith::SubIOp::create(builder, arguments[7], begin);
  Value rows = memref::CastOp::create(
      builder,
      getRowsType(ShapedType::kDynamic, signature.dimension, signature.rowType),
      arguments[0]);
  auto outType = cast<MemRefType>(arguments[5].getType());
  Value out = memref::CastOp::create(
      builder,
      MemRefType::get({ShapedType::kDynamic, signature.dimension},
                      outType.getElementType(), outType.getLayout()),
      arguments[5]);
  out = slice(builder, out, begin, size);
  auto read = [&](Value buffer) {
    return toReadOnlyTensor(builder, builder.getLoc(), buffer);
  };
  TensorLookupOperands operands;
  operands.rows = read(rows);
  operands.ids = read(getNonEmpty(builder, arguments[1]));
  operands.ranges = {read(slice(builder, arguments[2], begin, size)),
                     read(slice(builder, arguments[3], begin, size))};
  if (signature.isWeighted)
    operands.weights = read(getNonEmpty(builder, arguments[4]));
  operands.out = toTensor(builder, builder.getLoc(), out);
  TensorLookupResults results =
      TensorLookup(builder, signature, operands, width, /*takesTurns=*/true,
                   /*findsBad=*/true)
          .build();
  bufferization::MaterializeInDestinationOp::create(
      builder, /*result=*/Type(), results.out, out, /*restrict=*/false,
      /*writable=*/true);
  Value bad =
      arith::IndexCastOp::create(builder, builder.getIndexType(), results.bad);
  func::ReturnOp::create(builder, bad);
}

func::FuncOp mlir::embcol::getOrCreateTensorKernel(OpBuilder &opBuilder,
                                                   ModuleOp module,
                                                   ColumnInfo info) {
  LookupSignature signature = info.getSignature();
  int64_t width = getPaddedWidth(info);
  std::string name =
      signature.getKernelName("tensor_lookup") + "_" + std::to_string(width);
  if (auto kernel = module.lookupSymbol<func::FuncOp>(name))
    return kernel;
  OpBuilder::InsertionGuard guard(opBuilder);
  ImplicitLocOpBuilder builder(module.getLoc(), opBuilder);
  builder.setInsertionPointToStart(module.getBody());
  auto getBuffer = [](Type element, int64_t rank) -> Type {
    return getBufferType(element, rank);
  };
  Type ids = getBuffer(builder.getI64Type(), 1), index = builder.getIndexType();
  Type element =
      getRowsType(ShapedType::kDynamic, signature.dimension, signature.rowType)
          .getElementType();
  Type f32 = builder.getF32Type();
  SmallVector<Type> types = {
      getBuffer(element, 2), ids,   ids,  ids, getBuffer(f32, 1),
      getBuffer(f32, 2),     index, index};
  auto kernel = func::FuncOp::create(builder, name,
                                     builder.getFunctionType(types, index));
  kernel.setPrivate();
  // As all kernels: programs are linked with one another.
  kernel->setAttr(
      "llvm.linkage",
      LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
  builder.setInsertionPointToStart(kernel.addEntryBlock());
  buildBody(builder, kernel.getArguments(), signature, width);
  return kernel;
}
