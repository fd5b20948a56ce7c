//===- LookupLowering.cpp - What the devices' lookups share ---------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Common/LookupLowering.h"
#include "embcol/Conversion/Common/Rows.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::embcol;

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

LookupSignature ColumnInfo::getSignature() {
  // The checks of a sequence stay on without safe lookup.
  bool isSafe = column.getUseSafeEmbeddingLookup() ||
                column.getCategorical().isSequence();
  return {table.getDimension(),
          table.getRowType(),
          column.getCombiner(),
          bool(column.getCategorical().getWeightKey()),
          isSafe,
          getPrefetch(table)};
}

int64_t ColumnInfo::getNumSteps() {
  return column.getCategorical().isSequence() ? column.getMaxSequenceLength()
                                              : 1;
}

bool ColumnInfo::isOnTensorCore() {
  return column.getEmbeddingLookupDevice() == Device::TpuTensorCore;
}

ColumnMap::ColumnMap(ModuleOp module) : module(module) {
  SymbolTable symbols(module);
  for (auto [ordinal, column] : llvm::enumerate(module.getOps<ColumnOp>()))
    columns[column.getSymName()] = {column,
                                    symbols.lookup<TableOp>(column.getTable()),
                                    static_cast<int64_t>(ordinal)};
}

ColumnInfo ColumnMap::lookup(Operation *lookupOp) const {
  if (auto grouped = dyn_cast<GroupedLookupOp>(lookupOp))
    return lookup(cast<FlatSymbolRefAttr>(grouped.getColumns()[0]).getValue());
  auto name = lookupOp->getAttrOfType<FlatSymbolRefAttr>("column");
  return lookup(name.getValue());
}

