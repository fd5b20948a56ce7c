//===- InitializerTest.cpp - Tests of Initializer.h -----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Initializer.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "StatusMatchers.h"

#include <cmath>
#include <vector>

using namespace embcol;
using namespace embcol::test;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;
using testing::Ge;
using testing::Le;
using testing::Lt;

static std::vector<float> sample(const Initializer &initializer, uint64_t seed,
                                 size_t size) {
  std::vector<float> values(size, -77.0f);
  initialize(initializer, seed, 0, values.size(),
             [&](int64_t first, absl::Span<const float> written) {
               std::copy(written.begin(), written.end(),
                         values.begin() + first);
             });
  return values;
}

static double meanOf(const std::vector<float> &values) {
  double sum = 0;
  for (float value : values)
    sum += value;
  return sum / values.size();
}

static double stddevOf(const std::vector<float> &values) {
  double mean = meanOf(values), sum = 0;
  for (float value : values)
    sum += (value - mean) * (value - mean);
  return std::sqrt(sum / values.size());
}

// The first known answer of the Random123 distribution: Philox 4x32-10 of
// counter 0 and key 0.
TEST(InitializerTest, UniformIsPhilox) {
  EXPECT_THAT(sample(UniformInitializer{0, 1}, 0, 4),
              ElementsAre(FloatEq(0x6627e8d5 * 0x1p-32),
                          FloatEq(0xe169c58d * 0x1p-32),
                          FloatEq(0xbc57ac4c * 0x1p-32),
                          FloatEq(0x9b00dbd8 * 0x1p-32)));
}

// Quantiles of the truncated normal distribution at the same bits, read as
// signed numbers about the median; computed by Python's NormalDist.inv_cdf.
TEST(InitializerTest, TruncatedNormalInvertsTheDistribution) {
  EXPECT_THAT(sample(TruncatedNormalInitializer{0, 1}, 0, 4),
              ElementsAre(FloatNear(1.179446325f, 1e-6),
                          FloatNear(-0.289873362f, 1e-6),
                          FloatNear(-0.681625407f, 1e-6),
                          FloatNear(-1.157997474f, 1e-6)));
}

TEST(InitializerTest, TruncatedNormalMoments) {
  std::vector<float> values =
      sample(TruncatedNormalInitializer{0, 1}, 42, 1 << 20);
  EXPECT_THAT(values, Each(AllOf(Ge(-2.0f), Le(2.0f))));
  EXPECT_NEAR(meanOf(values), 0.0, 0.004);
  EXPECT_NEAR(stddevOf(values), 0.87962566, 0.003);
  // The tails, which another formula computes, are filled as they should be:
  // P(|z| > 1.9) = 0.0125 of the truncated distribution.
  double tail = 0;
  for (float value : values)
    tail += std::fabs(value) > 1.9f;
  EXPECT_NEAR(tail / values.size(), 0.0125017, 0.0006);
}

TEST(InitializerTest, TruncatedNormalScales) {
  std::vector<float> standard =
      sample(TruncatedNormalInitializer{0, 1}, 5, 1000);
  std::vector<float> scaled =
      sample(TruncatedNormalInitializer{3, 0.5}, 5, 1000);
  for (size_t i = 0; i < standard.size(); ++i)
    EXPECT_NEAR(scaled[i], 3 + 0.5 * standard[i], 1e-6);
}

TEST(InitializerTest, UniformStaysInItsRange) {
  std::vector<float> values = sample(UniformInitializer{1, 2}, 9, 1 << 20);
  EXPECT_THAT(values, Each(AllOf(Ge(1.0f), Lt(2.0f))));
  EXPECT_NEAR(meanOf(values), 1.5, 0.002);
  EXPECT_NEAR(stddevOf(values), std::sqrt(1.0 / 12), 0.002);
  EXPECT_THAT(sample(UniformInitializer{-3, -3}, 9, 10), Each(-3.0f));
  // The next float after 1: rounding must not reach it.
  EXPECT_THAT(sample(UniformInitializer{1, 1.00000011920928955}, 9, 1000),
              Each(1.0f));
}

TEST(InitializerTest, ConstantAndSupplied) {
  EXPECT_THAT(sample(ConstantInitializer{0.25}, 1, 70'000), Each(0.25f));
  EXPECT_THAT(sample(SuppliedInitializer{}, 1, 70'000), Each(0.0f));
}

TEST(InitializerTest, SameForAnyNumberOfThreads) {
  int before = getNumThreads();
  for (const Initializer &initializer :
       {Initializer(TruncatedNormalInitializer{0, 1}),
        Initializer(UniformInitializer{-1, 1})}) {
    ASSERT_THAT(setNumThreads(1), IsOk());
    std::vector<float> expected = sample(initializer, 7, 100'003);
    for (int numThreads : {2, 3}) {
      ASSERT_THAT(setNumThreads(numThreads), IsOk());
      EXPECT_EQ(sample(initializer, 7, 100'003), expected);
    }
  }
  ASSERT_THAT(setNumThreads(before), IsOk());
}

TEST(InitializerTest, ElementDependsOnItsIndexOnly) {
  std::vector<float> longer = sample(TruncatedNormalInitializer{0, 1}, 3, 999);
  std::vector<float> shorter = sample(TruncatedNormalInitializer{0, 1}, 3, 321);
  longer.resize(321);
  EXPECT_EQ(shorter, longer);
}

TEST(InitializerTest, SeedsDiffer) {
  EXPECT_NE(sample(TruncatedNormalInitializer{0, 1}, 1, 10),
            sample(TruncatedNormalInitializer{0, 1}, 2, 10));
  EXPECT_NE(sample(TruncatedNormalInitializer{0, 1}, 1, 10),
            sample(TruncatedNormalInitializer{0, 1}, uint64_t(1) << 32, 10));
}

// Pinned: another value would change every model made from a seed.
TEST(InitializerTest, DerivedSeeds) {
  EXPECT_EQ(deriveSeed(1, "carrier"), 9400704550322369963u);
  EXPECT_NE(deriveSeed(1, "carrier"), deriveSeed(2, "carrier"));
  EXPECT_NE(deriveSeed(1, "carrier"), deriveSeed(1, "carriers"));
}
