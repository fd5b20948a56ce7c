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
#include <cstring>

using namespace embcol;

absl::string_view embcol::getName(RowType type) {
  switch (type) {
  case RowType::F32:
    return "f32";
  case RowType::BF16:
    return "bf16";
  case RowType::F16:
    return "f16";
  case RowType::I8:
    return "i8";
  case RowType::I4:
    return "i4";
  }
  __builtin_unreachable();
}

int64_t embcol::getBitsOfWeight(RowType type) {
  switch (type) {
  case RowType::F32:
    return 32;
  case RowType::BF16:
  case RowType::F16:
    return 16;
  case RowType::I8:
    return 8;
  case RowType::I4:
    return 4;
  }
  __builtin_unreachable();
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
// Quantized rows
//===----------------------------------------------------------------------===//

namespace {
/// What a quantized row begins with.
struct Header {
  uint16_t scale, bias;
};
static_assert(sizeof(Header) == quantizedHeaderBytes);
} // namespace

static int getLargestInteger(RowType type) {
  return (1 << getBitsOfWeight(type)) - 1;
}

/// FBGEMM's FloatToFusedNBitRowwiseQuantizedSBHalf: the scale fits the bias as
/// it is kept, and the integers fit both.
static Header makeHeader(RowType type, absl::Span<const float> values) {
  auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  uint16_t bias = toFloat16(*least);
  float range = *greatest - fromFloat16(bias);
  float scale = range == 0 ? 1 : range / getLargestInteger(type);
  return {toFloat16(scale), bias};
}

static void encodeQuantized(RowType type, absl::Span<const float> values,
                            uint8_t *row) {
  Header header = makeHeader(type, values);
  float bias = fromFloat16(header.bias), scale = fromFloat16(header.scale);
  if (scale == 0) {
    scale = 1;
    header.scale = toFloat16(scale);
  }
  std::memcpy(row, &header, sizeof(header));
  row += sizeof(header);
  float largest = getLargestInteger(type), inverse = 1 / scale;
  // Adding a number whose last place is 1 rounds to integers, and leaves them
  // in the last bits.
  constexpr float rounding = 0x1.8p23f;
  auto quantize = [=](float value) {
    float scaled = std::clamp((value - bias) * inverse, 0.0f, largest);
    return static_cast<uint8_t>(absl::bit_cast<uint32_t>(scaled + rounding));
  };
  if (type == RowType::I8) {
    std::transform(values.begin(), values.end(), row, quantize);
    return;
  }
  for (size_t i = 0; i + 1 < values.size(); i += 2)
    row[i / 2] = quantize(values[i]) | quantize(values[i + 1]) << 4;
  if (values.size() % 2 != 0)
    row[values.size() / 2] = quantize(values.back());
}

static void decodeQuantized(RowType type, const uint8_t *row,
                            absl::Span<float> values) {
  Header header;
  std::memcpy(&header, row, sizeof(header));
  row += sizeof(header);
  float scale = fromFloat16(header.scale), bias = fromFloat16(header.bias);
  for (size_t i = 0; i < values.size(); ++i) {
    int q = type == RowType::I8 ? row[i] : row[i / 2] >> (i % 2 * 4) & 0xF;
    values[i] = scale * q + bias;
  }
}

static bool isInfinite(uint16_t narrow) { return (narrow & 0x7FFF) == 0x7C00; }

static std::optional<size_t> findUnfitOfQuantized(RowType type,
                                                  absl::Span<const float> row) {
  auto isNotFinite = [](float value) { return !std::isfinite(value); };
  auto found = std::find_if(row.begin(), row.end(), isNotFinite);
  if (found != row.end())
    return found - row.begin();
  Header header = makeHeader(type, row);
  if (isInfinite(header.bias))
    return std::min_element(row.begin(), row.end()) - row.begin();
  if (isInfinite(header.scale))
    return std::max_element(row.begin(), row.end()) - row.begin();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

void embcol::encodeWeights(RowType type, absl::Span<const float> values,
                           void *weights) {
  auto *narrow = static_cast<uint16_t *>(weights);
  switch (type) {
  case RowType::F32:
    std::copy(values.begin(), values.end(), static_cast<float *>(weights));
    return;
  case RowType::BF16:
    std::transform(values.begin(), values.end(), narrow, toBFloat16);
    return;
  case RowType::F16:
    std::transform(values.begin(), values.end(), narrow, toFloat16);
    return;
  case RowType::I8:
  case RowType::I4:
    return encodeQuantized(type, values, static_cast<uint8_t *>(weights));
  }
}

void embcol::decodeWeights(RowType type, const void *weights,
                           absl::Span<float> values) {
  auto *narrow = static_cast<const uint16_t *>(weights);
  switch (type) {
  case RowType::F32:
    std::copy_n(static_cast<const float *>(weights), values.size(),
                values.begin());
    return;
  case RowType::BF16:
    std::transform(narrow, narrow + values.size(), values.begin(),
                   fromBFloat16);
    return;
  case RowType::F16:
    std::transform(narrow, narrow + values.size(), values.begin(), fromFloat16);
    return;
  case RowType::I8:
  case RowType::I4:
    return decodeQuantized(type, static_cast<const uint8_t *>(weights), values);
  }
}

/// Whether a value is finite, but not once it is rounded.
static bool exceedsRange(RowType type, float value) {
  if (!std::isfinite(value))
    return false;
  uint16_t narrow;
  encodeWeights(type, {&value, 1}, &narrow);
  decodeWeights(type, &narrow, {&value, 1});
  return std::isinf(value);
}

std::optional<size_t> embcol::findUnfit(RowType type,
                                        absl::Span<const float> row) {
  if (type == RowType::F32)
    return std::nullopt;
  if (isQuantized(type))
    return findUnfitOfQuantized(type, row);
  auto found = std::find_if(row.begin(), row.end(), [&](float value) {
    return exceedsRange(type, value);
  });
  if (found == row.end())
    return std::nullopt;
  return found - row.begin();
}