LogicalResult mlir::embcol::verifyConvertible(ModuleOp module) {
  for (Operation &op : *module.getBody()) {
    // (module-C8)
    if (isa<ModuleOp>(op))
      return op.emitError("expected no module within a module: each is "
                          "compiled on its own");
    auto symbol = dyn_cast<SymbolOpInterface>(op);
    // (module-C7)
    if (!symbol || !symbol.getName().starts_with("embcol_"))
      continue;
    // An earlier conversion has made the runtime's functions and kernels.
    bool isGenerated =
        op.hasAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName()) ||
        op.hasAttr("llvm.linkage");
    if (!isGenerated)
      return op.emitError("expected no name that begins with 'embcol_', which "
                          "lowered code uses");
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Bags
//===----------------------------------------------------------------------===//

/// One place less than `splits` has, from `offset` on.
static Value createSubview(OpBuilder &builder, Location loc, Value splits,
                           int64_t offset, Value size) {
  return memref::SubViewOp::create(
      builder, loc, splits,
      ArrayRef<OpFoldResult>{builder.getIndexAttr(offset)},
      ArrayRef<OpFoldResult>{size},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

/// How many rows `splits` split.
static Value createBatch(OpBuilder &builder, Location loc, Value splits) {
  return subtractOne(builder, loc,
                     memref::DimOp::create(builder, loc, splits, 0));
}

static void createSequenceBags(OpBuilder &builder, Location loc,
                               const ColumnMap &columns, ColumnInfo info,
                               const RaggedParts &parts, Value outer,
                               Bags &bags) {
  Value numSteps = createIndex(builder, loc, info.getNumSteps());
  bags.numBags = arith::MulIOp::create(builder, loc, bags.batch, numSteps);
  Type i64 = builder.getI64Type();
  int64_t dynamic = ShapedType::kDynamic;
  bags.starts = allocate(builder, loc, {dynamic}, i64, bags.numBags);
  bags.ends = allocate(builder, loc, {dynamic}, i64, bags.numBags);
  bags.lengths = allocate(builder, loc, {dynamic}, i64, bags.batch);
  createRuntimeCall(builder, loc, columns.getModule(),
                    "embcol_core_cut_sequence", {},
                    {createInt64(builder, loc, info.getNumSteps()),
                     readTensor(builder, loc, parts.inner), outer, bags.starts,
                     bags.ends, bags.lengths});
}

/// The bags of a column on the tensor core, which has its rows checked first:
/// what comes after an error may have splits that do not fit.
static void createTensorCoreBags(OpBuilder &builder, Location loc,
                                 const ColumnMap &columns, ColumnInfo info,
                                 const RaggedParts &parts, ValueRange weights,
                                 Bags &bags) {
  checkRows(builder, loc, columns, info, parts, weights);
  bags.numBags = createGuard(builder, loc, columns.getModule(), bags.batch);
  Type i64 = builder.getI64Type();
  bags.starts =
      allocate(builder, loc, {ShapedType::kDynamic}, i64, bags.numBags);
  bags.ends = allocate(builder, loc, {ShapedType::kDynamic}, i64, bags.numBags);
  SmallVector<Value> operands;
  if (parts.inner)
    operands.push_back(
        castToBuffer(builder, loc, readTensor(builder, loc, parts.inner)));
  operands.append(
      {castToBuffer(builder, loc, readTensor(builder, loc, parts.outer)),
       createInt64(builder, loc, (*info.column.getTensorCoreShape())[1]),
       castToBuffer(builder, loc, bags.starts),
       castToBuffer(builder, loc, bags.ends)});
  func::CallOp::create(
      builder, loc,
      getOrCreateCutFunction(builder, columns.getModule(), bool(parts.inner)),
      operands);
}

Bags mlir::embcol::createBags(OpBuilder &builder, Location loc,
                              const ColumnMap &columns, ColumnInfo info,
                              ValueRange ids, ValueRange weights, Value batch) {
  // Ids are one tensor, and all else are splits.
  RaggedParts parts(RaggedType::get(builder.getI64Type(), ids.size() - 1), ids);
  Bags bags;
  bags.ids = readTensor(
      builder, loc,
      createPositions(builder, loc, info.table, parts.values.front()));
  Value outer = readTensor(builder, loc, parts.outer);
  bags.batch = batch ? batch : createBatch(builder, loc, outer);
  if (info.isOnTensorCore()) {
    createTensorCoreBags(builder, loc, columns, info, parts, weights, bags);
  } else if (info.column.getCategorical().isSequence()) {
    createSequenceBags(builder, loc, columns, info, parts, outer, bags);
  } else {
    bags.numBags = bags.batch;
    bags.starts = createSubview(builder, loc, outer, 0, bags.batch);
    bags.ends = createSubview(builder, loc, outer, 1, bags.batch);
  }
  if (weights.empty()) {
    bags.weights = createEmptyBuffer(builder, loc, builder.getF32Type());
    return bags;
  }
  if (!info.isOnTensorCore())
    checkWeights(builder, loc, columns, info, parts, weights);
  bags.weights = readTensor(builder, loc, weights.front());
  return bags;
}

Value mlir::embcol::flattenToBags(OpBuilder &builder, Location loc,
                                  Value buffer, const Bags &bags) {
  if (!bags.lengths)
    return buffer;
  return memref::CollapseShapeOp::create(
      builder, loc, buffer, ArrayRef<ReassociationIndices>{{0, 1}, {2}});
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

bool mlir::embcol::isOnDevice(Operation *op) {
  return isa<LookupOp, GroupedLookupOp, SequenceLookupOp, WeightGradientsOp>(
      op);
}

func::FuncOp mlir::embcol::getLookupKernel(OpBuilder &builder, ModuleOp module,
                                           ColumnInfo info) {
  return getOrCreateLookupKernel(builder, module, info.getSignature());
}

namespace {
/// A pattern for the ops of the columns of one device.
template <typename OpT> class DevicePattern : public OpConversionPattern<OpT> {
public:
  using Adaptor = typename OpConversionPattern<OpT>::OneToNOpAdaptor;
  DevicePattern(const RaggedTypeConverter &converter, const ColumnMap &columns,
                Device device, EmitBagKernelCall emitCall,
                StringRef runFunction, GetLookupKernel getKernel)
      : OpConversionPattern<OpT>(converter, columns.getModule().getContext()),
        columns(columns), device(device), emitCall(std::move(emitCall)),
        runFunction(runFunction), getKernel(std::move(getKernel)) {}

protected:
  bool isOnThisDevice(OpT op) const {
    return columns.lookup(op).column.getEmbeddingLookupDevice() == device;
  }

  void emit(OpBuilder &builder, Location loc, ColumnInfo info,
            func::FuncOp kernel, StringRef runtimeFunction, const Bags &bags,
            ValueRange buffers) const {
    Value rows = getMemory(builder, loc, info.table, Memory::Rows);
    BagKernelCall call{
        info, kernel, runtimeFunction, castToBuffer(builder, loc, rows),
        bags, {}};
    for (Value buffer : buffers)
      call.buffers.push_back(castToBuffer(builder, loc, buffer));
    emitCall(builder, loc, columns, call);
  }

  /// Looks up rows for all bags, writing `out` [bags, dimension]: once
  /// `emitRun` is called.
  void emitLookup(OpBuilder &builder, Location loc, ColumnInfo info,
                  const Bags &bags, Value out) const {
    func::FuncOp kernel = getKernel(builder, columns.getModule(), info);
    emit(builder, loc, info, kernel, "embcol_core_add_lookup", bags, out);
  }

  void emitRun(OpBuilder &builder, Location loc) const {
    if (!runFunction.empty())
      createRuntimeCall(builder, loc, columns.getModule(), runFunction, {}, {});
  }

  const ColumnMap &columns;

private:
  Device device;
  EmitBagKernelCall emitCall;
  StringRef runFunction;
  GetLookupKernel getKernel;
};

/// Lowers the lookup of one column.
template <typename OpT> struct LookupPattern : public DevicePattern<OpT> {
  using DevicePattern<OpT>::DevicePattern;
  using DevicePattern<OpT>::columns;

  LogicalResult
  matchAndRewrite(OpT op, typename DevicePattern<OpT>::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!this->isOnThisDevice(op))
      return failure();
    ValueRange weights;
    if constexpr (std::is_same_v<OpT, LookupOp>)
      if (op.getWeights())
        weights = adaptor.getWeights();
    rewriter.replaceOp(op, lower(rewriter, op, adaptor.getIds(), weights));
    return success();
  }

private:
  SmallVector<Value> lower(OpBuilder &builder, OpT op, ValueRange ids,
                           ValueRange weights) const {
    Location loc = op.getLoc();
    ColumnInfo info = columns.lookup(op);
    Bags bags = createBags(builder, loc, columns, info, ids, weights);
    auto type = cast<RankedTensorType>(op.getResult().getType());
    Value out = allocate(builder, loc, type.getShape(), type.getElementType(),
                         bags.batch);
    Value flat = flattenToBags(builder, loc, out, bags);
    this->emitLookup(builder, loc, info, bags, flat);
    this->emitRun(builder, loc);
    SmallVector<Value> results = {toTensor(builder, loc, out)};
    if (bags.lengths)
      results.push_back(toTensor(builder, loc, bags.lengths));
    return results;
  }
};

struct GroupedLookupPattern : public DevicePattern<GroupedLookupOp> {
  using DevicePattern::DevicePattern;

  LogicalResult
  matchAndRewrite(GroupedLookupOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isOnThisDevice(op))
      return failure();
    Location loc = op.getLoc();
    SmallVector<Value> batches;
    for (ValueRange ids : adaptor.getIds())
      batches.push_back(
          createBatch(rewriter, loc, readTensor(rewriter, loc, ids.back())));
    // Where batches differ, no more rows are looked up than all have.
    Value batch = batches.front();
    for (Value other : ArrayRef(batches).drop_front())
      batch = rewriter.createOrFold<arith::MinUIOp>(loc, batch, other);
    auto type = op.getResult().getType();
    Value out =
        allocate(rewriter, loc, type.getShape(), type.getElementType(), batch);
    lookUp(rewriter, op, adaptor, batch, out);
    // After the lookups, whose errors come first.
    joinBatches(rewriter, loc, columns.getModule(), batches);
    rewriter.replaceOp(op, toTensor(rewriter, loc, out));
    return success();
  }

private:
  /// Looks up all columns, each writing its slice of `out`.
  void lookUp(OpBuilder &builder, GroupedLookupOp op, Adaptor adaptor,
              Value batch, Value out) const {
    Location loc = op.getLoc();
    int64_t offset = 0;
    size_t numWeighted = 0;
    for (auto [name, ids] :
         llvm::zip(op.getColumns().getAsRange<FlatSymbolRefAttr>(),
                   adaptor.getIds())) {
      ColumnInfo info = columns.lookup(name.getValue());
      ValueRange weights;
      if (info.column.getCategorical().getWeightKey())
        weights = adaptor.getWeights()[numWeighted++];
      Bags bags = createBags(builder, loc, columns, info, ids, weights, batch);
      int64_t dimension = info.table.getDimension();
      OpFoldResult zero = builder.getIndexAttr(0),
                   one = builder.getIndexAttr(1);
      Value slice = memref::SubViewOp::create(
          builder, loc, out,
          ArrayRef<OpFoldResult>{zero, builder.getIndexAttr(offset)},
          ArrayRef<OpFoldResult>{batch, builder.getIndexAttr(dimension)},
          ArrayRef<OpFoldResult>{one, one});
      emitLookup(builder, loc, info, bags, slice);
      offset += dimension;
    }
    emitRun(builder, loc);
  }
};

struct WeightGradientsPattern : public DevicePattern<WeightGradientsOp> {
  using DevicePattern::DevicePattern;

  LogicalResult
  matchAndRewrite(WeightGradientsOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isOnThisDevice(op))
      return failure();
    Location loc = op.getLoc();
    ColumnInfo info = columns.lookup(op);
    ValueRange weights = adaptor.getWeights();
    Bags bags =
        createBags(rewriter, loc, columns, info, adaptor.getIds(), weights);
    Value gradient = readRows(rewriter, loc, adaptor.getGradient().front());
    createRuntimeCall(
        rewriter, loc, columns.getModule(), "embcol_core_check_gradients", {},
        {createInt64(rewriter, loc, info.ordinal), bags.starts, gradient});
    Value numEntries = memref::DimOp::create(rewriter, loc, bags.weights, 0);
    Value out = allocate(rewriter, loc, {ShapedType::kDynamic},
                         rewriter.getF32Type(), numEntries);
    // What is cut is in no bag.
    if (info.isOnTensorCore()) {
      Value zero = arith::ConstantOp::create(rewriter, loc,
                                             rewriter.getF32FloatAttr(0.0));
      linalg::FillOp::create(rewriter, loc, zero, out);
    }
    func::FuncOp kernel = getOrCreateWeightGradientKernel(
        rewriter, columns.getModule(), info.getSignature());
    emit(rewriter, loc, info, kernel, "embcol_core_weight_gradients", bags,
         {gradient, out});
    SmallVector<Value> parts = {toTensor(rewriter, loc, out)};
    llvm::append_range(parts, weights.drop_front());
    rewriter.replaceOpWithMultiple(op, {parts});
    return success();
  }
};
} // namespace

void mlir::embcol::populateLookupPatterns(
    RewritePatternSet &patterns, const RaggedTypeConverter &converter,
    const ColumnMap &columns, Device device, EmitBagKernelCall emitCall,
    StringRef runFunction, GetLookupKernel getKernel) {
  patterns.add<LookupPattern<LookupOp>, LookupPattern<SequenceLookupOp>,
               GroupedLookupPattern, WeightGradientsPattern>(
      converter, columns, device, emitCall, runFunction, getKernel);
}
