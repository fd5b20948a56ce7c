//===- CNames.h - Names of what C sees --------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_CNAMES_H
#define EMBCOL_LIB_EXECUTIONENGINE_CNAMES_H

#include "embcol/Serving/ServingProgram.h"

#include "llvm/ADT/StringRef.h"

namespace embcol {

/// The names of a library `library` and of what it has for a function.
struct CNames {
  explicit CNames(llvm::StringRef library, llvm::StringRef function = "");

  std::string model, open, close, error;
  std::string call, results, free;
};

/// InvalidArgument where the library or a function has a name that C does not
/// take, or that stands for something else.
absl::Status checkNames(llvm::StringRef library, const ServingProgram &program);

/// Names for the parameters of a function: those of the features, as far as C
/// and C++ take them.
std::vector<std::string>
getParameterNames(const ServingProgram::Function &function);

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_CNAMES_H
