//===- AheadOfTime.h - Programs as libraries for serving --------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EXECUTIONENGINE_AHEADOFTIME_H
#define EMBCOL_EXECUTIONENGINE_AHEADOFTIME_H

#include "embcol/Serving/ServingProgram.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>

namespace embcol {

/// The machine that code is made for. What is left empty is that of the host,
/// or, with another architecture, what LLVM takes for it.
struct CodeTarget {
  std::string triple;
  std::string cpu;
  /// As LLVM has them, such as "+avx2,-avx512f".
  std::string features;
};

/// A program for serving that is compiled without tables: an object file whose
/// functions C can call, and the header that declares them.
class ServingLibrary {
public:
  /// All names of the library begin with `name`. InvalidArgument for a program
  /// that is not for serving, or that has what C has no names or types for. The
  /// module has to outlive the library.
  static absl::StatusOr<ServingLibrary> create(mlir::ModuleOp module,
                                               std::string name);

  /// The C header, which needs no other.
  std::string getHeader() const;

  /// A position-independent object file. It refers to embcol/Serving/Serving.h
  /// and embcol/EmbeddingCore/Runtime.h. InvalidArgument for a target that
  /// there is not, or that has no 64 bit addresses, little-endian.
  absl::StatusOr<std::string> emitObject(const CodeTarget &target) const;

  /// Makes a shared library of that object, and all that it refers to of
  /// embcol, which is in `runtimeArchive`.
  absl::Status emitShared(const CodeTarget &target,
                          const std::string &runtimeArchive,
                          const std::string &path) const;

private:
  ServingLibrary(mlir::ModuleOp module, std::string name)
      : module(module), name(std::move(name)) {}
  absl::Status describe();

  mlir::ModuleOp module;
  std::string name;
  ServingProgram program;
  /// By function, what the header says of each result beside its type: which
  /// columns are where.
  std::map<std::string, std::vector<std::string>> resultComments;
};

/// The name of a library that is made of a program's file: what its name begins
/// with, without the digest that saved programs have, as an identifier.
std::string getLibraryName(llvm::StringRef path);

} // namespace embcol

#endif // EMBCOL_EXECUTIONENGINE_AHEADOFTIME_H
