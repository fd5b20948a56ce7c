//===- TensorOps.h - Ops on tensors -----------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_REFERENCE_TENSOROPS_H
#define EMBCOL_LIB_REFERENCE_TENSOROPS_H

#include "Values.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace embcol::reference {

/// InvalidArgument for sizes that do not fit.
absl::StatusOr<Datum> concatenate(const std::vector<Tensor> &tensors,
                                  size_t axis);

/// InvalidArgument unless the tensor has a shape of `type`.
absl::StatusOr<Datum> castTensor(const Tensor &tensor,
                                 mlir::RankedTensorType type);

/// A tensor of these scalars, or of this one where it is one.
absl::StatusOr<Datum> makeTensor(llvm::ArrayRef<mlir::Attribute> scalars,
                                 mlir::RankedTensorType type);

/// The element at a place. OutOfRange for a place outside.
absl::StatusOr<Datum> extractElement(const Tensor &tensor,
                                     llvm::ArrayRef<mlir::Attribute> place,
                                     mlir::Type type);

/// The cells from `offsets` on, `sizes` of them, every `strides`th of an axis.
/// OutOfRange for cells outside.
absl::StatusOr<Datum> extractSlice(const Tensor &tensor,
                                   llvm::ArrayRef<int64_t> offsets,
                                   llvm::ArrayRef<int64_t> sizes,
                                   llvm::ArrayRef<int64_t> strides);

} // namespace embcol::reference

#endif // EMBCOL_LIB_REFERENCE_TENSOROPS_H
