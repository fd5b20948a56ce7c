//===- RuntimeUpdates.cpp - Updates of compiled programs ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeSupport.h"

#include "embcol/EmbeddingCore/RowPartitions.h"
#include "embcol/EmbeddingCore/Table.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <cmath>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

using namespace embcol;
using namespace embcol::detail;

namespace {
/// An update of a table that has begun.
struct Update {
  Table *table = nullptr;
  Kernel kernel = nullptr;
  float learningRate = 0;
  int64_t step = 0;
  bool allRows = false;
  RowGradients gradients;
};

/// The updates that this thread has begun, numbered in that order. Number n of
/// each call takes the memory of number n of the call before.
class Updates {
public:
  int64_t begin() {
    if (numBegun == updates.size())
      updates.emplace_back();
    return numBegun++;
  }
  void release() { numBegun = numColumns = 0; }

  /// Numbers the columns whose gradients are added.
  int64_t nextColumn() { return numColumns++; }

  int64_t size() const { return numBegun; }
  Update &operator[](int64_t update) { return updates[update]; }

private:
  std::deque<Update> updates;
  size_t numBegun = 0;
  int64_t numColumns = 0;
};

/// Objects that threads take for a while: as many as are in use at a time, so
/// that their memory stays in the caches however many tables there are.
template <typename T> class Pool {
public:
  std::unique_ptr<T> take() {
    std::lock_guard<std::mutex> lock(mutex);
    if (objects.empty())
      return std::make_unique<T>();
    std::unique_ptr<T> object = std::move(objects.back());
    objects.pop_back();
    return object;
  }
  void give(std::unique_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex);
    objects.push_back(std::move(object));
  }

private:
  std::mutex mutex;
  std::vector<std::unique_ptr<T>> objects;
};

/// What gradients are ordered in, kept from step to step.
struct Workspaces {
  Pool<RowPartitions> partitions;
  Pool<RowOrder> orders;
};
} // namespace

static thread_local Updates updates;
static thread_local Workspaces workspaces;

void detail::releaseUpdates() { updates.release(); }

//===----------------------------------------------------------------------===//
// Beginning
//===----------------------------------------------------------------------===//

static void checkFinite(absl::string_view what, float value) {
  // (apply_gradients-C12)
  if (!std::isfinite(value))
    recordError(/*column=*/-1,
                absl::InvalidArgumentError(absl::StrCat(
                    "expected ", what, " to be finite, found ", value)));
}

int64_t _mlir_ciface_embcol_core_begin_update(MemRef1<int8_t> *table,
                                              Kernel kernel, float learningRate,
                                              int64_t step, int64_t allRows,
                                              int64_t skipsNonfinite,
                                              float gradientMultiplier) {
  checkFinite("the learning rate", learningRate);
  checkFinite("the gradient multiplier", gradientMultiplier);
  int64_t number = updates.begin();
  Update &update = updates[number];
  update.table = reinterpret_cast<Table *>(table->data());
  update.kernel = kernel;
  update.learningRate = learningRate;
  update.step = step;
  update.allRows = allRows != 0;
  update.gradients.reset(update.table->numRows(), update.table->dimension(),
                         gradientMultiplier, skipsNonfinite != 0);
  return number;
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
  checkShape(column, steps, starts->sizes[0],
             updates[update].table->dimension(), *gradients);
  if (hasError())
    return;
  updates[update].gradients.add(
      {span(*ids), span(*starts), span(*ends), span(*weights),
       static_cast<Combiner>(combiner), safe != 0, gradients->data(),
       gradients->strides[0], steps, column, updates.nextColumn()});
}

//===----------------------------------------------------------------------===//
// Applying
//===----------------------------------------------------------------------===//

/// A memref of what the kernel only reads.
template <typename T> static MemRef1<T> memrefOf(absl::Span<const T> values) {
  return memref(absl::MakeSpan(const_cast<T *>(values.data()), values.size()));
}

template <typename T>
static MemRef2<T> memrefOf(T *data, int64_t numRows, int64_t width) {
  return {data, data, 0, {numRows, width}, {width, 1}};
}

/// Runs an update's kernel over rows.
static void runKernel(const Update &update, const RowOrder &order) {
  const Table &table = *update.table;
  const RowGradients &gathered = update.gradients;
  int64_t seed = splitMix64(table.seed(), update.step);
  callKernel<void>(
      update.kernel,
      memrefOf(table.rowData(), table.numRows(), table.dimension()),
      memrefOf(table.slots(), table.numRows(), table.slotWidth()),
      memrefOf(order.rows()), memrefOf(order.segments()),
      memrefOf(order.sources()), memrefOf(gathered.offsets()),
      memrefOf(gathered.scales()), memrefOf(gathered.gradients()),
      update.learningRate, update.step, seed, int64_t(0),
      static_cast<int64_t>(order.rows().size()));
}

/// Updates all rows that have gradients, a partition after another, so that
/// what was sorted is still in the cache.
static void apply(const Update &update, Workspaces &workspaces) {
  std::unique_ptr<RowPartitions> partitions = workspaces.partitions.take();
  partitions->partition(update.gradients, update.allRows);
  parallelFor(partitions->size(), /*grain=*/1,
              [&](int64_t first, int64_t last) {
                std::unique_ptr<RowOrder> order = workspaces.orders.take();
                for (int64_t i = first; i < last; ++i) {
                  order->sort(*partitions, i);
                  update.table->undoLog().keep(order->rows());
                  runKernel(update, *order);
                }
                workspaces.orders.give(std::move(order));
              });
  workspaces.partitions.give(std::move(partitions));
}

/// Checks what was added to all updates. Records the error of the first column,
/// also over one that is recorded: nothing is added after an error.
static void checkUpdates() {
  Updates &begun = updates;
  std::vector<GradientError> errors(begun.size());
  parallelFor(begun.size(), /*grain=*/1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      errors[i] = begun[i].gradients.check();
  });
  for (int64_t i = 0; i < begun.size(); ++i)
    begun[i].table->countNonfiniteGradients(begun[i].gradients.numNonfinite());
  GradientError first;
  for (GradientError &error : errors)
    if (error.isBefore(first))
      first = std::move(error);
  if (!first.status.ok()) {
    clearError();
    recordError(first.column, std::move(first.status));
  }
}

/// Waits here, where a save is under way that has fallen behind, and not on the
/// threads that others need, too.
static void prepareToKeep(const Update &update) {
  if (update.allRows)
    update.table->undoLog().keepAll();
  else
    update.table->undoLog().waitForRoom();
}

void _mlir_ciface_embcol_core_apply_updates() {
  checkUpdates();
  if (hasError())
    return updates.release();
  Updates &begun = updates;
  for (int64_t i = 0; i < begun.size(); ++i)
    prepareToKeep(begun[i]);
  Workspaces &memory = workspaces;
  // Tables one beside another, and a large one by all threads.
  parallelFor(begun.size(), /*grain=*/1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      apply(begun[i], memory);
  });
  updates.release();
}
