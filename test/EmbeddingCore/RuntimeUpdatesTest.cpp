//===- RuntimeUpdatesTest.cpp - Tests of updates in Runtime.h -------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Gradients.h"
#include "embcol/EmbeddingCore/Table.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "RuntimeTestSupport.h"
#include "StatusMatchers.h"

#include "absl/strings/str_cat.h"

#include <atomic>
#include <string>

using namespace embcol;
using namespace embcol::test;
using testing::Each;
using testing::ElementsAre;
using Integers = std::vector<int64_t>;
using Floats = std::vector<float>;

static const std::vector<std::string> columnNames{"hour", "carrier"};

/// What the kernel was given last.
static std::atomic<int64_t> lastSeed;

/// rows -= learningRate * gradient; slots += step: a kernel as the compiler
/// would make it.
static void
descentKernel(float *, float *rows, int64_t, int64_t, int64_t dimension,
              int64_t rowStride, int64_t, float *, float *slots, int64_t,
              int64_t, int64_t slotWidth, int64_t slotStride, int64_t,
              int64_t *, int64_t *uniqueRows, int64_t, int64_t, int64_t,
              int64_t *, int64_t *segments, int64_t, int64_t, int64_t,
              int64_t *, int64_t *sources, int64_t, int64_t, int64_t, int64_t *,
              int64_t *offsets, int64_t, int64_t, int64_t, float *,
              float *scales, int64_t, int64_t, int64_t, float *,
              float *gradients, int64_t, int64_t, int64_t, float learningRate,
              int64_t step, int64_t seed, int64_t begin, int64_t end) {
  lastSeed = seed;
  for (int64_t u = begin; u < end; ++u) {
    for (int64_t d = 0; d < dimension; ++d) {
      float sum = 0;
      for (int64_t e = segments[u]; e < segments[u + 1]; ++e)
        sum += scales[sources[e]] * gradients[offsets[sources[e]] + d];
      rows[uniqueRows[u] * rowStride + d] -= learningRate * sum;
    }
    for (int64_t s = 0; s < slotWidth; ++s)
      slots[uniqueRows[u] * slotStride + s] += step;
  }
}

namespace {
/// The gradients of one column.
struct Column {
  Column(Integers ids, Integers splits, Floats gradients, int64_t dimension = 2)
      : ids(std::move(ids)), starts(splits.begin(), splits.end() - 1),
        ends(splits.begin() + 1, splits.end()), gradients(std::move(gradients)),
        dimension(dimension) {}

  void add(int64_t update, int64_t column = 0, int64_t steps = 1,
           Combiner combiner = Combiner::Sum, bool safe = true) {
    MemRef1<int64_t> idsRef = vector(ids), startsRef = vector(starts),
                     endsRef = vector(ends);
    MemRef1<float> weightsRef = vector(weights);
    MemRef2<float> gradientsRef =
        matrix(gradients, gradients.size() / dimension, dimension);
    _mlir_ciface_embcol_core_add_gradients(
        update, column, steps, static_cast<int64_t>(combiner), safe, &idsRef,
        &startsRef, &endsRef, &weightsRef, &gradientsRef);
  }

  Integers ids, starts, ends;
  Floats weights, gradients;
  int64_t dimension;
};

/// A table of rows of 2, and a slot a row.
struct State {
  explicit State(int64_t numRows, uint64_t seed = 0)
      : table(*Table::create(
            {"t", numRows, 2, ConstantInitializer{0}, {{"s", 1, 0.0f}}}, seed)),
        rows(table.rows(), numRows * 2), slots(table.slots(), numRows) {}

  struct Options {
    float learningRate = 1, multiplier = 1;
    int64_t step = 1;
    bool allRows = false;
    bool skipsNonfinite = false;
  };
  int64_t begin() { return begin({}); }
  int64_t begin(Options options) {
    auto *address = reinterpret_cast<int8_t *>(&table);
    MemRef1<int8_t> tableRef{address, address, 0, {1}, {1}};
    return _mlir_ciface_embcol_core_begin_update(
        &tableRef, reinterpret_cast<Kernel>(&descentKernel),
        options.learningRate, options.step, options.allRows,
        options.skipsNonfinite, options.multiplier);
  }

