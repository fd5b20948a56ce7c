//===- Scratch.h - Memory that is used again and again ----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_SCRATCH_H
#define EMBCOL_EMBEDDINGCORE_SCRATCH_H

#include "absl/types/span.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace embcol {

/// An array whose memory is kept when it gets smaller, and whose elements are
/// not set when it gets larger, in which it differs from a vector.
template <typename T> class Scratch {
public:
  /// Makes room for `size` elements, whose values are not known then.
  void reset(int64_t size) {
    if (size > capacity) {
      // Half as much again, so that sizes which grow slowly seldom allocate.
      capacity = size + size / 2;
      elements.reset(new T[capacity]);
    }
    count = size;
  }
  /// Keeps the first `size` elements.
  void truncate(int64_t size) { count = size; }

  T *data() { return elements.get(); }
  const T *data() const { return elements.get(); }
  int64_t size() const { return count; }
  T &operator[](int64_t i) { return elements[i]; }
  const T &operator[](int64_t i) const { return elements[i]; }
  absl::Span<const T> span() const {
    return {elements.get(), static_cast<size_t>(count)};
  }
  void swap(Scratch &other) {
    std::swap(elements, other.elements);
    std::swap(capacity, other.capacity);
    std::swap(count, other.count);
  }

private:
  std::unique_ptr<T[]> elements;
  int64_t capacity = 0;
  int64_t count = 0;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_SCRATCH_H
