//===- Strings.cpp - Strings of Python in Arrow's layout ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"
#include "embcol/EmbeddingCore/Ragged.h"
#include "embcol/EmbeddingCore/Threads.h"
#include "embcol/EmbeddingCore/TokenTable.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace embcol;
using namespace embcol::python;

/// Strings that a thread takes at a time.
static constexpr int64_t stringGrain = 8192;

/// Copies a string, most of which are short, in place.
static void copyString(char *target, const char *source, int64_t size) {
  auto copy = [&](int64_t offset, auto chunk) {
    std::memcpy(&chunk, source + offset, sizeof(chunk));
    std::memcpy(target + offset, &chunk, sizeof(chunk));
  };
  using Chunk = std::array<char, 16>;
  if (size < 8) {
    for (int64_t i = 0; i < size; ++i)
      target[i] = source[i];
  } else if (size < 16) {
    copy(0, uint64_t());
    copy(size - 8, uint64_t());
  } else {
    for (int64_t i = 0; i + 16 < size; i += 16)
      copy(i, Chunk());
    copy(size - 16, Chunk());
  }
}

/// Strings of which `sizeOf(i)` tells the size, and `write(i, size, target)`
/// writes the bytes.
template <typename SizeOf, typename Write>
static Value makeStrings(int64_t numStrings, SizeOf sizeOf, Write write) {
  Array offsets = Array::allocate(ElementType::I64, {numStrings + 1});
  int64_t *ends = offsets.as<int64_t>();
  ends[0] = 0;
  parallelFor(numStrings, stringGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      ends[i + 1] = sizeOf(i);
  });
  for (int64_t i = 0; i < numStrings; ++i)
    ends[i + 1] += ends[i];
  Array bytes = Array::allocate(ElementType::I8, {ends[numStrings]});
  char *target = bytes.as<char>();
  parallelFor(numStrings, stringGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      write(i, ends[i + 1] - ends[i], target + ends[i]);
  });
  return {{std::move(bytes), std::move(offsets)}, {}};
}

//===----------------------------------------------------------------------===//
// numpy
//===----------------------------------------------------------------------===//

/// The size without the zeros at the end.
static int64_t trimZeros(const char *bytes, int64_t size) {
  while (size >= 8) {
    if (uint64_t word = detail::loadWord(bytes + size - 8))
      return size - __builtin_clzll(word) / 8;
    size -= 8;
  }
  while (size > 0 && bytes[size - 1] == '\0')
    --size;
  return size;
}

/// numpy's S type: strings of at most `width` bytes, padded with zeros.
static Value makeBytes(const Py_buffer &view) {
  int64_t width = view.itemsize, numStrings = width ? view.len / width : 0;
  auto *data = static_cast<const char *>(view.buf);
  return makeStrings(
      numStrings, [=](int64_t i) { return trimZeros(data + i * width, width); },
      [=](int64_t i, int64_t size, char *target) {
        copyString(target, data + i * width, size);
      });
}

/// The bytes of a code point in UTF-8. A byte that was not UTF-8, which Python
/// keeps as a surrogate (PEP 383), becomes that byte again.
static int64_t countUtf8(uint32_t code) {
  if (code >= 0xD800 && code <= 0xDFFF) {
    if (code >= 0xDC80 && code <= 0xDCFF)
      return 1;
    throw nb::type_error("a surrogate that stands for no byte");
  }
  return 1 + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);
}

/// Writes a code point that takes more than a byte.
static void encodeUtf8(uint32_t code, int64_t size, char *out) {
  static constexpr unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
  for (int64_t i = size - 1; i > 0; --i, code >>= 6)
    out[i] = static_cast<char>(0x80 | (code & 0x3F));
  out[0] = static_cast<char>(leads[size - 1] | code);
}

namespace {
/// A string of numpy's U type.
struct CodePoints {
  CodePoints(const char *data, int64_t width)
      : data(data), size((trimZeros(data, width) + 3) / 4) {}

  uint32_t operator[](int64_t i) const {
    uint32_t code;
    std::memcpy(&code, data + 4 * i, sizeof(code));
    return code;
  }

  int64_t countBytes() const {
    uint32_t any = 0;
    for (int64_t i = 0; i < size; ++i)
      any |= (*this)[i];
    if (any < 0x80)
      return size;
    int64_t numBytes = 0;
    for (int64_t i = 0; i < size; ++i)
      numBytes += countUtf8((*this)[i]);
    return numBytes;
  }

