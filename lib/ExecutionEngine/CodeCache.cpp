//===- CodeCache.cpp - Object code on disk --------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeCache.h"
#include "embcol/EmbeddingCore/CacheDirectory.h"
#include "embcol/EmbeddingCore/VocabularyCache.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <cstring>
#include <dlfcn.h>

using namespace embcol;
using namespace llvm;

namespace {
/// Stands behind the archive, so that this begins where a file is mapped.
struct Trailer {
  int64_t numKernels;
  /// Of the archive and the number.
  uint64_t sum;

  static Trailer of(StringRef archive, int64_t numKernels) {
    return {numKernels,
            xxh3_64bits(archive) + static_cast<uint64_t>(numKernels)};
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

static void hashFile(BLAKE3 &hash, const std::string &path) {
  std::optional<FileIdentity> file = FileIdentity::of(path);
  if (!file)
    return;
  hash.update(path);
  hash.update(
      ArrayRef(reinterpret_cast<const uint8_t *>(&*file), sizeof(*file)));
}

/// Tells one build of the library that has this address from another.
static void hashLibrary(BLAKE3 &hash, const void *address) {
  if (Dl_info info; dladdr(address, &info))
    hashFile(hash, info.dli_fname);
}

std::string CodeCache::makeKey(StringRef source, StringRef target) {
  BLAKE3 hash;
  hash.update(LLVM_VERSION_STRING);
  hash.update(target);
  // This compiler, and those that it stands on. Where they are part of a
  // program, that is known as it was called, which need not be the name of a
  // file.
  hashFile(hash, sys::fs::getMainExecutable(nullptr, nullptr));
  hashLibrary(hash, reinterpret_cast<const void *>(&CodeCache::makeKey));
  void (mlir::MLIRContext::*mlirMember)(bool) =
      &mlir::MLIRContext::disableMultithreading;
  const void *mlirAddress, *llvmAddress;
  std::memcpy(&mlirAddress, &mlirMember, sizeof(mlirAddress));
  bool (LLVMContext::*llvmMember)() const =
      &LLVMContext::shouldDiscardValueNames;
  std::memcpy(&llvmAddress, &llvmMember, sizeof(llvmAddress));
  hashLibrary(hash, mlirAddress);
  hashLibrary(hash, llvmAddress);
  hash.update(source);
  return toHex(hash.final<20>(), /*LowerCase=*/true);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

CodeCache CodeCache::fromEnvironment() {
  return CodeCache(getCacheDirectory("code"));
}

/// By this name LLVM knows what may be removed.
std::string CodeCache::fileOf(StringRef key) const {
  return directory + "/llvmcache-" + key.str();
}

ObjectCode CodeCache::load(StringRef key) const {
  if (directory.empty())
    return {};
  auto file = MemoryBuffer::getFile(fileOf(key), /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file || (*file)->getBufferSize() < sizeof(Trailer))
    return {};
  StringRef archive = (*file)->getBuffer().drop_back(sizeof(Trailer));
  Trailer found;
  std::memcpy(&found, archive.end(), sizeof(found));
  Trailer expected = Trailer::of(archive, found.numKernels);
  if (std::memcmp(&found, &expected, sizeof(found)) != 0)
    return {};
  return {MemoryBuffer::getMemBufferCopy(archive, key), found.numKernels};
}

void CodeCache::store(StringRef key, const ObjectCode &code) const {
  if (directory.empty() ||
      sys::fs::create_directories(directory, /*IgnoreExisting=*/true))
    return;
  auto write = [&](raw_ostream &os) -> Error {
    StringRef archive = code.archive->getBuffer();
    Trailer trailer = Trailer::of(archive, code.numKernels);
    os << archive
       << StringRef(reinterpret_cast<const char *>(&trailer), sizeof(trailer));
    // Whose destructor would end the program for an error, a full disk, say.
    auto &file = static_cast<raw_fd_ostream &>(os);
    file.flush();
    std::error_code error = file.error();
    file.clear_error();
    return errorCodeToError(error);
  };
  // The code is good without it.
  consumeError(writeToOutput(fileOf(key), write));
  CachePruningPolicy policy;
  policy.MaxSizeBytes = uint64_t(256) << 20;
  pruneCache(directory, policy);
}
