//===- UpdateKernel.cpp - The kernel of an update -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowTypes.h"
#include "RuleEmitter.h"
#include "embcol/Conversion/Common/Kernels.h"
#include "embcol/Conversion/Common/Runtime.h"
#include "embcol/Dialect/EmbCol/IR/UpdateRule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::embcol;

std::string UpdateSignature::getKernelName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  OptimizerAttrInterface rule = optimizer;
  os << "embcol_update_" << rule.getRuleName() << "_" << dimension << "x"
     << rowType << (stochasticRounding ? "_stochastic" : "");
  return name;
}

namespace {
/// Which entries' gradients an update of a row takes.
struct Entries {
  Value start;
  /// Null for the one at `start`.
  Value end;
};

class UpdateKernelBuilder {
public:
  UpdateKernelBuilder(ImplicitLocOpBuilder &builder,
                      const UpdateSignature &signature, func::FuncOp rule);

  func::FuncOp build(ModuleOp module, StringRef name);

private:
  void buildRow(Value position);
  Value buildRowSeed();
  Value buildRowAhead(Value position);
  Value getSlotColumn(Value offset, size_t slot);
  void buildPrefetch(const Tile &tile);

  void buildUpdate(Entries entries);
  void buildRowSlots();
  void buildPhase(ArrayRef<Operation *> phase, Entries entries);
  void buildLastPhase(Entries entries);
  SmallVector<Value> emit(const Tile &tile, ValueRange wanted, Entries entries);
  Value toVector(const Tile &tile, Value value);
  Value buildArgument(const Tile &tile, unsigned argument);
  Value finishReduction(Operation *reduction, Value sum);

  Value buildGradient(const Tile &tile, Entries entries);
  Value buildEntry(const Tile &tile, Value entry, Value sum);

  bool isOneTile() const { return mlir::embcol::isOneTile(dimension); }
  bool accumulatesGradients() const {
    return !options || options.getUseGradientAccumulation();
  }

  ImplicitLocOpBuilder &builder;
  RuleEmitter emitter;
  OptimizerOptionsAttr options;
  int64_t dimension;
  Type rowType;
  bool roundsStochastically;
  int64_t numTurns;
  PrefetchAttr prefetchOptions;
  SmallVector<Slot> slotSpecs;
  SmallVector<int64_t> slotOffsets;
  int64_t slotWidth = 0;
  Value rows, slots, uniqueRows, segments, sources, offsets, scales, gradients;
  Value learningRate, step, seed, one, lastPosition;

  // Of the row that is updated.
  Value row, rowAhead;
  /// What the random bits of this update come from; null without any.
  Value roundingSeed;
  SmallVector<Value> rowSlots;
  RuleEmitter::Reductions reductions;
  /// The sum of the gradients, kept from the first phase on, where there is
  /// more than one.
  Value keptGradient;
  bool isFirstPhase = true;
};
} // namespace

