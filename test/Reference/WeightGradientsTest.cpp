//===- WeightGradientsTest.cpp - Gradients of weights, compared -----------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

#include "absl/strings/str_cat.h"

using namespace embcol;

namespace {

struct WeightedColumn {
  int64_t dimension;
  std::string combiner;
  bool isSafe;
};

} // namespace

static constexpr int64_t kNumRows = 11;

static std::vector<WeightedColumn> makeColumns() {
  std::vector<WeightedColumn> columns;
  // Of one tile of registers, of several, and of what is left of one.
  for (int64_t dimension : {1, 3, 16, 100, 300})
    for (const char *combiner : {"sum", "mean", "sqrtn"})
      for (bool isSafe : {false, true})
        columns.push_back({dimension, combiner, isSafe});
  return columns;
}

/// One of each type, of one tile and of several.
const char *getRowType(int64_t dimension) {
  return dimension == 3 || dimension == 300 ? "bf16"
         : dimension == 100                 ? "f16"
                                            : "f32";
}

/// A table for each dimension, and for each column a function @gradients and
/// its number.
static std::string makeSource(const std::vector<WeightedColumn> &columns) {
  std::string source;
  int64_t lastDimension = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto &[dimension, combiner, isSafe] = columns[i];
    if (dimension != lastDimension)
      absl::StrAppend(&source, "embcol.table @t", dimension, " : tensor<",
                      kNumRows, "x", dimension, "x", getRowType(dimension), ">",
                      dimension == 16
                          ? " {partition = #embcol.partition<strategy = mod, "
                            "num_partitions = 4>}\n"
                          : "\n");
    lastDimension = dimension;
    absl::StrAppend(
        &source, "embcol.column @c", i,
        " : #embcol.weighted<categorical = #embcol.identity<key = \"id\", "
        "num_buckets = ",
        kNumRows, ">, weight_key = \"w\"> -> @t", dimension,
        " {combiner = #embcol.combiner<", combiner,
        ">, use_safe_embedding_lookup = ", isSafe ? "true" : "false",
        "}\nfunc.func @gradients", i,
        "(%ids: !embcol.ragged<i64>, %w: !embcol.ragged<f32>, %g: tensor<?x",
        dimension, "xf32>) -> !embcol.ragged<f32> {\n",
        "%0 = embcol.weight_gradients @c", i,
        "(%ids, %w, %g) : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x",
        dimension, "xf32>) -> !embcol.ragged<f32>\n",
        "return %0 : !embcol.ragged<f32>\n}\n");
  }
  return source;
}

/// Numbers whose products have exact sums.
static std::vector<float> makeNumbers(Random &random, int64_t size) {
  std::vector<float> numbers(size);
  for (float &number : numbers)
    number = random.number(-64, 65) / 64.0f;
  return numbers;
}

namespace {

class WeightGradientsTest
    : public ReferenceTest,
      public ::testing::WithParamInterface<mlir::embcol::Mode> {
protected:
  WeightGradientsTest() : random(1), columns(makeColumns()) {}

  void SetUp() override {
    createBoth(makeSource(columns), GetParam());
    ASSERT_TRUE(interpreted);
    for (const auto &table : compiled->getCore().tables()) {
      for (int64_t row = 0; row < table->numRows(); ++row) {
        std::vector<float> numbers = makeNumbers(random, table->dimension());
        for (auto *program : {compiled.get(), interpreted.get()})
          program->getCore().table(table->name())->writeRow(row, numbers);
      }
    }
  }

  /// Ids, weights and gradients; now and then some that are refused.
  std::vector<Value> makeArguments(const WeightedColumn &column) {
    int64_t batch = random.number(0, 7);
    std::vector<int64_t> splits = makeSplits(random, batch);
    std::vector<int64_t> ids(splits.back());
    for (int64_t &id : ids)
      id = random.number(column.isSafe ? -2 : 0, kNumRows);
    // (weight_gradients-C8)
    if (!ids.empty() && random.oneIn(20))
      ids.back() = column.isSafe ? kNumRows : -1;
    std::vector<int64_t> weightSplits = splits;
    if (random.oneIn(20))
      weightSplits = makeSplits(random, batch);
    std::vector<float> weights(weightSplits.back());
    for (float &weight : weights)
      weight = random.choose<float>({-1, 0, 0.25f, 1, 2, 2, 3});
    if (!weights.empty() && random.oneIn(10))
      weights.front() = NAN;
    // (weight_gradients-C7)
    int64_t numGradients = batch + random.oneIn(20);
    Value gradients =
        makeTensor(makeNumbers(random, numGradients * column.dimension),
                   {numGradients, column.dimension});
    return {makeRagged(ids, {splits}), makeWeights(weights, {weightSplits}),
            gradients};
  }

  Random random;
  std::vector<WeightedColumn> columns;
};

TEST_P(WeightGradientsTest, AreAlike) {
  for (size_t i = 0; i < columns.size(); ++i)
    for (int call = 0; call < 40 && !HasFailure(); ++call) {
      SCOPED_TRACE(absl::StrCat(
          "dimension ", columns[i].dimension, ", ", columns[i].combiner,
          columns[i].isSafe ? ", safe" : "", ", call ", call));
      expectSame(absl::StrCat("gradients", i), makeArguments(columns[i]));
    }
}

/// The mean of one row, and a row over its length, do not depend on its weight.
TEST_P(WeightGradientsTest, AreZeroForTheOnlyEntry) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].combiner == "sum")
      continue;
    for (float weight : {1e-30f, 0.1f, 7.0f, 1e30f}) {
      int64_t dimension = columns[i].dimension;
      auto found = compiled->call(
          absl::StrCat("gradients", i),
          {makeRagged({4}, {{0, 1}}), makeWeights({weight}, {{0, 1}}),
           makeTensor(makeNumbers(random, dimension), {1, dimension})});
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_THAT(toFloats(found->front()), ::testing::ElementsAre(0.0f));
    }
  }
}

/// As those of a mean drops, and of an unsafe one whose weights cancel out.
TEST_P(WeightGradientsTest, AreZeroWhereTheDivisorIs) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].combiner != "mean")
      continue;
    // Whatever the row holds.
    int64_t dimension = columns[i].dimension;
    compiled->getCore()
        .table(absl::StrCat("t", dimension))
        ->writeRow(0, std::vector<float>(dimension, INFINITY));
    std::vector<float> weights = columns[i].isSafe ? std::vector<float>{0, -1}
                                                   : std::vector<float>{1, -1};
    auto found = compiled->call(
        absl::StrCat("gradients", i),
        {makeRagged({0, 1}, {{0, 2}}), makeWeights(weights, {{0, 2}}),
         makeTensor(makeNumbers(random, dimension), {1, dimension})});
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(toFloats(found->front()), ::testing::ElementsAre(0.0f, 0.0f));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, WeightGradientsTest,
                         ::testing::Values(mlir::embcol::Mode::Training,
                                           mlir::embcol::Mode::Serving));

} // namespace