  Table table;
  absl::Span<float> rows, slots;
};

class RuntimeUpdatesTest : public testing::Test {
protected:
  void SetUp() override { clearCallError(); }
  void TearDown() override {
    clearCallError();
    ASSERT_THAT(setNumThreads(before), IsOk());
  }
  int before = getNumThreads();
};
} // namespace

static void apply() { _mlir_ciface_embcol_core_apply_updates(); }

TEST_F(RuntimeUpdatesTest, GradientMultiplier) {
  State state(2);
  Column column({1}, {0, 1}, {1, 2});
  column.add(state.begin({/*learningRate=*/1, /*multiplier=*/0.5}));
  apply();
  EXPECT_THAT(takeCallError({}), IsOk());
  EXPECT_THAT(state.rows, ElementsAre(0, 0, -0.5, -1));
}

TEST_F(RuntimeUpdatesTest, AllRows) {
  State state(4);
  Column column({2, 0, 2}, {0, 2, 3}, {1, 2, 10, 20});
  column.add(state.begin(
      {/*learningRate=*/1, /*multiplier=*/1, /*step=*/3, /*allRows=*/true}));
  apply();
  EXPECT_THAT(takeCallError({}), IsOk());
  EXPECT_THAT(state.rows, ElementsAre(-1, -2, 0, 0, -11, -22, 0, 0));
  EXPECT_THAT(state.slots, Each(3));
}

TEST_F(RuntimeUpdatesTest, FactorsMustBeFinite) {
  // (apply_gradients-C12)
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  State state(2);
  Column column({1}, {0, 1}, {1, 2});
  for (bool isRate : {false, true}) {
    column.add(state.begin({isRate ? nan : 1, isRate ? 1 : nan}));
    apply();
    EXPECT_THAT(
        takeCallError({}),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 testing::HasSubstr(isRate ? "the learning rate to be finite"
                                           : "the gradient multiplier")));
    EXPECT_THAT(state.rows, Each(0));
  }
}

TEST_F(RuntimeUpdatesTest, SeedsOfSteps) {
  auto getSeed = [](uint64_t tableSeed, int64_t step) {
    State state(2, tableSeed);
    Column column({1}, {0, 1}, {1, 2});
    column.add(state.begin({/*learningRate=*/1, /*multiplier=*/1, step}));
    apply();
    return lastSeed.load();
  };
  int64_t seed = getSeed(1, 2);
  EXPECT_EQ(getSeed(1, 2), seed);
  EXPECT_NE(getSeed(1, 3), seed);
  EXPECT_NE(getSeed(2, 2), seed);
  EXPECT_NE(getSeed(2, 1), seed);
}

TEST_F(RuntimeUpdatesTest, OneColumn) {
  State state(4);
  Column column({3, 1, 3}, {0, 2, 3}, {1, 2, 10, 20});
  column.add(state.begin({/*learningRate=*/0.5, /*multiplier=*/1, /*step=*/7}));
  apply();
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  EXPECT_THAT(state.rows, ElementsAre(0, 0, -0.5, -1, 0, 0, -5.5, -11));
  EXPECT_THAT(state.slots, ElementsAre(0, 7, 0, 7));
}

TEST_F(RuntimeUpdatesTest, CombinerAndWeights) {
  State state(4);
  Column column({3, 1, -1}, {0, 3}, {4, 8});
  column.weights = {1, 3, 5};
  column.add(state.begin(), 0, 1, Combiner::Mean);
  apply();
  EXPECT_THAT(state.rows, ElementsAre(0, 0, -3, -6, 0, 0, -1, -2));
}

