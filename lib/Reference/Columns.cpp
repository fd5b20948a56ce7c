//===- Columns.cpp - What a column pools ----------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "absl/strings/str_cat.h"

#include <cmath>

using namespace embcol;
using namespace embcol::reference;
using mlir::embcol::Combiner;

absl::Status Column::annotate(absl::Status status) {
  if (status.ok())
    return status;
  return absl::Status(
      status.code(), absl::StrCat("column \"", op.getColumnNameOrSymbol().str(),
                                  "\": ", status.message()));
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static absl::Status checkBatch(Column column, int64_t batch) {
  std::optional<llvm::ArrayRef<int64_t>> shape = column.op.getTensorCoreShape();
  // (device-C9)
  if (!shape || shape->front() == -1 || shape->front() == batch)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected a batch of ", shape->front(),
                   " rows, as tensor_core_shape says, found ", batch));
}

static std::vector<Row> splitIntoRows(const Ragged &ids,
                                      const Ragged *weights) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < integers(ids.values).size(); ++i)
    entries.push_back({integers(ids.values)[i],
                       weights ? floats(weights->values)[i] : 1.0, i});
  std::vector<std::vector<Entry>> places;
  if (ids.splits.size() == 2) {
    const std::vector<int64_t> &inner = ids.splits.front();
    for (size_t place = 0; place + 1 < inner.size(); ++place)
      places.emplace_back(entries.begin() + inner[place],
                          entries.begin() + inner[place + 1]);
  } else {
    for (const Entry &entry : entries)
      places.push_back({entry});
  }
  std::vector<Row> rows;
  const std::vector<int64_t> &outer = ids.splits.back();
  for (size_t row = 0; row + 1 < outer.size(); ++row)
    rows.emplace_back(places.begin() + outer[row],
                      places.begin() + outer[row + 1]);
  return rows;
}

static int64_t getLength(const std::vector<int64_t> &splits, int64_t i) {
  return splits[i + 1] - splits[i];
}

/// That the weights of a row, from place `begin` to `end`, have the places'
/// ids.
static absl::Status checkPlaces(int64_t row, int64_t begin, int64_t end,
                                const std::vector<int64_t> &ids,
                                const std::vector<int64_t> &weights) {
  for (int64_t place = begin; place < end; ++place)
    // (lookup-C10)
    if (getLength(ids, place) != getLength(weights, place))
      return absl::InvalidArgumentError(
          absl::StrCat("place ", place - begin, " of row ", row, " has ",
                       getLength(ids, place), " ids but ",
                       getLength(weights, place), " weights"));
  return absl::OkStatus();
}

static absl::Status checkWeights(const Ragged &ids, const Ragged &weights) {
  const std::vector<int64_t> &idSplits = ids.splits.back();
  const std::vector<int64_t> &weightSplits = weights.splits.back();
  // (lookup-C10)
  if (idSplits.size() != weightSplits.size())
    return absl::InvalidArgumentError(
        absl::StrCat("ids have ", idSplits.size() - 1,
                     " rows but weights have ", weightSplits.size() - 1));
  bool hasPlaces = ids.splits.size() == 2;
  for (size_t row = 0; row + 1 < idSplits.size(); ++row) {
    int64_t numIds = getLength(idSplits, row);
    int64_t numWeights = getLength(weightSplits, row);
    // (lookup-C10)
    if (numIds != numWeights)
      return absl::InvalidArgumentError(absl::StrCat(
          "row ", row, " has ", numIds, hasPlaces ? " places of ids" : " ids",
          " but ", numWeights, hasPlaces ? " of weights" : " weights"));
    absl::Status status;
    if (hasPlaces)
      status = checkPlaces(row, idSplits[row], idSplits[row + 1],
                           ids.splits.front(), weights.splits.front());
    if (!status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Row>>
reference::readRows(Column column, const Ragged &ids, const Ragged *weights) {
  absl::Status status = checkBatch(column, ids.splits.back().size() - 1);
  if (status.ok() && weights)
    status = checkWeights(ids, *weights);
  if (!status.ok())
    return column.annotate(status);
  return splitIntoRows(ids, weights);
}

//===----------------------------------------------------------------------===//
// Bags
//===----------------------------------------------------------------------===//

/// The number of places of a row that are looked up.
static size_t getWidth(Column column, const Row &row) {
  size_t width = row.size();
  if (column.isSequence())
    width = column.op.getMaxSequenceLength();
  else if (auto shape = column.op.getTensorCoreShape())
    width = (*shape)[1];
  return std::min(width, row.size());
}

static bool isSafe(Column column) {
  return column.op.getUseSafeEmbeddingLookup() || column.isSequence();
}

/// Whether an entry is left out, and its id is no matter.
static bool isDropped(Column column, const Entry &entry) {
  if (!isSafe(column))
    return false;
  // Not `weight <= 0`: NaN is dropped, too.
  bool dropsWeights = column.op.getCombiner() != Combiner::Sum;
  return entry.id < 0 || (dropsWeights && !(entry.weight > 0));
}

static absl::Status checkIds(Column column, int64_t row,
                             const std::vector<Entry> &place) {
  for (const Entry &entry : place) {
    int64_t numRows = column.table.getNumRows();
    // (lookup-C8) (lookup-C9) (sequence_lookup-C6)
    if (!isDropped(column, entry) && (entry.id < 0 || entry.id >= numRows))
      return absl::OutOfRangeError(absl::StrCat(
          "id ", entry.id, " in row ", row, " is not in [0, ", numRows, ")"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::vector<Bag>>>
reference::makeBags(Column column, const std::vector<Row> &rows) {
  std::vector<std::vector<Bag>> bags;
  for (size_t number = 0; number < rows.size(); ++number) {
    const Row &row = rows[number];
    size_t width = getWidth(column, row);
    for (size_t place = 0; place < width; ++place) {
      absl::Status status = checkIds(column, number, row[place]);
      if (!status.ok())
        return column.annotate(status);
    }
    size_t numBags = column.isSequence() ? column.op.getMaxSequenceLength() : 1;
    bags.emplace_back(numBags);
    for (size_t place = 0; place < width; ++place)
      for (const Entry &entry : row[place])
        if (!isDropped(column, entry))
          bags.back()[column.isSequence() ? place : 0].push_back(entry);
  }
  return bags;
}

double reference::getDivisor(const Bag &bag, Combiner combiner) {
  double sum = 0, sumOfSquares = 0;
  for (const Entry &entry : bag) {
    sum += entry.weight;
    sumOfSquares += entry.weight * entry.weight;
  }
  switch (combiner) {
  case Combiner::Sum:
    return 1;
  case Combiner::Mean:
    return sum;
  case Combiner::Sqrtn:
    return std::sqrt(sumOfSquares);
  }
  return 0;
}
