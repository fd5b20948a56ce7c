//===- Threads.cpp - The threads of the embedding core --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <sched.h>

using namespace embcol;

/// Ranges a thread: more than one, so that a thread which the system delays
/// leaves work to the others.
static constexpr int64_t rangesPerThread = 4;

static int defaultNumThreads() {
  int numThreads = 0;
  const char *variable = std::getenv("EMBCOL_NUM_THREADS");
  if (variable && absl::SimpleAtoi(variable, &numThreads) && numThreads >= 1)
    return numThreads;
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
    return std::max(CPU_COUNT(&cores), 1);
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

namespace {

/// The arena, which concurrent calls share: a call keeps the one it started
/// with when another thread sets a new number.
class Pool {
public:
  static Pool &get() {
    // Never destroyed: programs may run until the very end of the process.
    static Pool *pool = new Pool;
    return *pool;
  }

  int size() const { return numThreads.load(std::memory_order_relaxed); }

  void resize(int size) {
    std::lock_guard<std::mutex> lock(mutex);
    if (size == numThreads)
      return;
    numThreads = size;
    arena.reset();
  }

  std::shared_ptr<tbb::task_arena> acquire() {
    std::lock_guard<std::mutex> lock(mutex);
    if (arena)
      return arena;
    // oneTBB starts no more threads than there are cores unless it is told to.
    control.reset();
    if (numThreads > tbb::info::default_concurrency())
      control = std::make_unique<tbb::global_control>(
          tbb::global_control::max_allowed_parallelism, numThreads.load());
    arena = std::make_shared<tbb::task_arena>(numThreads.load());
    return arena;
  }

private:
  std::atomic<int> numThreads{defaultNumThreads()};
  std::mutex mutex;
  std::unique_ptr<tbb::global_control> control;
  std::shared_ptr<tbb::task_arena> arena;
};

} // namespace

int embcol::getNumThreads() { return Pool::get().size(); }

absl::Status embcol::setNumThreads(int numThreads) {
  if (numThreads < 1)
    return absl::InvalidArgumentError(absl::StrCat(
        "the number of threads must be at least 1, not ", numThreads));
  Pool::get().resize(numThreads);
  return absl::OkStatus();
}

void embcol::parallelFor(
    int64_t size, int64_t grain,
    absl::FunctionRef<void(int64_t begin, int64_t end)> body) {
  if (size <= 0)
    return;
  grain = std::max<int64_t>(grain, 1);
  int64_t numThreads = getNumThreads();
  if (size <= grain || numThreads == 1)
    return body(0, size);
  int64_t numRanges = std::min(numThreads * rangesPerThread,
                               size / grain + (size % grain != 0));
  // Ranges differ in length by one at most.
  int64_t length = size / numRanges, longer = size % numRanges;
  auto firstOf = [=](int64_t range) {
    return range * length + std::min(range, longer);
  };
  std::shared_ptr<tbb::task_arena> arena = Pool::get().acquire();
  arena->execute([&] {
    tbb::parallel_for(
        int64_t(0), numRanges,
        [&](int64_t range) { body(firstOf(range), firstOf(range + 1)); },
        tbb::simple_partitioner());
  });
}
