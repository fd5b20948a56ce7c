//===- Features.cpp - Features as ragged arrays ---------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/Features.h"
#include "embcol/EmbeddingCore/Ragged.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace embcol;

static absl::Span<int64_t> toSpan(const Array &array) {
  return absl::MakeSpan(array.as<int64_t>(), array.size());
}

static StringSpan toStrings(const Value &cells) {
  return {cells.parts[0].as<char>(), toSpan(cells.parts[1])};
}

RaggedLayout::RaggedLayout(int64_t numCells, int64_t numSteps, int64_t batch,
                           int64_t raggedRank)
    : numCells(numCells), raggedRank(raggedRank) {
  auto allocate = [](int64_t size) {
    return Array::allocate(ElementType::I64, {size});
  };
  inner = allocate(raggedRank == 2 ? numSteps + 1 : 0);
  outer = allocate(batch + 1);
  order = allocate(numCells);
}

RaggedLayout::RaggedLayout(int64_t numCells, int64_t batch)
    : RaggedLayout(/*numCells=*/0, /*numSteps=*/0, batch, /*raggedRank=*/1) {
  this->numCells = numCells;
  isIdentity = true;
  int64_t rowCells = batch ? numCells / batch : 0;
  absl::Span<int64_t> splits = toSpan(outer);
  for (int64_t row = 0; row <= batch; ++row)
    splits[row] = row * rowCells;
}

Array RaggedLayout::getOrder() const {
  if (!isIdentity)
    return order;
  Array cells = Array::allocate(ElementType::I64, {numCells});
  std::iota(cells.as<int64_t>(), cells.as<int64_t>() + numCells, 0);
  return cells;
}

void RaggedLayout::cut() {
  int64_t last = toSpan(outer).back();
  if (raggedRank == 2) {
    inner.shape = {last + 1};
    last = toSpan(inner).back();
  }
  order.shape = {last};
  if (last != numCells)
    return;
  absl::Span<int64_t> cells = toSpan(order);
  isIdentity = true;
  for (int64_t i = 0; isIdentity && i < last; ++i)
    isIdentity = cells[i] == i;
}

/// Whether no cell is missing, as most often; this is fast to tell.
static bool isFull(const Value &cells, absl::optional<int64_t> padding) {
  // A block at a time has no branch in it, and ends early where one is missing.
  constexpr int64_t blockSize = 1024;
  auto allOf = [](int64_t size, auto isKept) {
    for (int64_t begin = 0; begin < size; begin += blockSize) {
      bool areKept = true;
      for (int64_t i = begin; i < std::min(begin + blockSize, size); ++i)
        areKept &= isKept(i);
      if (!areKept)
        return false;
    }
    return true;
  };
  if (cells.parts.size() == 2) {
    absl::Span<const int64_t> offsets = toSpan(cells.parts[1]);
    return allOf(offsets.size() - 1,
                 [=](int64_t i) { return offsets[i] != offsets[i + 1]; });
  }
  absl::Span<const int64_t> values = toSpan(cells.parts[0]);
  return !padding || allOf(values.size(), [=, value = *padding](int64_t i) {
    return values[i] != value;
  });
}

absl::StatusOr<RaggedLayout> RaggedLayout::fromDense(const Value &cells,
                                                     std::vector<int64_t> shape,
                                                     int64_t raggedRank,
                                                     bool isPadded) {
  int64_t rank = shape.size();
  // (feature-C3) (feature-C4)
  if (rank < 1 || rank > raggedRank + 1)
    return absl::InvalidArgumentError(
        absl::StrCat("expected rank 1 to ", raggedRank + 1, ", found shape [",
                     absl::StrJoin(shape, ", "), "]"));
  shape.resize(3, 1);
  // An array without cells can have any number of rows.
  int64_t numSteps = shape[0] * shape[1];
  for (int64_t count : {shape[0], numSteps})
    if (absl::Status status = checkSplitsFit("a batch", count); !status.ok())
      return status;
  int64_t numCells = numSteps * shape[2];
  absl::optional<int64_t> padding;
  if (isPadded)
    padding = -1;
  if (raggedRank == 1 && isFull(cells, padding))
    return RaggedLayout(numCells, shape[0]);
  RaggedLayout layout(numCells, numSteps, shape[0], raggedRank);
  DenseShape dense{shape[0], shape[1], shape[2]};
  RaggedSplits splits{toSpan(layout.inner), toSpan(layout.outer)};
  if (cells.parts.size() == 2) {
    raggedFromDense(toStrings(cells), dense, splits, toSpan(layout.order));
  } else {
    absl::Span<const int64_t> values = toSpan(cells.parts[0]);
    raggedFromDense(values, dense, padding, splits, toSpan(layout.order));
  }
  layout.cut();
  return layout;
}

