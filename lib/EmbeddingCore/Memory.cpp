//===- Memory.cpp - Memory on huge pages ----------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Memory.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace embcol;

static constexpr size_t hugePageSize = size_t(2) << 20;
static constexpr size_t unlimited = std::numeric_limits<size_t>::max();

//===----------------------------------------------------------------------===//
// HugePageBuffer
//===----------------------------------------------------------------------===//

HugePageBuffer::HugePageBuffer(HugePageBuffer &&other) noexcept
    : mapping(std::exchange(other.mapping, nullptr)),
      mappingBytes(std::exchange(other.mappingBytes, 0)),
      numBytes(std::exchange(other.numBytes, 0)) {}

HugePageBuffer &HugePageBuffer::operator=(HugePageBuffer &&other) noexcept {
  std::swap(mapping, other.mapping);
  std::swap(mappingBytes, other.mappingBytes);
  std::swap(numBytes, other.numBytes);
  return *this;
}

HugePageBuffer::~HugePageBuffer() {
  if (mapping)
    munmap(mapping, mappingBytes);
}

/// Maps `numBytes`, a multiple of the page size, at a multiple of `alignment`.
/// Returns null when the system refuses.
static void *mapAligned(size_t numBytes, size_t alignment, size_t pageSize) {
  size_t slack = alignment - pageSize;
  void *address = mmap(nullptr, numBytes + slack, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED)
    return nullptr;
  char *begin = static_cast<char *>(address);
  size_t before = -reinterpret_cast<uintptr_t>(begin) & (alignment - 1);
  if (before != 0)
    munmap(begin, before);
  if (slack != before)
    munmap(begin + before + numBytes, slack - before);
  return begin + before;
}

absl::StatusOr<HugePageBuffer> HugePageBuffer::allocate(size_t numBytes) {
  HugePageBuffer buffer;
  if (numBytes == 0)
    return buffer;
  size_t available = availableMemoryFor(numBytes);
  size_t pageSize = sysconf(_SC_PAGESIZE);
  size_t alignment = numBytes < hugePageSize ? pageSize : hugePageSize;
  if (numBytes <= available && numBytes < unlimited / 2) {
    buffer.mappingBytes = (numBytes + alignment - 1) & ~(alignment - 1);
    buffer.mapping = mapAligned(buffer.mappingBytes, alignment, pageSize);
  }
  if (!buffer.mapping)
    return absl::ResourceExhaustedError(absl::StrCat(
        "cannot allocate ", numBytes, " bytes: ", available, " are available"));
  buffer.numBytes = numBytes;
  // Advice only: without huge pages the buffer is slower, not wrong.
  if (alignment == hugePageSize)
    madvise(buffer.mapping, buffer.mappingBytes, MADV_HUGEPAGE);
  return buffer;
}

//===----------------------------------------------------------------------===//
// Available memory
//===----------------------------------------------------------------------===//

/// The number after `key` in a file of lines "key number ...", or `otherwise`.
static size_t readKey(const std::string &path, absl::string_view key,
                      size_t otherwise) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::vector<absl::string_view> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    size_t value;
    if (words.size() >= 2 && words[0] == key &&
        absl::SimpleAtoi(words[1], &value))
      return value;
  }
  return otherwise;
}

/// The number that a file holds, or `otherwise`, also for the word "max".
static size_t readNumber(const std::string &path, size_t otherwise) {
  std::ifstream file(path);
  std::string line;
  size_t value;
  if (std::getline(file, line) && absl::SimpleAtoi(line, &value))
    return value;
  return otherwise;
}

/// What a control group and those above it have left. The page cache is
/// reclaimed before an allocation fails, hence does not count as used.
static size_t controlGroupMemory(const std::string &root, std::string path,
                                 const char *limitFile, const char *usageFile,
                                 const char *cacheKey) {
  size_t left = unlimited;
  while (true) {
    std::string group = absl::StrCat(root, path, "/");
    size_t limit = readNumber(group + limitFile, unlimited);
    if (limit != unlimited) {
      size_t usage = readNumber(group + usageFile, 0);
      size_t cache = readKey(group + "memory.stat", cacheKey, 0);
      size_t used = usage - std::min(usage, cache);
      left = std::min(left, limit - std::min(limit, used));
    }
    if (path.empty())
      return left;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

size_t embcol::availableMemory() {
  size_t kilobytes = readKey("/proc/meminfo", "MemAvailable:", unlimited);
  size_t available = kilobytes == unlimited ? unlimited : kilobytes * 1024;
  std::ifstream groups("/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {
    // Lines are "hierarchy:controllers:path"; version 2 names no controllers.
    std::vector<std::string> fields =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3)
      continue;
    std::string path(absl::StripSuffix(fields[2], "/"));
    std::vector<absl::string_view> controllers =
        absl::StrSplit(fields[1], ',', absl::SkipEmpty());
    size_t left = unlimited;
    if (controllers.empty())
      left = controlGroupMemory("/sys/fs/cgroup", path, "memory.max",
                                "memory.current", "inactive_file");
    else if (std::count(controllers.begin(), controllers.end(), "memory"))
      left = controlGroupMemory("/sys/fs/cgroup/memory", path,
                                "memory.limit_in_bytes",
                                "memory.usage_in_bytes", "total_inactive_file");
    available = std::min(available, left);
  }
  return available;
}

size_t embcol::availableMemoryFor(size_t numBytes) {
  constexpr size_t mebibyte = size_t(1) << 20;
  return numBytes < mebibyte ? unlimited : availableMemory();
}
