//===- LookupKernel.cpp - The kernel of a lookup --------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BagEntries.h"
#include "RowTypes.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::embcol;

std::string LookupSignature::getKernelName(StringRef what) const {
  std::string name;
  llvm::raw_string_ostream os(name);
  auto quantized = dyn_cast<QuantizedType>(rowType);
  os << "embcol_" << what << "_" << stringifyCombiner(combiner) << "_"
     << dimension << "x" << (quantized ? quantized.getStorage() : rowType)
     << (isWeighted ? "_weighted" : "") << (isSafe ? "_safe" : "")
     << (prefetch.getIsLarge() ? "_large" : "");
  return name;
}

namespace {
class LookupKernelBuilder {
public:
  LookupKernelBuilder(ImplicitLocOpBuilder &builder,
                      const LookupSignature &signature)
      : builder(builder), signature(signature), entries(builder, signature) {}

  func::FuncOp build(ModuleOp module);

private:
  Value buildBag(Value bag, Value start, Value end, Value bad);
  Value buildTile(const Tile &tile, Value bag, Value start, Value end,
                  Value bad);
  SmallVector<Value> buildSum(ArrayRef<Tile> pieces,
                              const BagEntries::Entry &entry, ValueRange sums);
  void buildStores(ArrayRef<Tile> pieces, Value bag, ValueRange sums);
  Value buildQuotient(Value sum, Value divisor);

  bool isQuantized() const { return isa<QuantizedType>(signature.rowType); }

  ImplicitLocOpBuilder &builder;
  const LookupSignature &signature;
  BagEntries entries;
  Value out;
};
} // namespace

func::FuncOp LookupKernelBuilder::build(ModuleOp module) {
  Type index = builder.getIndexType();
  SmallVector<Type> types = entries.getArgumentTypes();
  types.append({getBufferType(builder.getF32Type(), 2), index, index});
  func::FuncOp kernel =
      createKernel(builder, module, signature.getKernelName("lookup"),
                   builder.getFunctionType(types, index));
  ValueRange arguments = kernel.getArguments();
  entries.setArguments(arguments);
  out = arguments[5];
  Value bad = entries.forEachBag(
      arguments[6], arguments[7],
      [&](Value bag, Value start, Value end, Value firstBad) {
        return buildBag(bag, start, end, firstBad);
      });
  func::ReturnOp::create(builder, bad);
  return kernel;
}

/// Pools one bag. Returns the first bad position so far.
Value LookupKernelBuilder::buildBag(Value bag, Value start, Value end,
                                    Value bad) {
  return forEachTile(builder, signature.dimension, bad,
                     [&](const Tile &tile, ValueRange state) {
                       return SmallVector<Value>{
                           buildTile(tile, bag, start, end, state.front())};
                     })
      .front();
}

/// The loop over the entries of a bag carries the sums of the tile's values, in
/// pieces; where rows are quantized the sum of their biases; for mean and sqrtn
/// that of the weights.
Value LookupKernelBuilder::buildTile(const Tile &tile, Value bag, Value start,
                                     Value end, Value bad) {
  Value one = createIndex(builder, builder.getLoc(), 1);
  SmallVector<Tile> pieces = cutTile(builder, signature.rowType, tile);
  SmallVector<Value> initial;
  auto addZero = [&](Type type) {
    initial.push_back(
        arith::ConstantOp::create(builder, builder.getZeroAttr(type)));
  };
  for (const Tile &piece : pieces)
    llvm::for_each(getValueTypes(signature.rowType, piece), addZero);
  if (isQuantized())
    addZero(builder.getF32Type());
  if (entries.hasNorm())
    addZero(builder.getF64Type());
  initial.push_back(bad);

  auto loop = scf::ForOp::create(
      builder, start, end, one, initial,
      [&](OpBuilder &, Location, Value position, ValueRange state) {
        entries.buildPrefetch(tile, position);
        BagEntries::Entry entry = entries.buildEntry(position);
        SmallVector<Value> next = buildSum(pieces, entry, state.drop_back());
        next.push_back(entries.buildFirstBad(entry, position, state.back()));
        scf::YieldOp::create(builder, next);
      });
  ValueRange results = loop.getResults();
  buildStores(pieces, bag, results.drop_back());
  return results.back();
}

