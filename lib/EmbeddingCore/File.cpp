//===- File.cpp - Files that replace others whole -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "File.h"

#include "embcol/EmbeddingCore/SystemError.h"

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace embcol;
using namespace embcol::detail;

/// Linux transfers 2 GiB a call at most.
static constexpr size_t maxTransfer = size_t(1) << 30;

NewFile::~NewFile() {
  if (file < 0)
    return;
  close(file);
  unlink(temporary.c_str());
}

absl::Status NewFile::error() const {
  return makeSystemError(errno, description);
}

absl::Status NewFile::create(uint64_t size) {
  uint64_t number = std::chrono::system_clock::now().time_since_epoch().count();
  do {
    temporary = absl::StrCat(path, ".", absl::Hex(number++), ".tmp");
    file =
        open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  } while (file < 0 && errno == EEXIST);
  if (file < 0)
    return error();
  if (size == 0)
    return absl::OkStatus();
  int result;
  do
    result = fallocate(file, /*mode=*/0, /*offset=*/0, size);
  while (result != 0 && errno == EINTR);
  // Some file systems reserve nothing, and say so.
  if (result != 0 && errno == EOPNOTSUPP)
    result = ftruncate(file, size);
  return result == 0 ? absl::OkStatus() : error();
}

absl::Status NewFile::write(const char *data, size_t size, uint64_t offset) {
  while (size != 0) {
    ssize_t written = pwrite(file, data, std::min(size, maxTransfer), offset);
    if (written < 0) {
      if (errno == EINTR)
        continue;
      return error();
    }
    data += written;
    size -= written;
    offset += written;
  }
  return absl::OkStatus();
}

absl::Status NewFile::setModified(int64_t seconds) {
  timespec times[2] = {{0, UTIME_OMIT}, {seconds, 0}};
  return futimens(file, times) == 0 ? absl::OkStatus() : error();
}

absl::Status NewFile::commit() {
  if (fsync(file) != 0 || rename(temporary.c_str(), path.c_str()) != 0)
    return error();
  // Nothing is lost any more, whatever closing says.
  close(std::exchange(file, -1));
  return absl::OkStatus();
}

CompanionFiles::~CompanionFiles() {
  for (const std::string &path : added)
    unlink(path.c_str());
}

absl::Status
CompanionFiles::write(const std::map<std::string, std::string> &files) {
  for (const auto &[name, content] : files) {
    std::string path = directory + name;
    if (hasContent(path, content))
      continue;
    bool isNew = access(path.c_str(), F_OK) != 0;
    NewFile file(path, absl::StrCat("file \"", path, "\""));
    absl::Status status = file.create(content.size());
    if (status.ok())
      status = file.write(content.data(), content.size(), /*offset=*/0);
    if (status.ok())
      status = file.commit();
    if (!status.ok())
      return status;
    if (isNew)
      added.push_back(std::move(path));
  }
  return syncDirectory(directory);
}

absl::Status detail::readAll(int file, const std::string &description,
                             char *data, size_t size) {
  while (size != 0) {
    ssize_t count = read(file, data, std::min(size, maxTransfer));
    if (count < 0) {
      if (errno == EINTR)
        continue;
      return makeSystemError(errno, description);
    }
    if (count == 0)
      return absl::DataLossError(
          absl::StrCat(description, ": the file ends early"));
    data += count;
    size -= count;
  }
  return absl::OkStatus();
}

bool detail::hasContent(const std::string &path, const std::string &content) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  absl::Cleanup closer = [file] { close(file); };
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) ||
      static_cast<uint64_t>(info.st_size) != content.size())
    return false;
  std::string found(content.size(), '\0');
  return readAll(file, path, found.data(), found.size()).ok() &&
         found == content;
}

absl::Status detail::syncDirectory(const std::string &directory) {
  std::string description = absl::StrCat("directory \"", directory, "\"");
  int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0)
    return makeSystemError(errno, description);
  absl::Cleanup closer = [file] { close(file); };
  // Some file systems sync no directories, and say so.
  if (fsync(file) != 0 && errno != EINVAL)
    return makeSystemError(errno, description);
  return absl::OkStatus();
}

std::string detail::directoryOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}
