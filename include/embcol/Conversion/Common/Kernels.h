//===- Kernels.h - Generated kernels ----------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_COMMON_KERNELS_H
#define EMBCOL_CONVERSION_COMMON_KERNELS_H

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::embcol {

/// How kernels fetch the rows of a table: as the module says, or as suits most
/// machines.
PrefetchAttr getPrefetch(TableOp table);

/// What tells one lookup kernel, or one of weights' gradients, from another.
/// All columns of one signature share a kernel, so that compile time grows with
/// signatures.
struct LookupSignature {
  int64_t dimension;
  Type rowType;
  Combiner combiner;
  bool isWeighted;
  /// Drops negative ids and, for mean and sqrtn, weights that are not positive.
  bool isSafe;
  PrefetchAttr prefetch;

  /// The name of the kernel that does `what`.
  std::string getKernelName(StringRef what) const;
};

/// The kernel that pools the bags [begin, end). Bag b holds the entries
/// [starts[b], ends[b]) of `ids`:
///
///   (rows, ids, starts, ends, weights, out, begin: index, end: index) -> index
///
/// where buffers have `getBufferType`. Returns the position in `ids` of the
/// first id that is no row, or -1; a bad id reads nothing.
func::FuncOp getOrCreateLookupKernel(OpBuilder &builder, ModuleOp module,
                                     const LookupSignature &signature);

/// The kernel that writes, for each entry of the bags [begin, end), the
/// gradient with respect to its weight, where row b of `gradients` is that of
/// what a lookup gave for bag b; 0 for entries that the lookup drops:
///
///   (rows, ids, starts, ends, weights, gradients, out, begin: index,
///    end: index) -> index
///
/// `out` is beside `ids`. Returns what a lookup kernel does. `signature` is
/// that of the lookup, weighted.
func::FuncOp getOrCreateWeightGradientKernel(OpBuilder &builder,
                                             ModuleOp module,
                                             const LookupSignature &signature);

/// What an update kernel is made from.
struct UpdateSignature {
  OptimizerAttrInterface optimizer;
  /// Null for none.
  OptimizerOptionsAttr options;
  int64_t dimension;
  Type rowType;
  /// Whether weights are rounded so, and not to nearest.
  bool stochasticRounding;
  /// How many partitions take turns at the rows; 1 where these are in order.
  int64_t numTurns;
  PrefetchAttr prefetch;

  /// The name of its first kernel.
  std::string getKernelName() const;
};

/// The kernel that updates the rows uniqueRows[begin, end): sums the gradients
/// of a row, entry e of [segments[u], segments[u + 1]) adding scales[e] times
/// row bags[e] of `gradients`, and applies the optimizer's rule, in one pass
/// where a row fits the registers:
///
///   (rows, slots, uniqueRows, segments, bags, scales, gradients,
///    learningRate: f32, step: i64, seed: i64, begin: index, end: index)
///
/// `seed` is what the step's random bits come from, where it rounds weights
/// stochastically.
///
/// The parameters of a rule are constants in its kernel. Tables share a kernel
/// where those, and so all of the code, are the same; the next one gets a
/// number behind its name.
func::FuncOp getOrCreateUpdateKernel(ModuleOp module,
                                     const UpdateSignature &signature);

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_COMMON_KERNELS_H
