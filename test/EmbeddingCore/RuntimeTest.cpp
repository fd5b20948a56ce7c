//===- RuntimeTest.cpp - Tests of errors and lookups in Runtime.h ---------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Runtime.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "RuntimeTestSupport.h"
#include "StatusMatchers.h"

#include <numeric>
#include <thread>

using namespace embcol;
using namespace embcol::test;
using testing::Each;
using testing::ElementsAre;
using Integers = std::vector<int64_t>;
using Floats = std::vector<float>;

static const std::vector<std::string> columnNames{"hour", "carrier"};

/// Pools by weighted sum: a kernel as the compiler would make it.
static int64_t sumKernel(float *, float *rows, int64_t rowsOffset,
                         int64_t numRows, int64_t dimension, int64_t rowStride,
                         int64_t, int64_t *, int64_t *ids, int64_t, int64_t,
                         int64_t, int64_t *, int64_t *starts, int64_t, int64_t,
                         int64_t, int64_t *, int64_t *ends, int64_t, int64_t,
                         int64_t, float *, float *weights, int64_t,
                         int64_t numWeights, int64_t, float *, float *out,
                         int64_t outOffset, int64_t, int64_t, int64_t outStride,
                         int64_t, int64_t begin, int64_t end) {
  for (int64_t bag = begin; bag < end; ++bag) {
    float *result = out + outOffset + bag * outStride;
    std::fill_n(result, dimension, 0.0f);
    for (int64_t e = starts[bag]; e < ends[bag]; ++e) {
      if (ids[e] < 0 || ids[e] >= numRows)
        return e;
      for (int64_t d = 0; d < dimension; ++d)
        result[d] += (numWeights == 0 ? 1.0f : weights[e]) *
                     rows[rowsOffset + ids[e] * rowStride + d];
    }
  }
  return -1;
}

namespace {
class RuntimeTest : public testing::Test {
protected:
  void SetUp() override { clearCallError(); }
  void TearDown() override {
    clearCallError();
    ASSERT_THAT(setNumThreads(before), IsOk());
  }
  int before = getNumThreads();
};

/// A lookup over rows of 2 whose values are their numbers.
struct Lookup {
  Lookup(int64_t numRows, Integers ids, Integers splits, Floats weights = {})
      : rows(numRows * 2), ids(std::move(ids)),
        starts(splits.begin(), splits.end() - 1),
        ends(splits.begin() + 1, splits.end()), weights(std::move(weights)),
        out(starts.size() * 5, -77.0f) {
    std::iota(rows.begin(), rows.end(), 0.0f);
  }

  /// Is to write columns 1 and 2 of `out`, which has 5.
  void add(int64_t column = 1, int64_t steps = 1) {
    int64_t numRows = rows.size() / 2, numBags = starts.size();
    MemRef2<void> rowsRef{rows.data(), rows.data(), 0, {numRows, 2}, {2, 1}};
    MemRef2<float> outRef{out.data(), out.data(), 1, {numBags, 2}, {5, 1}};
    MemRef1<int64_t> idsRef = vector(ids), startsRef = vector(starts),
                     endsRef = vector(ends);
    MemRef1<float> weightsRef = vector(weights);
    _mlir_ciface_embcol_core_add_lookup(
        column, steps, reinterpret_cast<Kernel>(&sumKernel), &rowsRef, &idsRef,
        &startsRef, &endsRef, &weightsRef, &outRef);
  }

  void run(int64_t column = 1, int64_t steps = 1) {
    add(column, steps);
    _mlir_ciface_embcol_core_run_lookups();
  }

  Floats rows;
  Integers ids, starts, ends;
  Floats weights, out;
};
} // namespace

//===----------------------------------------------------------------------===//
// Lookups
//===----------------------------------------------------------------------===//

TEST_F(RuntimeTest, LookupWritesItsSlice) {
  Lookup lookup(3, {0, 2, 1}, {0, 2, 2, 3});
  lookup.run();
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  EXPECT_THAT(lookup.out, ElementsAre(-77, 4, 6, -77, -77, //
                                      -77, 0, 0, -77, -77, //
                                      -77, 2, 3, -77, -77));
}

TEST_F(RuntimeTest, LookupPassesWeights) {
  Lookup lookup(3, {0, 2, 1}, {0, 3}, {10, 2, -1});
  lookup.run();
  EXPECT_THAT(lookup.out, ElementsAre(-77, 6, 17, -77, -77));
}

