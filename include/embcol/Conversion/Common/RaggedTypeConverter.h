//===- RaggedTypeConverter.h - Ragged arrays as tensors ---------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_COMMON_RAGGEDTYPECONVERTER_H
#define EMBCOL_CONVERSION_COMMON_RAGGEDTYPECONVERTER_H

#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"

#include "mlir/Transforms/DialectConversion.h"

namespace mlir::embcol {

/// Converts
///   !embcol.ragged<T>             to values, splits
///   !embcol.ragged<T, 2>          to values, inner splits, outer splits
///   tensor<...x!embcol.string>    to values, and an index for each dynamic
///                                 axis from rank 2 on
/// where values are a tensor<?xT>, and for strings two tensors: the bytes
/// tensor<?xi8> and the offsets tensor<?xi64>.
class RaggedTypeConverter : public TypeConverter {
public:
  RaggedTypeConverter();
};

/// The parts of a converted ragged array.
struct RaggedParts {
  /// `parts` is what RaggedTypeConverter makes of a value of type `type`.
  RaggedParts(RaggedType type, ValueRange parts);

  /// One tensor, or bytes and offsets.
  ValueRange values;
  /// Null for ragged rank 1.
  Value inner;
  Value outer;
};

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_COMMON_RAGGEDTYPECONVERTER_H
