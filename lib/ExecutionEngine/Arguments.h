//===- Arguments.h - What programs may be called with -----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_ARGUMENTS_H
#define EMBCOL_LIB_EXECUTIONENGINE_ARGUMENTS_H

#include "embcol/ExecutionEngine/Program.h"

namespace embcol {

struct NamedSignature {
  std::string name;
  FunctionSignature signature;
};

/// The public functions of a module, in its order. InvalidArgument, naming the
/// function, for a type that cannot be passed.
absl::StatusOr<std::vector<NamedSignature>>
getSignatures(mlir::ModuleOp module);

/// The columns of a module, in its order.
std::vector<std::string> getColumnNames(mlir::ModuleOp module);

/// InvalidArgument, naming the argument, unless `arguments` are what a function
/// of this signature takes: element types, shapes, splits, and one batch for
/// all features.
absl::Status checkArguments(const FunctionSignature &signature,
                            llvm::ArrayRef<Value> arguments);

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_ARGUMENTS_H
