//===- JIT.h - Machine code of a module -------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_JIT_H
#define EMBCOL_LIB_EXECUTIONENGINE_JIT_H

#include "absl/status/statusor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace embcol {

/// Compiles a module of the LLVM dialect for the host, with vectors as wide as
/// the host has. `symbols` are addresses that the module refers to; see
/// `translate` for the rest.
absl::StatusOr<std::unique_ptr<llvm::orc::LLJIT>>
compile(mlir::ModuleOp module, llvm::ArrayRef<std::string> entryPoints,
        const llvm::StringMap<void *> &symbols);

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_JIT_H
