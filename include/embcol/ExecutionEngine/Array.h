//===- Array.h - Arrays passed to programs ----------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EXECUTIONENGINE_ARRAY_H
#define EMBCOL_EXECUTIONENGINE_ARRAY_H

#include "embcol/EmbeddingCore/ResultMemory.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace embcol {

enum class ElementType { I8, I16, I32, I64, F32 };

/// Size of an element, in bytes.
inline int64_t getElementSize(ElementType type) {
  switch (type) {
  case ElementType::I8:
    return 1;
  case ElementType::I16:
    return 2;
  case ElementType::I32:
  case ElementType::F32:
    return 4;
  case ElementType::I64:
    return 8;
  }
  return 0;
}

/// A contiguous array in row-major order; of rank 0, a scalar.
struct Array {
  ElementType type = ElementType::I64;
  std::vector<int64_t> shape;
  /// Keeps the memory alive, and points at it.
  std::shared_ptr<void> data;

  int64_t size() const {
    int64_t product = 1;
    for (int64_t extent : shape)
      product *= extent;
    return product;
  }
  template <typename T> T *as() const { return static_cast<T *>(data.get()); }

  /// A new array, whose elements are not set.
  static Array allocate(ElementType type, std::vector<int64_t> shape) {
    Array array{type, std::move(shape), nullptr};
    array.data = std::shared_ptr<void>(
        allocateResult(array.size() * getElementSize(type)), freeResult);
    return array;
  }
  template <typename T> static Array scalar(ElementType type, T value) {
    Array array = allocate(type, {});
    *array.as<T>() = value;
    return array;
  }
};

/// An argument or a result. By its type in the program it has these parts:
///   a tensor or a scalar: one array;
///   a tensor of strings: bytes (I8) and offsets (I64);
///   a ragged array: its values (for strings bytes and offsets), then the inner
///   splits if the ragged rank is 2, then the outer splits, all I64.
struct Value {
  std::vector<Array> parts;
  /// The shape of a tensor of strings of rank 2 or more.
  std::vector<int64_t> shape;
};

} // namespace embcol

#endif // EMBCOL_EXECUTIONENGINE_ARRAY_H