absl::StatusOr<RaggedLayout> RaggedLayout::fromCoo(const Array &indices,
                                                   const Array &denseShape,
                                                   int64_t raggedRank,
                                                   bool ordered) {
  int64_t rank = denseShape.size();
  bool fits = indices.shape.size() == 2 && indices.shape[1] == rank &&
              (rank == 2 || (rank == 3 && raggedRank == 2));
  // (feature-C4)
  if (!fits)
    return absl::InvalidArgumentError(
        absl::StrCat("expected indices of shape [cells, 2]",
                     raggedRank == 2 ? " or [cells, 3]" : "",
                     " and a dense_shape to match, found shapes [",
                     absl::StrJoin(indices.shape, ", "), "] and [",
                     absl::StrJoin(denseShape.shape, ", "), "]"));
  absl::StatusOr<int64_t> batch = getCooBatch(toSpan(denseShape));
  if (!batch.ok())
    return batch.status();
  int64_t numSteps = 0;
  if (raggedRank == 2) {
    absl::StatusOr<int64_t> counted =
        countCooSteps(toSpan(indices), rank, toSpan(denseShape));
    if (!counted.ok())
      return counted.status();
    numSteps = *counted;
  }
  RaggedLayout layout(indices.shape[0], numSteps, *batch, raggedRank);
  absl::Status status = raggedFromCoo(
      toSpan(indices), rank, toSpan(denseShape), ordered,
      {toSpan(layout.inner), toSpan(layout.outer)}, toSpan(layout.order));
  if (!status.ok())
    return status;
  layout.cut();
  return layout;
}

template <typename T>
static Array gatherValues(const Array &cells, absl::Span<const int64_t> order) {
  Array values =
      Array::allocate(cells.type, {static_cast<int64_t>(order.size())});
  const T *source = cells.as<T>();
  T *target = values.as<T>();
  for (size_t i = 0; i < order.size(); ++i)
    target[i] = source[order[i]];
  return values;
}

static Value gatherStringParts(const Value &cells,
                               absl::Span<const int64_t> order) {
  StringSpan source = toStrings(cells);
  Array bytes = Array::allocate(ElementType::I8, {cells.parts[0].size()});
  Array offsets = Array::allocate(ElementType::I64,
                                  {static_cast<int64_t>(order.size()) + 1});
  gatherStrings(source, order, bytes.as<char>(), toSpan(offsets));
  bytes.shape = {toSpan(offsets).back()};
  return {{std::move(bytes), std::move(offsets)}, {}};
}

Value RaggedLayout::gather(const Value &cells) const {
  Value value;
  if (isIdentity)
    value.parts = cells.parts;
  else if (cells.parts.size() == 2)
    value = gatherStringParts(cells, toSpan(order));
  else if (cells.parts[0].type == ElementType::F32)
    value.parts = {gatherValues<float>(cells.parts[0], toSpan(order))};
  else
    value.parts = {gatherValues<int64_t>(cells.parts[0], toSpan(order))};
  if (raggedRank == 2)
    value.parts.push_back(inner);
  value.parts.push_back(outer);
  return value;
}

Value embcol::makeStrings(const std::vector<std::string> &strings) {
  int64_t size = 0;
  for (const std::string &string : strings)
    size += string.size();
  Array bytes = Array::allocate(ElementType::I8, {size});
  Array offsets = Array::allocate(ElementType::I64,
                                  {static_cast<int64_t>(strings.size()) + 1});
  absl::Span<int64_t> ends = toSpan(offsets);
  int64_t end = ends[0] = 0;
  for (size_t i = 0; i < strings.size(); ++i) {
    if (!strings[i].empty())
      std::memcpy(bytes.as<char>() + end, strings[i].data(), strings[i].size());
    ends[i + 1] = end += strings[i].size();
  }
  return {{std::move(bytes), std::move(offsets)}, {}};
}
