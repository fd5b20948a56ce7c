//===- RuntimeSupport.h - What the runtime functions share ------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EMBEDDINGCORE_RUNTIMESUPPORT_H
#define EMBCOL_LIB_EMBEDDINGCORE_RUNTIMESUPPORT_H

#include "embcol/EmbeddingCore/Runtime.h"

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace embcol::detail {

/// The least data, in bytes, that is worth another thread.
constexpr int64_t grainBytes = 64 << 10;

/// Records an error of the call that runs on this thread, unless there is one.
void recordError(int64_t column, absl::Status status);
bool hasError();
void clearError();

/// That an id in a row of the batch is none of a table's rows.
absl::Status makeIdError(int64_t id, int64_t row, int64_t numRows);

/// Forgets the lookups that a call which failed has added.
void releaseLookups();

/// Ends all updates of this thread, also those of a call that failed.
void releaseUpdates();

template <typename T> absl::Span<T> span(const MemRef1<T> &memref) {
  return absl::MakeSpan(memref.data(), static_cast<size_t>(memref.sizes[0]));
}

template <typename T> MemRef1<T> memref(absl::Span<T> values) {
  return {values.data(), values.data(), 0, {int64_t(values.size())}, {1}};
}

template <typename T, int Rank, size_t... Axis>
auto expandAxes(const MemRef<T, Rank> &memref, std::index_sequence<Axis...>) {
  return std::make_tuple(memref.allocated, memref.aligned, memref.offset,
                         memref.sizes[Axis]..., memref.strides[Axis]...);
}

/// An argument of a kernel as scalars.
template <typename T, int Rank> auto expand(const MemRef<T, Rank> &memref) {
  return expandAxes(memref, std::make_index_sequence<Rank>());
}
inline auto expand(int64_t value) { return std::make_tuple(value); }
inline auto expand(float value) { return std::make_tuple(value); }

/// Calls the function at `kernel` with all arguments expanded into scalars.
template <typename Result, typename... Args>
Result callKernel(Kernel kernel, const Args &...args) {
  return std::apply(
      [kernel](auto... scalars) {
        return reinterpret_cast<Result (*)(decltype(scalars)...)>(kernel)(
            scalars...);
      },
      std::tuple_cat(expand(args)...));
}

/// The number of items, out of `count` that hold `numBytes` together, which
/// make up `grainBytes`.
inline int64_t grainFor(int64_t count, int64_t numBytes) {
  double bytesPerItem = static_cast<double>(std::max<int64_t>(numBytes, 1)) /
                        static_cast<double>(std::max<int64_t>(count, 1));
  return std::max<int64_t>(static_cast<int64_t>(grainBytes / bytesPerItem), 1);
}

/// An id that is no row: which kernel found it, and where.
struct BadId {
  size_t kernel;
  int64_t position;
};

/// Goes over `numBags` bags by each of `numKernels` kernels on the core's
/// threads: `run(i, begin, end)` runs number i, and returns the position of the
/// first id that is no row, or -1. `numBytes` are what all of them move, about.
/// Returns the first bad id of the first kernel that has one.
///
/// A block of bags after another, and each by all kernels, so that the joined
/// rows which they write together are in the cache.
std::optional<BadId>
runOverBags(int64_t numKernels, int64_t numBags, int64_t numBytes,
            absl::FunctionRef<int64_t(size_t, int64_t, int64_t)> run);

} // namespace embcol::detail

#endif // EMBCOL_LIB_EMBEDDINGCORE_RUNTIMESUPPORT_H