TEST_F(RuntimeTest, LookupNamesColumnRowAndValue) {
  // (lookup-C8)
  Lookup lookup(24, {5, 31, 32}, {0, 1, 1, 3});
  lookup.run(/*column=*/0);
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"hour\": id 31 in row 2 is not in [0, 24)"));
  // Taken once.
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  lookup.run(/*column=*/-1, /*steps=*/2);
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "id 31 in row 1 is not in [0, 24)"));
}

TEST_F(RuntimeTest, LookupIsTheSameForAnyNumberOfThreads) {
  Integers ids(100'000), splits{0};
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = i * 7919 % 1000;
  for (int64_t bag = 0; splits.back() < 100'000; ++bag)
    splits.push_back(std::min<int64_t>(splits.back() + bag % 9, 100'000));
  Floats expected;
  for (int numThreads : {1, 2, 3}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    Lookup lookup(1000, ids, splits);
    lookup.run();
    EXPECT_THAT(takeCallError(columnNames), IsOk());
    if (numThreads == 1)
      expected = lookup.out;
    EXPECT_EQ(lookup.out, expected);
  }
}

TEST_F(RuntimeTest, FirstBadIdWins) {
  Integers ids(100'000, 1), splits(50'001);
  for (size_t i = 0; i < splits.size(); ++i)
    splits[i] = 2 * i;
  for (int64_t position : {30'001, 60'000, 99'999})
    ids[position] = 1000 + position;
  for (int numThreads : {1, 2, 3}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    Lookup lookup(10, ids, splits);
    lookup.run();
    EXPECT_THAT(takeCallError(columnNames),
                StatusIs(absl::StatusCode::kOutOfRange,
                         "column \"carrier\": id 31001 in row 15000 is not in "
                         "[0, 10)"));
  }
}

/// Splits of rows of 0 to 8 entries.
static Integers makeSplits(int64_t numRows, int64_t first) {
  Integers splits{0};
  for (int64_t row = 0; row < numRows; ++row)
    splits.push_back(splits.back() + (row + first) % 9);
  return splits;
}

TEST_F(RuntimeTest, LookupsRunAsOne) {
  for (int64_t batch : {0, 1, 2, 5000}) {
    std::vector<Lookup> alone, together;
    for (int64_t column = 0; column < 5; ++column) {
      Integers splits = makeSplits(batch, column);
      Integers ids(splits.back());
      for (size_t i = 0; i < ids.size(); ++i)
        ids[i] = i * 7919 % 1000;
      alone.push_back(Lookup(1000, ids, splits));
    }
    together = alone;
    for (Lookup &lookup : alone)
      lookup.run();
    for (int numThreads : {1, 2, 3}) {
      ASSERT_THAT(setNumThreads(numThreads), IsOk());
      for (Lookup &lookup : together) {
        std::fill(lookup.out.begin(), lookup.out.end(), -77.0f);
        lookup.add();
      }
      _mlir_ciface_embcol_core_run_lookups();
      EXPECT_THAT(takeCallError(columnNames), IsOk());
      for (size_t i = 0; i < alone.size(); ++i)
        EXPECT_EQ(together[i].out, alone[i].out);
    }
  }
}

TEST_F(RuntimeTest, FirstColumnsErrorWins) {
  Integers ids(100'000, 1), splits(50'001);
  for (size_t i = 0; i < splits.size(); ++i)
    splits[i] = 2 * i;
  Lookup good(10, ids, splits);
  ids[60'000] = 11;
  Lookup late(10, ids, splits);
  ids[0] = 12;
  Lookup early(10, ids, splits);
  for (int numThreads : {1, 2, 3}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    good.add(/*column=*/-1);
    late.add(/*column=*/0);
    early.add(/*column=*/1);
    _mlir_ciface_embcol_core_run_lookups();
    EXPECT_THAT(takeCallError(columnNames),
                StatusIs(absl::StatusCode::kOutOfRange,
                         "column \"hour\": id 11 in row 30000 is not in "
                         "[0, 10)"));
  }
}

TEST_F(RuntimeTest, LookupsBeforeAnError) {
  Lookup bad(3, {3}, {0, 1}), good(3, {2}, {0, 1});
  bad.add(/*column=*/1);
  _mlir_ciface_embcol_core_join_batches(1, 2);
  // Not added: an error is recorded.
  good.add();
  _mlir_ciface_embcol_core_run_lookups();
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"carrier\": id 3 in row 0 is not in [0, 3)"));
  EXPECT_THAT(good.out, Each(-77.0f));
  // Nothing is left to run, neither of a call that ran nor of one that did not.
  _mlir_ciface_embcol_core_run_lookups();
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  bad.add();
  clearCallError();
  _mlir_ciface_embcol_core_run_lookups();
  EXPECT_THAT(takeCallError(columnNames), IsOk());
}

TEST_F(RuntimeTest, ReportId) {
  Integers ids{4, 5, 6}, starts{0, 2, 2, 2}, ends{2, 2, 3, 3};
  MemRef1<int64_t> idsRef = vector(ids), startsRef = vector(starts),
                   endsRef = vector(ends);
  _mlir_ciface_embcol_core_report_id(0, 1, -1, 3, &idsRef, &startsRef,
                                     &endsRef);
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  _mlir_ciface_embcol_core_report_id(0, 1, 2, 3, &idsRef, &startsRef, &endsRef);
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"hour\": id 6 in row 2 is not in [0, 3)"));
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST_F(RuntimeTest, FirstErrorStays) {
  Lookup first(3, {3}, {0, 1}), second(3, {4}, {0, 1}), good(3, {1}, {0, 1});
  first.run(/*column=*/1);
  second.run(/*column=*/0);
  good.run();
  // Nothing runs after an error: what it would read may be wrong.
  EXPECT_THAT(good.out, Each(-77.0f));
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"carrier\": id 3 in row 0 is not in [0, 3)"));
}

TEST_F(RuntimeTest, ErrorsOfAnotherThread) {
  Lookup lookup(3, {3}, {0, 1});
  lookup.run();
  std::thread([] { EXPECT_THAT(takeCallError({}), IsOk()); }).join();
  EXPECT_THAT(takeCallError({}), StatusIs(absl::StatusCode::kOutOfRange,
                                          "id 3 in row 0 is not in [0, 3)"));
}

TEST_F(RuntimeTest, ClearedErrors) {
  Lookup lookup(3, {3}, {0, 1});
  lookup.run();
  clearCallError();
  EXPECT_THAT(takeCallError({}), IsOk());
}

//===----------------------------------------------------------------------===//
// Weights and sequences
//===----------------------------------------------------------------------===//

static absl::Status checkWeights(Integers ids, Integers weights) {
  MemRef1<int64_t> idsRef = vector(ids), weightsRef = vector(weights);
  _mlir_ciface_embcol_core_check_weights(0, &idsRef, &weightsRef);
  return takeCallError(columnNames);
}

TEST_F(RuntimeTest, CheckWeights) {
  // (lookup-C10)
  EXPECT_THAT(checkWeights({0, 2, 3}, {0, 2, 3}), IsOk());
  EXPECT_THAT(checkWeights({0, 2, 3}, {0, 2, 5}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column \"hour\": row 1 has 1 ids but 3 weights"));
  EXPECT_THAT(checkWeights({0, 2, 3}, {0, 3}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column \"hour\": ids have 2 rows but weights have 1"));
}

TEST_F(RuntimeTest, CheckPlaceWeights) {
  auto check = [](Integers idInner, Integers idOuter, Integers weightInner,
                  Integers weightOuter) {
    MemRef1<int64_t> idInnerRef = vector(idInner), idOuterRef = vector(idOuter),
                     weightInnerRef = vector(weightInner),
                     weightOuterRef = vector(weightOuter);
    _mlir_ciface_embcol_core_check_place_weights(
        0, &idInnerRef, &idOuterRef, &weightInnerRef, &weightOuterRef);
    return takeCallError(columnNames);
  };
  // (lookup-C10)
  EXPECT_THAT(check({0, 2, 2, 3}, {0, 1, 3}, {0, 2, 2, 3}, {0, 1, 3}), IsOk());
  EXPECT_THAT(check({0, 2, 2, 3}, {0, 1, 3}, {0, 2, 2, 3}, {0, 2, 3}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column \"hour\": row 0 has 1 places of ids but 2 of "
                       "weights"));
  EXPECT_THAT(check({0, 2, 2, 3}, {0, 1, 3}, {0, 2, 3, 3}, {0, 1, 3}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column \"hour\": place 0 of row 1 has 0 ids but 1 "
                       "weights"));
}

TEST_F(RuntimeTest, CheckBatch) {
  // (device-C9)
  _mlir_ciface_embcol_core_check_batch(0, 8, 8);
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  _mlir_ciface_embcol_core_check_batch(0, 8, 7);
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column \"hour\": expected a batch of 8 rows, as "
                       "tensor_core_shape says, found 7"));
}

