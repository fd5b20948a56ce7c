//===- RoundingTest.cpp - Weights of narrow rows --------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

#include <limits>
#include <set>

using namespace embcol;

static constexpr float infinity = std::numeric_limits<float>::infinity();

namespace {

/// Updates without a learning rate: weight - gradient, which is exact in f32
/// for what is given here, rounded. Compiled and interpreted tables are the
/// same then, bit for bit.
class RoundingTest : public ReferenceTest,
                     public ::testing::WithParamInterface<RowType> {
protected:
  void makeTable(int64_t numRows, int64_t dimension,
                 absl::string_view attributes = ", stochastic_rounding") {
    createBoth(absl::Substitute(
        R"mlir(
          embcol.table @t : tensor<$0x$1x$2> {
            optimizer = #embcol.sgd<learning_rate = 1.0>$3}
          embcol.column @c : #embcol.identity<key = "c", num_buckets = $0>
              -> @t {combiner = #embcol.combiner<sum>}
          func.func @update(%ids: !embcol.ragged<i64>,
                            %gradient: tensor<?x$1xf32>, %step: i64) {
            %rate = arith.constant 1.0 : f32
            embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
                gradients(%gradient : tensor<?x$1xf32>)
                learning_rates(%rate) step(%step)
            return
          })mlir",
        numRows, dimension, getName(GetParam()), attributes));
    ASSERT_TRUE(interpreted);
    this->dimension = dimension;
  }

  /// Makes all weights `weight` and updates the rows `ids`, one after another,
  /// by one gradient, the same for all weights.
  void update(const std::vector<int64_t> &ids, float weight, float gradient,
              int64_t step = 0) {
    for (Program *program : {compiled.get(), interpreted.get()}) {
      const Table &table = *program->getCore().table("t");
      for (int64_t row = 0; row < table.numRows(); ++row)
        table.writeRow(row, std::vector<float>(dimension, weight));
    }
    int64_t numIds = ids.size();
    expectSame("update", {makeRagged(ids, {{0, numIds}}),
                          makeTensor(std::vector<float>(dimension, gradient),
                                     {1, dimension}),
                          makeScalar(step)});
    expectEqual();
  }

  /// What `expectSame` takes as equal where it is rounded to a neighbour.
  void expectEqual() {
    const std::vector<float> lhs = getWeights(*compiled),
                             rhs = getWeights(*interpreted);
    for (size_t i = 0; i < lhs.size(); ++i)
      ASSERT_TRUE(lhs[i] == rhs[i] ||
                  (std::isnan(lhs[i]) && std::isnan(rhs[i])))
          << "at " << i << ": compiled " << lhs[i] << ", interpreted "
          << rhs[i];
  }

  static std::vector<float> getWeights(const Program &program) {
    const Table &table = *program.getCore().table("t");
    std::vector<float> weights;
    for (int64_t row = 0; row < table.numRows(); ++row) {
      Array read = readRow(table, row);
      weights.insert(weights.end(), read.as<float>(),
                     read.as<float>() + read.size());
    }
    return weights;
  }

  /// The weights of row 0 of the compiled table.
  std::vector<float> getFirstRow() {
    Array row = readRow(*compiled->getCore().table("t"), 0);
    return std::vector<float>(row.as<float>(), row.as<float>() + row.size());
  }

  static std::vector<int64_t> iota(int64_t count) {
    std::vector<int64_t> ids(count);
    for (int64_t i = 0; i < count; ++i)
      ids[i] = i;
    return ids;
  }

  bool isBFloat16() const { return GetParam() == RowType::BF16; }
  /// The difference of 1 and the next number.
  float getUnit() const { return isBFloat16() ? 0x1p-7f : 0x1p-10f; }
  float getLeast() const { return isBFloat16() ? 0x1p-133f : 0x1p-24f; }
  float getLargest() const { return isBFloat16() ? 0x1.FEp127f : 65504.0f; }

  int64_t dimension = 0;
};

TEST_P(RoundingTest, IsUnbiased) {
  // Enough that a mean is sure to be near.
  constexpr int64_t numRows = 64, numColumns = 128;
  makeTable(numRows, numColumns);
  float unit = getUnit();
  struct Case {
    float weight, unit, fraction;
  };
  for (const Case &c : std::vector<Case>{{1, unit, 0.25f},
                                         {1, unit, 0.5f},
                                         {-1.5f, unit, 0.75f},
                                         {1024, 1024 * unit, 0x1p-5f},
                                         {0, getLeast(), 0.375f},
                                         {3 * getLeast(), getLeast(), 0.5f}}) {
    SCOPED_TRACE(absl::StrCat(c.weight, " and ", c.fraction));
    float sign = c.weight < 0 ? -1 : 1;
    update(iota(numRows), c.weight, -sign * c.fraction * c.unit);
    double numUp = 0;
    for (float weight : getWeights(*compiled)) {
      ASSERT_TRUE(weight == c.weight || weight == c.weight + sign * c.unit)
          << weight;
      numUp += weight != c.weight;
    }
    // Six standard deviations.
    constexpr double count = numRows * numColumns;
    double deviation = std::sqrt(c.fraction * (1 - c.fraction) / count);
    EXPECT_NEAR(numUp / count, c.fraction, 6 * deviation);
  }
}

TEST_P(RoundingTest, NumbersOfTheTypeStay) {
  makeTable(4, 16);
  for (int64_t step = 0; step < 8; ++step)
    for (float weight :
         {0.0f, 1.0f, -1.0f - getUnit(), getLeast(), -5 * getLeast(),
          getLargest(), -getLargest(), infinity, -infinity}) {
      update(iota(4), weight, 0, step);
      for (float found : getWeights(*compiled))
        ASSERT_EQ(found, weight);
    }
  update(iota(4), -0.0f, 0);
  EXPECT_TRUE(std::signbit(getWeights(*compiled).front()));
}

TEST_P(RoundingTest, OutsideTheRange) {
  for (const char *attributes : {"", ", stochastic_rounding"}) {
    makeTable(2, 16, attributes);
    update({0, 1}, std::numeric_limits<float>::quiet_NaN(), 1);
    for (float weight : getWeights(*compiled))
      EXPECT_TRUE(std::isnan(weight));
    // Beyond the range of f32, and of f16.
    update({0, 1}, -getLargest(), std::numeric_limits<float>::max());
    for (float weight : getWeights(*compiled))
      EXPECT_EQ(weight, -infinity);
  }
  // Between the greatest number and what would come next, infinity is that.
  makeTable(64, 16);
  float unit = getLargest() * getUnit() / 2;
  update(iota(64), getLargest(), -unit / 4);
  std::set<float> found;
  for (float weight : getWeights(*compiled))
    found.insert(weight);
  EXPECT_THAT(found, ::testing::ElementsAre(getLargest(), infinity));
}

TEST_P(RoundingTest, DrawsDiffer) {
  // Rows, columns, steps and the updates of a step each have their own.
  for (int64_t columns : {1, 3, 16, 300}) {
    SCOPED_TRACE(columns);
    makeTable(8, columns,
              ", stochastic_rounding, optimizer_options = "
              "#embcol.optimizer_options<use_gradient_accumulation = false>");
    float half = -getUnit() / 2;
    std::set<std::vector<float>> tables;
    for (int64_t step = 0; step < 16; ++step) {
      update(iota(8), 1, half, step);
      tables.insert(getWeights(*compiled));
    }
    // Of eight bits at least.
    EXPECT_GE(tables.size(), columns == 1 ? 8u : 16u);
    if (columns < 16)
      continue;
    update(iota(8), 1, half);
    std::vector<float> weights = getWeights(*compiled);
    std::set<std::vector<float>> rows;
    for (int64_t row = 0; row < 8; ++row)
      rows.insert({weights.begin() + row * columns,
                   weights.begin() + (row + 1) * columns});
    EXPECT_EQ(rows.size(), 8u);
    // The second update draws anew: some weights go up twice, others never.
    update({0, 0}, 1, half);
    std::set<float> found;
    for (float weight : getFirstRow())
      found.insert(weight);
    EXPECT_EQ(found.size(), 3u);
  }
}

TEST_P(RoundingTest, PartitionsDoNotMatter) {
  std::vector<float> expected;
  for (int64_t numPartitions : {1, 2, 5, 40}) {
    SCOPED_TRACE(numPartitions);
    makeTable(23, 16,
              absl::StrCat(", stochastic_rounding, partition = "
                           "#embcol.partition<strategy = mod, num_partitions "
                           "= ",
                           numPartitions, ">"));
    update(iota(23), 1, -getUnit() / 2);
    if (expected.empty())
      expected = getWeights(*compiled);
    EXPECT_EQ(getWeights(*compiled), expected);
  }
}

TEST_P(RoundingTest, ToNearest) {
  makeTable(2, 16, "");
  float unit = getUnit();
  struct Case {
    float weight, change, expected;
  };
  for (const Case &c :
       std::vector<Case>{{1, 0.5f * unit, 1},
                         {1 + unit, 0.5f * unit, 1 + 2 * unit},
                         {1, 0.75f * unit, 1 + unit},
                         {1, 0.25f * unit, 1},
                         {0, 0.5f * getLeast(), 0},
                         {getLeast(), 0.5f * getLeast(), 2 * getLeast()}}) {
    SCOPED_TRACE(absl::StrCat(c.weight, " and ", c.change));
    update({0, 1}, c.weight, -c.change);
    for (float weight : getWeights(*compiled))
      EXPECT_EQ(weight, c.expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Narrow, RoundingTest,
                         ::testing::Values(RowType::BF16, RowType::F16),
                         [](const auto &info) {
                           return std::string(getName(info.param));
                         });

} // namespace
