//===- Gradients.cpp - The gradients of a table's rows --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Gradients.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/str_cat.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace embcol;

//===----------------------------------------------------------------------===//
// Chunks
//===----------------------------------------------------------------------===//

/// The fewest entries that are worth another thread.
static constexpr int64_t entriesPerChunk = 1 << 12;
/// More than one, so that a thread which comes late leaves chunks to the
/// others.
static constexpr int64_t chunksPerThread = 4;

/// A chunk takes counters of its own: none is made for no other thread.
static int64_t maxChunks() {
  int64_t numThreads = getNumThreads();
  return numThreads == 1 ? 1 : numThreads * chunksPerThread;
}

Chunks::Chunks(int64_t count, int64_t numEntries)
    : count(count), numChunks(std::clamp<int64_t>(numEntries / entriesPerChunk,
                                                  1, maxChunks())) {}

void Chunks::forEach(absl::FunctionRef<void(int64_t chunk)> body) const {
  parallelFor(numChunks, /*grain=*/1, [&](int64_t first, int64_t last) {
    for (int64_t chunk = first; chunk < last; ++chunk)
      body(chunk);
  });
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

void RowGradients::reset(int64_t numRows, int64_t newDimension,
                         float newMultiplier, bool newSkipsNonfinite) {
  rowCount = numRows;
  dimension = newDimension;
  multiplier = newMultiplier;
  skipsNonfinite = newSkipsNonfinite;
  columns.clear();
}

/// How many floats `address` is behind `base`, which may be another array.
static int64_t distance(const float *base, const float *address) {
  return (reinterpret_cast<uintptr_t>(address) -
          reinterpret_cast<uintptr_t>(base)) /
         sizeof(float);
}

/// Numbers bags and sources, and finds what memory the gradients are in.
void RowGradients::layOut() {
  bagCount = idCount = sourceCount = spread = 0;
  base = nullptr;
  for (Column &column : columns) {
    column.firstBag = bagCount;
    column.firstSource = sourceCount;
    int64_t numBags = column.bags.starts.size();
    bagCount += numBags;
    sourceCount +=
        column.hasSourcePerEntry() ? column.bags.ids.size() : numBags;
    idCount += column.bags.ids.size();
    // The lowest, so that no offset is negative.
    if (numBags > 0 && (!base || column.bags.gradients < base))
      base = column.bags.gradients;
  }
  for (const Column &column : columns)
    if (int64_t numBags = column.bags.starts.size())
      spread =
          std::max(spread, distance(base, column.bags.gradients) +
                               (numBags - 1) * column.bags.stride + dimension);
  bagChunks = Chunks(bagCount, idCount);
  skippedBags.reset(skipsNonfinite ? bagCount : 0);
  sourceOffsets.reset(sourceCount);
  sourceScales.reset(sourceCount);
}

/// Whether rows and sources fit keys of 64 bits, and entries counters of 32.
bool RowGradients::isTooLarge() const {
  return idCount > std::numeric_limits<uint32_t>::max() ||
         bitsFor(rowCount) + bitsFor(sourceCount) > 64;
}

GradientError RowGradients::check() {
  nonfiniteCount = 0;
  for (const Column &column : columns) {
    size_t numIds = column.bags.ids.size();
    size_t numWeights = column.bags.weights.size();
    // (lookup-C10)
    if (numWeights != 0 && numWeights != numIds)
      return {absl::InvalidArgumentError(
                  absl::StrCat(numIds, " ids but ", numWeights, " weights")),
              column.bags.column, 2 * column.bags.order};
  }
  layOut();
  if (isTooLarge())
    return {absl::ResourceExhaustedError(absl::StrCat(
                idCount, " ids in one step are too many for a table of ",
                rowCount, " rows")),
            columns.back().bags.column, 2 * columns.back().bags.order};
  std::vector<Checked> checked(bagChunks.size());
  bagChunks.forEach([&](int64_t chunk) { checked[chunk] = checkChunk(chunk); });
  entryCount = 0;
  dropsAny = false;
  GradientError first;
  for (Checked &chunk : checked) {
    nonfiniteCount += chunk.numNonfinite;
    entryCount += chunk.numKept;
    dropsAny |= chunk.dropsAny;
    if (chunk.error.isBefore(first))
      first = std::move(chunk.error);
  }
  return first;
}

RowGradients::Checked RowGradients::checkChunk(int64_t chunk) {
  Checked checked;
  forEachBag(chunk, [&](const Column &column, int64_t bag) {
    int64_t numKept = 0;
    checked.take({checkBag(column, bag, numKept), column.bags.column,
                  2 * column.bags.order});
    bool isFinite = numKept == 0 || checkGradient(column, bag, checked);
    if (!checked.error.status.ok())
      return;
    if (skipsNonfinite)
      skippedBags[column.firstBag + bag] = !isFinite;
    if (!isFinite)
      numKept = 0;
    setSources(column, bag, numKept);
    checked.numKept += numKept;
    checked.dropsAny |=
        numKept != column.bags.ends[bag] - column.bags.starts[bag];
  });
  return checked;
}

/// Whether floats are finite: whether the exponent of none has all bits set.
static bool areFinite(const float *values, int64_t count) {
  constexpr uint32_t exponent = 0x7f800000;
  uint32_t found = 0;
  // Without a branch, so that it is vector code.
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    found |= -static_cast<uint32_t>((bits & exponent) == exponent);
  }
  return found == 0;
}

