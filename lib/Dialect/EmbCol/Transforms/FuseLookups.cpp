//===- FuseLookups.cpp - Lookups that are joined become one ---------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/Dialect/EmbCol/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_EMBCOLFUSELOOKUPSPASS
#include "embcol/Dialect/EmbCol/Transforms/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;
using namespace mlir::embcol;

static bool mayWrite(Operation &op) {
  std::optional<SmallVector<MemoryEffects::EffectInstance>> effects =
      getEffectsRecursively(&op);
  return !effects ||
         llvm::any_of(*effects, [](const MemoryEffects::EffectInstance &e) {
           return isa<MemoryEffects::Write>(e.getEffect());
         });
}

/// The ops before `concat` in its block that read there what they would read at
/// it: back to the last one that may write.
static llvm::DenseSet<Operation *> getMovableOps(tensor::ConcatOp concat) {
  llvm::DenseSet<Operation *> ops;
  for (Operation *op = concat->getPrevNode(); op && !mayWrite(*op);
       op = op->getPrevNode())
    ops.insert(op);
  return ops;
}

namespace {
/// Fuses what one op joins.
class ConcatFusion {
public:
  ConcatFusion(tensor::ConcatOp concat, SymbolTableCollection &symbols)
      : concat(concat), symbols(symbols), movableOps(getMovableOps(concat)) {}

  /// Returns how many lookups became part of another.
  unsigned run();

private:
  LookupOp getFusable(Value input) const;
  std::optional<Device> getDevice(LookupOp lookup) const {
    return symbols
        .lookupNearestSymbolFrom<ColumnOp>(lookup, lookup.getColumnAttr())
        .getEmbeddingLookupDevice();
  }
  Value fuse(ArrayRef<LookupOp> lookups);

  tensor::ConcatOp concat;
  SymbolTableCollection &symbols;
  llvm::DenseSet<Operation *> movableOps;
};
} // namespace

/// The lookup that `input` is the result of, if it can move to the concat.
LookupOp ConcatFusion::getFusable(Value input) const {
  auto lookup = input.getDefiningOp<LookupOp>();
  if (!lookup || !movableOps.contains(lookup) ||
      !llvm::all_of(lookup->getUsers(),
                    [&](Operation *user) { return user == concat; }))
    return nullptr;
  return getDevice(lookup) ? lookup : nullptr;
}

Value ConcatFusion::fuse(ArrayRef<LookupOp> lookups) {
  OpBuilder builder(concat);
  SmallVector<Attribute> columns;
  SmallVector<Value> ids, weights;
  SmallVector<Location> locations;
  int64_t width = 0;
  for (LookupOp lookup : lookups) {
    columns.push_back(lookup.getColumnAttr());
    ids.push_back(lookup.getIds());
    if (lookup.getWeights())
      weights.push_back(lookup.getWeights());
    locations.push_back(lookup.getLoc());
    width += lookup.getResult().getType().getDimSize(1);
  }
  auto type = RankedTensorType::get({ShapedType::kDynamic, width},
                                    concat.getResultType().getElementType());
  return GroupedLookupOp::create(builder, builder.getFusedLoc(locations), type,
                                 builder.getArrayAttr(columns), ids, weights);
}

unsigned ConcatFusion::run() {
  SmallVector<Value> inputs;
  SmallVector<LookupOp> fused, run;
  auto endRun = [&] {
    if (run.size() == 1)
      inputs.push_back(run.front().getResult());
    if (run.size() > 1) {
      inputs.push_back(fuse(run));
      llvm::append_range(fused, run);
    }
    run.clear();
  };
  for (Value input : concat.getInputs()) {
    LookupOp lookup = getFusable(input);
    if (!lookup || (!run.empty() && getDevice(lookup) != getDevice(run[0])))
      endRun();
    if (lookup)
      run.push_back(lookup);
    else
      inputs.push_back(input);
  }
  endRun();
  if (fused.empty())
    return 0;
  if (inputs.size() == 1 && inputs[0].getType() == concat.getType()) {
    concat.replaceAllUsesWith(inputs[0]);
    concat.erase();
  } else {
    concat.getInputsMutable().assign(inputs);
  }
  // The same lookup may be joined twice.
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (LookupOp lookup : fused)
    if (seen.insert(lookup).second && lookup.use_empty())
      lookup.erase();
  return fused.size();
}

namespace {
struct FuseLookups
    : public mlir::embcol::impl::EmbColFuseLookupsPassBase<FuseLookups> {
  void runOnOperation() override {
    SymbolTableCollection symbols;
    SmallVector<tensor::ConcatOp> concats;
    getOperation().walk([&](tensor::ConcatOp op) {
      if (op.getDim() == 1)
        concats.push_back(op);
    });
    for (tensor::ConcatOp concat : concats)
      numFused += ConcatFusion(concat, symbols).run();
  }
};
} // namespace
