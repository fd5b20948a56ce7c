//===- LookupLowering.h - What the devices' lookups share -------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_COMMON_LOOKUPLOWERING_H
#define EMBCOL_CONVERSION_COMMON_LOOKUPLOWERING_H

#include "embcol/Conversion/Common/Kernels.h"
#include "embcol/Conversion/Common/RaggedTypeConverter.h"

#include "llvm/ADT/MapVector.h"

namespace mlir::embcol {

/// A column, its table and its number among the module's columns, by which the
/// runtime names it in errors.
struct ColumnInfo {
  ColumnOp column;
  TableOp table;
  int64_t ordinal;

  /// The signature of the column's lookup kernel.
  LookupSignature getSignature();
  /// The number of bags that a row of the batch has.
  int64_t getNumSteps();
  bool isOnTensorCore();
};

/// The columns of a module, which must stay while this is used.
class ColumnMap {
public:
  explicit ColumnMap(ModuleOp module);
  ModuleOp getModule() const { return module; }
  ColumnInfo lookup(StringRef name) const { return columns.lookup(name); }
  /// The column that a lookup op names, of several the first.
  ColumnInfo lookup(Operation *lookupOp) const;

private:
  ModuleOp module;
  llvm::MapVector<StringRef, ColumnInfo> columns;
};

/// Refuses what the conversions do not take: modules within the module, which
/// are compiled on their own, and names that lowered code uses.
LogicalResult verifyConvertible(ModuleOp module);

/// Ids as bags: bag b holds ids [starts[b], ends[b]). All are buffers.
struct Bags {
  Value ids;
  Value starts;
  Value ends;
  /// Without elements for a column without weights.
  Value weights;
  Value batch;
  Value numBags;
  /// The length of each sequence; null for a plain column.
  Value lengths;
};

/// Makes bags of a column's ids, the parts of a ragged array, and its weights,
/// empty if there are none. A sequence has one bag for each of the
/// max_sequence_length steps of a row, which cuts and pads it. A plain column
/// has the bags of `batch` rows, where that is given; those of one on the
/// tensor core are cut.
Bags createBags(OpBuilder &builder, Location loc, const ColumnMap &columns,
                ColumnInfo info, ValueRange ids, ValueRange weights,
                Value batch = {});

/// `buffer` [batch, ...] of what a lookup gives, or of its gradient, as [bags,
/// dimension].
Value flattenToBags(OpBuilder &builder, Location loc, Value buffer,
                    const Bags &bags);

/// The call of a kernel that goes over the bags of a column, as far as all
/// devices that run kernels lower it alike. Rows and buffers have the types
/// that the kernel takes.
struct BagKernelCall {
  ColumnInfo info;
  func::FuncOp kernel;
  /// The function of the runtime that calls the kernel from its threads.
  StringRef runtimeFunction;
  Value rows;
  Bags bags;
  /// What the kernel takes after the bags.
  SmallVector<Value> buffers;
};
using EmitBagKernelCall = std::function<void(
    OpBuilder &, Location, const ColumnMap &, const BagKernelCall &)>;

/// The kernel that looks up the bags of a column.
using GetLookupKernel =
    std::function<func::FuncOp(OpBuilder &, ModuleOp, ColumnInfo)>;
func::FuncOp getLookupKernel(OpBuilder &builder, ModuleOp module,
                             ColumnInfo info);

/// Whether an op looks at rows of columns on the columns' device.
bool isOnDevice(Operation *op);

/// Patterns that lower such ops of the columns of `device`, `emitCall` making
/// the calls of kernels. `runFunction` is the function of the runtime that runs
/// the lookups which these calls have added; empty where they have run.
void populateLookupPatterns(RewritePatternSet &patterns,
                            const RaggedTypeConverter &converter,
                            const ColumnMap &columns, Device device,
                            EmitBagKernelCall emitCall,
                            StringRef runFunction = "",
                            GetLookupKernel getKernel = getLookupKernel);

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_COMMON_LOOKUPLOWERING_H
