//===- Ragged.cpp - Ragged rows from features -----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Ragged.h"

#include "embcol/EmbeddingCore/Memory.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

using namespace embcol;

//===----------------------------------------------------------------------===//
// Dense features
//===----------------------------------------------------------------------===//

/// Keeps the cells for which `isKept(cell)`.
template <typename IsKept>
static void keepCells(DenseShape shape, RaggedSplits splits,
                      absl::Span<int64_t> order, IsKept isKept) {
  int64_t *next = order.data();
  auto keepRange = [&](int64_t begin, int64_t end) {
    for (int64_t cell = begin; cell < end; ++cell) {
      *next = cell;
      next += isKept(cell);
    }
  };
  int64_t rowCells = shape.steps * shape.entries;
  splits.outer[0] = 0;
  if (splits.inner.empty()) {
    for (int64_t row = 0; row < shape.batch; ++row) {
      keepRange(row * rowCells, (row + 1) * rowCells);
      splits.outer[row + 1] = next - order.data();
    }
    return;
  }

  splits.inner[0] = 0;
  int64_t numSteps = 0;
  for (int64_t row = 0; row < shape.batch; ++row) {
    int64_t lastFilled = numSteps;
    for (int64_t step = 0; step < shape.steps; ++step) {
      int64_t begin = row * rowCells + step * shape.entries;
      int64_t before = next - order.data();
      keepRange(begin, begin + shape.entries);
      splits.inner[++numSteps] = next - order.data();
      if (splits.inner[numSteps] != before)
        lastFilled = numSteps;
    }
    numSteps = lastFilled;
    splits.outer[row + 1] = numSteps;
  }
}

void embcol::raggedFromDense(absl::Span<const int64_t> cells, DenseShape shape,
                             absl::optional<int64_t> padding,
                             RaggedSplits splits, absl::Span<int64_t> order) {
  if (!padding)
    return keepCells(shape, splits, order, [](int64_t) { return true; });
  keepCells(shape, splits, order, [cells, value = *padding](int64_t cell) {
    return cells[cell] != value;
  });
}

void embcol::raggedFromDense(StringSpan cells, DenseShape shape,
                             RaggedSplits splits, absl::Span<int64_t> order) {
  keepCells(shape, splits, order, [&](int64_t cell) {
    return cells.offsets[cell] != cells.offsets[cell + 1];
  });
}

//===----------------------------------------------------------------------===//
// Coordinate lists
//===----------------------------------------------------------------------===//

absl::Status embcol::checkSplitsFit(absl::string_view what, int64_t count) {
  // Small ones do; only for others the system is asked.
  constexpr int64_t small = 1 << 24;
  if (count < small ||
      static_cast<size_t>(count) < availableMemory() / sizeof(int64_t))
    return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(what, " of ", count, " does not fit into memory"));
}

absl::StatusOr<int64_t>
embcol::getCooBatch(absl::Span<const int64_t> denseShape) {
  // (ragged_from_coo-C8)
  if (denseShape.empty() || denseShape[0] < 0)
    return absl::InvalidArgumentError(
        absl::StrCat("expected a batch of at least 0 rows, found the dense "
                     "shape [",
                     absl::StrJoin(denseShape, ", "), "]"));
  absl::Status status = checkSplitsFit("a batch", denseShape[0]);
  if (!status.ok())
    return status;
  return denseShape[0];
}

static absl::Status checkCoo(absl::Span<const int64_t> indices, int64_t rank,
                             absl::Span<const int64_t> denseShape) {
  if (rank != 2 && rank != 3)
    return absl::InvalidArgumentError(
        absl::StrCat("expected indices of rank 2 or 3, found ", rank));
  if (static_cast<int64_t>(denseShape.size()) != rank)
    return absl::InvalidArgumentError(absl::StrCat("expected a dense shape of ",
                                                   rank, " sizes, found ",
                                                   denseShape.size()));
  // (ragged_from_coo-C9)
  for (size_t i = 0; i < indices.size(); i += rank)
    for (int64_t axis = 0; axis < rank; ++axis)
      if (static_cast<uint64_t>(indices[i + axis]) >=
              static_cast<uint64_t>(denseShape[axis]) ||
          denseShape[axis] < 0)
        return absl::InvalidArgumentError(
            absl::StrCat("cell ", i / rank, " at [",
                         absl::StrJoin(indices.subspan(i, rank), ", "),
                         "] is outside the dense shape [",
                         absl::StrJoin(denseShape, ", "), "]"));
  return absl::OkStatus();
}

static absl::Status checkOrder(absl::Span<const int64_t> indices,
                               int64_t rank) {
  // (ragged_from_coo-C10)
  for (size_t i = rank; i < indices.size(); i += rank)
    if (indices[i] < indices[i - rank])
      return absl::InvalidArgumentError(absl::StrCat(
          "a lookup that is not safe takes cells in the order of their rows; "
          "cell ",
          i / rank, " at [", absl::StrJoin(indices.subspan(i, rank), ", "),
          "] follows [", absl::StrJoin(indices.subspan(i - rank, rank), ", "),
          "]"));
  return absl::OkStatus();
}

