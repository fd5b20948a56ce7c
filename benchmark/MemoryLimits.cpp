//===- MemoryLimits.cpp - What the memory of a machine can give -----------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The least time that lookups and updates can take: rows on huge pages that
// are read, or read and written, with nothing else to do.
//
//   MemoryLimits --rows=<bytes a row>x<rows> [--rows=...] --threads=<number>
//       [--passes=<number>] --benchmark_format=json
//
// gather/<bytes>/<rows>: reads rows at random; update/<bytes>/<rows>: reads
// and writes back rows at random, in ascending order; copy: a block of 256 MiB.
// Bytes that are read and written count twice. After so many passes over 32,768
// rows each, 8 when left out, the first ones come again.
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Memory.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

using embcol::HugePageBuffer;

static constexpr int64_t lineBytes = 64;
/// As far as the kernels look ahead, and into the same level of caches.
static constexpr int64_t prefetchDistance = 32;
static constexpr int prefetchLocality = 2;
static constexpr int64_t rowsPerPass = 1 << 15;

/// Memory that the threads of all benchmarks of a size share.
static char *getMemory(size_t numBytes) {
  static std::mutex mutex;
  static std::map<size_t, HugePageBuffer> buffers;
  std::lock_guard<std::mutex> lock(mutex);
  auto [it, isNew] = buffers.try_emplace(numBytes);
  if (isNew) {
    absl::StatusOr<HugePageBuffer> buffer = HugePageBuffer::allocate(numBytes);
    if (!buffer.ok()) {
      std::cerr << buffer.status() << "\n";
      std::exit(1);
    }
    it->second = *std::move(buffer);
    std::memset(it->second.data(), 1, numBytes);
  }
  return static_cast<char *>(it->second.data());
}

/// Passes over different rows, so that none is found in a cache for having been
/// used in the pass before.
static std::vector<std::vector<int64_t>>
drawRows(int64_t numPasses, int64_t numRows, int seed, bool sorted) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<int64_t>> passes(numPasses);
  for (std::vector<int64_t> &pass : passes) {
    pass.resize(rowsPerPass + prefetchDistance);
    for (int64_t &row : pass)
      row = random() % numRows;
    if (sorted)
      std::sort(pass.begin(), pass.end());
  }
  return passes;
}

template <bool isUpdate>
static void visitRows(benchmark::State &state, int64_t numPasses,
                      int64_t rowBytes, int64_t numRows) {
  using Line = float __attribute__((vector_size(lineBytes)));
  char *memory = getMemory(rowBytes * numRows);
  std::vector<std::vector<int64_t>> passes =
      drawRows(numPasses, numRows, state.thread_index(), isUpdate);
  size_t pass = 0;
  Line sum{};
  for (auto _ : state) {
    const std::vector<int64_t> &rows = passes[pass++ % passes.size()];
    for (int64_t i = 0; i < rowsPerPass; ++i) {
      char *ahead = memory + rows[i + prefetchDistance] * rowBytes;
      char *row = memory + rows[i] * rowBytes;
      for (int64_t line = 0; line < rowBytes; line += lineBytes)
        __builtin_prefetch(ahead + line, /*rw=*/0, prefetchLocality);
      for (int64_t line = 0; line < rowBytes; line += lineBytes) {
        Line *place = reinterpret_cast<Line *>(row + line);
        if (isUpdate)
          *place += 1.0f;
        else
          sum += *place;
      }
    }
    benchmark::DoNotOptimize(sum);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * rowsPerPass * rowBytes *
                          (isUpdate ? 2 : 1));
}

static void copy(benchmark::State &state) {
  constexpr int64_t numBytes = 256 << 20;
  static HugePageBuffer target = *HugePageBuffer::allocate(numBytes);
  const char *source = getMemory(numBytes);
  int64_t part = numBytes / state.threads();
  int64_t begin = part * state.thread_index();
  for (auto _ : state) {
    std::memcpy(static_cast<char *>(target.data()) + begin, source + begin,
                part);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * part * 2);
}

/// The text behind `option` in an argument that begins with it, or null.
static const char *match(const char *argument, const char *option) {
  size_t length = std::strlen(option);
  return std::strncmp(argument, option, length) == 0 ? argument + length
                                                     : nullptr;
}

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  int numThreads = 1, numPasses = 8;
  std::vector<std::pair<int64_t, int64_t>> sizes;
  for (int i = 1; i < argc; ++i) {
    long long rowBytes, numRows;
    if (const char *threads = match(argv[i], "--threads=")) {
      numThreads = std::atoi(threads);
    } else if (const char *passes = match(argv[i], "--passes=")) {
      numPasses = std::max(std::atoi(passes), 1);
    } else if (const char *rows = match(argv[i], "--rows=");
               rows &&
               std::sscanf(rows, "%lldx%lld", &rowBytes, &numRows) == 2 &&
               rowBytes > 0 && rowBytes % lineBytes == 0 && numRows > 0) {
      sizes.emplace_back(rowBytes, numRows);
    } else {
      std::cerr << "cannot read " << argv[i]
                << ": --threads=<number>, --passes=<number>, or "
                   "--rows=<bytes>x<number> with a multiple of "
                << lineBytes << " bytes\n";
      return 1;
    }
  }
  auto add = [&](const std::string &name, auto body) {
    benchmark::RegisterBenchmark(name.c_str(), body)
        ->Threads(numThreads)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add("copy", copy);
  for (auto [rowBytes, numRows] : sizes) {
    std::string size =
        "/" + std::to_string(rowBytes) + "/" + std::to_string(numRows);
    add("gather" + size,
        [=, rowBytes = rowBytes, numRows = numRows](benchmark::State &state) {
          visitRows</*isUpdate=*/false>(state, numPasses, rowBytes, numRows);
        });
    add("update" + size,
        [=, rowBytes = rowBytes, numRows = numRows](benchmark::State &state) {
          visitRows</*isUpdate=*/true>(state, numPasses, rowBytes, numRows);
        });
  }
  benchmark::RunSpecifiedBenchmarks();
}
