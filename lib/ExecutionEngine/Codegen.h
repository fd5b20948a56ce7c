//===- Codegen.h - LLVM IR of a module --------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_CODEGEN_H
#define EMBCOL_LIB_EXECUTIONENGINE_CODEGEN_H

#include "absl/status/status.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace embcol {

/// The status of an LLVM error, which it consumes.
absl::Status toStatus(llvm::Error error);

/// Translates a module of the LLVM dialect for a machine, with vectors as wide
/// as it has. Each function named in `entryPoints` gets a function
/// `getPackedName(name)`, void(void **), that takes the addresses of its
/// arguments, then that of its result.
llvm::Expected<std::unique_ptr<llvm::Module>>
translate(mlir::ModuleOp module, llvm::ArrayRef<std::string> entryPoints,
          const llvm::TargetMachine &machine, llvm::LLVMContext &context);

std::string getPackedName(llvm::StringRef name);

/// Runs LLVM's passes, as for -O3.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_CODEGEN_H
