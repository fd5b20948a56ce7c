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

#include <cstdint>

namespace embcol {

/// What the weights of a row are kept as. All that is computed of them is
/// computed in f32.
enum class RowType { F32, BF16, F16 };

/// As MLIR calls it.
absl::string_view getName(RowType type);
int64_t getSizeInBytes(RowType type);

/// Writes `values` to `rows`, rounded to nearest, ties to even.
void encodeWeights(RowType type, absl::Span<const float> values, void *rows);
void decodeWeights(RowType type, const void *rows, absl::Span<float> values);

/// Whether `value` is finite, but not once it is rounded.
bool exceedsRange(RowType type, float value);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_ROWTYPE_H
