//===- ResultMemory.h - Memory for the results of calls ---------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_RESULTMEMORY_H
#define EMBCOL_EMBEDDINGCORE_RESULTMEMORY_H

#include <cstddef>

namespace embcol {

/// Memory for what calls compute, aligned to a cache line. The system clears
/// every page that it gives, which for large results takes as long as the
/// lookup that fills them; these are hence kept, up to some 64 MiB that nobody
/// uses, for a later call of about their size. Throws std::bad_alloc. May be
/// called by any thread.
void *allocateResult(size_t numBytes);
/// Frees what `allocateResult` gave, or null.
void freeResult(void *memory);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_RESULTMEMORY_H
