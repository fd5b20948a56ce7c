//===- Snapshot.cpp - Tables as they are at one moment --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Snapshot.h"

#include <algorithm>

using namespace embcol;

/// What may be kept however little memory is left: a few chunks.
static constexpr size_t leastKeptBytes = size_t(16) << 20;

Snapshot::Snapshot(const EmbeddingCore &core,
                   std::optional<int64_t> maxKeptBytes)
    : embeddingCore(core), turn(core.turn()), maxKeptBytes(maxKeptBytes) {}

void Snapshot::begin() {
  int64_t maxBytes = maxKeptBytes
                         ? *maxKeptBytes
                         : std::max(availableMemory() / 4, leastKeptBytes);
  auto space = std::make_shared<UndoSpace>(maxBytes);
  for (const std::unique_ptr<Table> &table : embeddingCore.tables())
    table->undoLog().begin({reinterpret_cast<const char *>(table->rowData()),
                            table->rowBytes(),
                            reinterpret_cast<const char *>(table->slots()),
                            table->slotBytes(), table->numRows()},
                           space);
}

void Snapshot::end() {
  if (!turn.owns_lock())
    return;
  for (const std::unique_ptr<Table> &table : embeddingCore.tables())
    table->undoLog().end();
  turn.unlock();
}
