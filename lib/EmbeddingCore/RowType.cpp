//===- RowType.cpp - What rows of tables are kept as ----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/RowType.h"

#include "absl/base/casts.h"

#include <algorithm>
#include <cmath>

using namespace embcol;

absl::string_view embcol::getName(RowType type) {
  switch (type) {
  case RowType::F32:
    return "f32";
  case RowType::BF16:
    return "bf16";
  case RowType::F16:
    return "f16";
  }
  __builtin_unreachable();
}

int64_t embcol::getSizeInBytes(RowType type) {
  return type == RowType::F32 ? 4 : 2;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

// By integers, as the compiler vectorizes it for any CPU.

static constexpr uint32_t signMask = 0x80000000;
static constexpr uint32_t infinity = 0x7F800000;

static uint16_t toBFloat16(float value) {
  auto bits = absl::bit_cast<uint32_t>(value);
  // One more to where the result is odd: a tie goes to the even one.
  uint32_t rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  // Not a number stays none, whichever of its bits are cut.
  uint32_t quiet = bits | 0x400000;
  return ((bits & ~signMask) > infinity ? quiet : rounded) >> 16;
}

static float fromBFloat16(uint16_t value) {
  return absl::bit_cast<float>(uint32_t(value) << 16);
}

/// The exponent's bias of f32 above that of f16, and bits that f16 has not.
static constexpr uint32_t biasDifference = (127 - 15) << 23;
static constexpr int mantissaDifference = 23 - 10;

static uint16_t toFloat16(float value) {
  auto bits = absl::bit_cast<uint32_t>(value);
  uint32_t sign = (bits & signMask) >> 16, magnitude = bits & ~signMask;
  // Adding 0.5, whose last place is the smallest f16, rounds to multiples of
  // that.
  uint32_t subnormal =
      absl::bit_cast<uint32_t>(absl::bit_cast<float>(magnitude) + 0.5f) -
      absl::bit_cast<uint32_t>(0.5f);
  uint32_t normal =
      (magnitude - biasDifference + ((1 << (mantissaDifference - 1)) - 1) +
       ((magnitude >> mantissaDifference) & 1)) >>
      mantissaDifference;
  constexpr uint32_t leastNormal = (127 - 14) << 23;
  // Where rounding reaches 2^16.
  constexpr uint32_t leastOverflow = 0x477FF000;
  uint32_t result = magnitude < leastNormal ? subnormal : normal;
  if (magnitude >= leastOverflow)
    result = magnitude > infinity ? 0x7E00 : 0x7C00;
  return sign | result;
}

static float fromFloat16(uint16_t value) {
  uint32_t magnitude = value & 0x7FFF;
  // Subnormals have no leading one, which 2^-14 lends them.
  constexpr uint32_t leastNormal = (127 - 14) << 23;
  float subnormal =
      absl::bit_cast<float>(leastNormal | magnitude << mantissaDifference) -
      absl::bit_cast<float>(leastNormal);
  uint32_t bits = (magnitude << mantissaDifference) + biasDifference;
  if (magnitude < 0x400)
    bits = absl::bit_cast<uint32_t>(subnormal);
  if (magnitude >= 0x7C00)
    bits = infinity | magnitude << mantissaDifference;
  return absl::bit_cast<float>(uint32_t(value & 0x8000) << 16 | bits);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

void embcol::encodeWeights(RowType type, absl::Span<const float> values,
                           void *rows) {
  auto *narrow = static_cast<uint16_t *>(rows);
  switch (type) {
  case RowType::F32:
    std::copy(values.begin(), values.end(), static_cast<float *>(rows));
    return;
  case RowType::BF16:
    std::transform(values.begin(), values.end(), narrow, toBFloat16);
    return;
  case RowType::F16:
    std::transform(values.begin(), values.end(), narrow, toFloat16);
    return;
  }
}

void embcol::decodeWeights(RowType type, const void *rows,
                           absl::Span<float> values) {
  auto *narrow = static_cast<const uint16_t *>(rows);
  switch (type) {
  case RowType::F32:
    std::copy_n(static_cast<const float *>(rows), values.size(),
                values.begin());
    return;
  case RowType::BF16:
    std::transform(narrow, narrow + values.size(), values.begin(),
                   fromBFloat16);
    return;
  case RowType::F16:
    std::transform(narrow, narrow + values.size(), values.begin(), fromFloat16);
    return;
  }
}

bool embcol::exceedsRange(RowType type, float value) {
  if (!std::isfinite(value))
    return false;
  float rounded = value;
  uint16_t narrow;
  if (type != RowType::F32) {
    encodeWeights(type, {&value, 1}, &narrow);
    decodeWeights(type, &narrow, {&rounded, 1});
  }
  return std::isinf(rounded);
}
