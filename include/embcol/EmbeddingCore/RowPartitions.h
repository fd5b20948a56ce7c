//===- RowPartitions.h - Entries by row -------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_ROWPARTITIONS_H
#define EMBCOL_EMBEDDINGCORE_ROWPARTITIONS_H

#include "embcol/EmbeddingCore/Gradients.h"

namespace embcol {

/// The entries of a table's gradients, divided among partitions of consecutive
/// rows, small enough for a core to sort one in its nearest cache, and enough
/// of them for all cores. What is found in them does not depend on how many
/// there are.
class RowPartitions {
public:
  /// Divides the entries of gradients that have been checked. With `allRows`
  /// rows without entries count, too.
  void partition(const RowGradients &gradients, bool allRows);

  int64_t size() const { return numPartitions; }

private:
  friend class RowOrder;

  template <typename Visit>
  void forEachKey(const RowGradients &gradients, int64_t chunk,
                  Visit visit) const;

  /// A key is a row, counted from the first of its partition, above a source.
  int64_t firstRow(int64_t partition) const {
    return std::min(partition << rowShift, numRows);
  }
  absl::Span<const uint64_t> partitionKeys(int64_t partition) const {
    return keys.span().subspan(starts[partition],
                               starts[partition + 1] - starts[partition]);
  }

  int64_t numRows = 0, numPartitions = 0;
  bool allRows = false;
  int rowShift = 0, sourceBits = 0;
  Scratch<uint64_t> keys;
  Scratch<uint32_t> counters;
  /// Where the keys of each partition begin.
  Scratch<int64_t> starts;
};

/// The entries of a partition in the order of their rows: row `rows()[u]` gets
/// those at [segments()[u], segments()[u + 1]), of which `sources()` names the
/// sources, in the order in which columns, bags and ids have them.
class RowOrder {
public:
  void sort(const RowPartitions &partitions, int64_t partition);

  absl::Span<const int64_t> rows() const { return uniqueRows.span(); }
  absl::Span<const int64_t> segments() const { return segmentStarts.span(); }
  absl::Span<const int64_t> sources() const { return entrySources.span(); }

private:
  absl::Span<const uint64_t> sortKeys(absl::Span<const uint64_t> keys,
                                      int sourceBits, int rowBits);
  void sortByDigit(absl::Span<const uint64_t> keys, int shift, int bits);
  void writeRows(absl::Span<const uint64_t> keys, int sourceBits,
                 int64_t firstRow);
  void writeAllRows(absl::Span<const uint64_t> keys, int sourceBits,
                    int64_t firstRow, int64_t endRow);

  Scratch<int64_t> uniqueRows, segmentStarts, entrySources;
  Scratch<uint64_t> sorted, otherKeys;
  Scratch<uint32_t> counters;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_ROWPARTITIONS_H
