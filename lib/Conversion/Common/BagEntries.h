//===- BagEntries.h - The entries of bags, in kernels -----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_CONVERSION_COMMON_BAGENTRIES_H
#define EMBCOL_LIB_CONVERSION_COMMON_BAGENTRIES_H

#include "KernelBuilder.h"
#include "embcol/Conversion/Common/Kernels.h"

namespace mlir::embcol {

/// What kernels that go over the bags of a lookup have in common: which entries
/// count, their rows and weights, and what a pool is divided by.
class BagEntries {
public:
  BagEntries(ImplicitLocOpBuilder &builder, const LookupSignature &signature)
      : builder(builder), signature(signature) {}

  /// The types of the first arguments of such a kernel: rows, ids, starts, ends
  /// and weights.
  SmallVector<Type> getArgumentTypes();
  /// These arguments. To be called where the kernel begins.
  void setArguments(ValueRange arguments);
  Value getRows() const { return rows; }

  /// A loop over the bags [begin, end) that carries the first bad position so
  /// far, which `buildBag(bag, start, end, bad)` returns for the entries
  /// [start, end) of a bag. Returns the first of all.
  Value
  forEachBag(Value begin, Value end,
             function_ref<Value(Value bag, Value start, Value end, Value bad)>
                 buildBag);

  struct Entry {
    Value row;
    /// f32; null for a column without weights.
    Value weight;
    /// Whether it counts.
    Value isKept;
    /// Whether it is not to be dropped, but its id is no row.
    Value isBad;
  };
  Entry buildEntry(Value position);

  /// The first bad position, once the entry at `position` is one, too.
  Value buildFirstBad(const Entry &entry, Value position, Value bad);

  /// Prefetches a tile of the row of an entry that comes later.
  void buildPrefetch(const Tile &tile, Value position);

  /// Whether the sum of a bag is divided by one of its weights.
  bool hasNorm() const { return signature.combiner != Combiner::Sum; }
  /// What an entry that counts adds to the norm, an f64, in which the square of
  /// no f32 weight vanishes.
  Value buildNorm(const Entry &entry, Value norm);
  /// The divisor that the norm of a bag makes, an f64.
  Value buildDivisor(Value norm);

private:
  ImplicitLocOpBuilder &builder;
  const LookupSignature &signature;
  Value rows, ids, starts, ends, weights;
  Value numRows, lastPosition, zeroIndex, noBad;
};

} // namespace mlir::embcol

#endif // EMBCOL_LIB_CONVERSION_COMMON_BAGENTRIES_H
