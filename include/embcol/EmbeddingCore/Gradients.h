//===- Gradients.h - The gradients of a table's rows ------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_GRADIENTS_H
#define EMBCOL_EMBEDDINGCORE_GRADIENTS_H

#include "embcol/EmbeddingCore/Scratch.h"

#include "absl/status/status.h"
#include "absl/types/span.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace embcol {

enum class Combiner : int64_t { Sum = 0, Mean = 1, Sqrtn = 2 };

/// The ids of one column's bags and the gradient of each bag. Bag b holds the
/// entries [starts[b], ends[b]).
struct BagGradients {
  absl::Span<const int64_t> ids;
  absl::Span<const int64_t> starts;
  absl::Span<const int64_t> ends;
  /// Empty for a column without weights.
  absl::Span<const float> weights;
  Combiner combiner;
  /// Drops negative ids and, for mean and sqrtn, weights <= 0 and NaN.
  bool safe;
  /// [bags, dimension], each row contiguous.
  const float *gradients;
  int64_t stride;
  /// Bag b belongs to row b / `steps` of the batch.
  int64_t steps = 1;
  /// The column's number, and its place among the columns of a step.
  int64_t column = -1;
  int64_t order = 0;

  /// Whether an entry is dropped for its weight, whatever its id.
  bool dropsWeight(int64_t entry) const {
    // Not `weight <= 0`: NaN is dropped, too.
    return canDropWeights() && !(weights[entry] > 0);
  }
  bool canDropWeights() const {
    return safe && combiner != Combiner::Sum && !weights.empty();
  }
};

/// The number of bits that the numbers below `count` have.
inline int bitsFor(int64_t count) {
  return count <= 1 ? 0 : 64 - __builtin_clzll(count - 1);
}

/// [0, count) in consecutive parts that threads work on. What comes of them
/// does not depend on where they are cut.
class Chunks {
public:
  Chunks() = default;
  /// Of items that hold `numEntries` together.
  Chunks(int64_t count, int64_t numEntries);

  int64_t size() const { return numChunks; }
  int64_t begin(int64_t chunk) const {
    // count * chunk / numChunks, without overflow.
    return count / numChunks * chunk + count % numChunks * chunk / numChunks;
  }

  /// Calls `body(chunk)` for each of them, on the core's threads.
  void forEach(absl::FunctionRef<void(int64_t chunk)> body) const;

private:
  int64_t count = 0;
  int64_t numChunks = 1;
};

/// What is wrong with the gradients of a column.
struct GradientError {
  absl::Status status;
  int64_t column = -1;
  /// That of the check among all checks of a step: of a column's ids, then of
  /// its gradients.
  int64_t order = 0;

  bool isBefore(const GradientError &other) const {
    return !status.ok() && (other.status.ok() || order < other.order);
  }
};

/// The gradients of one step that belong to one table, from all columns that
/// share it. An entry gives its row the gradient of its *source*, times the
/// scale of that: `multiplier` times what the entry had in its pool. A source
/// is a bag or, for a column with weights, an entry.
///
/// Kept from step to step, so that a step touches no new memory.
class RowGradients {
public:
  /// Starts anew, for a table of `numRows` x `dimension`. Bags whose gradient
  /// is not finite are left out with `skipsNonfinite`, and an error otherwise.
  void reset(int64_t numRows, int64_t dimension, float multiplier = 1.0f,
             bool skipsNonfinite = false);

  /// Takes the gradients of a column. The arrays have to live for as long as
  /// this is read.
  void add(const BagGradients &bags) { columns.push_back({bags, 0, 0}); }

  /// Finds out what the sources are, once, after the last `add`. OutOfRange,
  /// naming row and value, for an id outside [0, numRows) that `safe` does not
  /// drop; InvalidArgument for weights that are not as many as the ids;
  /// InvalidArgument, naming row and value, for gradients that are not finite
  /// and not skipped; ResourceExhausted for more entries than a step can have.
  /// Of several errors that of the first column and row.
  GradientError check();