TEST_F(RuntimeUpdatesTest, SharedTableAndSeveralTables) {
  State shared(3), other(2);
  Column first({0}, {0, 1}, {1, 2}), second({0, 2}, {0, 1, 2}, {3, 4, 5, 6}),
      third({1}, {0, 1}, {7, 8});
  int64_t sharedUpdate = shared.begin(), otherUpdate = other.begin();
  EXPECT_NE(sharedUpdate, otherUpdate);
  first.add(sharedUpdate);
  third.add(otherUpdate);
  second.add(sharedUpdate);
  apply();
  EXPECT_THAT(shared.rows, ElementsAre(-4, -6, 0, 0, -5, -6));
  // One update a row, however many columns share it.
  EXPECT_THAT(shared.slots, ElementsAre(1, 0, 1));
  EXPECT_THAT(other.rows, ElementsAre(0, 0, -7, -8));
  // Numbers start anew.
  EXPECT_EQ(shared.begin(), sharedUpdate);
}

TEST_F(RuntimeUpdatesTest, ErrorsLeaveAllTablesAsTheyWere) {
  State first(3), second(2);
  Column good({0}, {0, 1}, {1, 2}), bad({0, 2}, {0, 1, 2}, {1, 2, 3, 4});
  int64_t firstUpdate = first.begin(), secondUpdate = second.begin();
  good.add(firstUpdate, 0);
  bad.add(secondUpdate, 1);
  apply();
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"carrier\": id 2 in row 1 is not in [0, 2)"));
  EXPECT_THAT(first.rows, Each(0.0f));
  EXPECT_THAT(second.rows, Each(0.0f));
  // The next step is not disturbed.
  clearCallError();
  good.add(first.begin(), 0);
  apply();
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  EXPECT_THAT(first.rows, ElementsAre(-1, -2, 0, 0, 0, 0));
}

TEST_F(RuntimeUpdatesTest, GradientsThatAreNotFinite) {
  // (apply_gradients-C14)
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  State refusing(4), skipping(4);
  // The third bag is empty: nothing comes of its gradient.
  Column column({3, 1, 3, 0}, {0, 1, 3, 3, 4},
                {1, 2, 10, nan, nan, nan, -infinity, 3});
  column.add(refusing.begin());
  apply();
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column \"hour\": the gradient of row 1 is not finite: "
                       "nan at 1"));
  EXPECT_THAT(refusing.rows, Each(0));
  EXPECT_EQ(refusing.table.numNonfiniteGradients(), 2);
  State::Options skips;
  skips.skipsNonfinite = true;
  for (int step = 1; step <= 2; ++step) {
    clearCallError();
    column.add(skipping.begin(skips));
    apply();
    EXPECT_THAT(takeCallError(columnNames), IsOk());
    EXPECT_THAT(skipping.rows, ElementsAre(0, 0, 0, 0, 0, 0, -step, -2 * step));
    EXPECT_EQ(skipping.table.numNonfiniteGradients(), 2 * step);
  }
  // Rows of which nothing is left are not updated.
  EXPECT_THAT(skipping.slots, ElementsAre(0, 0, 0, 2));
}

TEST_F(RuntimeUpdatesTest, TheFirstOfSeveralErrors) {
  State first(3), second(2);
  Column badId({0, 3}, {0, 1, 2}, {1, 2, 3, 4}),
      badShape({0}, {0, 1}, {1, 2, 3, 4});
  auto isBadId = [](const char *column, const char *row) {
    return StatusIs(absl::StatusCode::kOutOfRange,
                    absl::StrCat("column \"", column,
                                 "\": id 3 in row 1 is "
                                 "not in [0, ",
                                 row, ")"));
  };
  // Found when updates are applied, and when the gradients are added.
  badId.add(second.begin(), 1);
  badShape.add(first.begin(), 0);
  apply();
  EXPECT_THAT(takeCallError(columnNames), isBadId("carrier", "2"));
  // Tables begin in another order than their first wrong columns are added.
  clearCallError();
  int64_t firstUpdate = first.begin(), secondUpdate = second.begin();
  badId.add(secondUpdate, 1);
  badId.add(firstUpdate, 0);
  apply();
  EXPECT_THAT(takeCallError(columnNames), isBadId("carrier", "2"));
  EXPECT_THAT(first.rows, Each(0.0f));
  EXPECT_THAT(second.rows, Each(0.0f));
}

