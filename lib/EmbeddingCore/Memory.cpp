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
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace embcol;

static constexpr size_t hugePageSize = size_t(2) << 20;
static constexpr size_t cacheLineBytes = 64;
/// What small buffers share. Huge pages that none of them reaches into are only
/// addresses.
static constexpr size_t sharedBytes = 4 * hugePageSize;
static constexpr size_t unlimited = std::numeric_limits<size_t>::max();

//===----------------------------------------------------------------------===//
// HugePageBuffer
//===----------------------------------------------------------------------===//

class embcol::MappedMemory {
public:
  /// Maps `numBytes`, or more, at a multiple of the size of huge pages. Returns
  /// null when the system refuses.
  static std::shared_ptr<MappedMemory> map(size_t numBytes);
  MappedMemory(char *begin, size_t numBytes)
      : begin(begin), numBytes(numBytes) {}
  MappedMemory(const MappedMemory &) = delete;
  ~MappedMemory() { munmap(begin, numBytes); }

  char *data() const { return begin; }

private:
  char *begin;
  size_t numBytes;
};

std::shared_ptr<MappedMemory> MappedMemory::map(size_t numBytes) {
  numBytes = (numBytes + hugePageSize - 1) & ~(hugePageSize - 1);
  size_t slack = hugePageSize - sysconf(_SC_PAGESIZE);
  void *address = mmap(nullptr, numBytes + slack, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED)
    return nullptr;
  char *begin = static_cast<char *>(address);
  size_t before = -reinterpret_cast<uintptr_t>(begin) & (hugePageSize - 1);
  if (before != 0)
    munmap(begin, before);
  if (slack != before)
    munmap(begin + before + numBytes, slack - before);
  begin += before;
  // Advice only: without huge pages the memory is slower, not wrong.
  madvise(begin, numBytes, MADV_HUGEPAGE);
  return std::make_shared<MappedMemory>(begin, numBytes);
}

namespace {
/// Where the next small buffers go. Memory lives as long as a buffer in it, and
/// is not used a second time.
class SharedMemory {
public:
  struct Part {
    std::shared_ptr<MappedMemory> memory;
    char *begin;
  };
  /// Null when the system refuses.
  Part take(size_t size) {
    std::lock_guard<std::mutex> lock(mutex);
    std::shared_ptr<MappedMemory> memory = current.lock();
    if (!memory || used + size > sharedBytes) {
      memory = MappedMemory::map(sharedBytes);
      current = memory;
      used = 0;
    }
    if (!memory)
      return {};
    Part part{memory, memory->data() + used};
    used += (size + cacheLineBytes - 1) & ~(cacheLineBytes - 1);
    return part;
  }

private:
  std::mutex mutex;
  std::weak_ptr<MappedMemory> current;
  size_t used = 0;
};
} // namespace

HugePageBuffer::HugePageBuffer(HugePageBuffer &&other) noexcept
    : memory(std::move(other.memory)),
      begin(std::exchange(other.begin, nullptr)),
      numBytes(std::exchange(other.numBytes, 0)) {}

HugePageBuffer &HugePageBuffer::operator=(HugePageBuffer &&other) noexcept {
  std::swap(memory, other.memory);
  std::swap(begin, other.begin);
  std::swap(numBytes, other.numBytes);
  return *this;
}

absl::StatusOr<HugePageBuffer> HugePageBuffer::allocate(size_t numBytes) {
  static auto *shared = new SharedMemory;
  HugePageBuffer buffer;
  if (numBytes == 0)
    return buffer;
  size_t available = availableMemoryFor(numBytes);
  if (numBytes < hugePageSize) {
    SharedMemory::Part part = shared->take(numBytes);
    buffer.memory = std::move(part.memory);
    buffer.begin = part.begin;
  } else if (numBytes <= available && numBytes < unlimited / 2) {
    buffer.memory = MappedMemory::map(numBytes);
    if (buffer.memory)
      buffer.begin = buffer.memory->data();
  }
  if (!buffer.memory)
    return absl::ResourceExhaustedError(absl::StrCat(
        "cannot allocate ", numBytes, " bytes: ", available, " are available"));
  buffer.numBytes = numBytes;
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
