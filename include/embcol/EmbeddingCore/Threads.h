//===- Threads.h - The threads of the embedding core ------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_THREADS_H
#define EMBCOL_EMBEDDINGCORE_THREADS_H

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include <cstdint>

namespace embcol {

/// The number of threads that work is divided over, the caller's included.
/// Starts as the environment's EMBCOL_NUM_THREADS where that is a positive
/// integer, and as the number of cores that the process may use otherwise.
int getNumThreads();

/// Sets the number of threads. InvalidArgument unless `numThreads` >= 1.
absl::Status setNumThreads(int numThreads);

/// Calls `body(begin, end)` on disjoint ranges that cover [0, size). Runs
/// inline, waking nobody, when `size` is at most `grain` or one thread is set.
/// `body` must not depend on where the ranges are cut.
void parallelFor(int64_t size, int64_t grain,
                 absl::FunctionRef<void(int64_t begin, int64_t end)> body);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_THREADS_H
