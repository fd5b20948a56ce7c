//===- Evaluator.cpp - Functions of the dialect, evaluated ----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Scalars.h"
#include "TensorOps.h"

#include "absl/strings/str_cat.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace embcol;
using namespace embcol::reference;
using llvm::cast;
using llvm::dyn_cast;
using mlir::Attribute;
using mlir::Operation;
namespace ir = mlir::embcol;

static absl::Status refuse(Operation &op) {
  return absl::InvalidArgumentError(
      absl::StrCat("the reference interpreter cannot evaluate '",
                   op.getName().getStringRef().str(), "'"));
}

/// One result, or the error.
static Evaluator::Results toResults(absl::StatusOr<Datum> datum) {
  if (!datum.ok())
    return datum.status();
  return std::vector<Datum>{*std::move(datum)};
}

std::vector<Datum> Evaluator::getValues(mlir::ValueRange values, Frame &frame) {
  std::vector<Datum> found;
  for (mlir::Value value : values)
    found.push_back(frame.at(value));
  return found;
}

//===----------------------------------------------------------------------===//
// Functions and control flow
//===----------------------------------------------------------------------===//

/// Calls what the program was given: float(int64_t).
static Evaluator::Results callExternal(mlir::func::FuncOp function,
                                       void *address,
                                       const std::vector<Datum> &arguments) {
  std::string name = function.getSymName().str();
  if (!address)
    return absl::InvalidArgumentError(
        absl::StrCat("no function '", name, "' is given"));
  mlir::Builder builder(function.getContext());
  mlir::Type f32 = builder.getF32Type();
  if (function.getFunctionType() !=
      builder.getFunctionType(builder.getI64Type(), f32))
    return absl::InvalidArgumentError(
        absl::StrCat("function '", name, "' is not from i64 to f32"));
  auto *callee = reinterpret_cast<float (*)(int64_t)>(address);
  int64_t step = toInteger(std::get<Attribute>(arguments.front()));
  return std::vector<Datum>{toScalar(f32, callee(step))};
}

Evaluator::Results Evaluator::call(mlir::func::FuncOp function,
                                   std::vector<Datum> arguments) {
  if (function.isExternal())
    return callExternal(function, functions.lookup(function.getSymName()),
                        arguments);
  if (!function.getBody().hasOneBlock())
    return refuse(*function.getBody().front().getTerminator());
  Frame frame;
  return evaluate(function.getBody().front(), std::move(arguments), frame);
}

Evaluator::Results Evaluator::evaluate(mlir::Block &block,
                                       std::vector<Datum> arguments,
                                       Frame &frame) {
  for (auto [argument, value] : llvm::zip(block.getArguments(), arguments))
    frame[argument] = std::move(value);
  for (Operation &op : block.without_terminator()) {
    Results results = evaluate(op, frame);
    if (!results.ok())
      return results;
    for (auto [result, value] : llvm::zip(op.getResults(), *results))
      frame[result] = std::move(value);
  }
  return getValues(block.getTerminator()->getOperands(), frame);
}

Evaluator::Results Evaluator::evaluateOp(mlir::func::CallOp op, Frame &frame) {
  return call(op.getCallee(), getValues(op.getOperands(), frame));
}

static bool isTrue(const Datum &condition) {
  return toInteger(std::get<Attribute>(condition)) != 0;
}

Evaluator::Results Evaluator::evaluateOp(mlir::scf::IfOp op, Frame &frame) {
  mlir::Region &region = isTrue(frame.at(op.getCondition()))
                             ? op.getThenRegion()
                             : op.getElseRegion();
  if (region.empty())
    return std::vector<Datum>();
  return evaluate(region.front(), {}, frame);
}

