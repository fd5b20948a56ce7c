//===- UndoLog.cpp - Rows as they were, while they are saved --------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/UndoLog.h"

#include "embcol/EmbeddingCore/Threads.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace embcol;

/// How much is taken at a time: enough to write in one go, and copied in about
/// a millisecond, for which an update of these rows has to wait.
static constexpr int64_t chunkBytes = int64_t(4) << 20;

//===----------------------------------------------------------------------===//
// UndoSpace
//===----------------------------------------------------------------------===//

int64_t UndoSpace::waitForRoom() {
  std::unique_lock<std::mutex> lock(mutex);
  hasRoom.wait(lock, [&] { return heldBytes < maxBytes; });
  return maxBytes - heldBytes;
}

void UndoSpace::add(int64_t numBytes) {
  std::lock_guard<std::mutex> lock(mutex);
  heldBytes += numBytes;
}

void UndoSpace::remove(int64_t numBytes) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    heldBytes -= numBytes;
  }
  hasRoom.notify_all();
}

//===----------------------------------------------------------------------===//
// Keeping rows
//===----------------------------------------------------------------------===//

void UndoLog::begin(const Memory &memory, std::shared_ptr<UndoSpace> space) {
  this->memory = memory;
  this->space = std::move(space);
  rowsPerChunk = std::max<int64_t>(chunkBytes / rowBytes(), 1);
  chunks = std::vector<Chunk>((memory.numRows - 1) / rowsPerChunk + 1);
  isActive.store(true, std::memory_order_relaxed);
}

void UndoLog::keepAll() {
  if (!hasBegun())
    return;
  // As many chunks at a time as are sure to fit.
  for (int64_t begin = 0, end; begin < numChunks(); begin = end) {
    int64_t room = space->waitForRoom() / (rowsPerChunk * rowBytes());
    end = begin + std::clamp<int64_t>(room, 1, numChunks() - begin);
    parallelFor(end - begin, /*grain=*/1, [&](int64_t first, int64_t last) {
      for (int64_t chunk = begin + first; chunk < begin + last; ++chunk) {
        int64_t position = chunk * rowsPerChunk;
        std::vector<int64_t> positions(
            std::min(rowsPerChunk, memory.numRows - position));
        std::iota(positions.begin(), positions.end(), position);
        keepInChunk(chunks[chunk], positions);
      }
    });
  }
}

void UndoLog::keepRows(absl::Span<const int64_t> positions) {
  while (!positions.empty()) {
    int64_t chunk = positions.front() / rowsPerChunk;
    auto end = std::lower_bound(positions.begin(), positions.end(),
                                (chunk + 1) * rowsPerChunk);
    size_t count = end - positions.begin();
    keepInChunk(chunks[chunk], positions.subspan(0, count));
    positions.remove_prefix(count);
  }
}

void UndoLog::keepInChunk(Chunk &chunk, absl::Span<const int64_t> positions) {
  size_t numKept;
  {
    std::lock_guard<std::mutex> lock(chunk.mutex);
    if (chunk.isTaken)
      return;
    Kept &kept = chunk.kept;
    size_t before = kept.positions.size();
    kept.isKept.resize(rowsPerChunk);
    for (int64_t position : positions) {
      std::vector<bool>::reference isKept =
          kept.isKept[position % rowsPerChunk];
      if (isKept)
        continue;
      isKept = true;
      kept.positions.push_back(position);
      const char *weights = memory.weights + position * memory.weightBytes;
      const char *slots = memory.slots + position * memory.slotBytes;
      kept.bytes.insert(kept.bytes.end(), weights,
                        weights + memory.weightBytes);
      kept.bytes.insert(kept.bytes.end(), slots, slots + memory.slotBytes);
    }
    numKept = kept.positions.size() - before;
  }
  space->add(numKept * rowBytes());
}

//===----------------------------------------------------------------------===//
// Taking chunks
//===----------------------------------------------------------------------===//

void UndoLog::take(int64_t chunk, char *weights, char *slots) {
  int64_t first = chunk * rowsPerChunk;
  int64_t count = std::min(rowsPerChunk, memory.numRows - first);
  Kept kept;
  {
    std::lock_guard<std::mutex> lock(chunks[chunk].mutex);
    copyUnlessKept(chunks[chunk].kept, first, count, weights, slots);
    chunks[chunk].isTaken = true;
    std::swap(kept, chunks[chunk].kept);
  }
  const char *bytes = kept.bytes.data();
  for (int64_t position : kept.positions) {
    std::memcpy(weights + (position - first) * memory.weightBytes, bytes,
                memory.weightBytes);
    bytes += memory.weightBytes;
    std::copy_n(bytes, memory.slotBytes,
                slots + (position - first) * memory.slotBytes);
    bytes += memory.slotBytes;
  }
  release(std::move(kept));
}

/// The rows that are kept may be changing.
void UndoLog::copyUnlessKept(const Kept &kept, int64_t first, int64_t count,
                             char *weights, char *slots) const {
  auto isKept = [&](int64_t row) {
    return !kept.isKept.empty() && kept.isKept[row];
  };
  for (int64_t row = 0, end; row < count; row = end + 1) {
    for (end = row; end < count && !isKept(end); ++end)
      ;
    std::copy_n(memory.weights + (first + row) * memory.weightBytes,
                (end - row) * memory.weightBytes,
                weights + row * memory.weightBytes);
    std::copy_n(memory.slots + (first + row) * memory.slotBytes,
                (end - row) * memory.slotBytes, slots + row * memory.slotBytes);
  }
}

void UndoLog::release(Kept kept) {
  space->remove(kept.positions.size() * rowBytes());
}

void UndoLog::end() {
  isActive.store(false, std::memory_order_relaxed);
  // Updates that began before keep nothing any more, nor do they wait.
  for (Chunk &chunk : chunks) {
    Kept kept;
    {
      std::lock_guard<std::mutex> lock(chunk.mutex);
      chunk.isTaken = true;
      std::swap(kept, chunk.kept);
    }
    release(std::move(kept));
  }
}
