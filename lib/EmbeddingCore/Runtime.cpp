//===- Runtime.cpp - Errors and lookups of compiled programs --------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeSupport.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"

#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

using namespace embcol;
using namespace embcol::detail;

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

namespace {
struct CallError {
  absl::Status status;
  int64_t column = -1;
};
} // namespace

static thread_local CallError callError;

void detail::recordError(int64_t column, absl::Status status) {
  if (hasError() || status.ok())
    return;
  callError.status = std::move(status);
  callError.column = column;
}

bool detail::hasError() { return !callError.status.ok(); }

void detail::clearError() { callError = CallError(); }

void embcol::clearCallError() {
  clearError();
  releaseLookups();
  releaseUpdates();
}

absl::Status detail::makeIdError(int64_t id, int64_t row, int64_t numRows) {
  return absl::OutOfRangeError(absl::StrCat("id ", id, " in row ", row,
                                            " is not in [0, ", numRows, ")"));
}

absl::Status embcol::takeCallError(absl::Span<const std::string> columnNames) {
  CallError error = std::exchange(callError, CallError());
  if (error.status.ok() || error.column < 0 ||
      error.column >= static_cast<int64_t>(columnNames.size()))
    return error.status;
  return absl::Status(error.status.code(),
                      absl::StrCat("column \"", columnNames[error.column],
                                   "\": ", error.status.message()));
}

//===----------------------------------------------------------------------===//
// Lookups
//===----------------------------------------------------------------------===//

namespace {
/// The bags of a column and the kernel that goes over them.
struct BagKernel {
  int64_t column;
  int64_t steps;
  Kernel kernel;
  MemRef2<void> rows;
  MemRef1<int64_t> ids, starts, ends;
  MemRef1<float> weights;

  int64_t numBags() const { return starts.sizes[0]; }
  /// What is read and written, about.
  int64_t numBytes() const {
    return (ids.sizes[0] + numBags()) * rows.sizes[1] * sizeof(float);
  }

  /// Runs over the bags [begin, end). `buffers` are what the kernel takes after
  /// the bags. Returns the position of the first id that is no row, or -1.
  template <typename... Buffers>
  int64_t run(int64_t begin, int64_t end, const Buffers &...buffers) const {
    return callKernel<int64_t>(kernel, rows, ids, starts, ends, weights,
                               buffers..., begin, end);
  }
};

/// The lookups that this thread has added.
struct Lookups {
  std::vector<BagKernel> kernels;
  /// Of each, where its rows go.
  std::vector<MemRef2<float>> outs;
};
} // namespace

static thread_local Lookups lookups;

void detail::releaseLookups() {
  lookups.kernels.clear();
  lookups.outs.clear();
}

namespace {
/// The first of the ids that kernels found to be no rows.
class FirstBadId {
public:
  void record(BadId id) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!found || std::tie(id.kernel, id.position) <
                      std::tie(found->kernel, found->position))
      found = id;
  }
  const std::optional<BadId> &get() const { return found; }

private:
  std::mutex mutex;
  std::optional<BadId> found;
};
} // namespace

std::optional<BadId>
detail::runOverBags(int64_t numKernels, int64_t numBags, int64_t numBytes,
                    absl::FunctionRef<int64_t(size_t, int64_t, int64_t)> run) {
  int64_t blockSize = grainFor(numBags, numBytes / numKernels);
  int64_t numBlocks = numBags / blockSize + (numBags % blockSize != 0);
  int64_t numTasks = numBlocks * numKernels;
  FirstBadId bad;
  parallelFor(numTasks, grainFor(numTasks, numBytes),
              [&](int64_t first, int64_t last) {
                for (int64_t task = first; task < last; ++task) {
                  int64_t begin = task / numKernels * blockSize;
                  int64_t end = std::min(begin + blockSize, numBags);
                  size_t number = task % numKernels;
                  int64_t position = run(number, begin, end);
                  if (position >= 0)
                    bad.record({number, position});
                }
              });
  return bad.get();
}

