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

/// The status of an LLVM error, which it consumes.
absl::Status toStatus(llvm::Error error);

/// Compiles a module of the LLVM dialect for the host, with vectors as wide as
/// the host has. Each function named in `entryPoints` gets a function
/// `getPackedName(name)`, void(void **), that takes the addresses of its
/// arguments, then that of its result. `symbols` are addresses that the module
/// refers to.
absl::StatusOr<std::unique_ptr<llvm::orc::LLJIT>>
compile(mlir::ModuleOp module, llvm::ArrayRef<std::string> entryPoints,
        const llvm::StringMap<void *> &symbols);

std::string getPackedName(llvm::StringRef name);

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_JIT_H
