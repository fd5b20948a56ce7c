//===- Snapshot.h - Tables as they are at one moment ------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_SNAPSHOT_H
#define EMBCOL_EMBEDDINGCORE_SNAPSHOT_H

#include "embcol/EmbeddingCore/EmbeddingCore.h"

#include <mutex>
#include <optional>

namespace embcol {

/// The tables of a core as they are at one moment, for whoever saves them while
/// updates go on. Rows that change before they are saved are kept. Updates wait
/// while these take `maxKeptBytes` or more: what is begun has to be saved, or
/// ended, on another thread than the one that updates. To be used on one
/// thread.
class Snapshot {
public:
  /// Waits until nobody else saves or loads the core's tables. Without
  /// `maxKeptBytes`, a quarter of the memory that is left.
  explicit Snapshot(const EmbeddingCore &core,
                    std::optional<int64_t> maxKeptBytes = std::nullopt);
  Snapshot(const Snapshot &) = delete;
  ~Snapshot() { end(); }

  /// The moment. No update may be under way.
  void begin();
  /// Lets others have their turn. Keeps nothing any longer.
  void end();

  const EmbeddingCore &core() const { return embeddingCore; }

private:
  const EmbeddingCore &embeddingCore;
  std::unique_lock<std::mutex> turn;
  std::optional<int64_t> maxKeptBytes;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_SNAPSHOT_H
