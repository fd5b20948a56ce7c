//===- RuntimeUpdates.cpp - Updates of compiled programs ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeSupport.h"

#include "embcol/EmbeddingCore/Gradients.h"
#include "embcol/EmbeddingCore/Table.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <cmath>
#include <deque>
#include <vector>

using namespace embcol;
using namespace embcol::detail;

namespace {
struct Update {
  Table *table = nullptr;
  RowGradients gradients;
};

/// The updates that this thread has begun, numbered in that order. Number n of
/// each call takes the memory of number n of the call before.
class Updates {
public:
  int64_t begin(Table &table, float gradientMultiplier) {
    if (numBegun == updates.size())
      updates.emplace_back();
    Update &update = updates[numBegun];
    update.table = &table;
    update.gradients.reset(table.numRows(), table.dimension(),
                           gradientMultiplier);
    return numBegun++;
  }

  /// Numbers start anew when all updates have ended.
  void end() {
    if (++numEnded == numBegun)
      release();
  }

  void release() { numBegun = numEnded = 0; }

  Update &operator[](int64_t update) { return updates[update]; }

private:
  std::deque<Update> updates;
  size_t numBegun = 0;
  size_t numEnded = 0;
};
} // namespace

static thread_local Updates updates;

void detail::releaseUpdates() { updates.release(); }

static void checkFinite(absl::string_view what, float value) {
  // (apply_gradients-C12)
  if (!std::isfinite(value))
    recordError(/*column=*/-1,
                absl::InvalidArgumentError(absl::StrCat(
                    "expected ", what, " to be finite, found ", value)));
}

int64_t _mlir_ciface_embcol_core_begin_update(MemRef1<int8_t> *table,
                                              float learningRate,
                                              float gradientMultiplier) {
  checkFinite("the learning rate", learningRate);
  checkFinite("the gradient multiplier", gradientMultiplier);
  return updates.begin(*reinterpret_cast<Table *>(table->data()),
                       gradientMultiplier);
}

/// How messages show the shape of gradients [bags, dimension].
static std::string showShape(int64_t numBags, int64_t steps,
                             int64_t dimension) {
  std::vector<int64_t> sizes{numBags, dimension};
  if (steps > 1 && numBags % steps == 0)
    sizes = {numBags / steps, steps, dimension};
  return absl::StrCat("[", absl::StrJoin(sizes, ", "), "]");
}

static void checkShape(int64_t column, int64_t steps, int64_t numBags,
                       int64_t dimension, const MemRef2<float> &gradients) {
  // (apply_gradients-C11) (weight_gradients-C7)
  if (gradients.sizes[0] != numBags || gradients.sizes[1] != dimension)
    recordError(column,
                absl::InvalidArgumentError(absl::StrCat(
                    "gradients have shape ",
                    showShape(gradients.sizes[0], steps, gradients.sizes[1]),
                    ", expected ", showShape(numBags, steps, dimension))));
}

void _mlir_ciface_embcol_core_check_gradients(int64_t column,
                                              MemRef1<int64_t> *starts,
                                              MemRef2<float> *gradients) {
  checkShape(column, /*steps=*/1, starts->sizes[0], gradients->sizes[1],
             *gradients);
}

void _mlir_ciface_embcol_core_add_gradients(int64_t update, int64_t column,
                                            int64_t steps, int64_t combiner,
                                            int64_t safe, MemRef1<int64_t> *ids,
                                            MemRef1<int64_t> *starts,
                                            MemRef1<int64_t> *ends,
                                            MemRef1<float> *weights,
                                            MemRef2<float> *gradients) {
  RowGradients &gathered = updates[update].gradients;
  checkShape(column, steps, starts->sizes[0], gathered.gradientDimension(),
             *gradients);
  if (hasError())
    return;
  recordError(
      column,
      gathered.add({span(*ids), span(*starts), span(*ends), span(*weights),
                    static_cast<Combiner>(combiner), safe != 0,
                    gradients->data(), gradients->strides[0], steps}));
}

/// A memref of what the kernel only reads.
template <typename T> static MemRef1<T> memrefOf(const std::vector<T> &values) {
  return memref(absl::MakeSpan(const_cast<T *>(values.data()), values.size()));
}

static MemRef2<float> memrefOf(float *data, int64_t numRows, int64_t width,
                               int64_t stride) {
  return {data, data, 0, {numRows, width}, {stride, 1}};
}

namespace {
/// The rows of a step in consecutive parts of like work, however many entries
/// each of them has.
class RowParts {
public:
  RowParts(const std::vector<int64_t> &segments, int64_t dimension,
           int64_t slotWidth)
      : segments(segments),
        // An entry reads a gradient; a row reads and writes weights and slots.
        rowCost(2 * (dimension + slotWidth) / dimension) {
    int64_t numBytes = work(numRows()) * dimension * sizeof(float);
    numParts = std::clamp<int64_t>(numBytes / grainBytes, 1,
                                   getNumThreads() * partsPerThread);
  }

  int64_t size() const { return numParts; }
  /// The first row of a part.
  int64_t begin(int64_t part) const {
    int64_t least = static_cast<int64_t>(static_cast<double>(work(numRows())) *
                                         part / numParts);
    int64_t row = 0, end = numRows();
    while (row < end) {
      int64_t middle = row + (end - row) / 2;
      if (work(middle) < least)
        row = middle + 1;
      else
        end = middle;
    }
    return part == numParts ? numRows() : row;
  }

private:
  /// More than one, so that a thread which the system delays leaves work to the
  /// others.
  static constexpr int64_t partsPerThread = 4;

  int64_t numRows() const { return segments.size() - 1; }
  /// Of the rows before this one.
  int64_t work(int64_t row) const { return segments[row] + rowCost * row; }

  const std::vector<int64_t> &segments;
  int64_t rowCost;
  int64_t numParts;
};
} // namespace

void _mlir_ciface_embcol_core_apply_update(int64_t update, Kernel kernel,
                                           float learningRate, int64_t step,
                                           int64_t allRows) {
  if (hasError())
    return updates.end();
  const Table *table = updates[update].table;
  RowGradients &gathered = updates[update].gradients;
  gathered.finish();
  if (allRows)
    gathered.includeAllRows();
  int64_t dimension = table->dimension(), slotWidth = table->slotWidth();
  MemRef2<float> rows =
      memrefOf(table->rows(), table->numRows(), dimension, dimension);
  MemRef2<float> slots =
      memrefOf(table->slots(), table->numRows(), slotWidth, slotWidth);
  MemRef2<float> gradients =
      memrefOf(const_cast<float *>(gathered.gradients()),
               gathered.numGradients(), dimension, gathered.gradientStride());
  RowParts parts(gathered.segments(), dimension, slotWidth);
  parallelFor(parts.size(), /*grain=*/1, [&](int64_t first, int64_t last) {
    callKernel<void>(kernel, rows, slots, memrefOf(gathered.rows()),
                     memrefOf(gathered.segments()), memrefOf(gathered.bags()),
                     memrefOf(gathered.scales()), gradients, learningRate, step,
                     parts.begin(first), parts.begin(last));
  });
  updates.end();
}
