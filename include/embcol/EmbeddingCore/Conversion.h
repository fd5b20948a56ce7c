//===- Conversion.h - Rows of one type from rows of another -----*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_CONVERSION_H
#define EMBCOL_EMBEDDINGCORE_CONVERSION_H

#include "embcol/EmbeddingCore/Table.h"

namespace embcol {

/// How far the weights of a table are from those that they were made of.
struct TableDifference {
  /// The greatest difference, and the first row that has it.
  double maximum = 0;
  int64_t row = 0;
  /// The root of the mean of the squares of all differences.
  double rootMeanSquare = 0;
};

/// Writes the rows of `from` to `to`, a table of the same shape.
/// InvalidArgument, naming table, row and value, where a row does not fit the
/// type of `to`, some of whose rows may have been written by then.
absl::StatusOr<TableDifference> convertRows(const Table &from, const Table &to);

/// Writes `rows`, as a quantized table keeps them, in the order of their
/// numbers, to all rows of `table`. Rows are `rowBytes` apart, what stands
/// behind a row is not looked at. InvalidArgument, naming table and row, where
/// a scale or a bias is not finite; then no row has been written.
absl::Status writeQuantizedRows(const Table &table, const uint8_t *rows,
                                int64_t rowBytes);

/// InvalidArgument: a value, in a row of a table, does not fit the table's
/// type.
absl::Status makeUnfitError(const Table &table, int64_t row, float value);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_CONVERSION_H
