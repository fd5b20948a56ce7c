//===- RaggedTest.cpp - Tests of Ragged.h ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Ragged.h"

#include "StatusMatchers.h"

#include <limits>
#include <string>
#include <vector>

using namespace embcol;
using namespace embcol::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Integers = std::vector<int64_t>;

namespace {
/// What the functions fill, cut to the part that is used.
struct Ragged {
  Integers inner, outer, order;
};
} // namespace

/// Makes a ragged array with `fill(splits, order)`.
template <typename Fill>
static Ragged build(int64_t batch, int64_t maxSteps, int64_t numCells,
                    bool hasSteps, Fill fill) {
  Ragged ragged{Integers(hasSteps ? maxSteps + 1 : 0, -77),
                Integers(batch + 1, -77), Integers(numCells, -77)};
  fill(RaggedSplits{absl::MakeSpan(ragged.inner), absl::MakeSpan(ragged.outer)},
       absl::MakeSpan(ragged.order));
  int64_t numValues = ragged.outer.back();
  if (hasSteps) {
    ragged.inner.resize(ragged.outer.back() + 1);
    numValues = ragged.inner.back();
  }
  ragged.order.resize(numValues);
  return ragged;
}

//===----------------------------------------------------------------------===//
// Dense features
//===----------------------------------------------------------------------===//

static Ragged fromDense(const Integers &cells, DenseShape shape,
                        absl::optional<int64_t> padding, bool hasSteps) {
  return build(shape.batch, shape.batch * shape.steps, cells.size(), hasSteps,
               [&](RaggedSplits splits, absl::Span<int64_t> order) {
                 raggedFromDense(cells, shape, padding, splits, order);
               });
}

static Ragged fromDense(const std::vector<std::string> &cells, DenseShape shape,
                        bool hasSteps) {
  std::string bytes;
  Integers offsets{0};
  for (const std::string &cell : cells) {
    bytes += cell;
    offsets.push_back(bytes.size());
  }
  return build(shape.batch, shape.batch * shape.steps, cells.size(), hasSteps,
               [&](RaggedSplits splits, absl::Span<int64_t> order) {
                 raggedFromDense(StringSpan{bytes.data(), offsets}, shape,
                                 splits, order);
               });
}

TEST(RaggedFromDenseTest, Rows) {
  Ragged ragged = fromDense({5, -1, -1, -1, -1, 7}, {3, 2, 1}, -1, false);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 1, 1, 2));
  EXPECT_THAT(ragged.order, ElementsAre(0, 5));
}

TEST(RaggedFromDenseTest, NoPadding) {
  Ragged ragged = fromDense({5, -1, -1, 7}, {2, 2, 1}, absl::nullopt, false);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 2, 4));
  EXPECT_THAT(ragged.order, ElementsAre(0, 1, 2, 3));
}

TEST(RaggedFromDenseTest, RankThreeIntoRows) {
  Ragged ragged = fromDense({1, -1, 2, 3, -1, -1, -1, 4}, {2, 2, 2}, -1, false);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 3, 4));
  EXPECT_THAT(ragged.order, ElementsAre(0, 2, 3, 7));
}

TEST(RaggedFromDenseTest, Steps) {
  // A hole is an empty step, what follows the last filled place is none.
  Ragged ragged = fromDense({1, -1, 2, -1, -1, -1, -1, -1, -1, -1, -1, 3},
                            {3, 4, 1}, -1, true);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 3, 3, 7));
  EXPECT_THAT(ragged.inner, ElementsAre(0, 1, 1, 2, 2, 2, 2, 3));
  EXPECT_THAT(ragged.order, ElementsAre(0, 2, 11));
}

TEST(RaggedFromDenseTest, StepsOfEntries) {
  Ragged ragged = fromDense({-1, 1, 2, 3, -1, -1, -1, -1, -1, -1, 4, -1},
                            {2, 3, 2}, -1, true);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 2, 5));
  EXPECT_THAT(ragged.inner, ElementsAre(0, 1, 3, 3, 3, 4));
  EXPECT_THAT(ragged.order, ElementsAre(1, 2, 3, 10));
}

