//===- EmbColToCPU.cpp - Lower to code for the CPU ------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostPatterns.h"
#include "embcol/Conversion/Common/KernelCalls.h"
#include "embcol/Conversion/Common/Rows.h"
#include "embcol/Conversion/Common/Runtime.h"
#include "embcol/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_CONVERTEMBCOLTOCPUPASS
#include "embcol/Conversion/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;
using namespace mlir::embcol;

/// Calls the kernel in place, over all bags.
static void emitCall(OpBuilder &builder, Location loc, const ColumnMap &columns,
                     const BagKernelCall &call) {
  ColumnInfo info = call.info;
  const Bags &bags = call.bags;
  SmallVector<Value> operands = {call.rows};
  for (Value buffer : {bags.ids, bags.starts, bags.ends, bags.weights})
    operands.push_back(castToBuffer(builder, loc, buffer));
  // After an error, splits may not fit the ids, nor the ids the weights.
  Value numBags = createGuard(builder, loc, columns.getModule(), bags.numBags);
  llvm::append_range(operands, call.buffers);
  operands.append({createIndex(builder, loc, 0), numBags});
  func::FuncOp kernel = call.kernel;
  Value position =
      func::CallOp::create(builder, loc, kernel, operands).getResult(0);
  position =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), position);
  createRuntimeCall(builder, loc, columns.getModule(), "embcol_core_report_id",
                    {},
                    {createInt64(builder, loc, info.ordinal),
                     createInt64(builder, loc, info.getNumSteps()), position,
                     createInt64(builder, loc, info.table.getNumRows()),
                     bags.ids, bags.starts, bags.ends});
}

/// Says which op another conversion should have lowered before.
static LogicalResult verifyOnlyCpuIsLeft(const ColumnMap &columns) {
  WalkResult result = columns.getModule()->walk([&](Operation *op) {
    if (isa<ApplyGradientsOp, PackedLookupOp>(op)) {
      op->emitOpError(
          "expected convert-embcol-to-embedding-core to run before");
      return WalkResult::interrupt();
    }
    if (!isOnDevice(op))
      return WalkResult::advance();
    ColumnInfo info = columns.lookup(op);
    std::optional<Device> device = info.column.getEmbeddingLookupDevice();
    // (device-C10)
    if (device == Device::Cpu)
      return WalkResult::advance();
    InFlightDiagnostic diagnostic = op->emitOpError("expected column @")
                                    << info.column.getSymName()
                                    << " on the device cpu, found ";
    if (device)
      diagnostic << stringifyDevice(*device)
                 << ", which no earlier pass has lowered";
    else
      diagnostic << "none";
    diagnostic.attachNote(info.column.getLoc()) << "the column is here";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// The attributes of arguments and results do not follow when one becomes
/// several. Features mean nothing any more.
static void dropSignatureAttributes(ModuleOp module,
                                    const TypeConverter &converter) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!converter.isSignatureLegal(function.getFunctionType())) {
      function.removeArgAttrsAttr();
      function.removeResAttrsAttr();
    } else {
      for (unsigned i = 0; i < function.getNumArguments(); ++i)
        function.removeArgAttr(i, EmbColDialect::kFeatureAttrName);
    }
  }
}

/// Whether the batch of a lookup's result is that of the call: its features are
/// arguments of a public function, which are checked to have one batch.
static bool hasBatchOfCall(Value pooled) {
  Value ids;
  if (auto lookup = pooled.getDefiningOp<LookupOp>())
    ids = lookup.getIds();
  else if (auto lookup = pooled.getDefiningOp<SequenceLookupOp>())
    ids = lookup.getIds();
  if (!ids)
    return false;
  if (auto categorize = ids.getDefiningOp<CategorizeOp>())
    ids = categorize.getTokens();
  auto argument = dyn_cast<BlockArgument>(ids);
  if (!argument)
    return false;
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return function && function.isPublic() && argument.getOwner()->isEntryBlock();
}

