//===- UndoLog.h - Rows as they were, while they are saved ------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_UNDOLOG_H
#define EMBCOL_EMBEDDINGCORE_UNDOLOG_H

#include "absl/types/span.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace embcol {

/// How much the undo logs of a snapshot hold together, and may hold.
class UndoSpace {
public:
  explicit UndoSpace(int64_t maxBytes) : maxBytes(maxBytes) {}

  /// Waits until fewer bytes are held than may be, and returns the rest.
  int64_t waitForRoom();
  void add(int64_t numBytes);
  void remove(int64_t numBytes);

private:
  std::mutex mutex;
  std::condition_variable hasRoom;
  int64_t maxBytes;
  int64_t heldBytes = 0;
};

/// Rows of a table, weights and slots, as they were at one moment, while the
/// table is updated. Whoever saves the table takes it chunk by chunk; a row
/// that changes before its chunk is taken is kept first, and let go with its
/// chunk. Keeping rows and taking chunks may overlap, `begin` and an update may
/// not.
class UndoLog {
public:
  /// Where the table is in memory.
  struct Memory {
    const char *weights;
    int64_t weightBytes;
    const char *slots;
    int64_t slotBytes;
    int64_t numRows;
  };

  /// From now on rows are kept. No update may be under way.
  void begin(const Memory &memory, std::shared_ptr<UndoSpace> space);

  /// To be called before an update: waits for chunks to be taken while as much
  /// is kept as may be. What one update changes is kept even so.
  void waitForRoom() {
    if (hasBegun())
      space->waitForRoom();
  }
  /// To be called before the rows at `positions`, which ascend, change.
  void keep(absl::Span<const int64_t> positions) {
    if (hasBegun())
      keepRows(positions);
  }
  /// To be called before an update of all rows: keeps them, and waits for
  /// chunks to be taken when these would be more than may be kept.
  void keepAll();

  int64_t numChunks() const { return chunks.size(); }
  /// The rows of all chunks but the last, which may have less.
  int64_t chunkRows() const { return rowsPerChunk; }

  /// Copies the rows of a chunk as they were when the log began, which each of
  /// the chunks is to be asked for once. They are not kept any longer.
  void take(int64_t chunk, char *weights, char *slots);

  /// Keeps no rows from now on. Updates may be under way.
  void end();

private:
  struct Kept {
    /// By row of the chunk; empty while none is kept.
    std::vector<bool> isKept;
    std::vector<int64_t> positions;
    /// For each position weights and slots.
    std::vector<char> bytes;
  };
  struct Chunk {
    std::mutex mutex;
    bool isTaken = false;
    Kept kept;
  };

  /// What follows from it is known to updates, since none overlaps `begin`.
  bool hasBegun() const { return isActive.load(std::memory_order_relaxed); }
  void keepRows(absl::Span<const int64_t> positions);
  void keepInChunk(Chunk &chunk, absl::Span<const int64_t> positions);
  void copyUnlessKept(const Kept &kept, int64_t first, int64_t count,
                      char *weights, char *slots) const;
  void release(Kept kept);
  int64_t rowBytes() const { return memory.weightBytes + memory.slotBytes; }

  std::atomic<bool> isActive{false};
  Memory memory{};
  int64_t rowsPerChunk = 0;
  std::vector<Chunk> chunks;
  std::shared_ptr<UndoSpace> space;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_UNDOLOG_H
