//===- Npz.h - Arrays in .npz files -----------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_TOOLS_EMBCOL_RUN_NPZ_H
#define EMBCOL_TOOLS_EMBCOL_RUN_NPZ_H

#include "embcol/ExecutionEngine/Array.h"

#include "absl/status/statusor.h"

#include <map>
#include <string>

namespace embcol {

/// An array of a .npz file: numbers in the element types of programs, or
/// strings (bytes and offsets; numpy's S and U types). Floats of 64 and 16 bits
/// are not taken.
struct NpzArray {
  std::vector<Array> parts;
  std::vector<int64_t> shape;
  /// Whether integers can be -1.
  bool isSigned = true;

  bool isString() const { return parts.size() == 2; }
};

/// The arrays of a .npz file by name. NotFound, or InvalidArgument naming the
/// array.
absl::StatusOr<std::map<std::string, NpzArray>>
readNpz(const std::string &path);

/// Writes arrays of numbers, compressed.
absl::Status writeNpz(const std::string &path,
                      const std::map<std::string, Array> &arrays);

} // namespace embcol

#endif // EMBCOL_TOOLS_EMBCOL_RUN_NPZ_H
