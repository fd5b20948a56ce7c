//===- WeightGradientKernel.cpp - The kernel of weights' gradients --------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With g the gradient of a bag, r and w the row and the weight of an entry, the
// derivative with respect to w of what the lookup gives is
//
//   sum:    g·r
//   mean:   (g·r - p) / Σw             where p = Σ w (g·r) / Σw
//   sqrtn:  g·r / N - p w / N²         where p = Σ w (g·r) / N, N = √Σw²
//
// p is the product of g and the pooled row, which is thus not needed. A first
// loop over the entries of a bag reads rows and leaves the products g·r where
// the results go; for mean and sqrtn a second one, which reads none, makes
// results of them.
//
//===----------------------------------------------------------------------===//

#include "BagEntries.h"
#include "RowTypes.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::embcol;

namespace {
class WeightGradientKernelBuilder {
public:
  WeightGradientKernelBuilder(ImplicitLocOpBuilder &builder,
                              const LookupSignature &signature)
      : builder(builder), signature(signature), entries(builder, signature) {}

  func::FuncOp build(ModuleOp module, StringRef name);

private:
  Value buildBag(Value bag, Value start, Value end, Value bad);
  void buildPrefetch(Value position);
  SmallVector<Value> buildProduct(Value bag, const BagEntries::Entry &entry,
                                  ValueRange sums);
  Value buildDot(Value bag, Value row);
  void buildCorrection(Value start, Value end, Value sum, Value norm);
  Value buildCorrected(const BagEntries::Entry &entry, Value product,
                       Value pooled, Value divisor, Value norm);

  Value loadGradient(const Tile &tile, Value bag) {
    return vector::LoadOp::create(builder, tile.type, gradients,
                                  ValueRange{bag, tile.offset});
  }
  Value toDouble(Value value) {
    return arith::ExtFOp::create(builder, builder.getF64Type(), value);
  }
  Value createFloat(FloatAttr value) {
    return arith::ConstantOp::create(builder, value);
  }

  ImplicitLocOpBuilder &builder;
  const LookupSignature &signature;
  BagEntries entries;
  Value gradients, out;
  /// The gradient of the bag, where it is one tile: it stays in registers.
  Value bagGradient;
};
} // namespace

func::FuncOp WeightGradientKernelBuilder::build(ModuleOp module,
                                                StringRef name) {
  Type index = builder.getIndexType(), f32 = builder.getF32Type();
  SmallVector<Type> types = entries.getArgumentTypes();
  types.append({getBufferType(f32, 2), getBufferType(f32, 1), index, index});
  func::FuncOp kernel = createKernel(builder, module, name,
                                     builder.getFunctionType(types, index));
  ValueRange arguments = kernel.getArguments();
  entries.setArguments(arguments);
  gradients = arguments[5], out = arguments[6];
  Value bad = entries.forEachBag(
      arguments[7], arguments[8],
      [&](Value bag, Value start, Value end, Value firstBad) {
        return buildBag(bag, start, end, firstBad);
      });
  func::ReturnOp::create(builder, bad);
  return kernel;
}

/// Returns the first bad position so far.
Value WeightGradientKernelBuilder::buildBag(Value bag, Value start, Value end,
                                            Value bad) {
  bagGradient = {};
  if (isOneTile(signature.dimension))
    forEachTile(builder, signature.dimension, {},
                [&](const Tile &tile, ValueRange) {
                  bagGradient = loadGradient(tile, bag);
                  return SmallVector<Value>();
                });
  SmallVector<Value> initial = {bad};
  if (entries.hasNorm())
    initial.append(2, createFloat(builder.getF64FloatAttr(0.0)));
  Value one = createIndex(builder, builder.getLoc(), 1);
  auto loop = scf::ForOp::create(
      builder, start, end, one, initial,
      [&](OpBuilder &, Location, Value position, ValueRange state) {
        buildPrefetch(position);
        BagEntries::Entry entry = entries.buildEntry(position);
        SmallVector<Value> next = buildProduct(bag, entry, state.drop_front());
        memref::StoreOp::create(builder, next.front(), out, position);
        next.front() = entries.buildFirstBad(entry, position, state.front());
        scf::YieldOp::create(builder, next);
      });
  ResultRange results = loop.getResults();
  if (entries.hasNorm())
    buildCorrection(start, end, results[1], results[2]);
  return results.front();
}

