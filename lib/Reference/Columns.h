//===- Columns.h - What a column pools --------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_REFERENCE_COLUMNS_H
#define EMBCOL_LIB_REFERENCE_COLUMNS_H

#include "Values.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

namespace embcol::reference {

struct Entry {
  int64_t id;
  /// 1 for a column without weights.
  double weight;
  /// Its position among the values of the ids.
  size_t position;
};

/// Entries that are pooled into one vector.
using Bag = std::vector<Entry>;

/// A row has places, and a place has entries. In a feature of ragged rank 1
/// each entry is a place of its own.
using Row = std::vector<std::vector<Entry>>;

/// A column with its table.
struct Column {
  mlir::embcol::ColumnOp op;
  mlir::embcol::TableOp table;

  bool isSequence() { return op.getCategorical().isSequence(); }
  /// `status`, naming the column.
  absl::Status annotate(absl::Status status);
};

/// The rows that ids and weights, null for a column without, are. An error for
/// weights that are not split as the ids are, and for a batch that
/// tensor_core_shape forbids.
absl::StatusOr<std::vector<Row>> readRows(Column column, const Ragged &ids,
                                          const Ragged *weights);

/// What is pooled of each row: one bag or, for a sequence,
/// max_sequence_length of them. Left out is what the column cuts and what it
/// drops. OutOfRange for an id that is neither a row of the table nor dropped.
absl::StatusOr<std::vector<std::vector<Bag>>>
makeBags(Column column, const std::vector<Row> &rows);

/// What Σ weight · row is divided by. 0 makes the result zeros.
double getDivisor(const Bag &bag, mlir::embcol::Combiner combiner);

} // namespace embcol::reference

#endif // EMBCOL_LIB_REFERENCE_COLUMNS_H
