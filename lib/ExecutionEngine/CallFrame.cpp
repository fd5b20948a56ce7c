//===- CallFrame.cpp - Arguments and results in memory --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallFrame.h"
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"
#include "embcol/EmbeddingCore/Ragged.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

// Not all of mlir: its namespace embcol is not this one.
using embcol::Array;
using embcol::ElementType;
using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;
using llvm::SmallVector;
using mlir::IntegerType;
using mlir::RankedTensorType;
using mlir::Type;

static std::string toString(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// The element type of arrays for `type`; nothing where programs cannot be
/// called with it.
static std::optional<ElementType> convertElementType(Type type) {
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

static absl::Status makeError(const std::string &name, Type type,
                              absl::string_view found) {
  return absl::InvalidArgumentError(absl::StrCat(
      "argument \"", name, "\": expected ", toString(type), ", found ", found));
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

void embcol::CallFrame::addWord(int64_t word) {
  words.push_back({word});
  packed.push_back(words.back().data());
}

void embcol::CallFrame::addDescriptor(const Array &array) {
  auto address = reinterpret_cast<int64_t>(array.data.get());
  std::vector<int64_t> descriptor = {address, address, 0};
  descriptor.insert(descriptor.end(), array.shape.begin(), array.shape.end());
  size_t rank = array.shape.size(), begin = descriptor.size();
  descriptor.resize(begin + rank);
  int64_t stride = 1;
  for (size_t axis = rank; axis-- > 0; stride *= array.shape[axis])
    descriptor[begin + axis] = stride;
  words.push_back(std::move(descriptor));
  packed.push_back(words.back().data());
}

absl::Status embcol::CallFrame::checkBatch(const Argument &argument,
                                           int64_t size) {
  if (batch == -1) {
    batch = size;
    batchName = argument.name;
  }
  if (batch == size)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("features \"", batchName, "\" and \"", argument.name,
                   "\" have batches of ", batch, " and ", size, " rows"));
}

absl::Status embcol::CallFrame::addScalar(const Argument &argument,
                                          const Value &value) {
  std::optional<ElementType> element = convertElementType(argument.type);
  if (value.parts.size() != 1 || !value.parts[0].shape.empty() || !element ||
      value.parts[0].type != *element)
    return makeError(argument.name, argument.type, "something else");
  words.push_back({0});
  std::memcpy(words.back().data(), value.parts[0].data.get(),
              getElementSize(*element));
  packed.push_back(words.back().data());
  return absl::OkStatus();
}

absl::Status embcol::CallFrame::addTensor(const Argument &argument,
                                          RankedTensorType type,
                                          const Value &value) {
  std::optional<ElementType> element =
      convertElementType(type.getElementType());
  if (value.parts.size() != 1 || !element || value.parts[0].type != *element)
    return makeError(argument.name, type, "an array of another type");
  const Array &array = value.parts.front();
  bool fits = static_cast<int64_t>(array.shape.size()) == type.getRank();
  for (int64_t axis = 0; fits && axis < type.getRank(); ++axis)
    fits =
        type.isDynamicDim(axis) || type.getDimSize(axis) == array.shape[axis];
  if (!fits)
    return makeError(
        argument.name, type,
        absl::StrCat("shape [", absl::StrJoin(array.shape, ", "), "]"));
  addDescriptor(array);
  return absl::OkStatus();
}

/// Checks the bytes and offsets of strings.
static absl::Status checkStrings(const std::string &name, Type type,
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

absl::Status embcol::CallFrame::addStrings(const Argument &argument,
                                           RankedTensorType type,
                                           const Value &value) {
  if (value.parts.size() != 2)
    return makeError(argument.name, type, "an array of another type");
  absl::Status status =
      checkStrings(argument.name, type, value.parts[0], value.parts[1]);
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
  for (const Array &part : value.parts)
    addDescriptor(part);
  if (type.getRank() > 1)
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.isDynamicDim(axis))
        addWord(shape[axis]);
  return absl::OkStatus();
}

absl::Status embcol::CallFrame::addRagged(const Argument &argument,
                                          const Value &value) {
  auto type = cast<mlir::embcol::RaggedType>(argument.type);
  llvm::ArrayRef<Type> partTypes = argument.parts;
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
        checkStrings(argument.name, type, value.parts[0], value.parts[1]);
    if (!status.ok())
      return status;
    --numItems;
  }
  for (size_t level = 0; level < numSplits; ++level) {
    const Array &splits = value.parts[numValueParts + level];
    absl::Status status = validateSplits(
        absl::MakeConstSpan(splits.as<int64_t>(), splits.size()), numItems);
    if (!status.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("feature \"", argument.name, "\": ", status.message()));
    numItems = splits.size() - 1;
  }
  for (const Array &part : value.parts)
    addDescriptor(part);
  return checkBatch(argument, numItems);
}

absl::Status embcol::CallFrame::setArguments(llvm::ArrayRef<Value> arguments) {
  if (arguments.size() != signature.arguments.size())
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", signature.arguments.size(),
                     " arguments, found ", arguments.size()));
  // The first place is the results'.
  packed.push_back(nullptr);
  for (auto [argument, value] : llvm::zip(signature.arguments, arguments)) {
    absl::Status status;
    auto tensor = dyn_cast<RankedTensorType>(argument.type);
    if (isa<mlir::embcol::RaggedType>(argument.type))
      status = addRagged(argument, value);
    else if (tensor && isa<mlir::embcol::StringType>(tensor.getElementType()))
      status = addStrings(argument, tensor, value);
    else if (tensor)
      status = addTensor(argument, tensor, value);
    else
      status = addScalar(argument, value);
    if (!status.ok())
      return status;
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// Puts `part` behind the `numBytes` that a struct has, aligned as C aligns it,
/// adds its size and returns where it begins.
static size_t addToStruct(Type part, size_t &numBytes) {
  auto tensor = dyn_cast<RankedTensorType>(part);
  size_t size = tensor ? (3 + 2 * tensor.getRank()) * sizeof(int64_t)
                       : embcol::getElementSize(*convertElementType(part));
  size_t begin = llvm::alignTo(numBytes, std::min(size, sizeof(int64_t)));
  numBytes = begin + size;
  return begin;
}

void **embcol::CallFrame::getPacked() {
  SmallVector<Type> parts;
  for (const FunctionSignature::Item &result : signature.results)
    llvm::append_range(parts, result.parts);
  size_t numBytes = 0;
  for (Type part : parts)
    addToStruct(part, numBytes);
  results.assign(llvm::divideCeil(numBytes, sizeof(int64_t)), 0);
  // A function with a single scalar as result returns it; then there is no
  // struct, and the result's address comes last.
  bool returnsScalar = parts.size() == 1 && !isa<RankedTensorType>(parts[0]);
  if (!parts.empty() && !returnsScalar) {
    packed.front() = results.data();
    return packed.data();
  }
  packed.push_back(results.data());
  return packed.data() + 1;
}

std::vector<embcol::Value> embcol::CallFrame::takeResults() {
  // Two results may be one buffer.
  llvm::DenseMap<void *, std::shared_ptr<void>> owners;
  std::vector<Value> values;
  auto *memory = reinterpret_cast<const char *>(results.data());
  size_t numBytes = 0;
  for (const FunctionSignature::Item &result : signature.results) {
    Value &value = values.emplace_back();
    for (Type part : result.parts) {
      auto tensor = dyn_cast<RankedTensorType>(part);
      const char *begin = memory + addToStruct(part, numBytes);
      Array array;
      array.type = *convertElementType(tensor ? tensor.getElementType() : part);
      if (tensor) {
        auto *word = reinterpret_cast<const int64_t *>(begin);
        auto *allocated = reinterpret_cast<void *>(word[0]);
        std::shared_ptr<void> &owner = owners[allocated];
        if (!owner)
          owner = std::shared_ptr<void>(allocated, [](void *p) { free(p); });
        array.shape.assign(word + 3, word + 3 + tensor.getRank());
        auto *aligned = reinterpret_cast<char *>(word[1]) +
                        word[2] * getElementSize(array.type);
        array.data = std::shared_ptr<void>(owner, aligned);
      } else {
        array = Array::allocate(array.type, {});
        std::memcpy(array.data.get(), begin, getElementSize(array.type));
      }
      value.parts.push_back(std::move(array));
    }
  }
  return values;
}
