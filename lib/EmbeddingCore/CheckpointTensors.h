//===- CheckpointTensors.h - What a checkpoint has of a core ----*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EMBEDDINGCORE_CHECKPOINTTENSORS_H
#define EMBCOL_LIB_EMBEDDINGCORE_CHECKPOINTTENSORS_H

#include "embcol/EmbeddingCore/EmbeddingCore.h"

namespace embcol::detail {

/// A type that elements of tensors have, as the format calls it.
struct Dtype {
  const char *name;
  int64_t numBytes;
};

/// The type of that name; null for one that no table has.
const Dtype *parseDtype(absl::string_view name);

/// A matrix of a core as the file holds it: the rows of a table, or a slot.
struct Tensor {
  std::string name;
  const Dtype *type;
  void *data;
  int64_t rows, width, stride;
  /// Where it is in the data of a file that is written.
  uint64_t offset = 0;

  int64_t rowBytes() const { return width * type->numBytes; }
  uint64_t numBytes() const { return rows * rowBytes(); }
  char *row(int64_t row) const {
    return static_cast<char *>(data) + row * stride * type->numBytes;
  }
};

/// The rows of a table, whole or by partitions.
std::vector<Tensor> rowsOf(const Table &table);

/// All rows and slots, in the order in which they are written.
std::vector<Tensor> tensorsOf(const EmbeddingCore &core);

} // namespace embcol::detail

#endif // EMBCOL_LIB_EMBEDDINGCORE_CHECKPOINTTENSORS_H
