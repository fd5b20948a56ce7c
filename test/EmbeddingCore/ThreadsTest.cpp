//===- ThreadsTest.cpp - Tests of Threads.h -------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Threads.h"

#include "StatusMatchers.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

using namespace embcol;
using namespace embcol::test;
using testing::Each;
using testing::ElementsAre;
using testing::Pair;

namespace {
class ThreadsTest : public testing::Test {
protected:
  void TearDown() override { ASSERT_THAT(setNumThreads(before), IsOk()); }
  int before = getNumThreads();
};
} // namespace

static std::vector<std::pair<int64_t, int64_t>> rangesOf(int64_t size,
                                                         int64_t grain) {
  std::mutex mutex;
  std::vector<std::pair<int64_t, int64_t>> ranges;
  parallelFor(size, grain, [&](int64_t begin, int64_t end) {
    std::lock_guard<std::mutex> lock(mutex);
    ranges.emplace_back(begin, end);
  });
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

TEST_F(ThreadsTest, SetAndGet) {
  EXPECT_GE(getNumThreads(), 1);
  ASSERT_THAT(setNumThreads(3), IsOk());
  EXPECT_EQ(getNumThreads(), 3);
  EXPECT_THAT(setNumThreads(0),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "the number of threads must be at least 1, not 0"));
  EXPECT_EQ(getNumThreads(), 3);
}

TEST_F(ThreadsTest, EveryIndexOnce) {
  for (int numThreads : {1, 2, 3, 8}) {
    ASSERT_THAT(setNumThreads(numThreads), IsOk());
    for (int64_t size : {1, 2, 7, 100, 1001}) {
      std::vector<std::atomic<int>> counts(size);
      parallelFor(size, 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          ++counts[i];
      });
      EXPECT_THAT(std::vector<int>(counts.begin(), counts.end()), Each(1));
    }
  }
}

TEST_F(ThreadsTest, NothingToDo) {
  parallelFor(0, 1, [](int64_t, int64_t) { FAIL(); });
}

TEST_F(ThreadsTest, SmallWorkRunsInline) {
  ASSERT_THAT(setNumThreads(4), IsOk());
  std::thread::id caller = std::this_thread::get_id(), runner;
  parallelFor(10, 10, [&](int64_t begin, int64_t end) {
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 10);
    runner = std::this_thread::get_id();
  });
  EXPECT_EQ(runner, caller);
}

TEST_F(ThreadsTest, OneThreadRunsOneRange) {
  ASSERT_THAT(setNumThreads(1), IsOk());
  EXPECT_THAT(rangesOf(1000, 1), ElementsAre(Pair(0, 1000)));
}

TEST_F(ThreadsTest, RangesAreBalanced) {
  ASSERT_THAT(setNumThreads(2), IsOk());
  EXPECT_THAT(rangesOf(10, 4),
              ElementsAre(Pair(0, 4), Pair(4, 7), Pair(7, 10)));
  EXPECT_EQ(rangesOf(1000, 1).size(), 8u);
}

TEST_F(ThreadsTest, NestedAndConcurrentCalls) {
  ASSERT_THAT(setNumThreads(2), IsOk());
  std::atomic<int64_t> sum{0};
  auto work = [&] {
    for (int repeat = 0; repeat < 20; ++repeat)
      parallelFor(8, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          parallelFor(
              8, 1, [&](int64_t first, int64_t last) { sum += last - first; });
      });
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(sum, 2 * 20 * 64);
}