  void write(int64_t numBytes, char *target) const {
    // A byte each: ASCII, or the last byte of a surrogate.
    if (numBytes == size) {
      for (int64_t i = 0; i < size; ++i)
        target[i] = static_cast<char>((*this)[i]);
      return;
    }
    for (int64_t i = 0; i < size; ++i) {
      uint32_t code = (*this)[i];
      int64_t count = countUtf8(code);
      if (count == 1)
        *target = static_cast<char>(code);
      else
        encodeUtf8(code, count, target);
      target += count;
    }
  }

  const char *data;
  int64_t size;
};
} // namespace

/// numpy's U type: strings of at most `width` / 4 code points.
static Value makeUnicode(const Py_buffer &view) {
  int64_t width = view.itemsize, numStrings = width ? view.len / width : 0;
  auto *data = static_cast<const char *>(view.buf);
  return makeStrings(
      numStrings,
      [=](int64_t i) {
        return CodePoints(data + i * width, width).countBytes();
      },
      [=](int64_t i, int64_t size, char *target) {
        CodePoints(data + i * width, width).write(size, target);
      });
}

/// The strings of a numpy array of type S or U, in row-major order.
static Value makeStringsFromArray(nb::handle array, bool isUnicode) {
  Buffer buffer(array);
  return withoutGil([&] {
    return isUnicode ? makeUnicode(buffer.view) : makeBytes(buffer.view);
  });
}

//===----------------------------------------------------------------------===//
// Objects
//===----------------------------------------------------------------------===//

/// The bytes of a str, written in UTF-8, or bytes. What has to be encoded is
/// added to `encoded`.
static absl::string_view viewObject(PyObject *object,
                                    std::vector<nb::object> &encoded) {
  if (object && PyUnicode_Check(object)) {
    if (PyUnicode_IS_COMPACT_ASCII(object))
      return {reinterpret_cast<const char *>(PyUnicode_1BYTE_DATA(object)),
              static_cast<size_t>(PyUnicode_GET_LENGTH(object))};
    object = PyUnicode_AsEncodedString(object, "utf-8", "surrogateescape");
    if (!object)
      throw nb::python_error();
    encoded.push_back(nb::steal(object));
  }
  if (!object || !PyBytes_Check(object))
    throw nb::type_error("expected str or bytes");
  return {PyBytes_AS_STRING(object),
          static_cast<size_t>(PyBytes_GET_SIZE(object))};
}

/// The strings of objects, which are str and bytes. Other threads of Python
/// wait, which could change what they are in.
static Value makeStringsFromObjects(PyObject *const *objects,
                                    int64_t numObjects) {
  constexpr int64_t objectsAhead = 16;
  std::vector<nb::object> encoded;
  std::vector<absl::string_view> views(numObjects);
  for (int64_t i = 0; i < numObjects; ++i) {
    if (i + objectsAhead < numObjects)
      __builtin_prefetch(objects[i + objectsAhead]);
    views[i] = viewObject(objects[i], encoded);
  }
  return makeStrings(
      numObjects, [&](int64_t i) -> int64_t { return views[i].size(); },
      [&](int64_t i, int64_t size, char *target) {
        copyString(target, views[i].data(), size);
      });
}

static Value makeStringsFromList(nb::list list) {
  return makeStringsFromObjects(PySequence_Fast_ITEMS(list.ptr()), list.size());
}

/// The strings of a numpy array of objects.
static Value makeStringsFromObjectArray(nb::handle array) {
  Buffer buffer(array);
  return makeStringsFromObjects(static_cast<PyObject *const *>(buffer.view.buf),
                                buffer.view.len /
                                    static_cast<int64_t>(sizeof(PyObject *)));
}

//===----------------------------------------------------------------------===//
// Arrow
//===----------------------------------------------------------------------===//

namespace {
/// Of Arrow's C data interface.
struct ArrowSchema {
  const char *format, *name, *metadata;
  int64_t flags, numChildren;
  ArrowSchema **children, *dictionary;
  void (*release)(ArrowSchema *);
  void *privateData;
};
struct ArrowArray {
  int64_t length, nullCount, offset, numBuffers, numChildren;
  const void **buffers;
  ArrowArray **children, *dictionary;
  void (*release)(ArrowArray *);
  void *privateData;
};
} // namespace

template <typename T>
static T *fromCapsule(nb::handle capsule, const char *name) {
  auto *data = static_cast<T *>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (!data)
    throw nb::python_error();
  return data;
}

static int64_t countNulls(const ArrowArray &array) {
  auto *isValid = static_cast<const uint8_t *>(array.buffers[0]);
  if (array.nullCount >= 0 || !isValid)
    return std::max<int64_t>(array.nullCount, 0);
  int64_t numNulls = 0;
  for (int64_t i = array.offset; i < array.offset + array.length; ++i)
    numNulls += !(isValid[i / 8] >> i % 8 & 1);
  return numNulls;
}

