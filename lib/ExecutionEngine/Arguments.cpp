//===- Arguments.cpp - What programs may be called with -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"
#include "embcol/EmbeddingCore/Ragged.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "llvm/Support/raw_ostream.h"

// Not all of mlir: its namespace embcol is not this one.
using embcol::Array;
using embcol::convertElementType;
using embcol::ElementType;
using embcol::Value;
using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;
using mlir::IntegerType;
using mlir::RankedTensorType;
using mlir::Type;

std::optional<ElementType> embcol::convertElementType(Type type) {
  if (type.isF32())
    return ElementType::F32;
  if (type.isIndex())
    return ElementType::I64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  switch (integer.getWidth()) {
  case 8:
    return ElementType::I8;
  case 16:
    return ElementType::I16;
  case 32:
    return ElementType::I32;
  case 64:
    return ElementType::I64;
  }
  return std::nullopt;
}

static std::string toString(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static absl::Status makeError(const std::string &name, Type type,
                              absl::string_view found) {
  return absl::InvalidArgumentError(absl::StrCat(
      "argument \"", name, "\": expected ", toString(type), ", found ", found));
}

namespace {
/// Checks one argument after another.
class ArgumentChecker {
public:
  using Argument = embcol::FunctionSignature::Item;
  absl::Status check(const Argument &argument, const Value &value);

private:
  absl::Status checkScalar(const Argument &argument, const Value &value);
  absl::Status checkTensor(const Argument &argument, RankedTensorType type,
                           const Value &value);
  absl::Status checkStrings(const Argument &argument, RankedTensorType type,
                            const Value &value);
  absl::Status checkRagged(const Argument &argument, const Value &value);
  absl::Status checkBatch(const Argument &argument, int64_t size);

  /// The name of the first argument with a batch, and its size.
  std::string batchName;
  int64_t batch = -1;
};
} // namespace

absl::Status ArgumentChecker::checkBatch(const Argument &argument,
                                         int64_t size) {
  if (batch == -1) {
    batch = size;
    batchName = argument.name;
  }
  return embcol::checkSameBatch(batchName, batch, argument.name, size);
}

absl::Status ArgumentChecker::checkScalar(const Argument &argument,
                                          const Value &value) {
  std::optional<ElementType> element = convertElementType(argument.type);
  // (feature-C15)
  if (value.parts.size() != 1 || !value.parts[0].shape.empty() || !element ||
      value.parts[0].type != *element)
    return makeError(argument.name, argument.type, "something else");
  return absl::OkStatus();
}

absl::Status ArgumentChecker::checkTensor(const Argument &argument,
                                          RankedTensorType type,
                                          const Value &value) {
  std::optional<ElementType> element =
      convertElementType(type.getElementType());
  // (feature-C15)
  if (value.parts.size() != 1 || !element || value.parts[0].type != *element)
    return makeError(argument.name, type, "an array of another type");
  const Array &array = value.parts.front();
  bool fits = static_cast<int64_t>(array.shape.size()) == type.getRank();
  for (int64_t axis = 0; fits && axis < type.getRank(); ++axis)
    fits =
        type.isDynamicDim(axis) || type.getDimSize(axis) == array.shape[axis];
  // (feature-C15)
  if (!fits)
    return makeError(
        argument.name, type,
        absl::StrCat("shape [", absl::StrJoin(array.shape, ", "), "]"));
  return absl::OkStatus();
}

/// Checks the bytes and offsets of strings.
static absl::Status checkStringParts(const std::string &name, Type type,
                                     const Array &bytes, const Array &offsets) {
  if (bytes.type != ElementType::I8 || offsets.type != ElementType::I64 ||
      bytes.shape.size() != 1 || offsets.shape.size() != 1)
    return makeError(name, type, "arrays of another type");
  absl::Status status = embcol::validateSplits(
      absl::MakeConstSpan(offsets.as<int64_t>(), offsets.size()), bytes.size());
  if (status.ok())
    return status;
  return absl::InvalidArgumentError(absl::StrCat(
      "argument \"", name, "\": string offsets: ", status.message()));
}

absl::Status ArgumentChecker::checkStrings(const Argument &argument,
                                           RankedTensorType type,
                                           const Value &value) {
  if (value.parts.size() != 2)
    return makeError(argument.name, type, "an array of another type");
  absl::Status status =
      checkStringParts(argument.name, type, value.parts[0], value.parts[1]);
  if (!status.ok())
    return status;
  std::vector<int64_t> shape = value.shape;
  if (type.getRank() == 1)
    shape = {value.parts[1].size() - 1};
  int64_t size = 1;
  bool fits = static_cast<int64_t>(shape.size()) == type.getRank();
  for (int64_t axis = 0; fits && axis < type.getRank(); ++axis) {
    fits = type.isDynamicDim(axis) || type.getDimSize(axis) == shape[axis];
    size *= shape[axis];
  }
  if (!fits || size != value.parts[1].size() - 1)
    return makeError(argument.name, type,
                     absl::StrCat("shape [", absl::StrJoin(shape, ", "), "]"));
  return absl::OkStatus();
}

absl::Status ArgumentChecker::checkRagged(const Argument &argument,
                                          const Value &value) {
  auto type = cast<mlir::embcol::RaggedType>(argument.type);
  llvm::ArrayRef<Type> partTypes = argument.parts;
  // (feature-C15)
  if (value.parts.size() != partTypes.size())
    return makeError(argument.name, type,
                     absl::StrCat(value.parts.size(), " arrays"));
  for (auto [part, partType] : llvm::zip(value.parts, partTypes))
    if (part.shape.size() != 1 ||
        convertElementType(cast<RankedTensorType>(partType).getElementType()) !=
            part.type)
      return makeError(argument.name, type, "arrays of another type");

  size_t numSplits = type.getRaggedRank();
  size_t numValueParts = partTypes.size() - numSplits;
  int64_t numItems = value.parts[numValueParts - 1].size();
  if (numValueParts == 2) {
    absl::Status status =
        checkStringParts(argument.name, type, value.parts[0], value.parts[1]);
    if (!status.ok())
      return status;
    --numItems;
  }
  for (size_t level = 0; level < numSplits; ++level) {
    const Array &splits = value.parts[numValueParts + level];
    // (ragged_from_row_splits-C5)
    absl::Status status = embcol::validateSplits(
        absl::MakeConstSpan(splits.as<int64_t>(), splits.size()), numItems);
    if (!status.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("feature \"", argument.name, "\": ", status.message()));
    numItems = splits.size() - 1;
  }
  return checkBatch(argument, numItems);
}

absl::Status ArgumentChecker::check(const Argument &argument,
                                    const Value &value) {
  auto tensor = dyn_cast<RankedTensorType>(argument.type);
  if (isa<mlir::embcol::RaggedType>(argument.type))
    return checkRagged(argument, value);
  if (tensor && isa<mlir::embcol::StringType>(tensor.getElementType()))
    return checkStrings(argument, tensor, value);
  if (tensor)
    return checkTensor(argument, tensor, value);
  return checkScalar(argument, value);
}

absl::Status embcol::checkArguments(const FunctionSignature &signature,
                                    llvm::ArrayRef<Value> arguments) {
  if (arguments.size() != signature.arguments.size())
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", signature.arguments.size(),
                     " arguments, found ", arguments.size()));
  ArgumentChecker checker;
  for (auto [argument, value] : llvm::zip(signature.arguments, arguments))
    if (absl::Status status = checker.check(argument, value); !status.ok())
      return status;
  return absl::OkStatus();
}