TEST(RaggedFromDenseTest, Strings) {
  Ragged rows = fromDense({"a", "", "", "b"}, {2, 2, 1}, false);
  EXPECT_THAT(rows.outer, ElementsAre(0, 1, 2));
  EXPECT_THAT(rows.order, ElementsAre(0, 3));
  Ragged steps = fromDense({"a", "", "", "b"}, {2, 2, 1}, true);
  EXPECT_THAT(steps.outer, ElementsAre(0, 1, 3));
  EXPECT_THAT(steps.inner, ElementsAre(0, 1, 1, 2));
}

TEST(RaggedFromDenseTest, Empty) {
  Ragged noRows = fromDense(Integers{}, {0, 3, 1}, -1, true);
  EXPECT_THAT(noRows.outer, ElementsAre(0));
  EXPECT_THAT(noRows.inner, ElementsAre(0));
  Ragged noPlaces = fromDense(Integers{}, {2, 0, 1}, -1, false);
  EXPECT_THAT(noPlaces.outer, ElementsAre(0, 0, 0));
}

//===----------------------------------------------------------------------===//
// Coordinate lists
//===----------------------------------------------------------------------===//

static Ragged fromCoo(const Integers &indices, const Integers &denseShape,
                      bool hasSteps) {
  int64_t rank = denseShape.size();
  absl::StatusOr<int64_t> steps = countCooSteps(indices, rank, denseShape);
  EXPECT_THAT(steps, IsOk());
  Ragged ragged = build(denseShape[0], *steps, indices.size() / rank, hasSteps,
                        [&](RaggedSplits splits, absl::Span<int64_t> order) {
                          EXPECT_THAT(raggedFromCoo(indices, rank, denseShape,
                                                    false, splits, order),
                                      IsOk());
                        });
  if (hasSteps) {
    EXPECT_EQ(ragged.outer.back(), *steps);
  }
  return ragged;
}

TEST(RaggedFromCooTest, SortedRows) {
  Ragged ragged = fromCoo({0, 1, 0, 4, 2, 0}, {4, 5}, false);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 2, 2, 3, 3));
  EXPECT_THAT(ragged.order, ElementsAre(0, 1, 2));
}

TEST(RaggedFromCooTest, AnyOrder) {
  // Cells 1 and 3 are at one place and keep their order.
  Ragged ragged = fromCoo({1, 0, 0, 2, 0, 1, 0, 2}, {2, 3}, false);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 3, 4));
  EXPECT_THAT(ragged.order, ElementsAre(2, 1, 3, 0));
}

TEST(RaggedFromCooTest, Steps) {
  Ragged ragged = fromCoo({0, 0, 0, 2, 2, 1, 2, 1}, {4, 3}, true);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 3, 3, 5, 5));
  EXPECT_THAT(ragged.inner, ElementsAre(0, 1, 1, 2, 2, 4));
  EXPECT_THAT(ragged.order, ElementsAre(0, 1, 2, 3));
}

TEST(RaggedFromCooTest, StepsOfEntriesInAnyOrder) {
  Ragged ragged =
      fromCoo({1, 1, 0, 0, 0, 9, 0, 0, 1, 1, 1, 5}, {2, 2, 10}, true);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 1, 3));
  EXPECT_THAT(ragged.inner, ElementsAre(0, 2, 2, 4));
  EXPECT_THAT(ragged.order, ElementsAre(2, 1, 0, 3));
}

TEST(RaggedFromCooTest, Ordered) {
  // (ragged_from_coo-C10)
  // Only rows have to be in order; cells of a row are put in order as ever.
  Integers outer(3), order(3);
  auto make = [&](const Integers &indices) {
    return raggedFromCoo(indices, 2, {2, 3}, /*ordered=*/true,
                         {{}, absl::MakeSpan(outer)}, absl::MakeSpan(order));
  };
  EXPECT_THAT(make({0, 2, 0, 1, 1, 0}), IsOk());
  EXPECT_THAT(order, ElementsAre(1, 0, 2));
  EXPECT_THAT(make({0, 0, 1, 0, 0, 1}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("cell 2 at [0, 1] follows [1, 0]")));
}

