//===- UndoLogTest.cpp - Tests of UndoLog.h -------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/UndoLog.h"

#include "gmock/gmock.h"

#include <future>
#include <numeric>
#include <thread>

using namespace embcol;
using testing::Each;

namespace {
/// A table whose weights and slots are the numbers of their rows, and a log of
/// it that has begun.
class UndoLogTest : public testing::Test {
protected:
  static constexpr int64_t numRows = 2'500'000;

  void SetUp() override {
    std::iota(weights.begin(), weights.end(), 0);
    std::iota(slots.begin(), slots.end(), 0);
    begin(/*maxBytes=*/int64_t(1) << 40);
  }

  void begin(int64_t maxBytes) {
    log.begin({reinterpret_cast<char *>(weights.data()), sizeof(int32_t),
               reinterpret_cast<char *>(slots.data()), sizeof(int64_t),
               numRows},
              std::make_shared<UndoSpace>(maxBytes));
  }

  void update(const std::vector<int64_t> &positions) {
    log.keep(positions);
    for (int64_t position : positions)
      weights[position] = slots[position] = -1;
  }

  /// Expects a chunk to be as it was.
  void expectTaken(int64_t chunk) {
    std::vector<int32_t> takenWeights(log.chunkRows());
    std::vector<int64_t> takenSlots(log.chunkRows());
    log.take(chunk, reinterpret_cast<char *>(takenWeights.data()),
             reinterpret_cast<char *>(takenSlots.data()));
    int64_t first = chunk * log.chunkRows();
    for (int64_t i = 0; i < log.chunkRows() && first + i < numRows; ++i) {
      ASSERT_EQ(takenWeights[i], first + i);
      ASSERT_EQ(takenSlots[i], first + i);
    }
  }

  std::vector<int32_t> weights = std::vector<int32_t>(numRows);
  std::vector<int64_t> slots = std::vector<int64_t>(numRows);
  UndoLog log;
};
} // namespace

TEST_F(UndoLogTest, ChunksAreAsTheyWere) {
  ASSERT_GT(log.numChunks(), 3);
  int64_t size = log.chunkRows();
  update({0, 1, size - 1, size, 2 * size + 7, numRows - 1});
  update({1, 2, size, numRows - 1});
  expectTaken(0);
  // Too late to be kept, and of no consequence.
  update({0, 5, size + 1});
  for (int64_t chunk = 1; chunk < log.numChunks(); ++chunk)
    expectTaken(chunk);
}

TEST_F(UndoLogTest, AllRows) {
  log.keepAll();
  std::fill(weights.begin(), weights.end(), -1);
  std::fill(slots.begin(), slots.end(), -1);
  for (int64_t chunk = 0; chunk < log.numChunks(); ++chunk)
    expectTaken(chunk);
}

TEST_F(UndoLogTest, KeepsNothingOnceItEnds) {
  update({3});
  log.end();
  update({4});
  log.keepAll();
  // A new one begins with what is there.
  std::iota(weights.begin(), weights.end(), 0);
  std::iota(slots.begin(), slots.end(), 0);
  begin(/*maxBytes=*/int64_t(1) << 40);
  update({4});
  expectTaken(0);
}

TEST_F(UndoLogTest, UpdatesWaitForRoom) {
  begin(/*maxBytes=*/1);
  std::promise<void> done;
  std::thread updater([&] {
    log.keepAll();
    std::fill(weights.begin(), weights.end(), -1);
    std::fill(slots.begin(), slots.end(), -1);
    done.set_value();
  });
  // The first chunk fits, whatever the limit.
  std::future<void> isDone = done.get_future();
  EXPECT_EQ(isDone.wait_for(std::chrono::milliseconds(20)),
            std::future_status::timeout);
  for (int64_t chunk = 0; chunk < log.numChunks(); ++chunk)
    expectTaken(chunk);
  updater.join();
  EXPECT_THAT(weights, Each(-1));
}

TEST_F(UndoLogTest, UpdatesWaitForNothingOnceItEnds) {
  begin(/*maxBytes=*/1);
  std::thread updater([&] { log.keepAll(); });
  log.end();
  updater.join();
}
