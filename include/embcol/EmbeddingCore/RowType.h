//===- RowType.h - What rows of tables are kept as --------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_ROWTYPE_H
#define EMBCOL_EMBEDDINGCORE_ROWTYPE_H

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace embcol {

/// What the weights of a row are kept as. All that is computed of them is
/// computed in f32.
///
/// A row of I8 or I4 is quantized: an f16 scale, an f16 bias, then the weights
/// as unsigned integers q of 8 or 4 bits, which stand for scale * q + bias. Of
/// two weights in a byte the first has the low bits. It is the layout that
/// FBGEMM's tables for inference have on CPUs.
enum class RowType { F32, BF16, F16, I8, I4 };

/// As MLIR calls it.
absl::string_view getName(RowType type);

inline bool isQuantized(RowType type) {
  return type == RowType::I8 || type == RowType::I4;
}
constexpr int64_t quantizedHeaderBytes = 4;

int64_t getBitsOfWeight(RowType type);

/// The bytes of a row of `dimension` weights.
template <typename IntT> IntT getRowBytes(RowType type, IntT dimension) {
  IntT bits = dimension * static_cast<IntT>(getBitsOfWeight(type));
  return bits / 8 + (bits % 8 != 0) +
         (isQuantized(type) ? quantizedHeaderBytes : 0);
}

/// Writes `values` to `weights`, rounded to nearest, ties to even. Where rows
/// are quantized, `values` are those of one row: finite ones, of which
/// `findUnfit` finds none.
void encodeWeights(RowType type, absl::Span<const float> values, void *weights);
void decodeWeights(RowType type, const void *weights, absl::Span<float> values);

/// Which value of a row a row of this type cannot keep, even rounded: one that
/// is finite, but not once it is rounded; where rows are quantized, also one
/// that is not finite.
std::optional<size_t> findUnfit(RowType type, absl::Span<const float> row);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_ROWTYPE_H
