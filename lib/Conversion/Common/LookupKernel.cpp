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
  os << "embcol_" << what << "_" << stringifyCombiner(combiner) << "_"
     << dimension << "x" << rowType << (isWeighted ? "_weighted" : "")
     << (isSafe ? "_safe" : "") << (isLarge ? "_large" : "");
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
  SmallVector<Value> buildSum(const Tile &tile, const BagEntries::Entry &entry,
                              ValueRange sums);
  void buildStore(const Tile &tile, Value bag, Value sum, Value norm);

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

Value LookupKernelBuilder::buildTile(const Tile &tile, Value bag, Value start,
                                     Value end, Value bad) {
  Value one = createIndex(builder, builder.getLoc(), 1);
  SmallVector<Value> initial = {
      arith::ConstantOp::create(builder, builder.getZeroAttr(tile.type))};
  if (entries.hasNorm())
    initial.push_back(
        arith::ConstantOp::create(builder, builder.getF64FloatAttr(0.0)));
  initial.push_back(bad);

  auto loop = scf::ForOp::create(
      builder, start, end, one, initial,
      [&](OpBuilder &, Location, Value position, ValueRange state) {
        entries.buildPrefetch(tile, position);
        BagEntries::Entry entry = entries.buildEntry(position);
        SmallVector<Value> next = buildSum(tile, entry, state.drop_back());
        next.push_back(entries.buildFirstBad(entry, position, state.back()));
        scf::YieldOp::create(builder, next);
      });
  ResultRange results = loop.getResults();
  buildStore(tile, bag, results.front(),
             entries.hasNorm() ? results[1] : Value());
  return results.back();
}

/// Adds an entry to the sums, the row's and for mean and sqrtn the weights'. A
/// branch, and not a product with zero, keeps rows that are not looked up from
/// mattering, whatever they hold.
SmallVector<Value> LookupKernelBuilder::buildSum(const Tile &tile,
                                                 const BagEntries::Entry &entry,
                                                 ValueRange sums) {
  auto branch = scf::IfOp::create(
      builder, entry.isKept,
      [&](OpBuilder &, Location) {
        Value row = loadWeights(builder, entries.getRows(), entry.row, tile);
        SmallVector<Value> next;
        if (signature.isWeighted) {
          Value weight =
              vector::BroadcastOp::create(builder, tile.type, entry.weight);
          next.push_back(
              math::FmaOp::create(builder, weight, row, sums.front()));
        } else {
          next.push_back(arith::AddFOp::create(builder, sums.front(), row));
        }
        if (entries.hasNorm())
          next.push_back(entries.buildNorm(entry, sums[1]));
        scf::YieldOp::create(builder, next);
      },
      [&](OpBuilder &, Location) { scf::YieldOp::create(builder, sums); });
  return llvm::to_vector_of<Value>(branch.getResults());
}

void LookupKernelBuilder::buildStore(const Tile &tile, Value bag, Value sum,
                                     Value norm) {
  if (norm) {
    Value divisor = arith::TruncFOp::create(builder, builder.getF32Type(),
                                            entries.buildDivisor(norm));
    Value zero =
        arith::ConstantOp::create(builder, builder.getF32FloatAttr(0.0));
    Value isZero = arith::CmpFOp::create(builder, arith::CmpFPredicate::OEQ,
                                         divisor, zero);
    Value divisors = vector::BroadcastOp::create(builder, tile.type, divisor);
    Value zeros =
        arith::ConstantOp::create(builder, builder.getZeroAttr(tile.type));
    sum = arith::DivFOp::create(builder, sum, divisors);
    // Whatever the rows hold.
    sum = arith::SelectOp::create(builder, isZero, zeros, sum);
  }
  vector::StoreOp::create(builder, sum, out, ValueRange{bag, tile.offset});
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