TEST(RaggedFromCooTest, NoCells) {
  Ragged ragged = fromCoo({}, {3, 0}, true);
  EXPECT_THAT(ragged.outer, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(ragged.inner, ElementsAre(0));
  EXPECT_THAT(ragged.order, IsEmpty());
}

TEST(RaggedFromCooTest, OutsideTheDenseShape) {
  // (ragged_from_coo-C9)
  struct Case {
    Integers indices, denseShape;
    const char *message;
  };
  for (const Case &c :
       {Case{{0, 0, 1, 3},
             {2, 3},
             "cell 1 at [1, 3] is outside the dense shape [2, 3]"},
        Case{{2, 0},
             {2, 3},
             "cell 0 at [2, 0] is outside the dense shape [2, 3]"},
        Case{{0, -1},
             {2, 3},
             "cell 0 at [0, -1] is outside the dense shape [2, 3]"},
        Case{{0, 0, 7},
             {2, 3, 7},
             "cell 0 at [0, 0, 7] is outside the dense shape [2, 3, 7]"},
        Case{{0, 0},
             {2, -1},
             "cell 0 at [0, 0] is outside the dense shape [2, -1]"}}) {
    int64_t rank = c.denseShape.size();
    Integers inner(10), outer(3), order(c.indices.size() / rank);
    auto matcher =
        StatusIs(absl::StatusCode::kInvalidArgument, std::string(c.message));
    EXPECT_THAT(countCooSteps(c.indices, rank, c.denseShape), matcher);
    EXPECT_THAT(raggedFromCoo(c.indices, rank, c.denseShape, false,
                              {absl::MakeSpan(inner), absl::MakeSpan(outer)},
                              absl::MakeSpan(order)),
                matcher);
  }
}

TEST(RaggedFromCooTest, Ranks) {
  Integers outer(3), order(1);
  RaggedSplits rows{{}, absl::MakeSpan(outer)};
  EXPECT_THAT(raggedFromCoo({0, 0, 0}, 3, {2, 2, 2}, false, rows,
                            absl::MakeSpan(order)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "expected indices of rank 2, found 3"));
  EXPECT_THAT(countCooSteps({0}, 1, {2}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "expected indices of rank 2 or 3, found 1"));
  EXPECT_THAT(countCooSteps({0, 0}, 2, {2, 2, 2}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "expected a dense shape of 2 sizes, found 3"));
}

TEST(RaggedFromCooTest, TooManySteps) {
  // (ragged_from_coo-C11)
  int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(countCooSteps({0, most - 1, 1, most - 1}, 2, {2, most}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("row 1 has a cell at step")));
}

//===----------------------------------------------------------------------===//
// Splits
//===----------------------------------------------------------------------===//

template <typename T> static bool areAscending(std::vector<T> numbers) {
  return areAscendingFromZero(absl::MakeConstSpan(numbers));
}

TEST(AreAscendingFromZeroTest, Extremes) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max(), least = ~most;
  EXPECT_TRUE(areAscending<int64_t>({}));
  EXPECT_TRUE(areAscending<int64_t>({0, 0, 7, most, most}));
  EXPECT_FALSE(areAscending<int64_t>({-1}));
  EXPECT_FALSE(areAscending<int64_t>({least, most}));
  EXPECT_FALSE(areAscending<int64_t>({0, least, 0}));
  EXPECT_FALSE(areAscending<int64_t>({0, most, least}));
  EXPECT_FALSE(areAscending<int64_t>({3, 2}));
  EXPECT_TRUE(areAscending<int32_t>({3, 3, 2147483647}));
  EXPECT_FALSE(areAscending<int32_t>({3, 2147483647, 2147483646}));
  EXPECT_FALSE(areAscending<int32_t>({0, -2147483647 - 1}));
}

TEST(ValidateSplitsTest, Valid) {
  EXPECT_THAT(validateSplits({0}, 0), IsOk());
  EXPECT_THAT(validateSplits({0, 0, 2, 2, 5}, 5), IsOk());
}

TEST(ValidateSplitsTest, Invalid) {
  // (ragged_from_row_splits-C5)
  auto invalid = [](const char *message) {
    return StatusIs(absl::StatusCode::kInvalidArgument, std::string(message));
  };
  EXPECT_THAT(validateSplits({}, 0), invalid("row splits are empty"));
  EXPECT_THAT(validateSplits({1, 2}, 2),
              invalid("row splits start with 1, not 0"));
  EXPECT_THAT(validateSplits({0, 3, 2, 4}, 4),
              invalid("row splits decrease in row 1, from 3 to 2"));
  EXPECT_THAT(
      validateSplits({0, 3}, 4),
      invalid("row splits end with 3 in row 0, but there are 4 values"));
  EXPECT_THAT(validateSplits({0}, 4),
              invalid("row splits end with 0, but there are 4 values"));
}
