//===- GradientsTest.cpp - Tests of Gradients.h and RowPartitions.h -------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/RowPartitions.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "StatusMatchers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <tuple>

using namespace embcol;
using namespace embcol::test;
using testing::ElementsAre;
using testing::IsEmpty;
using Integers = std::vector<int64_t>;
using Floats = std::vector<float>;

static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

namespace {
/// Bags that lie one after another, and their gradients of dimension 2.
struct Bags {
  Bags(Integers ids, Integers splits, Combiner combiner, bool safe = true,
       Floats weights = {})
      : ids(std::move(ids)), starts(splits.begin(), splits.end() - 1),
        ends(splits.begin() + 1, splits.end()), weights(std::move(weights)),
        gradients(starts.size() * 3), combiner(combiner), safe(safe) {
    for (size_t i = 0; i < gradients.size(); ++i)
      gradients[i] = i;
  }

  BagGradients view() const {
    return {ids, starts, ends, weights, combiner, safe, gradients.data(), 3};
  }

  Integers ids, starts, ends;
  Floats weights, gradients;
  Combiner combiner;
  bool safe;
};
} // namespace

namespace {
/// What rows get, of all partitions one after another.
struct Gathered {
  Integers rows, segments{0}, sources;
  /// Of the entries: where their gradients begin in the first column's, and
  /// the factors.
  Integers offsets;
  Floats scales;

  bool operator==(const Gathered &other) const {
    return std::tie(rows, segments, sources, offsets, scales) ==
           std::tie(other.rows, other.segments, other.sources, other.offsets,
                    other.scales);
  }
};
} // namespace

/// Reads what `gradients`, which are checked, give to rows.
static Gathered read(const RowGradients &gradients, bool allRows = false) {
  Gathered gathered;
  RowPartitions partitions;
  partitions.partition(gradients, allRows);
  RowOrder order;
  for (int64_t partition = 0; partition < partitions.size(); ++partition) {
    order.sort(partitions, partition);
    int64_t begin = gathered.segments.back();
    for (int64_t end : order.segments().subspan(1))
      gathered.segments.push_back(begin + end);
    gathered.rows.insert(gathered.rows.end(), order.rows().begin(),
                         order.rows().end());
    gathered.sources.insert(gathered.sources.end(), order.sources().begin(),
                            order.sources().end());
  }
  for (int64_t source : gathered.sources) {
    gathered.offsets.push_back(gradients.offsets()[source]);
    gathered.scales.push_back(gradients.scales()[source]);
  }
  return gathered;
}

static absl::Status check(RowGradients &gradients) {
  return gradients.check().status;
}

/// The gathered gradients of some bags over a table of 10 rows.
static Gathered gather(const Bags &bags, bool allRows = false) {
  RowGradients gradients;
  gradients.reset(10, 2);
  gradients.add(bags.view());
  EXPECT_THAT(check(gradients), IsOk());
  EXPECT_EQ(gradients.gradients().data(), bags.gradients.data());
  return read(gradients, allRows);
}

