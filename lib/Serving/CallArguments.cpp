//===- CallArguments.cpp - From C structs to memrefs ----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"

#include "embcol/EmbeddingCore/Ragged.h"
#include "embcol/Serving/ServingTypes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <numeric>

using namespace embcol;
using namespace embcol::detail;
using Element = ServingProgram::Element;
using Kind = ServingProgram::Kind;

template <typename... Parts>
static absl::Status makeError(const ServingProgram::Item &item,
                              const Parts &...parts) {
  return absl::InvalidArgumentError(
      absl::StrCat("argument \"", item.name, "\": ", parts...));
}

/// The numbers that the descriptor of a memref has.
static size_t getDescriptorSize(size_t rank) { return 3 + 2 * rank; }

CallArguments::CallArguments(const ServingProgram::Function &function)
    : function(function) {
  size_t numWords = 0;
  for (const Item &item : function.arguments) {
    // A ragged array has values, which may be bytes and offsets, and splits.
    if (item.kind == Kind::Ragged)
      numWords += (2 + item.raggedRank) * getDescriptorSize(/*rank=*/1);
    else
      numWords += getDescriptorSize(item.shape.size());
  }
  descriptors.reserve(numWords);
}

void CallArguments::addMemRef(const void *data,
                              absl::Span<const int64_t> shape) {
  int64_t *descriptor = descriptors.data() + descriptors.size();
  size_t rank = shape.size();
  descriptors.resize(descriptors.size() + getDescriptorSize(rank));
  descriptor[0] = descriptor[1] = reinterpret_cast<int64_t>(data);
  descriptor[2] = 0;
  int64_t stride = 1;
  for (size_t axis = rank; axis-- > 0; stride *= shape[axis]) {
    descriptor[3 + axis] = shape[axis];
    descriptor[3 + rank + axis] = stride;
  }
  packed.push_back(descriptor);
}

absl::Status CallArguments::checkBatch(const Item &item, int64_t size) {
  if (!batchItem) {
    batchItem = &item;
    batch = size;
  }
  return checkSameBatch(batchItem->name, batch, item.name, size);
}

/// Checks that an array of `count` elements is there.
static absl::Status checkArray(const ServingProgram::Item &item,
                               absl::string_view what, const void *data,
                               int64_t count) {
  // (serving-C4)
  if (count < 0)
    return makeError(item, "there are ", count, " ", what);
  // (serving-C4)
  if (!data && count > 0)
    return makeError(item, what, " is NULL");
  return absl::OkStatus();
}

absl::Status CallArguments::addStrings(const Item &item, const char *bytes,
                                       const int64_t *offsets, int64_t count) {
  static const int64_t zero = 0;
  if (count == 0 && !offsets)
    offsets = &zero;
  if (absl::Status status = checkArray(item, "offsets", offsets, count + 1);
      !status.ok())
    return status;
  absl::Status status =
      validateSplits(absl::MakeConstSpan(offsets, count + 1), offsets[count]);
  if (!status.ok())
    return makeError(item, "string offsets: ", status.message());
  if (status = checkArray(item, "bytes", bytes, offsets[count]); !status.ok())
    return status;
  addMemRef(bytes, {offsets[count]});
  addMemRef(offsets, {count + 1});
  return absl::OkStatus();
}

absl::Status CallArguments::addSplits(const Item &item, absl::string_view what,
                                      const int64_t *splits, int64_t count,
                                      int64_t numValues) {
  if (absl::Status status = checkArray(item, what, &count, count); !status.ok())
    return status;
  if (!splits) {
    std::vector<int64_t> &own = ownSplits.emplace_back(count + 1);
    std::iota(own.begin(), own.end(), 0);
    splits = own.data();
  }
  addMemRef(splits, {count + 1});
  // (ragged_from_row_splits-C5)
  absl::Status status =
      validateSplits(absl::MakeConstSpan(splits, count + 1), numValues);
  if (status.ok())
    return status;
  return absl::InvalidArgumentError(
      absl::StrCat("feature \"", item.name, "\": ", status.message()));
}

