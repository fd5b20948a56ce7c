//===- AssignDevices.cpp - Give every column a device ---------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/Dialect/EmbCol/Transforms/Passes.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_EMBCOLASSIGNDEVICESPASS
#include "embcol/Dialect/EmbCol/Transforms/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;
using namespace mlir::embcol;

/// From here on TensorFlow's documentation advises the embedding core.
static constexpr int64_t kLargeTableRows = 1000000;

static TableOp getTable(ColumnOp column) {
  return SymbolTable::lookupNearestSymbolFrom<TableOp>(column,
                                                       column.getTableAttr());
}

static LogicalResult verifyDevice(ColumnOp column, Mode mode) {
  Type rowType = getTable(column).getRowType();
  // (table-C11)
  if (mode == Mode::Training && isa<QuantizedType>(rowType))
    return column.emitOpError("@")
           << column.getColumnNameOrSymbol() << ": rows of " << rowType
           << " are for serving";
  Device device = *column.getEmbeddingLookupDevice();
  // (device-C7)
  if (mode == Mode::Serving && device == Device::TpuEmbeddingCore)
    return column.emitOpError("@")
           << column.getColumnNameOrSymbol()
           << ": Using embedding_lookup_device=tpu_embedding_core during "
              "inference is not supported.";
  // (device-C8)
  if (mode == Mode::Training && device == Device::Cpu)
    return column.emitOpError("@")
           << column.getColumnNameOrSymbol()
           << ": Using TPUEmbeddingColumn with embedding_lookup_device=\"cpu\" "
              "during training is not supported.";
  return success();
}

static void adviseDevice(ColumnOp column) {
  TableOp table = getTable(column);
  if (column.getEmbeddingLookupDevice() == Device::TpuTensorCore &&
      table.getNumRows() > kLargeTableRows)
    column.emitRemark("a table of ")
        << table.getNumRows() << " rows is looked up on tpu_tensor_core; above "
        << kLargeTableRows << " rows tpu_embedding_core is faster";
}

namespace {
struct AssignDevices
    : public mlir::embcol::impl::EmbColAssignDevicesPassBase<AssignDevices> {
  using EmbColAssignDevicesPassBase::EmbColAssignDevicesPassBase;

  /// The mode to compile for, kept on the module.
  FailureOr<Mode> resolveMode() {
    ModuleOp module = getOperation();
    if (!mode.empty()) {
      std::optional<Mode> named = symbolizeMode(mode);
      // (module-C9)
      if (!named)
        return module.emitError("expected mode training or serving, found '")
               << mode << "'";
      module->setAttr(EmbColDialect::kModeAttrName,
                      ModeAttr::get(&getContext(), *named));
      return *named;
    }
    if (auto attribute =
            module->getAttrOfType<ModeAttr>(EmbColDialect::kModeAttrName))
      return attribute.getValue();
    // (module-C9)
    return module.emitError("expected a mode: the attribute '")
           << EmbColDialect::kModeAttrName << "' or the option 'mode'";
  }

  void runOnOperation() override {
    FailureOr<Mode> resolved = resolveMode();
    if (failed(resolved))
      return signalPassFailure();
    Device defaultDevice =
        *resolved == Mode::Training ? Device::TpuEmbeddingCore : Device::Cpu;
    for (ColumnOp column : getOperation().getOps<ColumnOp>()) {
      if (!column.getEmbeddingLookupDevice()) {
        column.setEmbeddingLookupDevice(defaultDevice);
        ++numAssigned;
      }
      if (failed(verifyDevice(column, *resolved)))
        return signalPassFailure();
      adviseDevice(column);
    }
  }
};
} // namespace
