//===- JIT.h - Machine code of a module -------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_JIT_H
#define EMBCOL_LIB_EXECUTIONENGINE_JIT_H

#include "CodeCache.h"
#include "absl/status/statusor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace embcol {

/// Compiles a module of the LLVM dialect for this machine. `entryPoints` are as
/// for `translate`.
absl::StatusOr<ObjectCode> compile(mlir::ModuleOp module,
                                   llvm::ArrayRef<std::string> entryPoints);

/// What code is compiled for, for keys of a cache.
absl::StatusOr<std::string> describeHost();

/// Links object code into this process, with the addresses that it refers to.
absl::StatusOr<std::unique_ptr<llvm::orc::LLJIT>>
link(llvm::MemoryBufferRef archive, const llvm::StringMap<void *> &symbols);

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_JIT_H
