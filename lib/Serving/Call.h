//===- Call.h - Between C structs and memrefs -------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_SERVING_CALL_H
#define EMBCOL_LIB_SERVING_CALL_H

#include "embcol/Serving/ServingProgram.h"

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include <vector>

namespace embcol::detail {

/// The arguments of a call, as compiled code takes them: memrefs by the address
/// of a descriptor, scalars by their address.
class CallArguments {
public:
  explicit CallArguments(const ServingProgram::Function &function);

  /// Checks what ServingTypes.h has for each argument, and lays it out; the
  /// arrays stay where they are. InvalidArgument, naming the argument.
  absl::Status set(const void *const *arguments);

  /// What a packed function takes, with the address of its results; of a
  /// function that returns a `scalar`, that of the scalar.
  void **getPacked(void *results, bool scalar);

private:
  using Item = ServingProgram::Item;
  absl::Status add(const Item &item, const void *argument);
  absl::Status addRagged(const Item &item, const void *argument);
  absl::Status addTensor(const Item &item, const void *argument);
  absl::Status addStrings(const Item &item, const char *bytes,
                          const int64_t *offsets, int64_t count);
  absl::Status addSplits(const Item &item, absl::string_view what,
                         const int64_t *splits, int64_t count,
                         int64_t numValues);
  absl::Status checkBatch(const Item &item, int64_t size);
  void addMemRef(const void *data, absl::Span<const int64_t> shape);

  const ServingProgram::Function &function;
  /// Has room for all from the start, so that addresses stay.
  absl::InlinedVector<int64_t, 128> descriptors;
  /// The first place is the results'.
  absl::InlinedVector<void *, 32> packed = {nullptr};
  /// Of ragged arrays that came without.
  std::vector<std::vector<int64_t>> ownSplits;
  const Item *batchItem = nullptr;
  int64_t batch = 0;
};

/// The results of a call.
class CallResults {
public:
  explicit CallResults(const ServingProgram::Function &function);

  /// Where compiled code writes its results.
  void *data() { return words.data(); }
  /// Whether it returns a single scalar.
  bool isScalar() const;
  /// Fills in a struct that has the address of what it takes to free them, then
  /// for each result what ServingTypes.h has.
  void moveTo(void *structure);
  /// Frees them.
  void release();

private:
  /// Buffers that compiled code has allocated. Two results may be in one.
  std::vector<void *> getBuffers() const;

  const ServingProgram::Function &function;
  std::vector<int64_t> words;
};

/// Frees what a struct of results holds.
void freeResults(void *structure);

/// The size of the struct of results.
size_t getSizeOfResults(const ServingProgram::Function &function);

} // namespace embcol::detail

#endif // EMBCOL_LIB_SERVING_CALL_H
