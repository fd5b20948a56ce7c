//===- KernelCalls.cpp - Kernels that the runtime calls -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Common/KernelCalls.h"
#include "embcol/Conversion/Common/Runtime.h"

using namespace mlir;
using namespace mlir::embcol;

Value mlir::embcol::createKernelAddress(OpBuilder &builder, Location loc,
                                        func::FuncOp kernel) {
  return func::ConstantOp::create(builder, loc, kernel.getFunctionType(),
                                  SymbolRefAttr::get(kernel));
}

std::string mlir::embcol::getRuntimeName(StringRef name, Type rowType) {
  Type element = getRowsType(ShapedType::kDynamic, /*dimension=*/1, rowType)
                     .getElementType();
  std::string typed;
  llvm::raw_string_ostream(typed) << name << "_" << element;
  return typed;
}

void mlir::embcol::emitRuntimeCall(OpBuilder &builder, Location loc,
                                   const ColumnMap &columns,
                                   const BagKernelCall &call) {
  ColumnInfo info = call.info;
  const Bags &bags = call.bags;
  SmallVector<Value> arguments = {
      createInt64(builder, loc, info.ordinal),
      createInt64(builder, loc, info.getNumSteps()),
      createKernelAddress(builder, loc, call.kernel),
      call.rows,
      bags.ids,
      bags.starts,
      bags.ends,
      bags.weights};
  llvm::append_range(arguments, call.buffers);
  createRuntimeCall(
      builder, loc, columns.getModule(),
      getRuntimeName(call.runtimeFunction, info.table.getRowType()), {},
      arguments);
}
