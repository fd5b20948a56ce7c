//===- Rows.h - Rows of ragged arrays, checked and cut ----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_COMMON_ROWS_H
#define EMBCOL_CONVERSION_COMMON_ROWS_H

#include "embcol/Conversion/Common/LookupLowering.h"

namespace mlir::embcol {

/// `count`, an index, or 0 once an error is recorded.
Value createGuard(OpBuilder &builder, Location loc, ModuleOp module,
                  Value count);

/// Compares the `batches` of tensors that are joined; records an error unless
/// they are the same.
void joinBatches(OpBuilder &builder, Location loc, ModuleOp module,
                 ArrayRef<Value> batches);

/// How many rows `splits`, a tensor, split.
Value getNumRows(OpBuilder &builder, Location loc, Value splits);

/// Records an error unless `weights` have the splits of `ids`.
void checkWeights(OpBuilder &builder, Location loc, const ColumnMap &columns,
                  ColumnInfo info, const RaggedParts &ids, ValueRange weights);

/// The same for a column on the tensor core, where there are weights, and that
/// ids have the batch that it expects.
void checkRows(OpBuilder &builder, Location loc, const ColumnMap &columns,
               ColumnInfo info, const RaggedParts &ids, ValueRange weights);

/// Where the entries of each row begin and end: two tensors of i64.
struct RowRanges {
  Value starts;
  Value ends;
};

/// The entries of the first places, `width` of them, an i64, in the first
/// `numRows` rows of `ids`.
RowRanges createCutRanges(OpBuilder &builder, Location loc,
                          const RaggedParts &ids, Value width, Value numRows);

/// The function that writes these for as many rows as `starts` and `ends`, both
/// buffers, have room for:
///
///   (inner, if `hasPlaces`, outer, width: i64, starts, ends)
func::FuncOp getOrCreateCutFunction(OpBuilder &builder, ModuleOp module,
                                    bool hasPlaces);

/// The places of ids in a table whose partitions take turns at rows. Ids that
/// are no rows stay what they are, for the error to name them.
Value createPositions(OpBuilder &builder, Location loc, TableOp table,
                      Value ids);

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_COMMON_ROWS_H
