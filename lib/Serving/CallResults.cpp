//===- CallResults.cpp - From memrefs to C structs ------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"

#include "embcol/Serving/ServingTypes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

using namespace embcol;
using namespace embcol::detail;
using Element = ServingProgram::Element;
using Item = ServingProgram::Item;
using Kind = ServingProgram::Kind;

namespace {
/// What a struct of results refers to.
struct Owner {
  std::vector<void *> buffers;
  std::vector<int64_t> shapes;
};

/// A struct, member by member.
class Struct {
public:
  /// At no address, only to see how long it is.
  Struct() = default;
  explicit Struct(void *begin) : begin(reinterpret_cast<uintptr_t>(begin)) {}

  /// The next member, aligned as C aligns it.
  template <typename T> T *next() {
    return reinterpret_cast<T *>(next(sizeof(T), alignof(T)));
  }
  char *next(size_t size, size_t alignment) {
    size_t offset = (numBytes + alignment - 1) / alignment * alignment;
    numBytes = offset + size;
    return reinterpret_cast<char *>(begin + offset);
  }
  size_t size() const { return numBytes; }

private:
  uintptr_t begin = 0;
  size_t numBytes = 0;
};
} // namespace

/// The ranks of the memrefs that a result is returned as.
static std::vector<size_t> getRanks(const Item &item) {
  if (item.kind == Kind::Scalar)
    return {};
  if (item.kind == Kind::Tensor)
    return {item.shape.size()};
  bool isString = item.element == Element::String;
  return std::vector<size_t>(1 + isString + item.raggedRank, 1);
}

/// The member of a struct that compiled code returns, and its size, for an
/// item.
static char *nextReturned(Struct &returned, const Item &item) {
  if (item.kind == Kind::Scalar) {
    size_t size = ServingProgram::getSizeInBytes(item.element);
    return returned.next(size, size);
  }
  size_t numWords = 0;
  for (size_t rank : getRanks(item))
    numWords += 3 + 2 * rank;
  return returned.next(numWords * sizeof(int64_t), alignof(int64_t));
}

/// The member of a struct of results.
static char *nextMember(Struct &results, const Item &item) {
  if (item.kind == Kind::Scalar) {
    size_t size = ServingProgram::getSizeInBytes(item.element);
    return results.next(size, size);
  }
  if (item.kind == Kind::Tensor)
    return reinterpret_cast<char *>(results.next<embcol_tensor_int64>());
  if (item.element == Element::String)
    return reinterpret_cast<char *>(results.next<embcol_ragged_string>());
  return reinterpret_cast<char *>(results.next<embcol_ragged_int64>());
}

size_t detail::getSizeOfResults(const ServingProgram::Function &function) {
  Struct results;
  results.next<void *>();
  for (const Item &item : function.results)
    nextMember(results, item);
  return results.size();
}

CallResults::CallResults(const ServingProgram::Function &function)
    : function(function) {
  Struct returned;
  for (const Item &item : function.results)
    nextReturned(returned, item);
  words.resize((returned.size() + sizeof(int64_t) - 1) / sizeof(int64_t));
}

bool CallResults::isScalar() const {
  return function.results.size() == 1 &&
         function.results.front().kind == Kind::Scalar;
}

/// Calls `visit(memref, rank)` for each memref of an item.
template <typename Visitor>
static void forEachMemRef(const Item &item, char *returned, Visitor visit) {
  auto *memref = reinterpret_cast<int64_t *>(returned);
  for (size_t rank : getRanks(item)) {
    visit(memref, rank);
    memref += 3 + 2 * rank;
  }
}

std::vector<void *> CallResults::getBuffers() const {
  std::vector<void *> buffers;
  Struct returned(const_cast<int64_t *>(words.data()));
  for (const Item &item : function.results)
    forEachMemRef(item, nextReturned(returned, item),
                  [&](int64_t *memref, size_t) {
                    buffers.push_back(reinterpret_cast<void *>(memref[0]));
                  });
  std::sort(buffers.begin(), buffers.end());
  buffers.erase(std::unique(buffers.begin(), buffers.end()), buffers.end());
  return buffers;
}

void CallResults::release() {
  for (void *buffer : getBuffers())
    free(buffer);
}

/// Where the elements of a memref begin.
static const char *getData(const int64_t *memref, Element element) {
  return reinterpret_cast<const char *>(memref[1]) +
         memref[2] * ServingProgram::getSizeInBytes(element);
}

static const int64_t *getNumbers(const int64_t *memref) {
  return reinterpret_cast<const int64_t *>(getData(memref, Element::I64));
}

/// Fills in a ragged array of strings or of numbers.
static void setRagged(const Item &item, char *returned, char *member) {
  std::vector<const int64_t *> memrefs;
  forEachMemRef(item, returned, [&](const int64_t *memref, size_t) {
    memrefs.push_back(memref);
  });
  const int64_t *rows = memrefs.back(), *steps = memrefs[memrefs.size() - 2];
  auto setSplits = [&](auto &ragged) {
    ragged.row_splits = getNumbers(rows);
    ragged.num_rows = rows[3] - 1;
    ragged.step_splits = item.raggedRank == 2 ? getNumbers(steps) : nullptr;
    ragged.num_steps = item.raggedRank == 2 ? steps[3] - 1 : 0;
  };
  if (item.element == Element::String) {
    auto &ragged = *reinterpret_cast<embcol_ragged_string *>(member);
    ragged.bytes = getData(memrefs[0], item.element);
    ragged.offsets = getNumbers(memrefs[1]);
    ragged.num_values = memrefs[1][3] - 1;
    return setSplits(ragged);
  }
  auto &ragged = *reinterpret_cast<embcol_ragged_int64 *>(member);
  ragged.values =
      reinterpret_cast<const int64_t *>(getData(memrefs[0], item.element));
  ragged.num_values = memrefs[0][3];
  setSplits(ragged);
}

void CallResults::moveTo(void *structure) {
  auto *owner = new Owner{getBuffers(), {}};
  size_t numAxes = 0;
  for (const Item &item : function.results)
    numAxes += item.shape.size();
  // Members refer to it.
  owner->shapes.reserve(numAxes);

  Struct returned(words.data());
  Struct results(structure);
  *results.next<void *>() = owner;
  for (const Item &item : function.results) {
    char *source = nextReturned(returned, item);
    char *member = nextMember(results, item);
    if (item.kind == Kind::Scalar) {
      std::memcpy(member, source, ServingProgram::getSizeInBytes(item.element));
    } else if (item.kind == Kind::Ragged) {
      setRagged(item, source, member);
    } else {
      auto *memref = reinterpret_cast<const int64_t *>(source);
      auto &tensor = *reinterpret_cast<embcol_tensor_int64 *>(member);
      tensor.data =
          reinterpret_cast<const int64_t *>(getData(memref, item.element));
      tensor.shape = owner->shapes.data() + owner->shapes.size();
      owner->shapes.insert(owner->shapes.end(), memref + 3,
                           memref + 3 + item.shape.size());
    }
  }
}

void detail::freeResults(void *structure) {
  std::unique_ptr<Owner> owner(static_cast<Owner *>(
      std::exchange(*static_cast<void **>(structure), nullptr)));
  if (!owner)
    return;
  for (void *buffer : owner->buffers)
    free(buffer);
}
