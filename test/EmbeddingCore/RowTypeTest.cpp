//===- RowTypeTest.cpp - Tests of RowType.h -------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/RowType.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace embcol;

static constexpr float infinity = std::numeric_limits<float>::infinity();

static uint16_t encode(RowType type, float value) {
  uint16_t narrow;
  encodeWeights(type, {&value, 1}, &narrow);
  return narrow;
}

static float decode(RowType type, uint16_t narrow) {
  float value;
  decodeWeights(type, &narrow, {&value, 1});
  return value;
}

namespace {
class RowTypeTest : public testing::TestWithParam<RowType> {
protected:
  uint16_t infinityBits() const {
    return GetParam() == RowType::BF16 ? 0x7F80 : 0x7C00;
  }
};
} // namespace

TEST_P(RowTypeTest, AllNumbersStay) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    float value = decode(GetParam(), bits);
    if ((bits & 0x7FFF) > infinityBits())
      EXPECT_TRUE(std::isnan(value)) << bits;
    else
      EXPECT_EQ(encode(GetParam(), value), bits);
  }
  EXPECT_EQ(decode(GetParam(), infinityBits()), infinity);
  EXPECT_TRUE(std::isnan(decode(GetParam(), encode(GetParam(), NAN))));
}

TEST_P(RowTypeTest, RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < infinityBits(); ++bits) {
    double below = decode(GetParam(), bits);
    // After the greatest number, that which would come next.
    double above = bits + 1 < infinityBits()
                       ? decode(GetParam(), bits + 1)
                       : 2 * below - decode(GetParam(), bits - 1);
    auto middle = static_cast<float>((below + above) / 2);
    ASSERT_EQ(2.0 * middle, below + above);
    for (float sign : {1.0f, -1.0f}) {
      uint16_t signBit = sign < 0 ? 0x8000 : 0;
      EXPECT_EQ(encode(GetParam(), sign * middle),
                (signBit | bits) + (bits & 1));
      EXPECT_EQ(encode(GetParam(), sign * std::nextafter(middle, 0.0f)),
                signBit | bits);
      EXPECT_EQ(encode(GetParam(), sign * std::nextafter(middle, infinity)),
                (signBit | bits) + 1);
    }
  }
}

TEST_P(RowTypeTest, Range) {
  float largest = decode(GetParam(), infinityBits() - 1);
  for (float value : {0.0f, largest, -largest, infinity, -infinity, NAN})
    EXPECT_FALSE(findUnfit(GetParam(), {value})) << value;
  for (float value :
       {largest * (1 + 0x1p-8f), -std::numeric_limits<float>::max()})
    EXPECT_EQ(findUnfit(GetParam(), {0.0f, value}), 1) << value;
}

INSTANTIATE_TEST_SUITE_P(Narrow, RowTypeTest,
                         testing::Values(RowType::BF16, RowType::F16),
                         [](const auto &info) {
                           return std::string(getName(info.param));
                         });

TEST(RowTypeTest, Float32) {
  std::vector<float> values{1.1f, -infinity, 1e-45f}, rows(3), read(3);
  encodeWeights(RowType::F32, values, rows.data());
  EXPECT_EQ(rows, values);
  decodeWeights(RowType::F32, rows.data(), absl::MakeSpan(read));
  EXPECT_EQ(read, values);
  EXPECT_FALSE(
      findUnfit(RowType::F32, {std::numeric_limits<float>::max(), infinity}));
  EXPECT_EQ(getName(RowType::F32), "f32");
  EXPECT_EQ(getRowBytes(RowType::F32, 3), 12);
}

TEST(RowTypeTest, BytesOfRows) {
  EXPECT_EQ(getRowBytes(RowType::BF16, 5), 10);
  EXPECT_EQ(getRowBytes(RowType::I8, 5), 9);
  EXPECT_EQ(getRowBytes(RowType::I4, 5), 7);
  EXPECT_EQ(getRowBytes(RowType::I4, 6), 7);
  EXPECT_EQ(getName(RowType::I8), "i8");
  EXPECT_EQ(getName(RowType::I4), "i4");
}

/// Scale and bias, f16, then integers; of two i4 the first in the low bits.
TEST(RowTypeTest, LayoutOfQuantizedRows) {
  // The scale is 1, the bias 0.
  std::vector<uint8_t> row(9);
  encodeWeights(RowType::I8, {0, 1, 255, 2.5f, 3.5f}, row.data());
  EXPECT_EQ(row, (std::vector<uint8_t>{0, 0x3C, 0, 0, 0, 1, 255, 2, 4}));
  row.resize(7);
  encodeWeights(RowType::I4, {0, 1, 15, 2.5f, 3.5f}, row.data());
  EXPECT_EQ(row, (std::vector<uint8_t>{0, 0x3C, 0, 0, 0x10, 0x2F, 4}));
  std::vector<float> values(5);
  decodeWeights(RowType::I4, row.data(), absl::MakeSpan(values));
  EXPECT_EQ(values, (std::vector<float>{0, 1, 15, 2, 4}));
}

TEST(RowTypeTest, RowsOfOneValue) {
  for (RowType type : {RowType::I8, RowType::I4})
    for (float value : {0.0f, -2.0f, 0.1f, 0.3f, 65504.0f, 1e-9f}) {
      std::vector<uint8_t> row(getRowBytes(type, 3));
      std::vector<float> read(3);
      encodeWeights(type, {value, value, value}, row.data());
      decodeWeights(type, row.data(), absl::MakeSpan(read));
      for (float found : read)
        EXPECT_NEAR(found, value, std::abs(value) * 0x1p-12f + 0x1p-25f);
    }
}
