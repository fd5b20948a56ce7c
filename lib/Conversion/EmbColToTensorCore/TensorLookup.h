//===- TensorLookup.h - A lookup as ops on tensors --------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_CONVERSION_EMBCOLTOTENSORCORE_TENSORLOOKUP_H
#define EMBCOL_LIB_CONVERSION_EMBCOLTOTENSORCORE_TENSORLOOKUP_H

#include "embcol/Conversion/Common/Rows.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::embcol {

/// What a lookup works on, all of it tensors.
struct TensorLookupOperands {
  Value rows;
  /// At least one.
  Value ids;
  /// At least one; null for a column without.
  Value weights;
  RowRanges ranges;
  /// [rows, dimension], and where to go.
  Value out;
};

/// What it gives: `out`, written, and where it is asked for the first position
/// of an id that is no row, an i64, -1 for none.
struct TensorLookupResults {
  Value out;
  Value bad;
};

/// The lookup of a column: ids are padded to a width, their rows gathered,
/// masked and reduced. Rows with more entries than that, as places with several
/// make them, take as many turns as they need.
class TensorLookup {
public:
  /// With `takesTurns` rows may have more entries than `width`.
  TensorLookup(ImplicitLocOpBuilder &builder, const LookupSignature &signature,
               const TensorLookupOperands &operands, int64_t width,
               bool takesTurns, bool findsBad);

  TensorLookupResults build();

private:
  /// What the entries that were gone through so far have made.
  struct State {
    Value pooled;
    /// The sum that the divisor comes from; null for a sum.
    Value norm;
    /// The first bad position, or -1; null where ids are not checked.
    Value bad;

    SmallVector<Value> getValues() const;
    static State get(ArrayRef<Value> values, const State &like);
  };
  /// Of each row as many entries as the width, or -1 where there are none.
  struct PaddedEntries {
    Value ids;
    /// Null for a column without.
    Value weights;

    SmallVector<Value> getValues() const;
  };

  State buildInitial(Value pooled);
  State buildRows(State state);
  Value buildLongest();
  State buildTurn(State state, Value turn);
  PaddedEntries pad(Value turn);
  Value pool(const PaddedEntries &entries, Value pooled);
  Value sumNorm(const PaddedEntries &entries, Value norm);
  Value findBad(const PaddedEntries &entries, Value turn, Value bad);
  Value divide(const State &state);

  Value getIsKept(ImplicitLocOpBuilder &b, Value id, Value weight) const;
  Value getIsPositive(ImplicitLocOpBuilder &b, Value weight) const;
  Value getPosition(ImplicitLocOpBuilder &b, Value start, Value turn) const;
  bool hasNorm() const { return signature.combiner != Combiner::Sum; }
  bool dropsWeights() const {
    return signature.isWeighted && signature.isSafe && hasNorm();
  }
  AffineMap getMap(ArrayRef<unsigned> dims, unsigned numDims) const;

  ImplicitLocOpBuilder &builder;
  const LookupSignature &signature;
  const TensorLookupOperands &operands;
  int64_t width;
  bool takesTurns, findsBad;
  Value numRows, numTableRows;
};

/// The widest tensor that ids of a column are padded to.
int64_t getPaddedWidth(ColumnInfo info);

/// The kernel that looks up the bags of a column, with the arguments and the
/// result of all lookup kernels, as ops on tensors.
func::FuncOp getOrCreateTensorKernel(OpBuilder &builder, ModuleOp module,
                                     ColumnInfo info);

} // namespace mlir::embcol

#endif // EMBCOL_LIB_CONVERSION_EMBCOLTOTENSORCORE_TENSORLOOKUP_H
