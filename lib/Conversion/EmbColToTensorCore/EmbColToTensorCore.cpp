//===- EmbColToTensorCore.cpp - Lower to ops on tensors -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorLookup.h"
#include "embcol/Conversion/Common/KernelCalls.h"
#include "embcol/Conversion/Common/Runtime.h"
#include "embcol/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_CONVERTEMBCOLTOTENSORCOREPASS
#include "embcol/Conversion/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;
using namespace mlir::embcol;

/// The rows of a table as a tensor.
static Value getRows(ImplicitLocOpBuilder &builder, TableOp table) {
  Location loc = builder.getLoc();
  return toReadOnlyTensor(builder, loc,
                          getMemory(builder, loc, table, Memory::Rows));
}

/// `values`, or where there are none one zero: something to read at a place
/// that is masked.
static Value getNonEmpty(ImplicitLocOpBuilder &builder, Value values) {
  auto type = cast<RankedTensorType>(values.getType()).clone({1});
  Value one = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
  one = tensor::CastOp::create(builder, values.getType(), one);
  Value size = tensor::DimOp::create(builder, values, 0);
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  Value isEmpty =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, size, zero);
  return arith::SelectOp::create(builder, isEmpty, one, values);
}

/// Looks up the first `numRows` rows. Returns `out` with them from column
/// `offset` on.
static Value lookUp(ImplicitLocOpBuilder &builder, ColumnInfo info,
                    ValueRange parts, ValueRange weights, Value numRows,
                    Value out, int64_t offset) {
  Location loc = builder.getLoc();
  LookupSignature signature = info.getSignature();
  RaggedParts ids(RaggedType::get(builder.getI64Type(), parts.size() - 1),
                  parts);
  SmallVector<OpFoldResult> offsets = {builder.getIndexAttr(0),
                                       builder.getIndexAttr(offset)};
  SmallVector<OpFoldResult> sizes = {numRows,
                                     builder.getIndexAttr(signature.dimension)};
  SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
  TensorLookupOperands operands;
  operands.rows = getRows(builder, info.table);
  operands.ids = getNonEmpty(
      builder, createPositions(builder, loc, info.table, ids.values.front()));
  if (!weights.empty())
    operands.weights = getNonEmpty(builder, weights.front());
  int64_t numPlaces = (*info.column.getTensorCoreShape())[1];
  operands.ranges = createCutRanges(
      builder, loc, ids, createInt64(builder, loc, numPlaces), numRows);
  operands.out =
      tensor::ExtractSliceOp::create(builder, out, offsets, sizes, strides);
  int64_t width = getPaddedWidth(info);
  // A place of ragged rank 1 has one entry.
  bool takesTurns = ids.inner || width < numPlaces;
  TensorLookupResults results =
      TensorLookup(builder, signature, operands, width, takesTurns,
                   /*findsBad=*/false)
          .build();
  return tensor::InsertSliceOp::create(builder, results.out, out, offsets,
                                       sizes, strides);
}

namespace {
/// A pattern for the lookups of columns on the tensor core, in place.
template <typename OpT> class TensorPattern : public OpConversionPattern<OpT> {
public:
  using Adaptor = typename OpConversionPattern<OpT>::OneToNOpAdaptor;
  TensorPattern(const RaggedTypeConverter &converter, const ColumnMap &columns)
      : OpConversionPattern<OpT>(converter, columns.getModule().getContext(),
                                 // Before the pattern that calls a kernel.
                                 /*benefit=*/2),
        columns(columns) {}

protected:
  /// How many rows all ids have.
  static Value createBatch(ImplicitLocOpBuilder &builder,
                           ArrayRef<ValueRange> ids) {
    Value batch;
    for (ValueRange parts : ids) {
      Value numRows = getNumRows(builder, builder.getLoc(), parts.back());
      batch = batch ? builder.createOrFold<arith::MinUIOp>(batch, numRows)
                    : numRows;
    }
    return batch;
  }

  static Value createOut(ImplicitLocOpBuilder &builder, OpT op, Value batch) {
    auto type = op.getResult().getType();
    return tensor::EmptyOp::create(
        builder,
        ArrayRef<OpFoldResult>{batch, builder.getIndexAttr(type.getDimSize(1))},
        type.getElementType());
  }

  const ColumnMap &columns;
};

struct LookupPattern : public TensorPattern<LookupOp> {
  using TensorPattern::TensorPattern;

  LogicalResult
  matchAndRewrite(LookupOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    ValueRange weights;
    if (op.getWeights())
      weights = adaptor.getWeights();
    Value batch = createBatch(builder, adaptor.getIds());
    Value out = createOut(builder, op, batch);
    rewriter.replaceOp(op, lookUp(builder, columns.lookup(op), adaptor.getIds(),
                                  weights, batch, out,
                                  /*offset=*/0));
    return success();
  }
};

struct GroupedLookupPattern : public TensorPattern<GroupedLookupOp> {
  using TensorPattern::TensorPattern;

  LogicalResult
  matchAndRewrite(GroupedLookupOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    // Where batches differ, no more rows are looked up than all have.
    Value batch = createBatch(builder, adaptor.getIds());
    Value out = createOut(builder, op, batch);
    int64_t offset = 0;
    size_t numWeighted = 0;
    for (auto [name, ids] :
         llvm::zip(op.getColumns().getAsRange<FlatSymbolRefAttr>(),
                   adaptor.getIds())) {
      ColumnInfo info = columns.lookup(name.getValue());
      ValueRange weights;
      if (info.column.getCategorical().getWeightKey())
        weights = adaptor.getWeights()[numWeighted++];
      out = lookUp(builder, info, ids, weights, batch, out, offset);
      offset += info.table.getDimension();
    }
    rewriter.replaceOp(op, out);
    return success();
  }
};

struct ConvertEmbColToTensorCore
    : public mlir::embcol::impl::ConvertEmbColToTensorCorePassBase<
          ConvertEmbColToTensorCore> {
  using ConvertEmbColToTensorCorePassBase::ConvertEmbColToTensorCorePassBase;

  void runOnOperation() override {
    ColumnMap columns(getOperation());
    if (failed(verifyConvertible(getOperation())))
      return signalPassFailure();
    RaggedTypeConverter converter;
    RewritePatternSet patterns(&getContext());
    if (!checkIds)
      patterns.add<LookupPattern, GroupedLookupPattern>(converter, columns);
    populateLookupPatterns(patterns, converter, columns, Device::TpuTensorCore,
                           emitRuntimeCall, kRunLookups,
                           getOrCreateTensorKernel);
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addDynamicallyLegalOp<LookupOp, GroupedLookupOp, WeightGradientsOp>(
        [&](Operation *op) { return !columns.lookup(op).isOnTensorCore(); });
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