/// Fills `order` with the cells in the order of their indices, those at one
/// place in their own.
static void orderCells(absl::Span<const int64_t> indices, int64_t rank,
                       absl::Span<int64_t> order) {
  auto compare = [&](int64_t lhs, int64_t rhs) {
    for (int64_t axis = 0; axis < rank; ++axis) {
      int64_t l = indices[lhs * rank + axis], r = indices[rhs * rank + axis];
      if (l != r)
        return l < r ? -1 : 1;
    }
    return 0;
  };
  std::iota(order.begin(), order.end(), 0);
  for (int64_t cell = 1; cell < static_cast<int64_t>(order.size()); ++cell)
    if (compare(cell - 1, cell) > 0)
      return std::sort(order.begin(), order.end(),
                       [&](int64_t lhs, int64_t rhs) {
                         int order = compare(lhs, rhs);
                         return order != 0 ? order < 0 : lhs < rhs;
                       });
}

absl::StatusOr<int64_t>
embcol::countCooSteps(absl::Span<const int64_t> indices, int64_t rank,
                      absl::Span<const int64_t> denseShape) {
  if (absl::Status status = checkCoo(indices, rank, denseShape); !status.ok())
    return status;
  std::vector<int64_t> order(indices.size() / rank);
  orderCells(indices, rank, absl::MakeSpan(order));
  int64_t numSteps = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const int64_t *cell = &indices[order[i] * rank];
    // The last cell of a row is the one at its last filled place.
    if (i + 1 != order.size() && indices[order[i + 1] * rank] == cell[0])
      continue;
    // (ragged_from_coo-C11)
    if (__builtin_add_overflow(numSteps, cell[1] + 1, &numSteps))
      return absl::InvalidArgumentError(
          absl::StrCat("row ", cell[0], " has a cell at step ", cell[1],
                       ": more steps than can be counted"));
  }
  // (ragged_from_coo-C11)
  absl::Status status = checkSplitsFit("a number of steps", numSteps);
  if (!status.ok())
    return status;
  return numSteps;
}

absl::Status embcol::raggedFromCoo(absl::Span<const int64_t> indices,
                                   int64_t rank,
                                   absl::Span<const int64_t> denseShape,
                                   bool ordered, RaggedSplits splits,
                                   absl::Span<int64_t> order) {
  absl::Status status = checkCoo(indices, rank, denseShape);
  if (status.ok() && ordered)
    status = checkOrder(indices, rank);
  if (!status.ok())
    return status;
  bool hasSteps = !splits.inner.empty();
  if (rank == 3 && !hasSteps)
    return absl::InvalidArgumentError("expected indices of rank 2, found 3");
  int64_t numCells = indices.size() / rank;
  orderCells(indices, rank, order);

  int64_t next = 0, numSteps = 0;
  splits.outer[0] = 0;
  if (hasSteps)
    splits.inner[0] = 0;
  for (int64_t row = 0; row < denseShape[0]; ++row) {
    int64_t firstStep = numSteps;
    for (; next < numCells && indices[order[next] * rank] == row; ++next) {
      if (!hasSteps)
        continue;
      // Steps end where the first cell of a later one stands.
      int64_t step = firstStep + indices[order[next] * rank + 1];
      while (numSteps <= step)
        splits.inner[++numSteps] = next;
      splits.inner[numSteps] = next + 1;
    }
    splits.outer[row + 1] = hasSteps ? numSteps : next;
  }
  return absl::OkStatus();
}

void embcol::gatherStrings(StringSpan source, absl::Span<const int64_t> order,
                           char *bytes, absl::Span<int64_t> offsets) {
  int64_t end = offsets[0] = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    absl::string_view string = source[order[i]];
    if (!string.empty())
      std::memcpy(bytes + end, string.data(), string.size());
    offsets[i + 1] = end += string.size();
  }
}

absl::Status embcol::validateSplits(absl::Span<const int64_t> splits,
                                    int64_t numValues) {
  // (ragged_from_row_splits-C5)
  if (splits.empty())
    return absl::InvalidArgumentError("row splits are empty");
  if (splits.front() != 0)
    return absl::InvalidArgumentError(
        absl::StrCat("row splits start with ", splits.front(), ", not 0"));
  bool areOrdered = areAscendingFromZero(splits);
  for (size_t row = 0; !areOrdered && row + 1 < splits.size(); ++row)
    if (splits[row] > splits[row + 1])
      return absl::InvalidArgumentError(
          absl::StrCat("row splits decrease in row ", row, ", from ",
                       splits[row], " to ", splits[row + 1]));
  if (splits.back() == numValues)
    return absl::OkStatus();
  std::string row =
      splits.size() < 2 ? "" : absl::StrCat(" in row ", splits.size() - 2);
  return absl::InvalidArgumentError(
      absl::StrCat("row splits end with ", splits.back(), row,
                   ", but there are ", numValues, " values"));
}

absl::Status embcol::checkSameBatch(absl::string_view name, int64_t batch,
                                    absl::string_view otherName,
                                    int64_t otherBatch) {
  // (feature-C11)
  if (batch == otherBatch)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("features \"", name, "\" and \"", otherName,
                   "\" have batches of ", batch, " and ", otherBatch, " rows"));
}