UpdateKernelBuilder::UpdateKernelBuilder(ImplicitLocOpBuilder &builder,
                                         const UpdateSignature &signature,
                                         func::FuncOp rule)
    : builder(builder), emitter(rule), options(signature.options),
      dimension(signature.dimension), rowType(signature.rowType),
      roundsStochastically(signature.stochasticRounding),
      numTurns(signature.numTurns), prefetchOptions(signature.prefetch) {
  OptimizerAttrInterface optimizer = signature.optimizer;
  slotSpecs = optimizer.getSlots();
  for (const Slot &slot : slotSpecs) {
    slotOffsets.push_back(slotWidth);
    slotWidth += slot.isRowWise ? 1 : dimension;
  }
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

func::FuncOp UpdateKernelBuilder::build(ModuleOp module, StringRef name) {
  Type index = builder.getIndexType(), f32 = builder.getF32Type();
  Type i64 = builder.getI64Type(), idBuffer = getBufferType(i64, 1);
  auto type = builder.getFunctionType(
      {getBufferType(rowType, 2), getBufferType(f32, 2), idBuffer, idBuffer,
       idBuffer, idBuffer, getBufferType(f32, 1), getBufferType(f32, 1), f32,
       i64, i64, index, index},
      {});
  func::FuncOp kernel = createKernel(builder, module, name, type);
  ValueRange arguments = kernel.getArguments();
  rows = castToRows(builder, arguments[0], dimension, rowType);
  if (slotWidth > 0)
    slots = castToRows(builder, arguments[1], slotWidth, f32);
  uniqueRows = arguments[2], segments = arguments[3], sources = arguments[4];
  offsets = arguments[5], scales = arguments[6], gradients = arguments[7];
  learningRate = arguments[8], step = arguments[9], seed = arguments[10];
  Value begin = arguments[11], end = arguments[12];
  if (!emitter.getPhases().empty() && !isOneTile() && accumulatesGradients())
    keptGradient =
        memref::AllocOp::create(builder, MemRefType::get({dimension}, f32),
                                builder.getI64IntegerAttr(64));

  one = createIndex(builder, builder.getLoc(), 1);
  lastPosition = arith::SubIOp::create(builder, end, one);
  scf::ForOp::create(builder, begin, end, one, ValueRange(),
                     [&](OpBuilder &, Location, Value position, ValueRange) {
                       buildRow(position);
                       scf::YieldOp::create(builder);
                     });
  func::ReturnOp::create(builder);
  return kernel;
}

void UpdateKernelBuilder::buildRow(Value position) {
  rowAhead = buildRowAhead(position);
  row = loadIndex(builder, uniqueRows, position);
  Value next = arith::AddIOp::create(builder, position, one);
  Value start = loadIndex(builder, segments, position);
  Value end = loadIndex(builder, segments, next);
  Value rowSeed;
  if (roundsStochastically)
    rowSeed = buildRowSeed();
  auto update = [&](Entries entries, Value number) {
    if (rowSeed)
      roundingSeed = createSplitMix64(builder, rowSeed, number);
    buildUpdate(entries);
  };
  if (accumulatesGradients())
    return update({start, end}, createIndex(builder, builder.getLoc(), 0));
  forEachTile(builder, dimension, {}, [&](const Tile &tile, auto) {
    buildPrefetch(tile);
    return SmallVector<Value>();
  });
  scf::ForOp::create(builder, start, end, one, ValueRange(),
                     [&](OpBuilder &, Location, Value entry, ValueRange) {
                       Value number =
                           arith::SubIOp::create(builder, entry, start);
                       update({entry, /*end=*/Value()}, number);
                       scf::YieldOp::create(builder);
                     });
}

/// What the random bits of a row come from: its id, which is not its place
/// where partitions take turns.
Value UpdateKernelBuilder::buildRowSeed() {
  Value id = row;
  if (numTurns > 1) {
    Value numRows = memref::DimOp::create(builder, rows, int64_t(0));
    id = createRowOfTurns(builder, row, numRows, numTurns);
  }
  return createSplitMix64(builder, seed, id);
}

/// The row that is updated so much later.
Value UpdateKernelBuilder::buildRowAhead(Value position) {
  Value distance =
      createIndex(builder, builder.getLoc(), prefetchOptions.getDistance());
  Value ahead = arith::AddIOp::create(builder, position, distance);
  ahead = arith::MinSIOp::create(builder, ahead, lastPosition);
  return loadIndex(builder, uniqueRows, ahead);
}

/// Where a slot is in a row of slots, for the weights from `offset` on.
Value UpdateKernelBuilder::getSlotColumn(Value offset, size_t slot) {
  bool isRowWise = slotSpecs[slot].isRowWise;
  if (slotOffsets[slot] == 0 && !isRowWise)
    return offset;
  Value begin = createIndex(builder, builder.getLoc(), slotOffsets[slot]);
  return isRowWise ? begin : arith::AddIOp::create(builder, offset, begin);
}

void UpdateKernelBuilder::buildPrefetch(const Tile &tile) {
  int64_t size = tile.type.getNumElements();
  prefetch(builder, rows, rowAhead, tile.offset, size, prefetchOptions);
  for (size_t slot = 0; slot < slotSpecs.size(); ++slot)
    prefetch(builder, slots, rowAhead, getSlotColumn(tile.offset, slot),
             slotSpecs[slot].isRowWise ? 1 : size, prefetchOptions);
}

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

/// The update of one row. Where it fits the registers, reductions over the row
/// are made of what is there; where it does not, the row is gone through once
/// for each phase of reductions, and once more.
void UpdateKernelBuilder::buildUpdate(Entries entries) {
  reductions.clear();
  isFirstPhase = true;
  buildRowSlots();
  if (!isOneTile())
    for (ArrayRef<Operation *> phase : emitter.getPhases()) {
      buildPhase(phase, entries);
      isFirstPhase = false;
    }
  buildLastPhase(entries);
}

void UpdateKernelBuilder::buildRowSlots() {
  rowSlots.assign(slotSpecs.size(), Value());
  for (size_t slot = 0; slot < slotSpecs.size(); ++slot)
    if (slotSpecs[slot].isRowWise)
      rowSlots[slot] = memref::LoadOp::create(
          builder, slots, ValueRange{row, getSlotColumn(/*offset=*/{}, slot)});
}

void UpdateKernelBuilder::buildPhase(ArrayRef<Operation *> phase,
                                     Entries entries) {
  Value zero = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0.0));
  SmallVector<Value> operands;
  for (Operation *reduction : phase)
    operands.push_back(reduction->getOperand(0));
  SmallVector<Value> results =
      forEachTile(builder, dimension, SmallVector<Value>(phase.size(), zero),
                  [&](const Tile &tile, ValueRange sums) {
                    SmallVector<Value> next = emit(tile, operands, entries);
                    for (auto [value, sum] : llvm::zip(next, sums))
                      value = sumVector(builder, toVector(tile, value), sum);
                    return next;
                  });
  for (auto [reduction, sum] : llvm::zip(phase, results))
    reductions[reduction] = finishReduction(reduction, sum);
}