TEST_F(RuntimeUpdatesTest, RowsAreKeptForASave) {
  State state(3);
  const Table &table = state.table;
  table.undoLog().begin({reinterpret_cast<char *>(table.rows()),
                         table.rowBytes(),
                         reinterpret_cast<char *>(table.slots()),
                         table.slotBytes(), table.numRows()},
                        std::make_shared<UndoSpace>(/*maxBytes=*/1 << 20));
  Column column({2}, {0, 1}, {1, 2});
  column.add(state.begin());
  apply();
  EXPECT_THAT(state.rows, ElementsAre(0, 0, 0, 0, -1, -2));
  Floats rows(6, 9), slots(3, 9);
  table.undoLog().take(0, reinterpret_cast<char *>(rows.data()),
                       reinterpret_cast<char *>(slots.data()));
  EXPECT_THAT(rows, Each(0));
  EXPECT_THAT(slots, Each(0));
}

TEST_F(RuntimeUpdatesTest, UpdatesEndWithTheirCall) {
  State state(2);
  int64_t update = state.begin();
  EXPECT_NE(state.begin(), update);
  clearCallError();
  EXPECT_EQ(state.begin(), update);
}

TEST_F(RuntimeUpdatesTest, NegativeIds) {
  State state(2);
  Column column({-1, 1}, {0, 2}, {1, 2});
  column.add(state.begin(), 0, 1, Combiner::Sum, /*safe=*/false);
  apply();
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"hour\": id -1 in row 0 is not in [0, 2)"));
}

TEST_F(RuntimeUpdatesTest, ShapesOfGradients) {
  // (apply_gradients-C11)
  State state(2);
  auto shapeError = [&](Column column, int64_t steps) {
    clearCallError();
    column.add(state.begin(), 1, steps);
    return takeCallError(columnNames);
  };
  auto invalid = [](const char *message) {
    return StatusIs(absl::StatusCode::kInvalidArgument, std::string(message));
  };
  EXPECT_THAT(shapeError(Column({0}, {0, 1}, {1, 2, 3, 4}), 1),
              invalid("column \"carrier\": gradients have shape [2, 2], "
                      "expected [1, 2]"));
  EXPECT_THAT(shapeError(Column({0}, {0, 1}, {1, 2, 3}, 3), 1),
              invalid("column \"carrier\": gradients have shape [1, 3], "
                      "expected [1, 2]"));
  EXPECT_THAT(shapeError(Column({0}, {0, 1, 1}, Floats(12), 3), 2),
              invalid("column \"carrier\": gradients have shape [2, 2, 3], "
                      "expected [1, 2, 2]"));
}

TEST_F(RuntimeUpdatesTest, SameForAnyNumberOfThreads) {
  constexpr int64_t numRows = 5000, numBags = 20'000;
  Integers ids(2 * numBags), splits(numBags + 1);
  Floats gradients(2 * numBags);
  for (int64_t i = 0; i < 2 * numBags; ++i) {
    ids[i] = i * i % numRows;
    gradients[i] = 1.0f / (1 + i % 97);
  }
  for (int64_t bag = 0; bag <= numBags; ++bag)
    splits[bag] = 2 * bag;
  Column column(ids, splits, gradients);
  Floats expected;
  for (int numThreads : {1, 2, 3}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    State state(numRows);
    column.add(state.begin({/*learningRate=*/0.1f}));
    apply();
    EXPECT_THAT(takeCallError(columnNames), IsOk());
    if (numThreads == 1)
      expected.assign(state.rows.begin(), state.rows.end());
    EXPECT_EQ(state.rows, absl::MakeConstSpan(expected));
  }
}
