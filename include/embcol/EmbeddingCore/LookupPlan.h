//===- LookupPlan.h - Lookups of packed ids ---------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_LOOKUPPLAN_H
#define EMBCOL_EMBEDDINGCORE_LOOKUPPLAN_H

#include "embcol/EmbeddingCore/Runtime.h"
#include "embcol/EmbeddingCore/Table.h"

namespace embcol {

/// Ids of int64 or of int32.
class IdSpan {
public:
  IdSpan(absl::Span<const int64_t> ids)
      : ids(ids.data()), count(ids.size()), isNarrow(false) {}
  IdSpan(absl::Span<const int32_t> ids)
      : ids(ids.data()), count(ids.size()), isNarrow(true) {}

  size_t size() const { return count; }
  int64_t operator[](size_t i) const {
    return isNarrow ? static_cast<const int32_t *>(ids)[i]
                    : static_cast<const int64_t *>(ids)[i];
  }
  void copyTo(int64_t *out) const {
    for (size_t i = 0; i < count; ++i)
      out[i] = (*this)[i];
  }
  /// The ids, where they are of int64, or null.
  const int64_t *getWide() const {
    return isNarrow ? nullptr : static_cast<const int64_t *>(ids);
  }

private:
  const void *ids;
  size_t count;
  bool isNarrow;
};

/// The ids of a batch for several columns, as FBGEMM's table batched embeddings
/// have them: those of row b of column c are the `values` [offsets[c * batch +
/// b], offsets[c * batch + b + 1]).
struct PackedIds {
  IdSpan values;
  absl::Span<const int64_t> offsets;
  /// One for each value; none where no column is weighted.
  absl::Span<const float> weights;
};

/// What a packed lookup takes and gives.
struct PackedShape {
  int64_t numColumns = 0;
  /// The floats of a row of the result.
  int64_t width = 0;
  bool isWeighted = false;

  /// The rows of a batch that has so many offsets, or an InvalidArgument.
  absl::StatusOr<int64_t> getBatch(int64_t numOffsets) const;
  /// The same of ids that are checked: InvalidArgument for offsets or weights
  /// that do not fit them.
  absl::StatusOr<int64_t> check(const PackedIds &ids) const;
};

/// What a packed lookup goes over: the columns with their tables and kernels.
/// It is filled by compiled code, and lives no longer than that and the tables.
class LookupPlan {
public:
  void add(int64_t column, Kernel kernel, const Table &table, bool isWeighted);

  /// Looks up a batch of ids that fit the shape of the lookup: row b of column
  /// c goes to `out` + b * stride + the dimensions of the columns before. Large
  /// batches take the core's threads. Records an error as the runtime functions
  /// do: OutOfRange for an id that is no row.
  void run(const PackedIds &ids, int64_t batch, float *out,
           int64_t stride) const;

private:
  struct Column {
    int64_t number;
    Kernel kernel;
    const Table *table;
    bool isWeighted;
    int64_t offset;
  };
  struct Batch {
    PackedIds ids;
    int64_t numRows;
    float *out;
    int64_t stride;

    absl::Span<const int64_t> splits(size_t column) const {
      return ids.offsets.subspan(column * numRows, numRows + 1);
    }
  };
  int64_t runColumn(const Batch &batch, size_t column, int64_t begin,
                    int64_t end) const;
  const int64_t *getPositions(const Batch &batch, size_t column, int64_t begin,
                              int64_t end) const;
  void prefetch(const Batch &batch, size_t column, int64_t begin,
                int64_t end) const;

  std::vector<Column> columns;
  /// The floats of a row of the result.
  int64_t width = 0;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_LOOKUPPLAN_H
