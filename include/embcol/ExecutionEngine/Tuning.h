//===- Tuning.h - How kernels run best on a machine -------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EXECUTIONENGINE_TUNING_H
#define EMBCOL_EXECUTIONENGINE_TUNING_H

#include "absl/status/statusor.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <string>

namespace embcol {

/// Where the tuning of this machine is: the file that the variable
/// EMBCOL_TUNING names, else one of the processor's name in the folder of
/// caches. Empty if there is no such folder, or the variable is empty.
std::string getTuningFile();

/// The module attribute `embcol.prefetch` as the file has it, or null if there
/// is no file. InvalidArgument, naming the file, for another content, NotFound
/// if EMBCOL_TUNING names a file that is not there.
absl::StatusOr<mlir::ArrayAttr> loadTuning(mlir::MLIRContext &context);

} // namespace embcol

#endif // EMBCOL_EXECUTIONENGINE_TUNING_H