void UpdateKernelBuilder::buildLastPhase(Entries entries) {
  forEachTile(builder, dimension, {}, [&](const Tile &tile, auto) {
    SmallVector<Value> results = emit(tile, emitter.getResults(), entries);
    Value bits;
    if (roundingSeed)
      bits = createRandomBits(builder, roundingSeed, tile);
    storeWeights(builder, toVector(tile, results.front()), rows, row, tile,
                 bits);
    for (size_t slot = 0; slot < slotSpecs.size(); ++slot) {
      SmallVector<Value> place = {row, getSlotColumn(tile.offset, slot)};
      Value value = results[slot + 1];
      if (slotSpecs[slot].isRowWise)
        memref::StoreOp::create(builder, value, slots, place);
      else
        vector::StoreOp::create(builder, toVector(tile, value), slots, place);
    }
    return SmallVector<Value>();
  });
}

SmallVector<Value> UpdateKernelBuilder::emit(const Tile &tile,
                                             ValueRange wanted,
                                             Entries entries) {
  Value gradient;
  if (isFirstPhase) {
    if (accumulatesGradients())
      buildPrefetch(tile);
    gradient = buildGradient(tile, entries);
    if (keptGradient)
      vector::StoreOp::create(builder, gradient, keptGradient, tile.offset);
  }
  auto getArgument = [&](unsigned argument) -> Value {
    if (argument != 1)
      return buildArgument(tile, argument);
    if (gradient)
      return gradient;
    if (!keptGradient)
      return buildGradient(tile, entries);
    return vector::LoadOp::create(builder, tile.type, keptGradient,
                                  tile.offset);
  };
  auto reduce = [&](Operation *reduction, Value vector) {
    return finishReduction(reduction, sumVector(builder, vector));
  };
  return emitter.emit(builder, tile.type, wanted, reductions,
                      {getArgument, reduce});
}

