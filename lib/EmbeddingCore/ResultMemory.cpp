//===- ResultMemory.cpp - Memory for the results of calls -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/ResultMemory.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <new>
#include <vector>

#include <sys/mman.h>

using namespace embcol;

/// Below this size the C library keeps memory itself.
static constexpr size_t minKeptBytes = size_t(256) << 10;
static constexpr size_t maxKeptBytes = size_t(64) << 20;
static constexpr size_t hugePageSize = size_t(2) << 20;

namespace {
/// Stands before the memory, in a cache line of its own.
struct alignas(64) Header {
  /// With the header.
  size_t numBytes;
};

/// Memory that was freed, the oldest first.
class Kept {
public:
  static Kept &get() {
    // Never destroyed: programs may run until the very end of the process.
    static Kept *kept = new Kept;
    return *kept;
  }

  /// The smallest that is large enough, but not twice as large; or null.
  Header *take(size_t numBytes) {
    std::lock_guard<std::mutex> lock(mutex);
    auto best = headers.end();
    for (auto it = headers.begin(); it != headers.end(); ++it)
      if ((*it)->numBytes >= numBytes && (*it)->numBytes / 2 <= numBytes &&
          (best == headers.end() || (*it)->numBytes < (*best)->numBytes))
        best = it;
    if (best == headers.end())
      return nullptr;
    Header *header = *best;
    headers.erase(best);
    keptBytes -= header->numBytes;
    return header;
  }

  void give(Header *header) {
    std::vector<Header *> dropped;
    {
      std::lock_guard<std::mutex> lock(mutex);
      headers.push_back(header);
      keptBytes += header->numBytes;
      while (keptBytes > maxKeptBytes) {
        keptBytes -= headers.front()->numBytes;
        dropped.push_back(headers.front());
        headers.erase(headers.begin());
      }
    }
    for (Header *oldest : dropped)
      std::free(oldest);
  }

private:
  std::mutex mutex;
  std::vector<Header *> headers;
  size_t keptBytes = 0;
};
} // namespace

/// New memory of a multiple of the alignment.
static Header *allocateNew(size_t numBytes) {
  size_t alignment = numBytes < hugePageSize ? alignof(Header) : hugePageSize;
  void *memory = std::aligned_alloc(alignment, (numBytes + alignment - 1) &
                                                   ~(alignment - 1));
  if (!memory)
    throw std::bad_alloc();
  // Advice only.
  if (alignment == hugePageSize)
    madvise(memory, numBytes, MADV_HUGEPAGE);
  return new (memory) Header{numBytes};
}

void *embcol::allocateResult(size_t numBytes) {
  if (numBytes > std::numeric_limits<size_t>::max() / 2)
    throw std::bad_alloc();
  numBytes += sizeof(Header);
  Header *header = nullptr;
  if (numBytes >= minKeptBytes)
    header = Kept::get().take(numBytes);
  if (!header)
    header = allocateNew(numBytes);
  return header + 1;
}

void embcol::freeResult(void *memory) {
  if (!memory)
    return;
  Header *header = static_cast<Header *>(memory) - 1;
  if (header->numBytes < minKeptBytes || header->numBytes > maxKeptBytes)
    std::free(header);
  else
    Kept::get().give(header);
}