TEST_F(RuntimeTest, CutSequence) {
  // Rows of 3, 0 and 1 steps, cut to 2.
  Integers inner{0, 2, 2, 5, 6}, outer{0, 3, 3, 4};
  Integers starts(6, -77), ends(6, -77), lengths(3, -77);
  MemRef1<int64_t> innerRef = vector(inner), outerRef = vector(outer),
                   startsRef = vector(starts), endsRef = vector(ends),
                   lengthsRef = vector(lengths);
  auto cut = [&] {
    _mlir_ciface_embcol_core_cut_sequence(2, &innerRef, &outerRef, &startsRef,
                                          &endsRef, &lengthsRef);
  };
  cut();
  EXPECT_THAT(starts, ElementsAre(0, 2, 5, 5, 5, 6));
  EXPECT_THAT(ends, ElementsAre(2, 2, 5, 5, 6, 6));
  EXPECT_THAT(lengths, ElementsAre(2, 0, 1));
  // After an error, splits are not read.
  EXPECT_THAT(takeCallError({}), IsOk());
  Lookup(3, {3}, {0, 1}).run();
  outer = {0, 1 << 30, 1 << 30, 1 << 30};
  cut();
  for (const Integers &result : {starts, ends, lengths})
    EXPECT_THAT(result, Each(0));
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

namespace {
struct Unranked {
  int64_t rank;
  void *descriptor;
};
} // namespace

template <int Rank>
static void copy(MemRef<float, Rank> source, MemRef<float, Rank> target) {
  Unranked from{Rank, &source}, to{Rank, &target};
  memrefCopy(sizeof(float), &from, &to);
}

TEST(MemrefCopyTest, Strided) {
  Floats source(24), target(24, -1.0f);
  std::iota(source.begin(), source.end(), 0.0f);
  float *s = source.data(), *t = target.data();
  // Rows of a slice: [2, 3] of a matrix of 4 columns into one of 5.
  copy<2>({s, s, 1, {2, 3}, {4, 1}}, {t, t, 2, {2, 3}, {5, 1}});
  EXPECT_THAT(Floats(t, t + 12),
              ElementsAre(-1, -1, 1, 2, 3, -1, -1, 5, 6, 7, -1, -1));
  // A transposition.
  copy<2>({s, s, 0, {2, 3}, {3, 1}}, {t, t, 0, {2, 3}, {1, 2}});
  EXPECT_THAT(Floats(t, t + 6), ElementsAre(0, 3, 1, 4, 2, 5));
  // Rank 3 with a broadcast axis and one of size 1, whose stride is nothing.
  copy<3>({s, s, 4, {2, 1, 2}, {0, 999, 1}}, {t, t, 0, {2, 1, 2}, {2, 2, 1}});
  EXPECT_THAT(Floats(t, t + 4), ElementsAre(4, 5, 4, 5));
}

TEST(MemrefCopyTest, ContiguousAndEmpty) {
  Floats source(24), target(24, -1.0f);
  std::iota(source.begin(), source.end(), 0.0f);
  float *s = source.data(), *t = target.data();
  copy<3>({s, s, 0, {2, 0, 4}, {12, 4, 1}}, {t, t, 0, {2, 0, 4}, {12, 4, 1}});
  EXPECT_THAT(target, Each(-1.0f));
  copy<3>({s, s, 0, {2, 3, 4}, {12, 4, 1}}, {t, t, 0, {2, 3, 4}, {12, 4, 1}});
  EXPECT_EQ(target, source);
}

TEST(MemrefCopyTest, Scalar) {
  struct Scalar {
    float *allocated, *aligned;
    int64_t offset;
  };
  Floats source{1, 2}, target{0, 0};
  Scalar s{source.data(), source.data(), 1}, t{target.data(), target.data(), 0};
  Unranked from{0, &s}, to{0, &t};
  memrefCopy(sizeof(float), &from, &to);
  EXPECT_THAT(target, ElementsAre(2, 0));
}
