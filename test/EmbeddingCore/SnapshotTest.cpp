//===- SnapshotTest.cpp - Tests of Snapshot.h -----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Snapshot.h"
#include "embcol/EmbeddingCore/Checkpoint.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "StatusMatchers.h"
#include "TemporaryDirectory.h"

#include <cstring>
#include <numeric>
#include <random>
#include <set>
#include <thread>

using namespace embcol;
using namespace embcol::test;

/// A core with tables of several chunks, of all kinds.
static EmbeddingCore makeCore() {
  EmbeddingCore core(1);
  UniformInitializer uniform{-1, 1};
  EXPECT_THAT(
      core.addTable(
          {"slots", 40'000, 32, uniform, {{"m", 32, 1.0f}, {"n", 1, 2.0f}}}),
      IsOk());
  EXPECT_THAT(
      core.addTable(
          {"mod", 200'000, 13, uniform, {}, {PartitionStrategy::Mod, 3}}),
      IsOk());
  EXPECT_THAT(core.addTable({"div",
                             20'001,
                             64,
                             uniform,
                             {{"m", 64, 0.0f}},
                             {PartitionStrategy::Div, 4}}),
              IsOk());
  EXPECT_THAT(core.addTable({"narrow",
                             90'001,
                             21,
                             uniform,
                             {{"m", 21, 0.0f}, {"n", 1, 0.0f}},
                             {PartitionStrategy::Mod, 2},
                             RowType::BF16}),
              IsOk());
  EXPECT_THAT(core.addTable({"small", 3, 1, uniform, {}}), IsOk());
  return core;
}

/// Some steps are those of an optimizer that updates all rows.
static bool updatesAllRows(int64_t step) { return step % 8 == 0; }

static std::vector<int64_t> drawPositions(const Table &table, int64_t step) {
  std::mt19937_64 random(step);
  if (updatesAllRows(step)) {
    std::vector<int64_t> positions(table.numRows());
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
  }
  std::set<int64_t> positions;
  for (int i = 0; i < 500; ++i)
    positions.insert(random() % table.numRows());
  return {positions.begin(), positions.end()};
}

/// Changes rows and slots of all tables as updates do.
static void train(const EmbeddingCore &core, int64_t step) {
  for (const std::unique_ptr<Table> &table : core.tables()) {
    std::vector<int64_t> positions = drawPositions(*table, step);
    if (updatesAllRows(step))
      table->undoLog().keepAll();
    else
      table->undoLog().waitForRoom();
    parallelFor(
        positions.size(), /*grain=*/50, [&](int64_t begin, int64_t end) {
          table->undoLog().keep(
              absl::MakeConstSpan(positions).subspan(begin, end - begin));
          for (int64_t i = begin; i < end; ++i) {
            auto *row = static_cast<uint8_t *>(table->rowData()) +
                        positions[i] * table->rowBytes();
            for (int64_t byte = 0; byte < table->rowBytes(); ++byte)
              row[byte] += step + byte;
            float *slots = table->slots() + positions[i] * table->slotWidth();
            for (int64_t d = 0; d < table->slotWidth(); ++d)
              slots[d] -= 0.5f * step;
          }
        });
  }
}

static void expectSame(const EmbeddingCore &core, const EmbeddingCore &other) {
  for (const std::unique_ptr<Table> &table : core.tables()) {
    const Table &expected = *other.table(table->name());
    EXPECT_EQ(std::memcmp(table->rowData(), expected.rowData(),
                          table->numRows() * table->rowBytes()),
              0)
        << table->name();
    if (table->slotBytes() != 0) {
      EXPECT_EQ(std::memcmp(table->slots(), expected.slots(),
                            table->numRows() * table->slotBytes()),
                0)
          << table->name();
    }
  }
}

namespace {
class SnapshotTest : public testing::Test {
protected:
  void SetUp() override { ASSERT_THAT(setNumThreads(3), IsOk()); }
  void TearDown() override { ASSERT_THAT(setNumThreads(before), IsOk()); }

  TemporaryDirectory directory;
  int before = getNumThreads();
};
} // namespace

/// Another thread trains meanwhile, and what is saved is the state after one of
/// its steps.
static void saveWhileTraining(const TemporaryDirectory &directory,
                              std::optional<int64_t> maxKeptBytes) {
  EmbeddingCore core = makeCore(), expected = makeCore();
  std::mutex mutex;
  int64_t step = 0, numReplayed = 0;
  std::atomic<bool> isOver{false};
  std::thread trainer([&] {
    while (!isOver) {
      std::lock_guard<std::mutex> lock(mutex);
      train(core, ++step);
    }
  });
  for (int save = 0; save < 4; ++save) {
    Snapshot snapshot(core, maxKeptBytes);
    int64_t savedStep;
    {
      std::lock_guard<std::mutex> lock(mutex);
      snapshot.begin();
      savedStep = step;
    }
    std::string path = directory.file("m");
    EXPECT_THAT(saveCheckpoint(path, snapshot, {}, {}), IsOk());
    snapshot.end();
    for (; numReplayed < savedStep;)
      train(expected, ++numReplayed);
    EmbeddingCore loaded = makeCore();
    EXPECT_THAT(loadCheckpoint(path, loaded), IsOk());
    expectSame(loaded, expected);
  }
  isOver = true;
  trainer.join();
  for (; numReplayed < step;)
    train(expected, ++numReplayed);
  expectSame(core, expected);
}

TEST_F(SnapshotTest, SavesOneMoment) {
  saveWhileTraining(directory, std::nullopt);
}

TEST_F(SnapshotTest, SavesOneMomentInLittleMemory) {
  saveWhileTraining(directory, /*maxKeptBytes=*/1 << 20);
}

TEST_F(SnapshotTest, OneAfterAnother) {
  EmbeddingCore core = makeCore();
  auto first = std::make_unique<Snapshot>(core);
  first->begin();
  std::atomic<bool> hasTurn{false};
  std::thread other([&] {
    Snapshot second(core);
    hasTurn = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(hasTurn);
  first.reset();
  other.join();
  EXPECT_TRUE(hasTurn);
}

TEST_F(SnapshotTest, LoadingWaitsForASave) {
  EmbeddingCore core = makeCore(), other = makeCore();
  train(other, 1);
  std::string from = directory.file("from"), to = directory.file("to");
  ASSERT_THAT(saveCheckpoint(from, other, {}), IsOk());
  Snapshot snapshot(core);
  snapshot.begin();
  std::thread loader([&] { EXPECT_THAT(loadCheckpoint(from, core), IsOk()); });
  EXPECT_THAT(saveCheckpoint(to, snapshot, {}, {}), IsOk());
  snapshot.end();
  loader.join();
  expectSame(core, other);
  EmbeddingCore saved = makeCore();
  ASSERT_THAT(loadCheckpoint(to, saved), IsOk());
  expectSame(saved, makeCore());
}

TEST_F(SnapshotTest, SavesThatFailKeepNothing) {
  EmbeddingCore core = makeCore();
  {
    Snapshot snapshot(core, /*maxKeptBytes=*/1);
    snapshot.begin();
    EXPECT_THAT(
        saveCheckpoint(directory.file("absent/m"), snapshot, {}, {}),
        StatusIs(absl::StatusCode::kNotFound, testing::HasSubstr("absent/m")));
  }
  // None of these waits.
  for (int64_t step = 1; step <= 8; ++step)
    train(core, step);
}