Evaluator::Results Evaluator::evaluateOp(mlir::scf::ForOp op, Frame &frame) {
  auto getBound = [&](mlir::Value value) {
    llvm::APInt bound =
        cast<mlir::IntegerAttr>(std::get<Attribute>(frame.at(value)))
            .getValue();
    // Wide enough for both signs, and for the step beyond the last.
    return op.getUnsignedCmp() ? bound.zext(128) : bound.sext(128);
  };
  llvm::APInt step = getBound(op.getStep()), end = getBound(op.getUpperBound());
  if (!step.isStrictlyPositive())
    return absl::InvalidArgumentError("expected a positive step of 'scf.for'");
  std::vector<Datum> state = getValues(op.getInitArgs(), frame);
  for (llvm::APInt i = getBound(op.getLowerBound()); i.slt(end); i += step) {
    std::vector<Datum> arguments = {
        toScalar(op.getInductionVar().getType(), i.trunc(64).getSExtValue())};
    arguments.insert(arguments.end(), state.begin(), state.end());
    Results results = evaluate(*op.getBody(), std::move(arguments), frame);
    if (!results.ok())
      return results;
    state = *std::move(results);
  }
  return state;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Evaluator::Results Evaluator::evaluateSelect(Operation &op, Frame &frame) {
  auto select = cast<mlir::arith::SelectOp>(op);
  if (!select.getCondition().getType().isInteger(1))
    return refuse(op);
  bool condition = isTrue(frame.at(select.getCondition()));
  return std::vector<Datum>{
      frame.at(condition ? select.getTrueValue() : select.getFalseValue())};
}

Evaluator::Results Evaluator::evaluateScalarOp(Operation &op, Frame &frame) {
  if (op.getNumRegions() > 0)
    return refuse(op);
  llvm::SmallVector<Attribute> operands;
  for (mlir::Value value : op.getOperands()) {
    auto *scalar = std::get_if<Attribute>(&frame.at(value));
    if (!scalar)
      return refuse(op);
    operands.push_back(*scalar);
  }
  absl::StatusOr<llvm::SmallVector<Attribute>> results =
      evaluateScalars(op, operands);
  if (!results.ok())
    return results.status();
  return std::vector<Datum>(results->begin(), results->end());
}

Evaluator::Results Evaluator::evaluateTensorOp(Operation &op, Frame &frame) {
  std::vector<Tensor> tensors;
  llvm::SmallVector<Attribute> scalars;
  for (mlir::Value value : op.getOperands()) {
    if (auto *tensor = std::get_if<Tensor>(&frame.at(value)))
      tensors.push_back(*tensor);
    else
      scalars.push_back(std::get<Attribute>(frame.at(value)));
  }
  mlir::Type type = op.getResult(0).getType();
  auto tensorType = dyn_cast<mlir::RankedTensorType>(type);
  if (auto concat = dyn_cast<mlir::tensor::ConcatOp>(op))
    return toResults(concatenate(tensors, concat.getDim()));
  if (llvm::isa<mlir::tensor::CastOp>(op) && tensorType)
    return toResults(castTensor(tensors.front(), tensorType));
  if (llvm::isa<mlir::tensor::FromElementsOp>(op))
    return toResults(makeTensor(scalars, tensorType));
  if (llvm::isa<mlir::tensor::ExtractOp>(op))
    return toResults(extractElement(tensors.front(), scalars, type));
  if (!llvm::isa<mlir::tensor::DimOp>(op))
    return refuse(op);
  const std::vector<int64_t> &shape = tensors.front().shape;
  int64_t axis = toInteger(scalars.front());
  if (axis < 0 || axis >= static_cast<int64_t>(shape.size()))
    return absl::OutOfRangeError(absl::StrCat("a tensor has no axis ", axis));
  return std::vector<Datum>{toScalar(type, shape[axis])};
}

Evaluator::Results Evaluator::evaluateOp(mlir::tensor::ExtractSliceOp op,
                                         Frame &frame) {
  if (op.getType().getRank() != op.getSourceType().getRank())
    return refuse(*op);
  auto evaluateAll = [&](llvm::ArrayRef<mlir::OpFoldResult> numbers) {
    std::vector<int64_t> values;
    for (mlir::OpFoldResult number : numbers)
      values.push_back(toInteger(
          llvm::isa<Attribute>(number)
              ? cast<Attribute>(number)
              : std::get<Attribute>(frame.at(cast<mlir::Value>(number)))));
    return values;
  };
  return toResults(extractSlice(std::get<Tensor>(frame.at(op.getSource())),
                                evaluateAll(op.getMixedOffsets()),
                                evaluateAll(op.getMixedSizes()),
                                evaluateAll(op.getMixedStrides())));
}

Evaluator::Results Evaluator::evaluate(Operation &op, Frame &frame) {
  return llvm::TypeSwitch<Operation *, Results>(&op)
      .Case<mlir::func::CallOp, mlir::scf::IfOp, mlir::scf::ForOp,
            ir::RaggedFromRowSplitsOp, ir::RaggedFromDenseOp,
            ir::RaggedFromCooOp, ir::CategorizeOp, ir::LookupOp,
            ir::GroupedLookupOp, ir::SequenceLookupOp, ir::LearningRateOp,
            ir::WeightGradientsOp, ir::ApplyGradientsOp,
            mlir::tensor::ExtractSliceOp>(
          [&](auto typed) { return evaluateOp(typed, frame); })
      .Case([](mlir::arith::ConstantOp constant) {
        return toResults(fromConstant(constant.getValue()));
      })
      .Case([&](mlir::arith::SelectOp) { return evaluateSelect(op, frame); })
      .Case<mlir::tensor::ConcatOp, mlir::tensor::CastOp, mlir::tensor::DimOp,
            mlir::tensor::FromElementsOp, mlir::tensor::ExtractOp>(
          [&](auto) { return evaluateTensorOp(op, frame); })
      .Default([&](Operation *) { return evaluateScalarOp(op, frame); });
}
