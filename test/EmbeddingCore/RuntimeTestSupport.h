//===- RuntimeTestSupport.h - Memrefs of vectors ----------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_TEST_EMBEDDINGCORE_RUNTIMETESTSUPPORT_H
#define EMBCOL_TEST_EMBEDDINGCORE_RUNTIMETESTSUPPORT_H

#include "embcol/EmbeddingCore/Runtime.h"

#include <vector>

namespace embcol::test {

template <typename T> MemRef1<T> vector(std::vector<T> &values) {
  int64_t size = values.size();
  return {values.data(), values.data(), 0, {size}, {1}};
}

template <typename T>
MemRef2<T> matrix(std::vector<T> &values, int64_t rows, int64_t columns) {
  return {values.data(), values.data(), 0, {rows, columns}, {columns, 1}};
}

} // namespace embcol::test

#endif // EMBCOL_TEST_EMBEDDINGCORE_RUNTIMETESTSUPPORT_H
