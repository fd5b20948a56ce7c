//===- TensorOps.cpp - Ops on tensors -------------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorOps.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

using namespace embcol;
using namespace embcol::reference;
using llvm::ArrayRef;
using mlir::Attribute;
using mlir::RankedTensorType;

static std::string showShape(const Tensor &tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.shape, ", "), "]");
}

/// The position of the cell at `place`.
static int64_t getPosition(const std::vector<int64_t> &shape,
                           const std::vector<int64_t> &place) {
  int64_t position = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    position = position * shape[axis] + place[axis];
  return position;
}

/// Moves `place` on to the next one of `shape`.
static void advance(std::vector<int64_t> &place,
                    const std::vector<int64_t> &shape) {
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (++place[axis] < shape[axis])
      return;
    place[axis] = 0;
  }
}

absl::StatusOr<Datum> reference::concatenate(const std::vector<Tensor> &tensors,
                                             size_t axis) {
  Tensor result = tensors.front();
  for (size_t i = 1; i < tensors.size(); ++i) {
    std::vector<int64_t> shape = tensors[i].shape;
    result.shape[axis] += shape[axis];
    const std::vector<int64_t> &first = tensors.front().shape;
    shape[axis] = first[axis];
    // (feature-C16) (grouped_lookup-C9)
    if (shape.front() != first.front())
      return absl::InvalidArgumentError(
          absl::StrCat("tensors of batches of ", first.front(), " and ",
                       shape.front(), " rows cannot be joined"));
    if (shape != first)
      return absl::InvalidArgumentError(absl::StrCat(
          "tensors of shapes ", showShape(tensors.front()), " and ",
          showShape(tensors[i]), " cannot be joined on axis ", axis));
  }
  std::visit(
      [&](auto &cells) {
        using CellsT = std::decay_t<decltype(cells)>;
        int64_t numCells = 0;
        for (const Tensor &tensor : tensors)
          numCells += getNumCells(tensor.cells);
        cells.assign(numCells, {});
        int64_t offset = 0;
        for (const Tensor &tensor : tensors) {
          std::vector<int64_t> place(tensor.shape.size(), 0);
          for (const auto &cell : std::get<CellsT>(tensor.cells)) {
            std::vector<int64_t> target = place;
            target[axis] += offset;
            cells[getPosition(result.shape, target)] = cell;
            advance(place, tensor.shape);
          }
          offset += tensor.shape[axis];
        }
      },
      result.cells);
  return result;
}

absl::StatusOr<Datum> reference::castTensor(const Tensor &tensor,
                                            RankedTensorType type) {
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (!type.isDynamicDim(axis) &&
        type.getDimSize(axis) != tensor.shape[axis]) {
      std::string text;
      llvm::raw_string_ostream(text) << type;
      return absl::InvalidArgumentError(
          absl::StrCat("expected ", text, ", found shape ", showShape(tensor)));
    }
  return tensor;
}

absl::StatusOr<Datum> reference::makeTensor(ArrayRef<Attribute> scalars,
                                            RankedTensorType type) {
  Tensor tensor{type.getShape().vec(), {}};
  if (type.getElementType().isF32()) {
    std::vector<float> cells;
    for (Attribute scalar : scalars)
      cells.push_back(
          llvm::cast<mlir::FloatAttr>(scalar).getValue().convertToFloat());
    tensor.cells = std::move(cells);
    return tensor;
  }
  if (!type.getElementType().isIntOrIndex())
    return absl::InvalidArgumentError(
        "a tensor of other elements than programs take");
  std::vector<int64_t> cells;
  for (Attribute scalar : scalars)
    cells.push_back(toInteger(scalar));
  tensor.cells = std::move(cells);
  return tensor;
}

absl::StatusOr<Datum> reference::extractElement(const Tensor &tensor,
                                                ArrayRef<Attribute> place,
                                                mlir::Type type) {
  std::vector<int64_t> numbers;
  for (auto [axis, number] : llvm::enumerate(place)) {
    numbers.push_back(toInteger(number));
    if (numbers.back() < 0 || numbers.back() >= tensor.shape[axis])
      return absl::OutOfRangeError(
          absl::StrCat("index ", numbers.back(), " on axis ", axis,
                       " of a tensor of shape ", showShape(tensor)));
  }
  int64_t position = getPosition(tensor.shape, numbers);
  if (type.isF32())
    return toScalar(type, floats(tensor.cells)[position]);
  if (type.isIntOrIndex())
    return toScalar(type, integers(tensor.cells)[position]);
  return absl::InvalidArgumentError(
      "an element of another type than programs take");
}

absl::StatusOr<Datum> reference::extractSlice(const Tensor &tensor,
                                              ArrayRef<int64_t> offsets,
                                              ArrayRef<int64_t> sizes,
                                              ArrayRef<int64_t> strides) {
  int64_t numCells = 1;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    int64_t first = offsets[axis];
    int64_t last = first + (sizes[axis] - 1) * strides[axis];
    int64_t extent = tensor.shape[axis];
    bool isInside = sizes[axis] > 0 && std::min(first, last) >= 0 &&
                    std::max(first, last) < extent;
    if (sizes[axis] != 0 && !isInside)
      return absl::OutOfRangeError(absl::StrCat(
          sizes[axis], " indices from ", first, " by ", strides[axis],
          " on axis ", axis, " of a tensor of shape ", showShape(tensor)));
    numCells *= sizes[axis];
  }
  std::vector<int64_t> positions, place(sizes.size(), 0), source = place;
  for (int64_t cell = 0; cell < numCells; ++cell) {
    for (size_t axis = 0; axis < sizes.size(); ++axis)
      source[axis] = offsets[axis] + place[axis] * strides[axis];
    positions.push_back(getPosition(tensor.shape, source));
    advance(place, sizes.vec());
  }
  return Tensor{sizes.vec(), gather(tensor.cells, positions)};
}