  int64_t numRows() const { return rowCount; }
  int64_t numEntries() const { return entryCount; }
  int64_t numSources() const { return sourceCount; }
  /// The gradients that are not finite, skipped or not, of bags with entries;
  /// those that `check` has seen before an error of another kind.
  int64_t numNonfinite() const { return nonfiniteCount; }

  /// Where the gradient of each source begins in `gradients()`.
  absl::Span<const int64_t> offsets() const { return sourceOffsets.span(); }
  absl::Span<const float> scales() const { return sourceScales.span(); }
  /// From the first of all columns' gradients in memory to the last, with what
  /// else is between them.
  absl::Span<const float> gradients() const {
    return {base, static_cast<size_t>(spread)};
  }

  /// The bags, all columns one after another, in parts for threads.
  const Chunks &chunks() const { return bagChunks; }
  /// Calls `visit(row, source)` for the entries of a chunk that are kept, in
  /// order.
  template <typename Visit> void forEachEntry(int64_t chunk, Visit visit) const;

private:
  struct Column {
    BagGradients bags;
    /// The numbers of its first bag and its first source among all columns'.
    int64_t firstBag, firstSource;

    bool hasSourcePerEntry() const { return !bags.weights.empty(); }
  };
  struct Checked {
    int64_t numKept = 0;
    int64_t numNonfinite = 0;
    bool dropsAny = false;
    GradientError error;

    /// Keeps the first error.
    void take(GradientError found) {
      if (found.isBefore(error))
        error = std::move(found);
    }
  };

  void layOut();
  bool isTooLarge() const;
  Checked checkChunk(int64_t chunk);
  absl::Status checkBag(const Column &column, int64_t bag,
                        int64_t &numKept) const;
  bool checkGradient(const Column &column, int64_t bag, Checked &checked);
  void setSources(const Column &column, int64_t bag, int64_t numKept);
  template <typename Visit> void forEachBag(int64_t chunk, Visit visit) const;

  int64_t rowCount = 0;
  int64_t dimension = 0;
  float multiplier = 1.0f;
  std::vector<Column> columns;
  int64_t bagCount = 0, idCount = 0, entryCount = 0, sourceCount = 0;
  const float *base = nullptr;
  int64_t spread = 0;
  Chunks bagChunks;
  bool dropsAny = false;
  bool skipsNonfinite = false;
  int64_t nonfiniteCount = 0;
  /// Whether a bag is skipped; of no size where none can be.
  Scratch<char> skippedBags;
  Scratch<int64_t> sourceOffsets;
  Scratch<float> sourceScales;
};

/// Calls `visit(column, bag)` for the bags of a chunk.
template <typename Visit>
void RowGradients::forEachBag(int64_t chunk, Visit visit) const {
  int64_t begin = bagChunks.begin(chunk), end = bagChunks.begin(chunk + 1);
  for (const Column &column : columns) {
    int64_t numBags = column.bags.starts.size();
    int64_t first = std::max<int64_t>(begin - column.firstBag, 0);
    int64_t last = std::min(end - column.firstBag, numBags);
    for (int64_t bag = first; bag < last; ++bag)
      visit(column, bag);
  }
}

template <typename Visit>
void RowGradients::forEachEntry(int64_t chunk, Visit visit) const {
  forEachBag(chunk, [&](const Column &column, int64_t bag) {
    const BagGradients &bags = column.bags;
    if (dropsAny && skipsNonfinite && skippedBags[column.firstBag + bag])
      return;
    bool isPerEntry = column.hasSourcePerEntry();
    int64_t source = column.firstSource + (isPerEntry ? 0 : bag);
    for (int64_t e = bags.starts[bag], end = bags.ends[bag]; e < end; ++e) {
      int64_t id = bags.ids[e];
      if (dropsAny && (id < 0 || bags.dropsWeight(e)))
        continue;
      visit(id, isPerEntry ? source + e : source);
    }
  });
}

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_GRADIENTS_H
