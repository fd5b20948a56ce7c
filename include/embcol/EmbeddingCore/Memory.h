//===- Memory.h - Memory on huge pages --------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_MEMORY_H
#define EMBCOL_EMBEDDINGCORE_MEMORY_H

#include "absl/status/statusor.h"

#include <cstddef>
#include <memory>

namespace embcol {

/// Memory of the system's, with addresses of its own.
class MappedMemory;

/// Zeroed memory for tables and slots, advised onto huge pages, so that a
/// random row costs one cache miss and no page walk. From 2 MiB on it is
/// aligned to that; smaller buffers share huge pages, and are aligned to cache
/// lines.
class HugePageBuffer {
public:
  HugePageBuffer() = default;
  HugePageBuffer(HugePageBuffer &&other) noexcept;
  HugePageBuffer &operator=(HugePageBuffer &&other) noexcept;

  /// Maps `numBytes` bytes. ResourceExhausted when the machine has less memory
  /// available than that, before any of it is touched.
  static absl::StatusOr<HugePageBuffer> allocate(size_t numBytes);

  /// Null for a buffer of no bytes.
  void *data() const { return begin; }
  size_t size() const { return numBytes; }

private:
  /// What the buffer is in.
  std::shared_ptr<MappedMemory> memory;
  void *begin = nullptr;
  size_t numBytes = 0;
};

/// Bytes that this process can still allocate: the smaller of what the system
/// and the control group have left.
size_t availableMemory();
/// The same, for an allocation of `numBytes`. Of one below 1 MiB, all that
/// there could be: to ask the system takes longer than such an allocation.
size_t availableMemoryFor(size_t numBytes);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_MEMORY_H
