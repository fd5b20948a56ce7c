//===- Table.h - An embedding table and its slots ---------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_TABLE_H
#define EMBCOL_EMBEDDINGCORE_TABLE_H

#include "embcol/EmbeddingCore/Initializer.h"
#include "embcol/EmbeddingCore/Memory.h"
#include "embcol/EmbeddingCore/RowType.h"
#include "embcol/EmbeddingCore/UndoLog.h"

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace embcol {

/// A value that an optimizer keeps beside each weight (or, where `width` is
/// less than the table's dimension, beside each row), f32.
struct SlotSpec {
  std::string name;
  int64_t width;
  float initialValue;
};

enum class PartitionStrategy { Div, Mod };

/// How the rows of a table are divided, as tf.nn.embedding_lookup has it: into
/// consecutive rows, or into every `numPartitions`th one. The first
/// numRows mod numPartitions partitions have one row more than the others.
struct Partition {
  PartitionStrategy strategy = PartitionStrategy::Div;
  int64_t numPartitions = 1;

  /// Whether the rows of all partitions, one after another, are in order.
  bool isInOrder() const {
    return strategy == PartitionStrategy::Div || numPartitions == 1;
  }
  bool operator==(const Partition &other) const {
    return strategy == other.strategy && numPartitions == other.numPartitions;
  }
};

struct TableSpec {
  std::string name;
  int64_t numRows;
  int64_t dimension;
  Initializer initializer;
  std::vector<SlotSpec> slots;
  Partition partition = {};
  RowType rowType = RowType::F32;
  /// No rows are allocated: they are read-only, and `setMappedRows` says where.
  bool isMapped = false;
};

/// Rows of weights [numRows, dimension] and, row by row beside one another,
/// all the slots of a row [numRows, slotWidth()], which are f32.
class Table {
public:
  /// Allocates and initializes. InvalidArgument for sizes below one,
  /// ResourceExhausted, naming table and bytes, for one that does not fit.
  static absl::StatusOr<Table> create(TableSpec spec, uint64_t seed);

  const TableSpec &spec() const { return tableSpec; }
  const std::string &name() const { return tableSpec.name; }
  int64_t numRows() const { return tableSpec.numRows; }
  int64_t dimension() const { return tableSpec.dimension; }
  RowType rowType() const { return tableSpec.rowType; }
  /// What its initial values, and the roundings of its updates, come from.
  uint64_t seed() const { return tableSeed; }
  /// The widths of all slots, added up: the row stride of `slots()`.
  int64_t slotWidth() const { return totalSlotWidth; }

  /// Where row `row`, and its slots, are in memory: the partitions stand one
  /// after another.
  int64_t position(int64_t row) const;
  /// Where the rows of a partition begin in memory; those of partition
  /// `numPartitions` would after the last.
  int64_t partitionStart(int64_t partition) const;

  /// The rows in the order of their positions, as are the slots.
  void *rowData() const {
    return tableSpec.isMapped ? const_cast<void *>(mappedRows.get())
                              : rowBuffer.data();
  }
  void setMappedRows(std::shared_ptr<const void> rows) {
    assert(tableSpec.isMapped && "rows are allocated");
    mappedRows = std::move(rows);
  }
  /// The same of a table whose rows are f32.
  float *rows() const {
    assert(rowType() == RowType::F32 && "rows are not f32");
    return static_cast<float *>(rowData());
  }
  void *rowAt(int64_t row) const {
    return static_cast<char *>(rowData()) + position(row) * rowBytes();
  }
  /// The weights of a row; those that are written are rounded to nearest, and
  /// `findUnfit` finds none of them.
  void readRow(int64_t row, absl::Span<float> values) const;
  void writeRow(int64_t row, absl::Span<const float> values) const;
  float *slots() const { return static_cast<float *>(slotBuffer.data()); }
  /// Where slot `slot` begins within a row of `slots()`.
  int64_t slotOffset(size_t slot) const;
  /// The bytes from one row to the next one.
  int64_t rowBytes() const { return getRowBytes(rowType(), dimension()); }
  /// The elements of a row of `rowData()` as memrefs have them: weights, or the
  /// bytes of a quantized row.
  int64_t rowWidth() const {
    return isQuantized(rowType()) ? rowBytes() : dimension();
  }
  int64_t slotBytes() const { return slotWidth() * sizeof(float); }

  /// Whoever writes to rows or slots has it keep them first.
  UndoLog &undoLog() const { return *log; }

  /// The gradients that were not finite, in all steps so far.
  int64_t numNonfiniteGradients() const { return nonfiniteGradients; }
  void countNonfiniteGradients(int64_t count) { nonfiniteGradients += count; }

private:
  Table() = default;
  void initializeRows();
  void initializeQuantizedRows();

  TableSpec tableSpec;
  uint64_t tableSeed = 0;
  int64_t totalSlotWidth = 0;
  int64_t nonfiniteGradients = 0;
  HugePageBuffer rowBuffer;
  std::shared_ptr<const void> mappedRows;
  HugePageBuffer slotBuffer;
  std::unique_ptr<UndoLog> log = std::make_unique<UndoLog>();
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_TABLE_H