/// Joining tensors of different batches would read and write outside them: such
/// a call fails, and then joins as many rows as all of them have.
static void guardConcat(tensor::ConcatOp op) {
  if (op.getDim() == 0 || !op.getResultType().isDynamicDim(0) ||
      llvm::all_of(op.getInputs(), hasBatchOfCall))
    return;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto module = op->getParentOfType<ModuleOp>();
  auto getBatch = [&](Value input) -> Value {
    Value size = tensor::DimOp::create(builder, loc, input, 0);
    return arith::IndexCastOp::create(builder, loc, builder.getI64Type(), size);
  };
  Value batch = getBatch(op.getInputs().front());
  for (Value input : op.getInputs().drop_front())
    batch = createRuntimeCall(builder, loc, module, "embcol_core_join_batches",
                              builder.getI64Type(), {batch, getBatch(input)})
                .getResult(0);
  batch =
      arith::IndexCastOp::create(builder, loc, builder.getIndexType(), batch);
  for (OpOperand &input : op.getInputsMutable()) {
    auto type = cast<RankedTensorType>(input.get().getType());
    SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, input.get());
    sizes.front() = batch;
    input.set(tensor::ExtractSliceOp::create(builder, loc, input.get(), offsets,
                                             sizes, strides));
  }
}

/// Erases what exists, and the functions that only that names: the rules of
/// optimizers, which kernels have copies of.
static void eraseSymbols(ModuleOp module) {
  SmallVector<func::FuncOp> named;
  for (Operation &op : llvm::make_early_inc_range(*module.getBody())) {
    if (!isa<ColumnOp, TableOp, VocabularyOp>(op))
      continue;
    std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(&op);
    for (SymbolTable::SymbolUse use : *uses) {
      auto function = module.lookupSymbol<func::FuncOp>(use.getSymbolRef());
      if (function && function.isPrivate() && !function.isExternal() &&
          !llvm::is_contained(named, function))
        named.push_back(function);
    }
    op.erase();
  }
  for (func::FuncOp function : named)
    if (SymbolTable::symbolKnownUseEmpty(function, module))
      function.erase();
}

/// Public functions are called from C.
static void requestCInterfaces(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(module.getContext()));
}

namespace {
struct ConvertEmbColToCPU
    : public mlir::embcol::impl::ConvertEmbColToCPUPassBase<
          ConvertEmbColToCPU> {
  using ConvertEmbColToCPUPassBase::ConvertEmbColToCPUPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    ColumnMap columns(module);
    if (failed(verifyConvertible(module)) ||
        failed(verifyOnlyCpuIsLeft(columns)))
      return signalPassFailure();

    module.walk(guardConcat);
    RaggedTypeConverter converter;
    dropSignatureAttributes(module, converter);
    RewritePatternSet patterns(&getContext());
    populateLookupPatterns(patterns, converter, columns, Device::Cpu,
                           useThreads ? emitRuntimeCall : emitCall,
                           useThreads ? kRunLookups : StringLiteral(""));
    populateHostPatterns(patterns, converter, module);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   converter);
    populateCallOpTypeConversionPattern(patterns, converter);
    populateReturnOpTypeConversionPattern(patterns, converter);

    ConversionTarget target(getContext());
    target.addIllegalDialect<EmbColDialect>();
    target.addLegalOp<ColumnOp, TableOp, VocabularyOp>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return converter.isSignatureLegal(op.getFunctionType());
    });
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                         target);
    target.markUnknownOpDynamicallyLegal([&](Operation *op) {
      return isa<UnrealizedConversionCastOp>(op) ||
             !isa<arith::SelectOp, func::CallOp, func::ReturnOp>(op) ||
             converter.isLegal(op);
    });
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      return signalPassFailure();

    eraseSymbols(module);
    module->removeAttr(EmbColDialect::kModeAttrName);
    module->removeAttr(EmbColDialect::kPrefetchAttrName);
    requestCInterfaces(module);
  }
};
} // namespace
