//===- EmbColToEmbeddingCore.cpp - Lower to runtime calls -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Common/KernelCalls.h"
#include "embcol/Conversion/Common/Runtime.h"
#include "embcol/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_CONVERTEMBCOLTOEMBEDDINGCOREPASS
#include "embcol/Conversion/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;
using namespace mlir::embcol;

namespace {
class ApplyGradientsPattern : public OpConversionPattern<ApplyGradientsOp> {
public:
  ApplyGradientsPattern(const RaggedTypeConverter &converter,
                        const ColumnMap &columns)
      : OpConversionPattern(converter, columns.getModule().getContext()),
        columns(columns) {}

  LogicalResult
  matchAndRewrite(ApplyGradientsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    llvm::DenseMap<Operation *, Value> updates;
    size_t numWeighted = 0;
    for (auto [position, name] :
         llvm::enumerate(op.getColumns().getAsRange<FlatSymbolRefAttr>())) {
      ColumnInfo info = columns.lookup(name.getValue());
      auto [it, isNew] = updates.try_emplace(info.table);
      if (isNew)
        it->second = begin(rewriter, op, info.table, updates.size() - 1);
      ValueRange weights;
      if (info.column.getCategorical().getWeightKey())
        weights = adaptor.getWeights()[numWeighted++];
      addGradients(rewriter, op.getLoc(), info, it->second,
                   adaptor.getIds()[position], weights,
                   adaptor.getGradients()[position].front());
    }
    createRuntimeCall(rewriter, op.getLoc(), columns.getModule(),
                      "embcol_core_apply_updates", {}, {});
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// Begins the update of the table that is the `number`th to be named.
  Value begin(OpBuilder &builder, ApplyGradientsOp op, TableOp table,
              size_t number) const {
    Location loc = op.getLoc();
    OptimizerAttrInterface optimizer = table.getOptimizerAttr();
    func::FuncOp kernel = getOrCreateUpdateKernel(
        columns.getModule(),
        {optimizer, table.getOptimizerOptionsAttr(), table.getDimension(),
         table.getRowType(), table.getStochasticRounding(), table.getNumTurns(),
         getPrefetch(table)});
    func::CallOp call = createRuntimeCall(
        builder, loc, columns.getModule(),
        getRuntimeName("embcol_core_begin_update", table.getRowType()),
        builder.getI64Type(),
        {getMemory(builder, loc, table, Memory::Table),
         createKernelAddress(builder, loc, kernel),
         op.getLearningRates()[number], op.getStep(),
         createInt64(builder, loc, optimizer.updatesAllRows()),
         createInt64(builder, loc,
                     op.getNonfiniteGradients() == NonfiniteGradients::Skip),
         createMultiplier(builder, op)});
    return call.getResult(0);
  }

  static Value createMultiplier(OpBuilder &builder, ApplyGradientsOp op) {
    if (Value multiplier = op.getGradientMultiplier())
      return multiplier;
    return arith::ConstantOp::create(builder, op.getLoc(),
                                     builder.getF32FloatAttr(1.0));
  }

  void addGradients(OpBuilder &builder, Location loc, ColumnInfo info,
                    Value update, ValueRange ids, ValueRange weights,
                    Value gradient) const {
    Bags bags = createBags(builder, loc, columns, info, ids, weights);
    // A sequence's steps are joined, a pooled column's rows may be apart.
    Value flat = bags.lengths
                     ? flattenToBags(builder, loc,
                                     readTensor(builder, loc, gradient), bags)
                     : readRows(builder, loc, gradient);
    LookupSignature signature = info.getSignature();
    int64_t combiner = static_cast<int64_t>(signature.combiner);
    createRuntimeCall(builder, loc, columns.getModule(),
                      "embcol_core_add_gradients", {},
                      {update, createInt64(builder, loc, info.ordinal),
                       createInt64(builder, loc, info.getNumSteps()),
                       createInt64(builder, loc, combiner),
                       createInt64(builder, loc, signature.isSafe), bags.ids,
                       bags.starts, bags.ends, bags.weights, flat});
  }

  const ColumnMap &columns;
};

/// Makes a packed lookup the function that describes its columns to the
/// runtime, a LookupPlan, which calls their kernels.
class PackedLookupPattern : public OpConversionPattern<PackedLookupOp> {
public:
  PackedLookupPattern(const RaggedTypeConverter &converter,
                      const ColumnMap &columns)
      : OpConversionPattern(converter, columns.getModule().getContext()),
        columns(columns) {}

  LogicalResult
  matchAndRewrite(PackedLookupOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto planType = MemRefType::get({1}, rewriter.getI8Type());
    auto function =
        func::FuncOp::create(rewriter, loc, op.getSymName(),
                             rewriter.getFunctionType(planType, TypeRange()));
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToStart(function.addEntryBlock());
    for (auto name : op.getColumns().getAsRange<FlatSymbolRefAttr>()) {
      ColumnInfo info = columns.lookup(name.getValue());
      LookupSignature signature = info.getSignature();
      func::FuncOp kernel =
          getOrCreateLookupKernel(rewriter, columns.getModule(), signature);
      createRuntimeCall(rewriter, loc, columns.getModule(),
                        getRuntimeName("embcol_core_add_packed_column",
                                       info.table.getRowType()),
                        {},
                        {function.getArgument(0),
                         createInt64(rewriter, loc, info.ordinal),
                         createKernelAddress(rewriter, loc, kernel),
                         getMemory(rewriter, loc, info.table, Memory::Table),
                         createInt64(rewriter, loc, signature.isWeighted)});
    }
    func::ReturnOp::create(rewriter, loc);
    rewriter.eraseOp(op);
    return success();
  }

private:
  const ColumnMap &columns;
};

struct ConvertEmbColToEmbeddingCore
    : public mlir::embcol::impl::ConvertEmbColToEmbeddingCorePassBase<
          ConvertEmbColToEmbeddingCore> {
  void runOnOperation() override {
    ColumnMap columns(getOperation());
    if (failed(verifyConvertible(getOperation())))
      return signalPassFailure();
    RaggedTypeConverter converter;
    RewritePatternSet patterns(&getContext());
    populateLookupPatterns(patterns, converter, columns,
                           Device::TpuEmbeddingCore, emitRuntimeCall,
                           kRunLookups);
    patterns.add<ApplyGradientsPattern, PackedLookupPattern>(converter,
                                                             columns);

    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addDynamicallyLegalOp<LookupOp, GroupedLookupOp, SequenceLookupOp,
                                 WeightGradientsOp>([&](Operation *op) {
      ColumnInfo info = columns.lookup(op);
      return info.column.getEmbeddingLookupDevice() != Device::TpuEmbeddingCore;
    });
    target.addIllegalOp<ApplyGradientsOp, PackedLookupOp>();
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
