//===- Ragged.h - Ragged rows from features ---------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_RAGGED_H
#define EMBCOL_EMBEDDINGCORE_RAGGED_H

#include "embcol/EmbeddingCore/Vocabulary.h"

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"

#include <cstdint>
#include <type_traits>

namespace embcol {

/// A ragged array has rows of entries: row b is values [splits[b],
/// splits[b + 1]). One of ragged rank 2 (sequences) has rows of steps and steps
/// of entries: row b is steps [outer[b], outer[b + 1]), step s is values
/// [inner[s], inner[s + 1]).
///
/// The functions below say how to make one: they fill the splits and `order`,
/// which cell of the feature each value is, so that weights are put in order as
/// ids are. The caller sizes the buffers for the worst case: `order` for every
/// cell, `inner` for batch * steps + 1 (or as `countCooSteps` says, + 1),
/// `outer` for batch + 1. The last split says how much was used.
struct RaggedSplits {
  /// Empty for a ragged array of rank 1.
  absl::Span<int64_t> inner;
  absl::Span<int64_t> outer;
};

/// The axes of a dense feature, row-major; `entries` is 1 unless the feature
/// has rank 3.
struct DenseShape {
  int64_t batch;
  int64_t steps;
  int64_t entries;
};

/// Drops the cells equal to `padding`, and empty strings. Into rank 2, a place
/// whose cells are all dropped becomes an empty step, except after the last
/// filled place of its row. Into rank 1, `steps` * `entries` cells are one row.
void raggedFromDense(absl::Span<const int64_t> cells, DenseShape shape,
                     absl::optional<int64_t> padding, RaggedSplits splits,
                     absl::Span<int64_t> order);
void raggedFromDense(StringSpan cells, DenseShape shape, RaggedSplits splits,
                     absl::Span<int64_t> order);

/// ResourceExhausted, naming `what` there are `count` of, unless their splits
/// fit into memory.
absl::Status checkSplitsFit(absl::string_view what, int64_t count);

/// The batch of a dense shape. InvalidArgument for a negative one,
/// ResourceExhausted for one whose splits do not fit into memory.
absl::StatusOr<int64_t> getCooBatch(absl::Span<const int64_t> denseShape);

/// The number of steps that `raggedFromCoo` writes into rank 2, to size `inner`
/// by: per row, the last filled place + 1. Errors as there, and
/// ResourceExhausted for more than fit into memory.
absl::StatusOr<int64_t> countCooSteps(absl::Span<const int64_t> indices,
                                      int64_t rank,
                                      absl::Span<const int64_t> denseShape);

/// Orders the cells of a coordinate list, which may stand in any order, by
/// `indices` [cells, rank]; cells at one place keep their order. `rank` is 2
/// or, into ragged rank 2, also 3. InvalidArgument, naming the cell, for an
/// index outside `denseShape` and, if they have to be `ordered`, for one whose
/// row is before that of the cell before it. Into rank 2, holes are empty
/// steps.
absl::Status raggedFromCoo(absl::Span<const int64_t> indices, int64_t rank,
                           absl::Span<const int64_t> denseShape, bool ordered,
                           RaggedSplits splits, absl::Span<int64_t> order);

/// Writes strings in another order: string i of the result is `order`[i] of
/// `source`. `bytes` has room for all of them, `offsets` one place more than
/// `order`; its last says how many bytes were used.
void gatherStrings(StringSpan source, absl::Span<const int64_t> order,
                   char *bytes, absl::Span<int64_t> offsets);

/// Whether the first of these is 0 or more, and none less than the one before.
/// There is no comparison in it: those of 64 bits are slow without vectors.
template <typename T> bool areAscendingFromZero(absl::Span<const T> numbers) {
  using Unsigned = std::make_unsigned_t<T>;
  // A sign is set by a negative number, or between two that decrease.
  auto signs = static_cast<Unsigned>(numbers.empty() ? 0 : numbers[0]);
  for (size_t i = 0; i + 1 < numbers.size(); ++i) {
    auto next = static_cast<Unsigned>(numbers[i + 1]);
    signs |= next | (next - static_cast<Unsigned>(numbers[i]));
  }
  return static_cast<T>(signs) >= 0;
}

/// InvalidArgument, naming the row, unless `splits` starts with 0, does not
/// decrease and ends with `numValues`.
absl::Status validateSplits(absl::Span<const int64_t> splits,
                            int64_t numValues);

/// InvalidArgument, naming both, unless two features have the same batch.
absl::Status checkSameBatch(absl::string_view name, int64_t batch,
                            absl::string_view otherName, int64_t otherBatch);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_RAGGED_H
