//===- LookupPlan.cpp - Lookups of packed ids -----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/LookupPlan.h"

#include "RuntimeSupport.h"
#include "embcol/EmbeddingCore/Ragged.h"
#include "embcol/EmbeddingCore/Scratch.h"

#include "absl/strings/str_cat.h"

using namespace embcol;
using namespace embcol::detail;

/// How many rows of the next column are fetched while a column is worked on.
static constexpr int64_t prefetchDistance = 16;
/// At least as many ids as a kernel looks ahead.
static constexpr int64_t lookAhead = 64;
static constexpr int64_t cacheLineBytes = 64;

void LookupPlan::add(int64_t column, Kernel kernel, const Table &table,
                     bool isWeighted) {
  columns.push_back({column, kernel, &table, isWeighted, width});
  width += table.dimension();
}

void _mlir_ciface_embcol_core_add_packed_column(MemRef1<int8_t> *plan,
                                                int64_t column, Kernel kernel,
                                                MemRef1<int8_t> *table,
                                                int64_t isWeighted) {
  reinterpret_cast<LookupPlan *>(plan->data())
      ->add(column, kernel, *reinterpret_cast<const Table *>(table->data()),
            isWeighted != 0);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

absl::StatusOr<int64_t> PackedShape::getBatch(int64_t numOffsets) const {
  // (packed_lookup-C3)
  if (numOffsets < 1 || (numOffsets - 1) % numColumns != 0)
    return absl::InvalidArgumentError(
        absl::StrCat("expected columns x batch + 1 offsets, with ", numColumns,
                     " columns, found ", numOffsets));
  return (numOffsets - 1) / numColumns;
}

absl::StatusOr<int64_t> PackedShape::check(const PackedIds &ids) const {
  absl::Span<const int64_t> offsets = ids.offsets;
  absl::StatusOr<int64_t> batch = getBatch(offsets.size());
  if (!batch.ok())
    return batch;
  int64_t numIds = ids.values.size();
  bool ascend = areAscendingFromZero(offsets);
  // (packed_lookup-C4)
  if (!ascend || offsets.front() != 0 || offsets.back() != numIds)
    return absl::InvalidArgumentError(absl::StrCat(
        "expected offsets that ascend from 0 to the number of ids, ", numIds,
        ascend ? absl::StrCat(", found them from ", offsets.front(), " to ",
                              offsets.back())
               : ", found some that descend, or are negative"));
  // (packed_lookup-C5)
  if (int64_t expected = isWeighted ? numIds : 0;
      static_cast<int64_t>(ids.weights.size()) != expected)
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", expected, " weights, found ", ids.weights.size()));
  return batch;
}

//===----------------------------------------------------------------------===//
// Lookups
//===----------------------------------------------------------------------===//

void LookupPlan::run(const PackedIds &ids, int64_t numRows, float *out,
                     int64_t stride) const {
  Batch batch{ids, numRows, out, stride};
  int64_t numBytes = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::Span<const int64_t> splits = batch.splits(i);
    numBytes += (splits.back() - splits.front() + batch.numRows) *
                columns[i].table->rowBytes();
  }
  std::optional<BadId> bad =
      runOverBags(columns.size(), batch.numRows, numBytes,
                  [&](size_t column, int64_t begin, int64_t end) {
                    if (column + 1 < columns.size())
                      prefetch(batch, column + 1, begin, end);
                    return runColumn(batch, column, begin, end);
                  });
  if (!bad)
    return;
  const Column &column = columns[bad->kernel];
  absl::Span<const int64_t> splits = batch.splits(bad->kernel);
  int64_t row = std::upper_bound(splits.begin(), splits.end(), bad->position) -
                splits.begin() - 1;
  recordError(column.number, makeIdError(batch.ids.values[bad->position], row,
                                         column.table->numRows()));
}

/// The positions of rows in the table that the ids [begin, end) of a column
/// name: an array of all ids, of which only these are there. Ids that are no
/// rows stay what they are. They are made block by block, where they are looked
/// up next, for they never leave the first caches then.
const int64_t *LookupPlan::getPositions(const Batch &batch, size_t number,
                                        int64_t begin, int64_t end) const {
  const Table &table = *columns[number].table;
  bool isInOrder = table.spec().partition.isInOrder();
  if (const int64_t *ids = batch.ids.values.getWide(); ids && isInOrder)
    return ids;
  static thread_local Scratch<int64_t> positions;
  positions.reset(end - begin);
  for (int64_t e = begin; e < end; ++e) {
    int64_t id = batch.ids.values[e];
    bool isRow = id >= 0 && id < table.numRows();
    positions[e - begin] = isInOrder || !isRow ? id : table.position(id);
  }
  return positions.data() - begin;
}

int64_t LookupPlan::runColumn(const Batch &batch, size_t number, int64_t begin,
                              int64_t end) const {
  const Column &column = columns[number];
  const Table &table = *column.table;
  absl::Span<const int64_t> splits = batch.splits(number);
  // Rows of the next bags are prefetched, those of the next column are not.
  int64_t numIds = std::min(splits[end] + lookAhead, splits.back());
  // Kernels only read these.
  auto *values =
      const_cast<int64_t *>(getPositions(batch, number, splits[begin], numIds));
  auto *starts = const_cast<int64_t *>(splits.data());
  auto *weights = const_cast<float *>(batch.ids.weights.data());
  int64_t numWeights = column.isWeighted ? splits.back() : 0;
  float *out = batch.out + column.offset;
  return callKernel<int64_t>(
      column.kernel,
      MemRef2<void>{table.rowData(),
                    table.rowData(),
                    0,
                    {table.numRows(), table.rowWidth()},
                    {table.rowWidth(), 1}},
      MemRef1<int64_t>{values, values, 0, {numIds}, {1}},
      MemRef1<int64_t>{starts, starts, 0, {batch.numRows}, {1}},
      MemRef1<int64_t>{starts, starts, 1, {batch.numRows}, {1}},
      MemRef1<float>{weights, weights, 0, {numWeights}, {1}},
      MemRef2<float>{
          out, out, 0, {batch.numRows, table.dimension()}, {batch.stride, 1}},
      begin, end);
}

/// Fetches the first rows of the bags [begin, end) of a column.
void LookupPlan::prefetch(const Batch &batch, size_t number, int64_t begin,
                          int64_t end) const {
  const Table &table = *columns[number].table;
  absl::Span<const int64_t> splits = batch.splits(number);
  auto *rows = static_cast<const char *>(table.rowData());
  int64_t rowBytes = table.rowBytes();
  auto numRows = static_cast<uint64_t>(table.numRows());
  int64_t last = std::min(splits[begin] + prefetchDistance, splits[end]);
  for (int64_t e = splits[begin]; e < last; ++e) {
    auto id = static_cast<uint64_t>(batch.ids.values[e]);
    const char *row = rows + (id < numRows ? id : 0) * rowBytes;
    for (int64_t byte = 0; byte < rowBytes; byte += cacheLineBytes)
      __builtin_prefetch(row + byte);
    __builtin_prefetch(row + rowBytes - 1);
  }
}
