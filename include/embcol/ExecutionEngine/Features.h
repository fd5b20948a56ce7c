//===- Features.h - Features as ragged arrays -------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EXECUTIONENGINE_FEATURES_H
#define EMBCOL_EXECUTIONENGINE_FEATURES_H

#include "embcol/ExecutionEngine/Array.h"

#include "absl/status/statusor.h"

namespace embcol {

/// Which cells of a feature a ragged array takes, in which order, and how they
/// are split: made of the ids, and applied to ids and weights alike.
class RaggedLayout {
public:
  /// From a padded feature of this shape: [batch], [batch, entries] or, for
  /// ragged rank 2, [batch, steps] and [batch, steps, entries]. `cells` are
  /// I64, of which -1 is dropped if `isPadded`, or strings, of which empty ones
  /// are dropped. InvalidArgument for a shape of another rank.
  static absl::StatusOr<RaggedLayout> fromDense(const Value &cells,
                                                std::vector<int64_t> shape,
                                                int64_t raggedRank,
                                                bool isPadded);

  /// From coordinates [cells, rank] and the dense shape [rank], both I64.
  /// InvalidArgument for another rank, an index outside the shape and, if the
  /// cells have to be `ordered`, rows out of order.
  static absl::StatusOr<RaggedLayout> fromCoo(const Array &indices,
                                              const Array &denseShape,
                                              int64_t raggedRank, bool ordered);

  /// The ragged array of these cells: one I64 or F32 array, or bytes and
  /// offsets.
  Value gather(const Value &cells) const;

  /// Which cell each value is, I64.
  Array getOrder() const;

private:
  RaggedLayout(int64_t numCells, int64_t numSteps, int64_t batch,
               int64_t raggedRank);
  /// All cells, in rows of one size.
  RaggedLayout(int64_t numCells, int64_t batch);
  /// Drops what the buffers have beyond the last splits.
  void cut();

  int64_t numCells, raggedRank;
  Array inner, outer;
  /// Of no size where nothing was dropped or moved.
  Array order;
  bool isIdentity = false;
};

/// Bytes and offsets of `strings`, as a program takes them.
Value makeStrings(const std::vector<std::string> &strings);

} // namespace embcol

#endif // EMBCOL_EXECUTIONENGINE_FEATURES_H
