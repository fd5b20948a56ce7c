//===- CallFrame.cpp - Arguments and results in memory --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallFrame.h"
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

// Not all of mlir: its namespace embcol is not this one.
using embcol::Array;
using embcol::convertElementType;
using llvm::dyn_cast;
using llvm::isa;
using llvm::SmallVector;
using mlir::RankedTensorType;
using mlir::Type;

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

void embcol::CallFrame::addStrings(RankedTensorType type, const Value &value) {
  for (const Array &part : value.parts)
    addDescriptor(part);
  if (type.getRank() > 1)
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.isDynamicDim(axis))
        addWord(value.shape[axis]);
}

void embcol::CallFrame::addScalar(const Array &scalar) {
  int64_t word = 0;
  std::memcpy(&word, scalar.data.get(), getElementSize(scalar.type));
  addWord(word);
}

void embcol::CallFrame::setArguments(llvm::ArrayRef<Value> arguments) {
  // The first place is the results'.
  packed.push_back(nullptr);
  for (auto [argument, value] : llvm::zip(signature.arguments, arguments)) {
    auto tensor = dyn_cast<RankedTensorType>(argument.type);
    if (tensor && isa<mlir::embcol::StringType>(tensor.getElementType()))
      addStrings(tensor, value);
    else if (tensor || isa<mlir::embcol::RaggedType>(argument.type))
      for (const Array &part : value.parts)
        addDescriptor(part);
    else
      addScalar(value.parts.front());
  }
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
          owner = std::shared_ptr<void>(allocated, freeResult);
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