/// Goes over all bags of `kernels`, which have equally many: `run(i, begin,
/// end)` runs number i. Reports the first bad id, also over an error that is
/// recorded.
static void
runKernels(absl::Span<const BagKernel> kernels,
           absl::FunctionRef<int64_t(size_t, int64_t, int64_t)> run) {
  if (kernels.empty())
    return;
  int64_t numBytes = 0;
  for (const BagKernel &kernel : kernels)
    numBytes += kernel.numBytes();
  std::optional<BadId> bad =
      runOverBags(kernels.size(), kernels.front().numBags(), numBytes, run);
  if (!bad)
    return;
  BagKernel kernel = kernels[bad->kernel];
  clearError();
  _mlir_ciface_embcol_core_report_id(kernel.column, kernel.steps, bad->position,
                                     kernel.rows.sizes[0], &kernel.ids,
                                     &kernel.starts, &kernel.ends);
}

void _mlir_ciface_embcol_core_add_lookup(
    int64_t column, int64_t steps, Kernel kernel, MemRef2<void> *rows,
    MemRef1<int64_t> *ids, MemRef1<int64_t> *starts, MemRef1<int64_t> *ends,
    MemRef1<float> *weights, MemRef2<float> *out) {
  // After an error, splits may not fit the ids, nor the ids the weights.
  if (hasError())
    return;
  lookups.kernels.push_back(
      {column, steps, kernel, *rows, *ids, *starts, *ends, *weights});
  lookups.outs.push_back(*out);
}

void _mlir_ciface_embcol_core_run_lookups() {
  // Other threads have others.
  const Lookups &added = lookups;
  runKernels(added.kernels, [&](size_t i, int64_t begin, int64_t end) {
    return added.kernels[i].run(begin, end, added.outs[i]);
  });
  releaseLookups();
}

void _mlir_ciface_embcol_core_weight_gradients(
    int64_t column, int64_t steps, Kernel kernel, MemRef2<void> *rows,
    MemRef1<int64_t> *ids, MemRef1<int64_t> *starts, MemRef1<int64_t> *ends,
    MemRef1<float> *weights, MemRef2<float> *gradients, MemRef1<float> *out) {
  // As for lookups.
  if (hasError())
    return;
  BagKernel bags{column, steps, kernel, *rows, *ids, *starts, *ends, *weights};
  runKernels({&bags, 1}, [&](size_t, int64_t begin, int64_t end) {
    return bags.run(begin, end, *gradients, *out);
  });
}

void _mlir_ciface_embcol_core_report_id(int64_t column, int64_t steps,
                                        int64_t position, int64_t numRows,
                                        MemRef1<int64_t> *ids,
                                        MemRef1<int64_t> *starts,
                                        MemRef1<int64_t> *ends) {
  if (position < 0 || hasError())
    return;
  int64_t bag = 0, numBags = starts->sizes[0];
  while (bag < numBags &&
         !(starts->data()[bag] <= position && position < ends->data()[bag]))
    ++bag;
  recordError(column, makeIdError(ids->data()[position], bag / steps, numRows));
}

int64_t _mlir_ciface_embcol_core_guard(int64_t count) {
  return hasError() ? 0 : count;
}

int64_t _mlir_ciface_embcol_core_join_batches(int64_t first, int64_t second) {
  // (feature-C16) (grouped_lookup-C9)
  if (first != second)
    recordError(/*column=*/-1, absl::InvalidArgumentError(absl::StrCat(
                                   "tensors of batches of ", first, " and ",
                                   second, " rows cannot be joined")));
  return std::min(first, second);
}

/// The error that names row and place of ids, between the splits `ids` and
/// `weights` of one row, that do not have the weights.
static absl::Status checkPlaces(size_t row, absl::Span<const int64_t> ids,
                                absl::Span<const int64_t> weights) {
  for (size_t place = 0; place + 1 < ids.size(); ++place) {
    int64_t numIds = ids[place + 1] - ids[place];
    int64_t numWeights = weights[place + 1] - weights[place];
    // (lookup-C10)
    if (numIds != numWeights)
      return absl::InvalidArgumentError(
          absl::StrCat("place ", place, " of row ", row, " has ", numIds,
                       " ids but ", numWeights, " weights"));
  }
  return absl::OkStatus();
}