/// factor * value + sum, of vectors or scalars of one type; a null factor is 1.
static Value addProduct(ImplicitLocOpBuilder &builder, Value factor,
                        Value value, Value sum) {
  if (!factor)
    return arith::AddFOp::create(builder, sum, value);
  if (auto type = dyn_cast<VectorType>(sum.getType()))
    factor = vector::BroadcastOp::create(builder, type, factor);
  return math::FmaOp::create(builder, factor, value, sum);
}

/// Adds an entry to the sums. A branch, and not a product with zero, keeps rows
/// that are not looked up from mattering, whatever they hold.
SmallVector<Value> LookupKernelBuilder::buildSum(ArrayRef<Tile> pieces,
                                                 const BagEntries::Entry &entry,
                                                 ValueRange sums) {
  auto branch = scf::IfOp::create(
      builder, entry.isKept,
      [&](OpBuilder &, Location) {
        Value rows = entries.getRows();
        RowScale scale = loadScale(builder, signature.rowType, rows, entry.row);
        // One factor for weight and scale, and one sum of all biases: an entry
        // of quantized rows costs no more arithmetic on vectors than another.
        Value factor = entry.weight;
        if (scale.scale)
          factor = factor ? arith::MulFOp::create(builder, factor, scale.scale)
                          : scale.scale;
        SmallVector<Value> next;
        for (const Tile &piece : pieces)
          for (Value values :
               loadValues(builder, signature.rowType, rows, entry.row, piece))
            next.push_back(
                addProduct(builder, factor, values, sums[next.size()]));
        if (scale.bias)
          next.push_back(
              addProduct(builder, entry.weight, scale.bias, sums[next.size()]));
        if (entries.hasNorm())
          next.push_back(entries.buildNorm(entry, sums.back()));
        scf::YieldOp::create(builder, next);
      },
      [&](OpBuilder &, Location) { scf::YieldOp::create(builder, sums); });
  return llvm::to_vector_of<Value>(branch.getResults());
}

/// Writes what the sums of a bag make.
void LookupKernelBuilder::buildStores(ArrayRef<Tile> pieces, Value bag,
                                      ValueRange sums) {
  Value divisor;
  if (entries.hasNorm()) {
    divisor = arith::TruncFOp::create(builder, builder.getF32Type(),
                                      entries.buildDivisor(sums.back()));
    sums = sums.drop_back();
  }
  Value bias;
  if (isQuantized()) {
    bias = sums.back();
    sums = sums.drop_back();
  }
  for (const Tile &piece : pieces) {
    size_t numValues = getValueTypes(signature.rowType, piece).size();
    Value sum = joinValues(builder, piece, sums.take_front(numValues));
    sums = sums.drop_front(numValues);
    if (bias)
      sum = arith::AddFOp::create(
          builder, sum, vector::BroadcastOp::create(builder, piece.type, bias));
    if (divisor)
      sum = buildQuotient(sum, divisor);
    vector::StoreOp::create(builder, sum, out, ValueRange{bag, piece.offset});
  }
}

/// 0 where the divisor is, whatever the rows hold.
Value LookupKernelBuilder::buildQuotient(Value sum, Value divisor) {
  Value zero = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0.0));
  Value isZero =
      arith::CmpFOp::create(builder, arith::CmpFPredicate::OEQ, divisor, zero);
  Value divisors = vector::BroadcastOp::create(builder, sum.getType(), divisor);
  Value zeros =
      arith::ConstantOp::create(builder, builder.getZeroAttr(sum.getType()));
  Value quotient = arith::DivFOp::create(builder, sum, divisors);
  return arith::SelectOp::create(builder, isZero, zeros, quotient);
}

func::FuncOp
mlir::embcol::getOrCreateLookupKernel(OpBuilder &builder, ModuleOp module,
                                      const LookupSignature &signature) {
  if (auto kernel =
          module.lookupSymbol<func::FuncOp>(signature.getKernelName("lookup")))
    return kernel;
  OpBuilder::InsertionGuard guard(builder);
  ImplicitLocOpBuilder kernelBuilder(module.getLoc(), builder);
  return LookupKernelBuilder(kernelBuilder, signature).build(module);
}