/// Takes a ragged array of any type of elements apart.
template <typename Ragged>
static embcol_ragged_string toStrings(const Ragged &ragged,
                                      const void *values) {
  return {static_cast<const char *>(values),
          nullptr,
          ragged.num_values,
          ragged.row_splits,
          ragged.num_rows,
          ragged.step_splits,
          ragged.num_steps};
}

absl::Status CallArguments::addRagged(const Item &item, const void *argument) {
  embcol_ragged_string ragged;
  absl::Status status;
  if (item.element == Element::String) {
    ragged = *static_cast<const embcol_ragged_string *>(argument);
    status = checkArray(item, "values", argument, ragged.num_values);
    if (status.ok())
      status =
          addStrings(item, ragged.bytes, ragged.offsets, ragged.num_values);
  } else {
    // Those of all numbers are laid out alike.
    auto &numbers = *static_cast<const embcol_ragged_int64 *>(argument);
    ragged = toStrings(numbers, numbers.values);
    status = checkArray(item, "values", ragged.bytes, ragged.num_values);
    addMemRef(ragged.bytes, {ragged.num_values});
  }
  int64_t numItems = ragged.num_values;
  if (status.ok() && item.raggedRank == 2) {
    status = addSplits(item, "steps", ragged.step_splits, ragged.num_steps,
                       numItems);
    numItems = ragged.num_steps;
  }
  if (status.ok())
    status =
        addSplits(item, "rows", ragged.row_splits, ragged.num_rows, numItems);
  return status.ok() ? checkBatch(item, ragged.num_rows) : status;
}

absl::Status CallArguments::addTensor(const Item &item, const void *argument) {
  // Those of all numbers are laid out alike.
  auto &tensor = *static_cast<const embcol_tensor_int64 *>(argument);
  size_t rank = item.shape.size();
  // (serving-C4)
  if (!tensor.shape && rank > 0)
    return makeError(item, "shape is NULL");
  absl::Span<const int64_t> shape(tensor.shape, rank);
  int64_t size = 1;
  bool fits = true;
  for (size_t axis = 0; axis < rank; ++axis) {
    fits = fits && shape[axis] >= 0 &&
           (item.shape[axis] < 0 || item.shape[axis] == shape[axis]);
    fits = fits && !__builtin_mul_overflow(size, shape[axis], &size);
  }
  // (feature-C15)
  if (!fits)
    return makeError(item, "expected shape [",
                     absl::StrJoin(item.shape, ", ",
                                   [](std::string *out, int64_t extent) {
                                     extent < 0 ? absl::StrAppend(out, "?")
                                                : absl::StrAppend(out, extent);
                                   }),
                     "], found [", absl::StrJoin(shape, ", "), "]");
  addMemRef(tensor.data, shape);
  return checkArray(item, "data", tensor.data, size);
}

absl::Status CallArguments::add(const Item &item, const void *argument) {
  // (serving-C4)
  if (!argument)
    return makeError(item, "is NULL");
  switch (item.kind) {
  case Kind::Ragged:
    return addRagged(item, argument);
  case Kind::Tensor:
    return addTensor(item, argument);
  case Kind::Scalar:
    packed.push_back(const_cast<void *>(argument));
  }
  return absl::OkStatus();
}

absl::Status CallArguments::set(const void *const *arguments) {
  for (size_t i = 0; i < function.arguments.size(); ++i)
    if (absl::Status status = add(function.arguments[i], arguments[i]);
        !status.ok())
      return status;
  return absl::OkStatus();
}

void **CallArguments::getPacked(void *results, bool scalar) {
  if (scalar) {
    packed.push_back(results);
    return packed.data() + 1;
  }
  packed.front() = results;
  return packed.data() + function.results.empty();
}