/// Records an error unless weights have the rows of the ids. `checkRow` looks
/// into a row that both have alike.
static void
checkWeights(int64_t column, absl::Span<const int64_t> ids,
             absl::Span<const int64_t> weights, absl::string_view whatIds,
             absl::string_view whatWeights,
             absl::FunctionRef<absl::Status(size_t row, int64_t idBegin,
                                            int64_t weightBegin, int64_t count)>
                 checkRow) {
  // (lookup-C10)
  if (ids.size() != weights.size())
    return recordError(column,
                       absl::InvalidArgumentError(absl::StrCat(
                           "ids have ", ids.size() - 1,
                           " rows but weights have ", weights.size() - 1)));
  for (size_t row = 0; row + 1 < ids.size(); ++row) {
    int64_t numIds = ids[row + 1] - ids[row];
    int64_t numWeights = weights[row + 1] - weights[row];
    // (lookup-C10)
    if (numIds != numWeights)
      return recordError(column, absl::InvalidArgumentError(absl::StrCat(
                                     "row ", row, " has ", numIds, whatIds,
                                     " but ", numWeights, whatWeights)));
    absl::Status status = checkRow(row, ids[row], weights[row], numIds);
    if (!status.ok())
      return recordError(column, std::move(status));
  }
}

void _mlir_ciface_embcol_core_check_weights(int64_t column,
                                            MemRef1<int64_t> *idSplits,
                                            MemRef1<int64_t> *weightSplits) {
  absl::Span<const int64_t> ids = span(*idSplits);
  absl::Span<const int64_t> weights = span(*weightSplits);
  if (hasError() || ids == weights)
    return;
  checkWeights(
      column, ids, weights, " ids", " weights",
      [](size_t, int64_t, int64_t, int64_t) { return absl::OkStatus(); });
}

void _mlir_ciface_embcol_core_check_place_weights(
    int64_t column, MemRef1<int64_t> *idInner, MemRef1<int64_t> *idOuter,
    MemRef1<int64_t> *weightInner, MemRef1<int64_t> *weightOuter) {
  absl::Span<const int64_t> ids = span(*idInner), weights = span(*weightInner);
  absl::Span<const int64_t> idRows = span(*idOuter);
  absl::Span<const int64_t> weightRows = span(*weightOuter);
  if (hasError() || (ids == weights && idRows == weightRows))
    return;
  checkWeights(
      column, idRows, weightRows, " places of ids", " of weights",
      [&](size_t row, int64_t idBegin, int64_t weightBegin, int64_t count) {
        return checkPlaces(row, ids.subspan(idBegin, count + 1),
                           weights.subspan(weightBegin, count + 1));
      });
}

void _mlir_ciface_embcol_core_check_batch(int64_t column, int64_t expected,
                                          int64_t found) {
  // (device-C9)
  if (expected != found)
    recordError(column,
                absl::InvalidArgumentError(absl::StrCat(
                    "expected a batch of ", expected,
                    " rows, as tensor_core_shape says, found ", found)));
}

