//===- RaggedTypeConverter.cpp - Ragged arrays as tensors -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Common/RaggedTypeConverter.h"

using namespace mlir;
using namespace mlir::embcol;

static RankedTensorType getVectorOf(Type type) {
  return RankedTensorType::get({ShapedType::kDynamic}, type);
}

static void appendValueTypes(Type element, SmallVectorImpl<Type> &types) {
  MLIRContext *context = element.getContext();
  if (isa<StringType>(element)) {
    types.push_back(getVectorOf(IntegerType::get(context, 8)));
    types.push_back(getVectorOf(IntegerType::get(context, 64)));
    return;
  }
  // Arithmetic knows no signs; the ops that need one look at the source type.
  if (auto integer = dyn_cast<IntegerType>(element))
    element = IntegerType::get(context, integer.getWidth());
  types.push_back(getVectorOf(element));
}

static LogicalResult convertRagged(RaggedType type,
                                   SmallVectorImpl<Type> &types) {
  appendValueTypes(type.getElementType(), types);
  Type splits = getVectorOf(IntegerType::get(type.getContext(), 64));
  types.append(type.getRaggedRank(), splits);
  return success();
}

static std::optional<LogicalResult>
convertTensor(RankedTensorType type, SmallVectorImpl<Type> &types) {
  Type element = type.getElementType();
  if (isa<StringType>(element)) {
    appendValueTypes(element, types);
    if (type.getRank() > 1)
      types.append(type.getNumDynamicDims(), IndexType::get(type.getContext()));
    return success();
  }
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer || integer.isSignless())
    return std::nullopt;
  types.push_back(RankedTensorType::get(
      type.getShape(),
      IntegerType::get(type.getContext(), integer.getWidth())));
  return success();
}

RaggedTypeConverter::RaggedTypeConverter() {
  addConversion([](Type type) { return type; });
  addConversion(convertRagged);
  addConversion(convertTensor);
  auto cast = [](OpBuilder &builder, Type type, ValueRange inputs,
                 Location loc) -> Value {
    return UnrealizedConversionCastOp::create(builder, loc, type, inputs)
        .getResult(0);
  };
  addSourceMaterialization(cast);
  addTargetMaterialization([](OpBuilder &builder, TypeRange types,
                              ValueRange inputs,
                              Location loc) -> SmallVector<Value> {
    return UnrealizedConversionCastOp::create(builder, loc, types, inputs)
        .getResults();
  });
}

RaggedParts::RaggedParts(RaggedType type, ValueRange parts) {
  size_t numSplits = type.getRaggedRank();
  values = parts.drop_back(numSplits);
  outer = parts.back();
  if (numSplits == 2)
    inner = parts[parts.size() - 2];
}
