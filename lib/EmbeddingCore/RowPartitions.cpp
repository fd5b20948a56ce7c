//===- RowPartitions.cpp - Entries by row ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/RowPartitions.h"

#include <utility>

using namespace embcol;

/// Some 16 KiB of keys and what is made of them.
static constexpr int64_t entriesPerPartition = 512;
/// Rows without gradients cost as much as those with.
static constexpr int64_t rowsPerPartition = 4096;
/// As many lines as are written at a time stay in the first-level cache.
static constexpr int maxPartitionBits = 9;

//===----------------------------------------------------------------------===//
// RowPartitions
//===----------------------------------------------------------------------===//

template <typename Visit>
void RowPartitions::forEachKey(const RowGradients &gradients, int64_t chunk,
                               Visit visit) const {
  uint64_t rowMask = (uint64_t(1) << rowShift) - 1;
  gradients.forEachEntry(chunk, [&](uint64_t row, int64_t source) {
    visit(row >> rowShift, (row & rowMask) << sourceBits | source);
  });
}

void RowPartitions::partition(const RowGradients &gradients,
                              bool includesAllRows) {
  numRows = gradients.numRows();
  allRows = includesAllRows;
  sourceBits = bitsFor(gradients.numSources());
  int64_t numWanted = gradients.numEntries() / entriesPerPartition;
  if (allRows)
    numWanted = std::max(numWanted, numRows / rowsPerPartition);
  int rowBits = bitsFor(numRows);
  rowShift =
      rowBits - std::min({bitsFor(numWanted), maxPartitionBits, rowBits});
  numPartitions = ((numRows - 1) >> rowShift) + 1;

  const Chunks &chunks = gradients.chunks();
  // No cache line has counters of two chunks.
  int64_t stride = numPartitions + 16;
  counters.reset(chunks.size() * stride);
  chunks.forEach([&](int64_t chunk) {
    uint32_t *counts = counters.data() + chunk * stride;
    std::fill_n(counts, numPartitions, 0);
    forEachKey(gradients, chunk,
               [&](uint64_t partition, uint64_t) { ++counts[partition]; });
  });
  starts.reset(numPartitions + 1);
  uint32_t start = 0;
  for (int64_t partition = 0; partition < numPartitions; ++partition) {
    starts[partition] = start;
    for (int64_t chunk = 0; chunk < chunks.size(); ++chunk)
      start += std::exchange(counters[chunk * stride + partition], start);
  }
  starts[numPartitions] = start;
  keys.reset(start);
  // Each chunk writes behind what those before it do.
  chunks.forEach([&](int64_t chunk) {
    uint32_t *next = counters.data() + chunk * stride;
    forEachKey(gradients, chunk, [&](uint64_t partition, uint64_t key) {
      keys[next[partition]++] = key;
    });
  });
}

//===----------------------------------------------------------------------===//
// RowOrder
//===----------------------------------------------------------------------===//

void RowOrder::sort(const RowPartitions &partitions, int64_t partition) {
  absl::Span<const uint64_t> keys =
      sortKeys(partitions.partitionKeys(partition), partitions.sourceBits,
               partitions.rowShift);
  int64_t firstRow = partitions.firstRow(partition);
  entrySources.reset(keys.size());
  if (partitions.allRows)
    writeAllRows(keys, partitions.sourceBits, firstRow,
                 partitions.firstRow(partition + 1));
  else
    writeRows(keys, partitions.sourceBits, firstRow);
}

/// Sorts by the digits of the row, the least significant one first. The sources
/// of a row stay in order.
absl::Span<const uint64_t> RowOrder::sortKeys(absl::Span<const uint64_t> keys,
                                              int sourceBits, int rowBits) {
  // Digits of few entries are short, for counters cost time, too.
  int maxDigitBits =
      std::clamp(bitsFor(static_cast<int64_t>(keys.size())) - 1, 4, 11);
  int numDigits = (rowBits + maxDigitBits - 1) / maxDigitBits;
  for (int digit = 0; digit < numDigits; ++digit) {
    int begin = rowBits * digit / numDigits;
    int end = rowBits * (digit + 1) / numDigits;
    sortByDigit(keys, sourceBits + begin, end - begin);
    keys = sorted.span();
  }
  return keys;
}

/// Puts keys into `sorted` by the digit [shift, shift + bits).
void RowOrder::sortByDigit(absl::Span<const uint64_t> keys, int shift,
                           int bits) {
  int64_t numDigits = int64_t(1) << bits;
  uint64_t mask = numDigits - 1;
  counters.reset(numDigits);
  std::fill_n(counters.data(), numDigits, 0);
  for (uint64_t key : keys)
    ++counters[(key >> shift) & mask];
  uint32_t start = 0;
  for (int64_t digit = 0; digit < numDigits; ++digit)
    start += std::exchange(counters[digit], start);
  otherKeys.reset(keys.size());
  uint64_t *out = otherKeys.data();
  uint32_t *next = counters.data();
  for (uint64_t key : keys)
    out[next[(key >> shift) & mask]++] = key;
  sorted.swap(otherKeys);
}

void RowOrder::writeRows(absl::Span<const uint64_t> keys, int sourceBits,
                         int64_t firstRow) {
  int64_t numEntries = keys.size();
  uniqueRows.reset(numEntries);
  segmentStarts.reset(numEntries + 1);
  segmentStarts[0] = 0;
  uint64_t sourceMask = (uint64_t(1) << sourceBits) - 1;
  int64_t unique = -1, previous = -1;
  for (int64_t e = 0; e < numEntries; ++e) {
    int64_t row = firstRow + static_cast<int64_t>(keys[e] >> sourceBits);
    // No branch, which would be mispredicted every other time.
    unique += row != previous;
    uniqueRows[unique] = row;
    segmentStarts[unique + 1] = e + 1;
    previous = row;
    entrySources[e] = keys[e] & sourceMask;
  }
  uniqueRows.truncate(unique + 1);
  segmentStarts.truncate(unique + 2);
}

void RowOrder::writeAllRows(absl::Span<const uint64_t> keys, int sourceBits,
                            int64_t firstRow, int64_t endRow) {
  int64_t numRows = endRow - firstRow, numEntries = keys.size();
  uniqueRows.reset(numRows);
  segmentStarts.reset(numRows + 1);
  uint64_t sourceMask = (uint64_t(1) << sourceBits) - 1;
  int64_t e = 0;
  for (int64_t row = 0; row < numRows; ++row) {
    uniqueRows[row] = firstRow + row;
    segmentStarts[row] = e;
    for (;
         e < numEntries && keys[e] >> sourceBits == static_cast<uint64_t>(row);
         ++e)
      entrySources[e] = keys[e] & sourceMask;
  }
  segmentStarts[numRows] = e;
}
