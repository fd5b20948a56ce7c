//===- RuntimeWeightGradientsTest.cpp - Tests of gradients of weights -----===//
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

#include "absl/strings/str_cat.h"

#include <numeric>

using namespace embcol;
using namespace embcol::test;
using testing::Each;
using testing::ElementsAre;
using Integers = std::vector<int64_t>;
using Floats = std::vector<float>;

static const std::vector<std::string> columnNames{"hour", "carrier"};

/// For each entry the product of its row, its weight and the gradient of its
/// bag: a kernel that the compiler could make.
static int64_t
productKernel(float *, float *rows, int64_t, int64_t numRows, int64_t dimension,
              int64_t rowStride, int64_t, int64_t *, int64_t *ids, int64_t,
              int64_t, int64_t, int64_t *, int64_t *starts, int64_t, int64_t,
              int64_t, int64_t *, int64_t *ends, int64_t, int64_t, int64_t,
              float *, float *weights, int64_t, int64_t, int64_t, float *,
              float *gradients, int64_t gradientsOffset, int64_t, int64_t,
              int64_t gradientStride, int64_t, float *, float *out, int64_t,
              int64_t, int64_t, int64_t begin, int64_t end) {
  for (int64_t bag = begin; bag < end; ++bag)
    for (int64_t e = starts[bag]; e < ends[bag]; ++e) {
      if (ids[e] < 0 || ids[e] >= numRows)
        return e;
      out[e] = 0;
      for (int64_t d = 0; d < dimension; ++d)
        out[e] += weights[e] * rows[ids[e] * rowStride + d] *
                  gradients[gradientsOffset + bag * gradientStride + d];
    }
  return -1;
}

namespace {
class RuntimeWeightGradientsTest : public testing::Test {
protected:
  void SetUp() override { clearCallError(); }
  void TearDown() override {
    clearCallError();
    ASSERT_THAT(setNumThreads(before), IsOk());
  }
  int before = getNumThreads();
};

/// Over rows of 2 whose values are their numbers.
struct WeightGradients {
  WeightGradients(int64_t numRows, Integers ids, Integers splits,
                  Floats weights, Floats gradients)
      : rows(numRows * 2), ids(std::move(ids)),
        starts(splits.begin(), splits.end() - 1),
        ends(splits.begin() + 1, splits.end()), weights(std::move(weights)),
        gradients(std::move(gradients)), out(this->ids.size(), -77.0f) {
    std::iota(rows.begin(), rows.end(), 0.0f);
  }

  /// As compiled code does it, with columns 1 and 2 of gradients that have 3.
  void run(int64_t column = 1) {
    int64_t numGradients = gradients.size() / 3;
    int64_t numRows = rows.size() / 2;
    MemRef2<void> rowsRef{rows.data(), rows.data(), 0, {numRows, 2}, {2, 1}};
    MemRef2<float> gradientsRef{
        gradients.data(), gradients.data(), 1, {numGradients, 2}, {3, 1}};
    MemRef1<int64_t> idsRef = vector(ids), startsRef = vector(starts),
                     endsRef = vector(ends);
    MemRef1<float> weightsRef = vector(weights), outRef = vector(out);
    _mlir_ciface_embcol_core_check_gradients(column, &startsRef, &gradientsRef);
    _mlir_ciface_embcol_core_weight_gradients(
        column, /*steps=*/1, reinterpret_cast<Kernel>(&productKernel), &rowsRef,
        &idsRef, &startsRef, &endsRef, &weightsRef, &gradientsRef, &outRef);
  }

  Floats rows;
  Integers ids, starts, ends;
  Floats weights, gradients, out;
};

TEST_F(RuntimeWeightGradientsTest, PassesGradientsOfBags) {
  WeightGradients found(3, {0, 2, 1}, {0, 2, 2, 3}, {10, 2, -1},
                        {-9, 1, 2, -9, -9, -9, -9, 3, 0});
  found.run();
  EXPECT_THAT(takeCallError(columnNames), IsOk());
  // Rows (0, 1), (4, 5), (2, 3).
  EXPECT_THAT(found.out, ElementsAre(20, 28, -6));
}

TEST_F(RuntimeWeightGradientsTest, NamesColumnRowAndValue) {
  // (weight_gradients-C8)
  WeightGradients found(24, {5, 31, 32}, {0, 1, 1, 3}, {1, 1, 1},
                        Floats(9, 1.0f));
  found.run(/*column=*/0);
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"hour\": id 31 in row 2 is not in [0, 24)"));
}

TEST_F(RuntimeWeightGradientsTest, RefusesAnotherBatch) {
  // (weight_gradients-C7)
  for (int64_t batch : {1, 3}) {
    WeightGradients found(3, {0, 1}, {0, 1, 2}, {1, 1}, Floats(3 * batch));
    found.run();
    EXPECT_THAT(found.out, Each(-77.0f));
    EXPECT_THAT(takeCallError(columnNames),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         absl::StrCat("column \"carrier\": gradients have "
                                      "shape [",
                                      batch, ", 2], expected [2, 2]")));
  }
}

TEST_F(RuntimeWeightGradientsTest, DoesNothingAfterAnError) {
  WeightGradients bad(3, {3}, {0, 1}, {1}, Floats(3)),
      good(3, {1}, {0, 1}, {1}, Floats(3));
  bad.run(/*column=*/1);
  good.run(/*column=*/0);
  EXPECT_THAT(good.out, Each(-77.0f));
  EXPECT_THAT(takeCallError(columnNames),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "column \"carrier\": id 3 in row 0 is not in [0, 3)"));
}

TEST_F(RuntimeWeightGradientsTest, AreTheSameForAnyNumberOfThreads) {
  Integers ids(100'000), splits{0};
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = i * 7919 % 1000;
  for (int64_t bag = 0; splits.back() < 100'000; ++bag)
    splits.push_back(std::min<int64_t>(splits.back() + bag % 9, 100'000));
  Floats gradients(3 * (splits.size() - 1));
  for (size_t i = 0; i < gradients.size(); ++i)
    gradients[i] = i % 13;
  Floats expected;
  for (int numThreads : {1, 2, 3}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    WeightGradients found(1000, ids, splits, Floats(ids.size(), 0.5f),
                          gradients);
    found.run();
    EXPECT_THAT(takeCallError(columnNames), IsOk());
    if (numThreads == 1)
      expected = found.out;
    EXPECT_EQ(found.out, expected);
  }
}
} // namespace