void _mlir_ciface_embcol_core_cut_sequence(int64_t maxSequenceLength,
                                           MemRef1<int64_t> *inner,
                                           MemRef1<int64_t> *outer,
                                           MemRef1<int64_t> *starts,
                                           MemRef1<int64_t> *ends,
                                           MemRef1<int64_t> *lengths) {
  absl::Span<int64_t> bagStarts = span(*starts), bagEnds = span(*ends);
  absl::Span<int64_t> rowLengths = span(*lengths);
  if (hasError()) {
    // Empty bags are safe to pool for whatever comes next.
    for (absl::Span<int64_t> result : {bagStarts, bagEnds, rowLengths})
      std::fill(result.begin(), result.end(), 0);
    return;
  }
  absl::Span<const int64_t> stepSplits = span(*inner), rowSplits = span(*outer);
  int64_t place = 0;
  for (size_t row = 0; row < rowLengths.size(); ++row) {
    int64_t firstStep = rowSplits[row];
    int64_t length =
        std::min(rowSplits[row + 1] - firstStep, maxSequenceLength);
    rowLengths[row] = length;
    int64_t rowEnd = stepSplits[firstStep + length];
    for (int64_t step = 0; step < maxSequenceLength; ++step, ++place) {
      bool isFilled = step < length;
      bagStarts[place] = isFilled ? stepSplits[firstStep + step] : rowEnd;
      bagEnds[place] = isFilled ? stepSplits[firstStep + step + 1] : rowEnd;
    }
  }
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

namespace {
/// MLIR's unranked memref; the descriptor is a MemRef of that rank.
struct UnrankedMemRef {
  int64_t rank;
  void *descriptor;
};

/// A memref whose rank is known at run time.
struct StridedView {
  explicit StridedView(const UnrankedMemRef &memref, int64_t elementSize) {
    auto *scalar = static_cast<MemRef<char, 1> *>(memref.descriptor);
    data = scalar->aligned + scalar->offset * elementSize;
    sizes = scalar->sizes;
    strides = sizes + memref.rank;
  }

  char *data;
  const int64_t *sizes;
  const int64_t *strides;
};
} // namespace

/// Copies axes [axis, outerRank), of which each element is `blockBytes` long.
static void copyAxes(const StridedView &source, const StridedView &target,
                     int64_t axis, int64_t outerRank, int64_t elementSize,
                     size_t blockBytes, const char *from, char *to) {
  if (axis == outerRank) {
    std::memcpy(to, from, blockBytes);
    return;
  }
  for (int64_t i = 0; i < source.sizes[axis]; ++i)
    copyAxes(source, target, axis + 1, outerRank, elementSize, blockBytes,
             from + i * source.strides[axis] * elementSize,
             to + i * target.strides[axis] * elementSize);
}

void memrefCopy(int64_t elementSize, void *sourceUnranked,
                void *targetUnranked) {
  auto *sourceMemRef = static_cast<UnrankedMemRef *>(sourceUnranked);
  auto *targetMemRef = static_cast<UnrankedMemRef *>(targetUnranked);
  StridedView source(*sourceMemRef, elementSize);
  StridedView target(*targetMemRef, elementSize);
  int64_t rank = sourceMemRef->rank;
  if (std::count(source.sizes, source.sizes + rank, 0) != 0)
    return;
  // The inner axes that are one block of memory in both.
  int64_t blockElements = 1;
  while (rank > 0 && (source.sizes[rank - 1] == 1 ||
                      (source.strides[rank - 1] == blockElements &&
                       target.strides[rank - 1] == blockElements)))
    blockElements *= source.sizes[--rank];
  copyAxes(source, target, 0, rank, elementSize, blockElements * elementSize,
           source.data, target.data);
}

//===----------------------------------------------------------------------===//
// Names for each type of rows
//===----------------------------------------------------------------------===//

// A program that is compiled ahead of time is linked with these; those that are
// compiled in memory look them up in a table.
#define EMBCOL_ROW_NAME(name, type)                                            \
  extern "C" decltype(name) name##_##type __attribute__((alias(#name)))
#define EMBCOL_ROW_NAMES(name)                                                 \
  EMBCOL_ROW_NAME(name, f32);                                                  \
  EMBCOL_ROW_NAME(name, bf16);                                                 \
  EMBCOL_ROW_NAME(name, f16);                                                  \
  EMBCOL_ROW_NAME(name, i8)

EMBCOL_ROW_NAMES(_mlir_ciface_embcol_core_add_lookup);
EMBCOL_ROW_NAMES(_mlir_ciface_embcol_core_weight_gradients);