/// A value for each weight of the tile, also where it is the same for all.
Value UpdateKernelBuilder::toVector(const Tile &tile, Value value) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(builder, tile.type, value);
}

/// An argument of the rule that is not the gradient.
Value UpdateKernelBuilder::buildArgument(const Tile &tile, unsigned argument) {
  if (argument == 0)
    return loadWeights(builder, rowType, rows, row, tile);
  size_t slot = argument - 2;
  if (slot == slotSpecs.size())
    return learningRate;
  if (slot > slotSpecs.size())
    return step;
  if (slotSpecs[slot].isRowWise)
    return rowSlots[slot];
  return vector::LoadOp::create(
      builder, tile.type, slots,
      ValueRange{row, getSlotColumn(tile.offset, slot)});
}

Value UpdateKernelBuilder::finishReduction(Operation *reduction, Value sum) {
  if (!isa<RowMeanOp>(reduction))
    return sum;
  Value count = arith::ConstantOp::create(
      builder, builder.getF32FloatAttr(static_cast<float>(dimension)));
  return arith::DivFOp::create(builder, sum, count);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// The gradient of a tile of the row, summed over the entries.
Value UpdateKernelBuilder::buildGradient(const Tile &tile, Entries entries) {
  Value zero =
      arith::ConstantOp::create(builder, builder.getZeroAttr(tile.type));
  if (!entries.end)
    return buildEntry(tile, entries.start, zero);
  auto loop = scf::ForOp::create(
      builder, entries.start, entries.end, one, zero,
      [&](OpBuilder &, Location, Value entry, ValueRange sum) {
        scf::YieldOp::create(builder, buildEntry(tile, entry, sum.front()));
      });
  return loop.getResult(0);
}

Value UpdateKernelBuilder::buildEntry(const Tile &tile, Value entry,
                                      Value sum) {
  Value source = loadIndex(builder, sources, entry);
  Value scale = memref::LoadOp::create(builder, scales, source);
  Value begin = loadIndex(builder, offsets, source);
  begin = arith::AddIOp::create(builder, begin, tile.offset);
  Value gradient = vector::LoadOp::create(builder, tile.type, gradients, begin);
  Value factor = vector::BroadcastOp::create(builder, tile.type, scale);
  return math::FmaOp::create(builder, factor, gradient, sum);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static bool isSameKernel(func::FuncOp lhs, func::FuncOp rhs) {
  return lhs.getFunctionType() == rhs.getFunctionType() &&
         OperationEquivalence::isRegionEquivalentTo(
             &lhs.getBody(), &rhs.getBody(),
             OperationEquivalence::IgnoreLocations);
}

func::FuncOp
mlir::embcol::getOrCreateUpdateKernel(ModuleOp module,
                                      const UpdateSignature &signature) {
  // Unknown to any rewriter, since it may go again.
  ImplicitLocOpBuilder builder(module.getLoc(), module.getContext());
  std::string base = signature.getKernelName();
  func::FuncOp rule =
      createUpdateRule(module, base, signature.optimizer, signature.options);
  func::FuncOp kernel =
      UpdateKernelBuilder(builder, signature, rule).build(module, base);
  rule.erase();
  kernel->remove();
  std::string name = base;
  for (size_t number = 1;; ++number) {
    auto existing = module.lookupSymbol<func::FuncOp>(name);
    if (!existing)
      break;
    if (isSameKernel(existing, kernel)) {
      kernel->erase();
      return existing;
    }
    name = base + "_" + llvm::utostr(number);
  }
  kernel.setName(name);
  module.getBody()->push_front(kernel);
  return kernel;
}
