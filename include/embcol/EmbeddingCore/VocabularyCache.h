//===- VocabularyCache.h - Vocabulary files as tables -------------*- C++
//-*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_VOCABULARYCACHE_H
#define EMBCOL_EMBEDDINGCORE_VOCABULARYCACHE_H

#include "embcol/EmbeddingCore/TokenTable.h"

#include <optional>
#include <string>

namespace embcol {

/// A file as it was when its tokens were read: all of this changes, or the time
/// of change does, when somebody writes to it or puts another in its place.
struct FileIdentity {
  /// Nothing for what is no file.
  static std::optional<FileIdentity> of(const std::string &path);

  uint64_t numBytes, inode;
  /// Nanoseconds since 1970.
  int64_t modified, changed;
};

/// Which tokens of which file.
struct VocabularySource {
  std::string path;
  bool isString;
  /// The number of lines that are taken, or 0 for all.
  int64_t size;
};

/// A directory of tables that were made of vocabulary files. Opening one maps
/// it, whatever its size.
///
/// A file of the cache belongs to the path of a vocabulary file, and has the
/// identity of that; a file of another identity is not used, and replaced. It
/// is written aside, synced and renamed, so that processes can share the
/// directory, and it tells whether it was changed after that: its time of
/// modification is one that it names, and where it has another, its content is
/// summed up. What is not valid counts for nothing, and so does what cannot be
/// written.
class VocabularyCache {
public:
  struct Options {
    /// Nothing is cached if it is empty.
    std::string directory;
    /// Files of fewer bytes are read faster than the cache would be worth.
    uint64_t leastBytes = 1 << 20;
    /// Nanoseconds that a file must have been unchanged: for less, the clock of
    /// a file system may not tell a change.
    int64_t settling = 2'000'000'000;
  };
  explicit VocabularyCache(Options options) : options(std::move(options)) {}

  /// In `vocabularies` of `getCacheDirectory`.
  static VocabularyCache fromEnvironment();

  const std::string &directory() const { return options.directory; }

  /// The table that was made of the file, if it is as it was then.
  std::optional<TokenTable> load(const VocabularySource &source) const;

  /// Keeps a table that was made of the file, which had this identity before
  /// it was read. Removes tables of files that are gone.
  void store(const VocabularySource &source, const FileIdentity &identity,
             const TokenTable &table) const;

private:
  bool takes(const FileIdentity &identity) const;
  absl::Status write(const VocabularySource &source,
                     const FileIdentity &identity,
                     const TokenTable &table) const;
  std::string fileOf(const VocabularySource &source) const;
  void clean() const;

  Options options;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_VOCABULARYCACHE_H
