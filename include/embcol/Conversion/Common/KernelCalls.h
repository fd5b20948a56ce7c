//===- KernelCalls.h - Kernels that the runtime calls ---------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_COMMON_KERNELCALLS_H
#define EMBCOL_CONVERSION_COMMON_KERNELCALLS_H

#include "embcol/Conversion/Common/LookupLowering.h"

namespace mlir::embcol {

/// The address of a kernel, in place of which the runtime is called.
Value createKernelAddress(OpBuilder &builder, Location loc,
                          func::FuncOp kernel);

/// The runtime's function that takes a kernel for rows of this type, or rows:
/// a name has one type in MLIR. All quantized rows are bytes there.
std::string getRuntimeName(StringRef name, Type rowType);

/// Has the runtime call the kernel, from its threads.
void emitRuntimeCall(OpBuilder &builder, Location loc, const ColumnMap &columns,
                     const BagKernelCall &call);

/// The function of the runtime that runs the lookups which were added.
inline constexpr StringLiteral kRunLookups = "embcol_core_run_lookups";

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_COMMON_KERNELCALLS_H