void WeightGradientKernelBuilder::buildPrefetch(Value position) {
  forEachTile(builder, signature.dimension, {},
              [&](const Tile &tile, ValueRange) {
                entries.buildPrefetch(tile, position);
                return SmallVector<Value>();
              });
}

/// The product g·r of an entry, 0 for one that is dropped, and for mean and
/// sqrtn the sums of w (g·r) and of the norm, this entry added. Rows that are
/// not looked up are not read.
SmallVector<Value> WeightGradientKernelBuilder::buildProduct(
    Value bag, const BagEntries::Entry &entry, ValueRange sums) {
  auto branch = scf::IfOp::create(
      builder, entry.isKept,
      [&](OpBuilder &, Location) {
        SmallVector<Value> next = {buildDot(bag, entry.row)};
        if (entries.hasNorm()) {
          Value term = arith::MulFOp::create(builder, toDouble(entry.weight),
                                             toDouble(next.front()));
          next.push_back(arith::AddFOp::create(builder, sums[0], term));
          next.push_back(entries.buildNorm(entry, sums[1]));
        }
        scf::YieldOp::create(builder, next);
      },
      [&](OpBuilder &, Location) {
        SmallVector<Value> next = {createFloat(builder.getF32FloatAttr(0.0))};
        llvm::append_range(next, sums);
        scf::YieldOp::create(builder, next);
      });
  return llvm::to_vector_of<Value>(branch.getResults());
}

Value WeightGradientKernelBuilder::buildDot(Value bag, Value row) {
  Value zero = createFloat(builder.getF32FloatAttr(0.0));
  return forEachTile(builder, signature.dimension, zero,
                     [&](const Tile &tile, ValueRange sum) {
                       Value values = loadWeights(builder, signature.rowType,
                                                  entries.getRows(), row, tile);
                       Value gradient =
                           bagGradient ? bagGradient : loadGradient(tile, bag);
                       Value products =
                           arith::MulFOp::create(builder, gradient, values);
                       return SmallVector<Value>{
                           sumVector(builder, products, sum.front())};
                     })
      .front();
}

/// Makes results of the products of a bag.
void WeightGradientKernelBuilder::buildCorrection(Value start, Value end,
                                                  Value sum, Value norm) {
  Value divisor = entries.buildDivisor(norm);
  Value zero = createFloat(builder.getF64FloatAttr(0.0));
  Value hasDivisor =
      arith::CmpFOp::create(builder, arith::CmpFPredicate::UNE, divisor, zero);
  Value pooled = arith::DivFOp::create(builder, sum, divisor);
  Value one = createIndex(builder, builder.getLoc(), 1);
  scf::ForOp::create(
      builder, start, end, one, ValueRange(),
      [&](OpBuilder &, Location, Value position, ValueRange) {
        BagEntries::Entry entry = entries.buildEntry(position);
        Value product =
            toDouble(memref::LoadOp::create(builder, out, position));
        Value result = buildCorrected(entry, product, pooled, divisor, norm);
        Value counts = arith::AndIOp::create(builder, entry.isKept, hasDivisor);
        result = arith::SelectOp::create(builder, counts, result, zero);
        result = arith::TruncFOp::create(builder, builder.getF32Type(), result);
        memref::StoreOp::create(builder, result, out, position);
        scf::YieldOp::create(builder);
      });
}

Value WeightGradientKernelBuilder::buildCorrected(
    const BagEntries::Entry &entry, Value product, Value pooled, Value divisor,
    Value norm) {
  if (signature.combiner == Combiner::Mean) {
    Value difference = arith::SubFOp::create(builder, product, pooled);
    return arith::DivFOp::create(builder, difference, divisor);
  }
  // Exact for the only entry of a bag, for which this is 0.
  Value correction =
      arith::MulFOp::create(builder, pooled, toDouble(entry.weight));
  correction = arith::DivFOp::create(builder, correction, norm);
  Value quotient = arith::DivFOp::create(builder, product, divisor);
  return arith::SubFOp::create(builder, quotient, correction);
}

func::FuncOp mlir::embcol::getOrCreateWeightGradientKernel(
    OpBuilder &builder, ModuleOp module, const LookupSignature &signature) {
  std::string name = signature.getKernelName("weight_gradients");
  if (auto kernel = module.lookupSymbol<func::FuncOp>(name))
    return kernel;
  OpBuilder::InsertionGuard guard(builder);
  ImplicitLocOpBuilder kernelBuilder(module.getLoc(), builder);
  return WeightGradientKernelBuilder(kernelBuilder, signature)
      .build(module, name);
}
