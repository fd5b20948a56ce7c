//===- CodeCache.h - Object code on disk ------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_CODECACHE_H
#define EMBCOL_LIB_EXECUTIONENGINE_CODECACHE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace embcol {

/// What a module was compiled to.
struct ObjectCode {
  /// Of object files.
  std::unique_ptr<llvm::MemoryBuffer> archive;
  int64_t numKernels = 0;
};

/// A directory of object code by what it was made of. A file is written aside
/// and renamed, and has a sum of its content: processes can share the
/// directory. What is not valid counts for nothing, and so does what cannot be
/// written. Files that were not used for a week go, and the oldest beyond 256
/// MiB.
class CodeCache {
public:
  /// In `code` of `getCacheDirectory`.
  static CodeCache fromEnvironment();

  /// Without a directory nothing is cached.
  explicit CodeCache(std::string directory) : directory(std::move(directory)) {}

  /// The name of the code of `source` on this machine, by this compiler.
  static std::string makeKey(llvm::StringRef source, llvm::StringRef target);

  /// No object if there is none.
  ObjectCode load(llvm::StringRef key) const;
  void store(llvm::StringRef key, const ObjectCode &code) const;

private:
  std::string fileOf(llvm::StringRef key) const;

  std::string directory;
};

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_CODECACHE_H
