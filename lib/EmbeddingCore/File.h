//===- File.h - Files that replace others whole -----------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EMBEDDINGCORE_FILE_H
#define EMBCOL_LIB_EMBEDDINGCORE_FILE_H

#include "absl/status/status.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace embcol::detail {

/// A file that is written beside another one and, once it is on the disk,
/// renamed to it, so that a crash leaves either the old or the new one whole.
/// Errors begin with `description`, which says what file it is.
class NewFile {
public:
  NewFile(std::string path, std::string description)
      : path(std::move(path)), description(std::move(description)) {}
  NewFile(const NewFile &) = delete;
  /// Removes what was not committed.
  ~NewFile();

  /// Reserves room for `size` bytes, all of which are to be written.
  absl::Status create(uint64_t size);
  absl::Status write(const char *data, size_t size, uint64_t offset);
  /// Sets the time, in seconds since 1970, at which it was modified last.
  absl::Status setModified(int64_t seconds);
  absl::Status commit();

private:
  absl::Status error() const;

  std::string path, temporary, description;
  int file = -1;
};

/// Files that are written beside another one. They go again unless that is
/// committed.
class CompanionFiles {
public:
  explicit CompanionFiles(std::string directory)
      : directory(std::move(directory)) {}
  CompanionFiles(const CompanionFiles &) = delete;
  ~CompanionFiles();

  /// Writes files, by name their contents, that are not there already.
  absl::Status write(const std::map<std::string, std::string> &files);
  void commit() { added.clear(); }

private:
  std::string directory;
  std::vector<std::string> added;
};

/// Reads bytes that the file is known to have.
absl::Status readAll(int file, const std::string &description, char *data,
                     size_t size);

/// Whether the file has this content and no other.
bool hasContent(const std::string &path, const std::string &content);

/// Makes what was renamed in a directory outlast a crash.
absl::Status syncDirectory(const std::string &directory);

/// The directory that `path` is in, with its slash; "./" where it names none.
std::string directoryOf(const std::string &path);

} // namespace embcol::detail

#endif // EMBCOL_LIB_EMBEDDINGCORE_FILE_H