/// Offsets and bytes of an array, which live as long as `owner`.
template <typename T>
static nb::object viewArrow(const ArrowArray &array, ElementType type,
                            std::shared_ptr<void> owner) {
  static T none = 0;
  // Without strings there may be no buffers.
  auto *offsets = array.buffers[1]
                      ? static_cast<const T *>(array.buffers[1]) + array.offset
                      : &none;
  auto view = [&](ElementType type, const void *data, int64_t size) {
    return toNumpy(
        {type, {size}, std::shared_ptr<void>(owner, const_cast<void *>(data))});
  };
  return nb::make_tuple(
      view(ElementType::I8, array.buffers[2], offsets[array.length]),
      view(type, offsets, array.length + 1));
}

/// Bytes and offsets of an object with `__arrow_c_array__`, of which nothing is
/// copied; None if it holds no strings.
static nb::object viewArrowStrings(nb::handle object) {
  nb::tuple capsules = nb::cast<nb::tuple>(object.attr("__arrow_c_array__")());
  auto *schema = fromCapsule<ArrowSchema>(capsules[0], "arrow_schema");
  auto *array = fromCapsule<ArrowArray>(capsules[1], "arrow_array");
  absl::string_view format = schema->format;
  bool isLarge = format == "U" || format == "Z";
  if (schema->dictionary || (format != "u" && format != "z" && !isLarge))
    return nb::none();
  // (feature-C8)
  if (int64_t numNulls = countNulls(*array))
    throw nb::value_error(absl::StrCat("nulls are not taken, and ", numNulls,
                                       " of the strings are; fill them with ''")
                              .c_str());
  // The capsule releases the array.
  std::shared_ptr<void> owner(
      array, [capsule = nb::object(capsules[1])](void *) mutable {
        nb::gil_scoped_acquire acquire;
        capsule.reset();
      });
  return isLarge ? viewArrow<int64_t>(*array, ElementType::I64, owner)
                 : viewArrow<int32_t>(*array, ElementType::I32, owner);
}

/// Whether string i is in the bytes, for all i.
template <typename T>
static void checkOffsets(const T *offsets, int64_t numStrings,
                         int64_t numBytes) {
  if (areAscendingFromZero(absl::MakeConstSpan(offsets, numStrings + 1)) &&
      offsets[numStrings] <= numBytes)
    return;
  for (int64_t i = 0; i <= numStrings; ++i) {
    int64_t least = i == 0 ? 0 : offsets[i - 1];
    // (feature-C17)
    if (offsets[i] < least || offsets[i] > numBytes)
      throw nb::value_error(absl::StrCat("offset ", i, " is ", offsets[i],
                                         ", expected one in [", least, ", ",
                                         numBytes, "]")
                                .c_str());
  }
}

/// Programs take int64 offsets that begin with 0 and end with the bytes. Copies
/// what is not so, but no bytes.
template <typename T>
static Value makeStringsFromOffsets(const Array &bytes, const Array &offsets) {
  auto *ends = offsets.as<T>();
  int64_t numStrings = offsets.size() - 1;
  checkOffsets(ends, numStrings, bytes.size());
  int64_t begin = ends[0];
  Array content = bytes, based = offsets;
  content.shape = {ends[numStrings] - begin};
  content.data = {bytes.data, bytes.as<char>() + begin};
  if (begin != 0 || offsets.type != ElementType::I64) {
    based = Array::allocate(ElementType::I64, {numStrings + 1});
    auto *basedEnds = based.as<int64_t>();
    parallelFor(numStrings + 1, stringGrain, [=](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i)
        basedEnds[i] = ends[i] - begin;
    });
  }
  return {{std::move(content), std::move(based)}, {}};
}

/// The strings of int32 or int64 offsets into bytes.
static Value makeStringsFromOffsets(nb::handle bytes, nb::handle offsets) {
  Array content = fromNumpy(bytes), ends = fromNumpy(offsets);
  return withoutGil([&] {
    return ends.type == ElementType::I64
               ? makeStringsFromOffsets<int64_t>(content, ends)
               : makeStringsFromOffsets<int32_t>(content, ends);
  });
}

void embcol::python::bindStrings(nb::module_ &module) {
  module.def("string_tensor",
             [](const Value &cells, std::vector<int64_t> shape) {
               return Value{cells.parts, std::move(shape)};
             });
  module.def("strings_from_array", makeStringsFromArray);
  module.def("strings_from_list", makeStringsFromList);
  module.def("strings_from_object_array", makeStringsFromObjectArray);
  module.def("strings_from_offsets", [](nb::handle bytes, nb::handle offsets) {
    return makeStringsFromOffsets(bytes, offsets);
  });
  module.def("arrow_strings", viewArrowStrings);
}
