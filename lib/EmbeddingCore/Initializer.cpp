//===- Initializer.cpp - Initial values of tables -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Initializer.h"

#include "embcol/EmbeddingCore/Threads.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <farmhash.h>

using namespace embcol;

//===----------------------------------------------------------------------===//
// Random bits
//===----------------------------------------------------------------------===//

/// Values a Philox block yields.
static constexpr int64_t lanes = 4;
/// Blocks that are made together, for the compiler to vectorize over.
static constexpr int64_t batchBlocks = 64;
static constexpr int64_t batchSize = batchBlocks * lanes;

using Bits = std::array<uint32_t, batchSize>;

/// Philox 4x32-10 of J. Salmon et al., "Parallel random numbers: as easy as 1,
/// 2, 3", SC 2011: fills `bits` with the blocks from `firstBlock` on.
static void philox(uint64_t seed, uint64_t firstBlock, Bits &bits) {
  for (int64_t block = 0; block < batchBlocks; ++block) {
    uint64_t counter = firstBlock + block;
    uint32_t c0 = counter, c1 = counter >> 32, c2 = 0, c3 = 0;
    uint32_t k0 = seed, k1 = seed >> 32;
    for (int round = 0; round < 10; ++round) {
      uint64_t p0 = uint64_t(0xD2511F53) * c0;
      uint64_t p1 = uint64_t(0xCD9E8D57) * c2;
      c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
      c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
      c1 = static_cast<uint32_t>(p1);
      c3 = static_cast<uint32_t>(p0);
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    bits[block * lanes + 0] = c0;
    bits[block * lanes + 1] = c1;
    bits[block * lanes + 2] = c2;
    bits[block * lanes + 3] = c3;
  }
}

using Results = std::array<float, batchSize>;

namespace {
/// Which elements are written.
struct Elements {
  int64_t begin, end;
};
} // namespace

/// Writes elements batch by batch, each batch when `fillBatch(number, results)`
/// has filled it.
template <typename FillBatch>
static void fillBatches(Elements elements, const WriteValues &write,
                        FillBatch fillBatch) {
  int64_t firstBatch = elements.begin / batchSize;
  int64_t numBatches = (elements.end + batchSize - 1) / batchSize - firstBatch;
  parallelFor(numBatches, /*grain=*/64, [&](int64_t begin, int64_t end) {
    Results results;
    for (int64_t batch = firstBatch + begin; batch < firstBatch + end;
         ++batch) {
      fillBatch(batch, results);
      int64_t start = batch * batchSize;
      int64_t first = std::max(start, elements.begin);
      int64_t last = std::min(start + batchSize, elements.end);
      write(first, absl::MakeConstSpan(results.data() + (first - start),
                                       last - first));
    }
  });
}

/// Writes what `transform(bits, results)` makes of random bits.
template <typename Transform>
static void fillRandom(uint64_t seed, Elements elements,
                       const WriteValues &write, Transform transform) {
  fillBatches(elements, write, [&](int64_t batch, Results &results) {
    Bits bits;
    philox(seed, batch * batchBlocks, bits);
    transform(bits, results);
  });
}

//===----------------------------------------------------------------------===//
// Distributions
//===----------------------------------------------------------------------===//

/// PPND7 of M. Wichura, "Algorithm AS 241: the percentage points of the normal
/// distribution", Applied Statistics 37 (1988), at 0.5 + q for |q| <= 0.425.
static double normalQuantileCentral(double q) {
  double r = 0.180625 - q * q;
  double numerator =
      ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
  double denominator =
      ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0;
  return q * numerator / denominator;
}

/// The same for |q| > 0.425.
static double normalQuantileTail(double q) {
  double r = std::sqrt(-std::log(0.5 - std::fabs(q))) - 1.6;
  double numerator =
      ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r +
      1.4234372777;
  double denominator = (0.12021132975 * r + 0.73700164250) * r + 1.0;
  return std::copysign(numerator / denominator, q);
}

/// Inverts the distribution function between -2 and 2 standard deviations, so
/// that no draw is rejected and element i needs its own bits only.
static void fill(const TruncatedNormalInitializer &normal, uint64_t seed,
                 Elements elements, const WriteValues &write) {
  // The probability of the interval, erf(sqrt(2)).
  constexpr double mass = 0.95449973610364158560;
  constexpr double centralLimit = 0.425;
  double mean = normal.mean, stddev = normal.stddev;
  fillRandom(seed, elements, write, [=](const Bits &bits, Results &results) {
    std::array<double, batchSize> q;
    for (int64_t i = 0; i < batchSize; ++i) {
      // Halfway between multiples of 2^-32, about zero.
      q[i] = (static_cast<int32_t>(bits[i]) + 0.5) * (mass * 0x1p-32);
      results[i] = mean + stddev * normalQuantileCentral(q[i]);
    }
    for (int64_t i = 0; i < batchSize; ++i)
      if (std::fabs(q[i]) > centralLimit)
        results[i] =
            mean + stddev * std::clamp(normalQuantileTail(q[i]), -2.0, 2.0);
  });
}

static void fill(const UniformInitializer &uniform, uint64_t seed,
                 Elements elements, const WriteValues &write) {
  float minval = uniform.minval, maxval = uniform.maxval;
  // Rounding may reach the upper bound, which is not part of the range.
  float last = minval < maxval ? std::nextafter(maxval, minval) : minval;
  double range = static_cast<double>(maxval) - minval;
  fillRandom(seed, elements, write, [=](const Bits &bits, Results &results) {
    for (int64_t i = 0; i < batchSize; ++i) {
      double unit =
          (static_cast<int32_t>(bits[i] ^ 0x80000000) + 0x1p31) * 0x1p-32;
      results[i] = std::min(static_cast<float>(minval + range * unit), last);
    }
  });
}

static void fill(const ConstantInitializer &constant, uint64_t,
                 Elements elements, const WriteValues &write) {
  float value = constant.value;
  fillBatches(elements, write,
              [=](int64_t, Results &results) { results.fill(value); });
}

static void fill(const SuppliedInitializer &, uint64_t seed, Elements elements,
                 const WriteValues &write) {
  fill(ConstantInitializer{0.0}, seed, elements, write);
}

void embcol::initialize(const Initializer &initializer, uint64_t seed,
                        int64_t begin, int64_t end, const WriteValues &write) {
  std::visit(
      [&](const auto &kind) { fill(kind, seed, Elements{begin, end}, write); },
      initializer);
}

uint64_t embcol::splitMix64(uint64_t seed, uint64_t n) {
  uint64_t z = seed + (n + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint64_t embcol::deriveSeed(uint64_t seed, absl::string_view name) {
  // Seeds that differ by little give keys that differ by much.
  return splitMix64(seed, 0) ^ util::Fingerprint64(name.data(), name.size());
}