/// Whether the gradient of a bag is finite. One that is not is counted, and an
/// error unless it is skipped.
bool RowGradients::checkGradient(const Column &column, int64_t bag,
                                 Checked &checked) {
  const float *gradient = column.bags.gradients + bag * column.bags.stride;
  if (areFinite(gradient, dimension))
    return true;
  ++checked.numNonfinite;
  if (skipsNonfinite)
    return false;
  const float *value = std::find_if_not(
      gradient, gradient + dimension, [](float x) { return std::isfinite(x); });
  // (apply_gradients-C14) After the ids of the column.
  checked.take({absl::InvalidArgumentError(absl::StrCat(
                    "the gradient of row ", bag / column.bags.steps,
                    " is not finite: ", *value, " at ", value - gradient)),
                column.bags.column, 2 * column.bags.order + 1});
  return false;
}

/// Checks the ids of a bag, and counts those that are kept.
absl::Status RowGradients::checkBag(const Column &column, int64_t bag,
                                    int64_t &numKept) const {
  const BagGradients &bags = column.bags;
  // A negative id is the largest of numbers when read as unsigned. Those that
  // `safe` drops become 0, which is in the range of any table.
  int64_t dropped = bags.safe ? -1 : 0;
  bool isValid = true;
  for (int64_t e = bags.starts[bag]; e < bags.ends[bag]; ++e) {
    int64_t id = bags.ids[e];
    numKept += id >= 0;
    id &= ~((id >> 63) & dropped);
    isValid &= static_cast<uint64_t>(id) < static_cast<uint64_t>(rowCount);
  }
  if (isValid && !bags.canDropWeights())
    return absl::OkStatus();
  for (int64_t e = bags.starts[bag]; e < bags.ends[bag]; ++e) {
    int64_t id = bags.ids[e];
    if (bags.dropsWeight(e)) {
      numKept -= id >= 0;
      continue;
    }
    // (apply_gradients-C13)
    if (id >= rowCount || (id < 0 && !bags.safe))
      return absl::OutOfRangeError(
          absl::StrCat("id ", id, " in row ", bag / bags.steps,
                       " is not in [0, ", rowCount, ")"));
  }
  return absl::OkStatus();
}

/// Sets where the gradient of a bag is, and its scales, of which `numKept`
/// entries make up the pool.
void RowGradients::setSources(const Column &column, int64_t bag,
                              int64_t numKept) {
  const BagGradients &bags = column.bags;
  int64_t offset = distance(base, bags.gradients) + bag * bags.stride;
  double denominator = numKept;
  if (column.hasSourcePerEntry() && bags.combiner != Combiner::Sum) {
    denominator = 0;
    for (int64_t e = bags.starts[bag]; e < bags.ends[bag]; ++e) {
      if (bags.ids[e] < 0 || bags.dropsWeight(e))
        continue;
      double weight = bags.weights[e];
      denominator += bags.combiner == Combiner::Mean ? weight : weight * weight;
    }
  }
  if (bags.combiner == Combiner::Sqrtn)
    denominator = std::sqrt(denominator);
  double factor = denominator == 0 ? 0 : 1 / denominator;
  auto getScale = [&](float weight) {
    if (bags.combiner == Combiner::Sum)
      return weight * multiplier;
    return denominator == 0 ? 0.0f
                            : static_cast<float>(weight * factor) * multiplier;
  };
  if (!column.hasSourcePerEntry()) {
    sourceOffsets[column.firstSource + bag] = offset;
    sourceScales[column.firstSource + bag] = getScale(1.0f);
    return;
  }
  for (int64_t e = bags.starts[bag]; e < bags.ends[bag]; ++e) {
    sourceOffsets[column.firstSource + e] = offset;
    sourceScales[column.firstSource + e] = getScale(bags.weights[e]);
  }
}