TEST(RowGradientsTest, OrderedByRow) {
  Gathered gathered =
      gather(Bags({7, 2, 7, 2, 0, 7}, {0, 3, 3, 6}, Combiner::Sum));
  EXPECT_THAT(gathered.rows, ElementsAre(0, 2, 7));
  EXPECT_THAT(gathered.segments, ElementsAre(0, 1, 3, 6));
  EXPECT_THAT(gathered.sources, ElementsAre(2, 0, 2, 0, 0, 2));
  EXPECT_THAT(gathered.offsets, ElementsAre(6, 0, 6, 0, 0, 6));
  EXPECT_THAT(gathered.scales, ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST(RowGradientsTest, Nothing) {
  Gathered gathered = gather(Bags({}, {0, 0}, Combiner::Mean));
  EXPECT_THAT(gathered.rows, IsEmpty());
  EXPECT_THAT(gathered.segments, ElementsAre(0));
  EXPECT_THAT(gathered.sources, IsEmpty());
}

TEST(RowGradientsTest, AllRows) {
  Gathered gathered =
      gather(Bags({7, 2, 7}, {0, 3}, Combiner::Sum), /*allRows=*/true);
  EXPECT_THAT(gathered.rows, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(gathered.segments, ElementsAre(0, 0, 0, 1, 1, 1, 1, 1, 3, 3, 3));
  EXPECT_THAT(gathered.sources, ElementsAre(0, 0, 0));
  gathered = gather(Bags({}, {0, 0}, Combiner::Mean), /*allRows=*/true);
  EXPECT_THAT(gathered.segments, testing::Each(0));
  EXPECT_EQ(gathered.rows.size(), 10u);
}

TEST(RowGradientsTest, MeanAndSqrtnCountKeptIds) {
  Bags mean({1, -1, 2, 3, 4}, {0, 3, 4, 5}, Combiner::Mean);
  EXPECT_THAT(gather(mean).rows, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(gather(mean).scales, ElementsAre(0.5f, 0.5f, 1.0f, 1.0f));
  Bags sqrtn({1, -1, 2, 3, 4}, {0, 4, 5}, Combiner::Sqrtn);
  EXPECT_THAT(gather(sqrtn).scales,
              ElementsAre(float(1 / std::sqrt(3.0)), float(1 / std::sqrt(3.0)),
                          float(1 / std::sqrt(3.0)), 1.0f));
}

TEST(RowGradientsTest, SumKeepsAllWeights) {
  Bags bags({1, 2, 3, 4, -5}, {0, 5}, Combiner::Sum, true,
            {2.0f, 0.0f, -1.0f, notANumber, 9.0f});
  EXPECT_THAT(gather(bags).rows, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(gather(bags).scales,
              ElementsAre(2.0f, 0.0f, -1.0f, testing::IsNan()));
}

TEST(RowGradientsTest, SafeMeanAndSqrtnDropWeights) {
  Floats weights{3.0f, 0.0f, -1.0f, notANumber, 9.0f, 4.0f};
  Bags mean({1, 2, 3, 4, -5, 6}, {0, 6}, Combiner::Mean, true, weights);
  EXPECT_THAT(gather(mean).rows, ElementsAre(1, 6));
  EXPECT_THAT(gather(mean).scales, ElementsAre(3 / 7.0f, 4 / 7.0f));
  Bags sqrtn({1, 2, 3, 4, -5, 6}, {0, 6}, Combiner::Sqrtn, true, weights);
  EXPECT_THAT(gather(sqrtn).scales, ElementsAre(0.6f, 0.8f));
}

TEST(RowGradientsTest, UnsafeKeepsWeights) {
  Bags mean({1, 2, 3, 4}, {0, 2, 4}, Combiner::Mean, false,
            {3.0f, -1.0f, 2.0f, -2.0f});
  EXPECT_THAT(gather(mean).scales, ElementsAre(1.5f, -0.5f, 0.0f, 0.0f));
  Bags sqrtn({1, 2}, {0, 2}, Combiner::Sqrtn, false, {0.0f, 0.0f});
  EXPECT_THAT(gather(sqrtn).scales, ElementsAre(0.0f, 0.0f));
}

TEST(RowGradientsTest, TinyWeightsDoNotUnderflow) {
  Bags sqrtn({1, 2}, {0, 2}, Combiner::Sqrtn, true, {3e-30f, 4e-30f});
  EXPECT_THAT(gather(sqrtn).scales,
              ElementsAre(testing::FloatEq(0.6f), testing::FloatEq(0.8f)));
}

TEST(RowGradientsTest, BagsNeedNotBeContiguous) {
  Bags bags({0, 1, 2, 3, 4}, {0, 1, 2}, Combiner::Sum);
  bags.starts = {3, 0};
  bags.ends = {5, 2};
  EXPECT_THAT(gather(bags).rows, ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(gather(bags).sources, ElementsAre(1, 1, 0, 0));
}

TEST(RowGradientsTest, SeveralColumns) {
  Bags first({1, 2}, {0, 1, 2}, Combiner::Sum);
  Bags second({2, 2}, {0, 2}, Combiner::Mean);
  Bags third({1, 2}, {0, 2}, Combiner::Sum, true, {3.0f, 4.0f});
  // In one array, as gradients of joined columns are, in another order.
  Floats joined(12);
  RowGradients gradients;
  gradients.reset(10, 2);
  int64_t place = 6;
  for (const Bags *bags : {&first, &second, &third}) {
    BagGradients view = bags->view();
    view.gradients = joined.data() + place;
    place -= 3;
    gradients.add(view);
  }
  ASSERT_THAT(check(gradients), IsOk());
  Gathered gathered = read(gradients);
  EXPECT_THAT(gathered.rows, ElementsAre(1, 2));
  EXPECT_THAT(gathered.segments, ElementsAre(0, 2, 6));
  // Bags, but entries where they have weights.
  EXPECT_THAT(gathered.sources, ElementsAre(0, 3, 1, 2, 2, 4));
  EXPECT_THAT(gathered.offsets, ElementsAre(6, 0, 9, 3, 3, 0));
  EXPECT_THAT(gathered.scales, ElementsAre(1, 3, 1, 0.5f, 0.5f, 4));
  EXPECT_EQ(gradients.gradients().data(), joined.data());
  // To the end of the second bag of the first column.
  EXPECT_EQ(gradients.gradients().size(), 11u);
}

TEST(RowGradientsTest, Errors) {
  // (apply_gradients-C13) (lookup-C10)
  auto add = [&](Bags bags, int64_t steps = 1) {
    RowGradients gradients;
    gradients.reset(10, 2);
    Bags good({1}, {0, 1}, Combiner::Sum);
    gradients.add(good.view());
    BagGradients view = bags.view();
    view.steps = steps;
    view.column = 5;
    gradients.add(view);
    GradientError error = gradients.check();
    EXPECT_EQ(error.column, 5);
    return error.status;
  };
  auto outOfRange = [](const char *message) {
    return StatusIs(absl::StatusCode::kOutOfRange, std::string(message));
  };
  EXPECT_THAT(add(Bags({1, 9, 10}, {0, 1, 3}, Combiner::Sum)),
              outOfRange("id 10 in row 1 is not in [0, 10)"));
  EXPECT_THAT(add(Bags({1, -1}, {0, 1, 2}, Combiner::Sum, false)),
              outOfRange("id -1 in row 1 is not in [0, 10)"));
  // A sequence of two steps a row.
  EXPECT_THAT(add(Bags({1, 2, 3, 10}, {0, 1, 2, 3, 4}, Combiner::Sum), 2),
              outOfRange("id 10 in row 1 is not in [0, 10)"));
  EXPECT_THAT(add(Bags({10}, {0, 1}, Combiner::Sum, true, {0.0f})),
              outOfRange("id 10 in row 0 is not in [0, 10)"));
  EXPECT_THAT(
      add(Bags({std::numeric_limits<int64_t>::max()}, {0, 1}, Combiner::Sum)),
      testing::Not(IsOk()));
  EXPECT_THAT(
      add(Bags({1, 2}, {0, 2}, Combiner::Sum, true, {1.0f})),
      StatusIs(absl::StatusCode::kInvalidArgument, "2 ids but 1 weights"));
}

TEST(RowGradientsTest, TooLarge) {
  RowGradients gradients;
  gradients.reset(int64_t(1) << 62, 2);
  Bags bags({1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 5}, Combiner::Sum);
  gradients.add(bags.view());
  EXPECT_THAT(check(gradients),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "5 ids in one step are too many for a table of "
                       "4611686018427387904 rows"));
}

TEST(RowGradientsTest, WhatIsDroppedForItsWeightNeedNoRow) {
  EXPECT_THAT(
      gather(Bags({10, 3}, {0, 2}, Combiner::Mean, true, {0.0f, 1.0f})).rows,
      ElementsAre(3));
}

TEST(RowGradientsTest, ResetStartsAnew) {
  RowGradients gradients;
  Bags first({1, 2, -3}, {0, 1, 2, 3}, Combiner::Sum);
  Bags second({8}, {0, 1}, Combiner::Sum, false);
  for (const Bags *bags : {&first, &second}) {
    gradients.reset(10, 2);
    gradients.add(bags->view());
    ASSERT_THAT(check(gradients), IsOk());
  }
  Gathered gathered = read(gradients);
  EXPECT_THAT(gathered.rows, ElementsAre(8));
  EXPECT_THAT(gathered.segments, ElementsAre(0, 1));
  EXPECT_THAT(gathered.sources, ElementsAre(0));
  EXPECT_EQ(gradients.gradients().data(), second.gradients.data());
}

// Tables of all sizes, and any number of entries, agree with a sorted map.
TEST(RowGradientsTest, TablesOfAnySize) {
  std::mt19937_64 random(1);
  for (int64_t numRows :
       {int64_t(1), int64_t(2), int64_t(16), int64_t(4000), int64_t(20'000),
        int64_t(1) << 22, (int64_t(1) << 22) + 1, int64_t(1) << 44})
    for (size_t numIds : {1, 40, 3000, 60'000}) {
      Integers ids(numIds), splits{0};
      for (int64_t &id : ids)
        id = random() % 4 == 0 ? numRows - 1 : int64_t(random() % numRows);
      while (splits.back() < int64_t(numIds))
        splits.push_back(
            std::min<int64_t>(splits.back() + random() % 7, numIds));
      Bags bags(ids, splits, Combiner::Sum);
      std::map<int64_t, Integers> expected, found;
      for (size_t bag = 0; bag < bags.starts.size(); ++bag)
        for (int64_t e = bags.starts[bag]; e < bags.ends[bag]; ++e)
          expected[ids[e]].push_back(bag);
      RowGradients gradients;
      gradients.reset(numRows, 2);
      gradients.add(bags.view());
      ASSERT_THAT(check(gradients), IsOk());
      Gathered gathered = read(gradients);
      for (size_t u = 0; u < gathered.rows.size(); ++u)
        found[gathered.rows[u]].assign(
            gathered.sources.begin() + gathered.segments[u],
            gathered.sources.begin() + gathered.segments[u + 1]);
      EXPECT_EQ(found, expected) << numRows;
      EXPECT_EQ(gathered.rows.size(), expected.size());
      EXPECT_TRUE(std::is_sorted(gathered.rows.begin(), gathered.rows.end()));
      if (numRows > 1 << 20)
        continue;
      // The same, and the rows between.
      Gathered all = read(gradients, /*allRows=*/true);
      EXPECT_EQ(all.sources, gathered.sources);
      ASSERT_EQ(all.rows.size(), size_t(numRows));
      for (int64_t row = 0; row < numRows; ++row) {
        ASSERT_EQ(all.rows[row], row);
        ASSERT_EQ(all.segments[row + 1] - all.segments[row],
                  int64_t(expected.count(row) ? expected[row].size() : 0));
      }
    }
}

/// Bags of many entries, most of them of few rows.
static Bags makeSkewed(std::mt19937 &random, int64_t numRows, int64_t numBags,
                       Combiner combiner, bool isWeighted) {
  Integers ids, splits{0};
  Floats weights;
  for (int64_t bag = 0; bag < numBags; ++bag) {
    for (int64_t count = random() % 9; count > 0; --count) {
      double uniform = random() / 4294967296.0;
      ids.push_back(static_cast<int64_t>(std::pow(uniform, 6) * numRows) -
                    (random() % 16 == 0));
      if (isWeighted)
        weights.push_back(static_cast<float>(random() % 5) - 1);
    }
    splits.push_back(ids.size());
  }
  return Bags(std::move(ids), std::move(splits), combiner, true, weights);
}

TEST(RowGradientsTest, ThreadsChangeNothing) {
  int before = getNumThreads();
  std::mt19937 random(7);
  for (int64_t numRows : {300, 70'000, 4'000'000}) {
    Bags first = makeSkewed(random, numRows, 20000, Combiner::Mean, true);
    Bags second = makeSkewed(random, numRows, 12000, Combiner::Sum, false);
    Gathered expected;
    for (int numThreads : {1, 2, 3, 7}) {
      ASSERT_THAT(setNumThreads(numThreads), IsOk());
      RowGradients gradients;
      gradients.reset(numRows, 2, 0.5f);
      gradients.add(first.view());
      gradients.add(second.view());
      ASSERT_THAT(check(gradients), IsOk());
      Gathered gathered = read(gradients);
      // Only distances in one array are the same each time.
      gathered.offsets.clear();
      if (numThreads == 1) {
        EXPECT_GT(gathered.sources.size(), 4u << 14);
        expected = std::move(gathered);
        continue;
      }
      EXPECT_EQ(gathered, expected);
    }
  }
  ASSERT_THAT(setNumThreads(before), IsOk());
}

TEST(RowGradientsTest, TheFirstErrorIsNamedByAnyNumberOfThreads) {
  int before = getNumThreads();
  Integers ids(40'000, 1), splits;
  for (int64_t bag = 0; bag <= 10'000; ++bag)
    splits.push_back(4 * bag);
  ids[20'002] = 12;
  ids[39'000] = 13;
  Bags bags(ids, splits, Combiner::Sum);
  for (int numThreads : {1, 2, 4}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    RowGradients gradients;
    gradients.reset(10, 2);
    gradients.add(bags.view());
    EXPECT_THAT(check(gradients), StatusIs(absl::StatusCode::kOutOfRange,
                                           "id 12 in row 5000 is not in [0, "
                                           "10)"));
  }
  ASSERT_THAT(setNumThreads(before), IsOk());
}
