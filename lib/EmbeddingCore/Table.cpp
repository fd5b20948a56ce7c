//===- Table.cpp - An embedding table and its slots -----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Table.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/str_cat.h"

#include <algorithm>

using namespace embcol;

static absl::Status checkSizes(const TableSpec &spec) {
  auto error = [&](absl::string_view what, int64_t found) {
    return absl::InvalidArgumentError(
        absl::StrCat("table \"", spec.name, "\": ", what,
                     " must be at least 1, not ", found));
  };
  if (spec.numRows < 1)
    return error("the number of rows", spec.numRows);
  if (spec.dimension < 1)
    return error("the dimension", spec.dimension);
  for (const SlotSpec &slot : spec.slots)
    if (slot.width < 1)
      return error(absl::StrCat("the width of slot \"", slot.name, "\""),
                   slot.width);
  if (spec.partition.numPartitions < 1)
    return error("the number of partitions", spec.partition.numPartitions);
  return absl::OkStatus();
}

/// Writes the initial values of all slots, row by row.
static void fillSlots(const Table &table) {
  std::vector<float> row;
  for (const SlotSpec &slot : table.spec().slots)
    row.insert(row.end(), slot.width, slot.initialValue);
  if (row.empty())
    return;
  int64_t width = row.size();
  int64_t grain = std::max<int64_t>((int64_t(1) << 16) / width, 1);
  parallelFor(table.numRows(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      std::copy(row.begin(), row.end(), table.slots() + r * width);
  });
}

absl::StatusOr<Table> Table::create(TableSpec spec, uint64_t seed) {
  if (absl::Status status = checkSizes(spec); !status.ok())
    return status;
  auto exhausted = [&](const auto &needs) {
    return absl::ResourceExhaustedError(
        absl::StrCat("table \"", spec.name, "\" of ", spec.numRows, " x ",
                     spec.dimension, " needs ", needs));
  };

  unsigned __int128 slotWidth = 0;
  for (const SlotSpec &slot : spec.slots)
    slotWidth += slot.width;
  // Rows that are mapped take no memory.
  unsigned __int128 bytesPerRow = slotWidth * sizeof(float);
  if (!spec.isMapped)
    bytesPerRow += getRowBytes<unsigned __int128>(spec.rowType, spec.dimension);
  // More than any machine has.
  constexpr uint64_t tooMany = uint64_t(1) << 62;
  // (table-C4)
  if (bytesPerRow >= tooMany ||
      bytesPerRow * static_cast<uint64_t>(spec.numRows) >= tooMany)
    return exhausted("more than 2^62 bytes");
  uint64_t totalBytes = static_cast<uint64_t>(bytesPerRow) * spec.numRows;
  uint64_t slotBytes =
      static_cast<uint64_t>(slotWidth) * sizeof(float) * spec.numRows;
  // Rows and slots together, before the first of them takes its part.
  // (table-C4)
  if (size_t available = availableMemoryFor(totalBytes); totalBytes > available)
    return exhausted(absl::StrCat(
        totalBytes, " bytes with its slots: ", available, " are available"));

  Table table;
  table.totalSlotWidth = static_cast<int64_t>(slotWidth);
  auto allocate = [&](HugePageBuffer &buffer, uint64_t numBytes) {
    absl::StatusOr<HugePageBuffer> allocated =
        HugePageBuffer::allocate(numBytes);
    if (!allocated.ok())
      return exhausted(absl::StrCat("memory: ", allocated.status().message()));
    buffer = *std::move(allocated);
    return absl::OkStatus();
  };
  absl::Status status = allocate(table.rowBuffer, totalBytes - slotBytes);
  status.Update(allocate(table.slotBuffer, slotBytes));
  if (!status.ok())
    return status;

  table.tableSpec = std::move(spec);
  table.tableSeed = seed;
  if (!table.tableSpec.isMapped)
    table.initializeRows();
  fillSlots(table);
  return table;
}

/// An element's value depends on its row, whatever the partitions.
void Table::initializeRows() {
  if (isQuantized(rowType()))
    return initializeQuantizedRows();
  bool isInOrder = tableSpec.partition.isInOrder();
  int64_t weightBytes = getBitsOfWeight(rowType()) / 8;
  auto write = [&](int64_t first, absl::Span<const float> values) {
    while (!values.empty()) {
      int64_t row = first / dimension(), column = first % dimension();
      size_t count = values.size();
      if (!isInOrder)
        count = std::min<size_t>(count, dimension() - column);
      encodeWeights(rowType(), values.first(count),
                    static_cast<char *>(rowAt(row)) + column * weightBytes);
      values.remove_prefix(count);
      first += count;
    }
  };
  initialize(tableSpec.initializer, tableSeed, 0, numRows() * dimension(),
             write);
}

/// A row is quantized when all of it is known: block by block, so that no more
/// than a block is kept as f32.
void Table::initializeQuantizedRows() {
  constexpr int64_t blockWeights = int64_t(1) << 20;
  int64_t blockRows = std::max<int64_t>(blockWeights / dimension(), 1);
  std::vector<float> block(std::min(blockRows, numRows()) * dimension());
  for (int64_t begin = 0; begin < numRows(); begin += blockRows) {
    int64_t count = std::min(blockRows, numRows() - begin);
    int64_t first = begin * dimension();
    initialize(tableSpec.initializer, tableSeed, first,
               first + count * dimension(),
               [&](int64_t element, absl::Span<const float> values) {
                 std::copy(values.begin(), values.end(),
                           block.begin() + (element - first));
               });
    parallelFor(count, /*grain=*/std::max<int64_t>(4096 / dimension(), 1),
                [&](int64_t rowBegin, int64_t rowEnd) {
                  for (int64_t row = rowBegin; row < rowEnd; ++row)
                    writeRow(begin + row, absl::MakeConstSpan(block).subspan(
                                              row * dimension(), dimension()));
                });
  }
}

void Table::readRow(int64_t row, absl::Span<float> values) const {
  decodeWeights(rowType(), rowAt(row), values);
}

void Table::writeRow(int64_t row, absl::Span<const float> values) const {
  encodeWeights(rowType(), values, rowAt(row));
}

int64_t Table::partitionStart(int64_t partition) const {
  int64_t numPartitions = tableSpec.partition.numPartitions;
  return partition * (numRows() / numPartitions) +
         std::min(partition, numRows() % numPartitions);
}

int64_t Table::position(int64_t row) const {
  if (tableSpec.partition.isInOrder())
    return row;
  int64_t numPartitions = tableSpec.partition.numPartitions;
  return partitionStart(row % numPartitions) + row / numPartitions;
}

int64_t Table::slotOffset(size_t slot) const {
  int64_t offset = 0;
  for (size_t i = 0; i < slot; ++i)
    offset += tableSpec.slots[i].width;
  return offset;
}
