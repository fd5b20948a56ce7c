//===- Arrays.cpp - Features and results as numpy arrays ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"
#include "embcol/ExecutionEngine/Features.h"

#include <cstring>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace embcol;
using namespace embcol::python;

/// Calls a function while other threads of Python run.
template <typename F> static auto withoutGil(F function) {
  nb::gil_scoped_release release;
  return function();
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

nb::object embcol::python::toNumpy(const Array &array) {
  auto *owner = new std::shared_ptr<void>(array.data);
  nb::capsule capsule(owner, [](void *p) noexcept {
    delete static_cast<std::shared_ptr<void> *>(p);
  });
  nb::dlpack::dtype dtype;
  switch (array.type) {
  case ElementType::I8:
    dtype = nb::dtype<int8_t>();
    break;
  case ElementType::I16:
    dtype = nb::dtype<int16_t>();
    break;
  case ElementType::I32:
    dtype = nb::dtype<int32_t>();
    break;
  case ElementType::I64:
    dtype = nb::dtype<int64_t>();
    break;
  case ElementType::F32:
    dtype = nb::dtype<float>();
    break;
  }
  std::vector<size_t> shape(array.shape.begin(), array.shape.end());
  nb::ndarray<nb::numpy> result(array.data.get(), shape.size(), shape.data(),
                                capsule, nullptr, dtype);
  return nb::cast(result);
}

Array embcol::python::fromNumpy(nb::handle object) {
  auto array =
      nb::cast<nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>>(object);
  nb::dlpack::dtype dtype = array.dtype();
  Array result;
  if (dtype == nb::dtype<float>())
    result.type = ElementType::F32;
  else if (dtype == nb::dtype<int64_t>())
    result.type = ElementType::I64;
  else if (dtype == nb::dtype<int32_t>())
    result.type = ElementType::I32;
  else if (dtype == nb::dtype<int16_t>())
    result.type = ElementType::I16;
  else if (dtype == nb::dtype<int8_t>())
    result.type = ElementType::I8;
  else
    throw nb::type_error("expected an array of float32 or signed integers");
  for (size_t axis = 0; axis < array.ndim(); ++axis)
    result.shape.push_back(array.shape(axis));
  // Programs only read their arguments.
  auto *data = const_cast<void *>(array.data());
  result.data = std::shared_ptr<void>(data, [array](void *) mutable {
    nb::gil_scoped_acquire acquire;
    array = {};
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

namespace {
/// Gathers strings in Arrow's layout.
class StringBuilder {
public:
  explicit StringBuilder(int64_t numStrings)
      : offsets(Array::allocate(ElementType::I64, {numStrings + 1})) {
    offsets.as<int64_t>()[0] = 0;
  }
  void append(const char *data, size_t size) { bytes.append(data, size); }
  void endString() { offsets.as<int64_t>()[++numEnded] = bytes.size(); }

  Value finish() {
    auto owner = std::make_shared<std::string>(std::move(bytes));
    Array array{ElementType::I8, {static_cast<int64_t>(owner->size())}, {}};
    array.data = std::shared_ptr<void>(owner, owner->data());
    return {{std::move(array), std::move(offsets)}, {}};
  }

private:
  std::string bytes;
  Array offsets;
  int64_t numEnded = 0;
};
} // namespace

/// numpy's S type: strings of at most `width` bytes, padded with zeros.
static Value makeBytes(const Py_buffer &view) {
  int64_t width = view.itemsize, numStrings = width ? view.len / width : 0;
  Array bytes = Array::allocate(ElementType::I8, {view.len});
  Array offsets = Array::allocate(ElementType::I64, {numStrings + 1});
  auto *source = static_cast<const char *>(view.buf);
  char *target = bytes.as<char>();
  int64_t *ends = offsets.as<int64_t>();
  int64_t end = *ends = 0;
  for (int64_t i = 0; i < numStrings; ++i, source += width) {
    int64_t size = width;
    while (size > 0 && source[size - 1] == '\0')
      --size;
    std::memcpy(target + end, source, size);
    *++ends = end += size;
  }
  bytes.shape = {end};
  return {{std::move(bytes), std::move(offsets)}, {}};
}

/// Writes a code point as UTF-8. A byte that was not UTF-8, which Python keeps
/// as a surrogate (PEP 383), becomes that byte again.
static size_t encodeUtf8(uint32_t code, char *out) {
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code >= 0xDC80 && code <= 0xDCFF) {
    out[0] = static_cast<char>(code - 0xDC00);
    return 1;
  }
  if (code >= 0xD800 && code <= 0xDFFF)
    throw nb::type_error("a surrogate that stands for no byte");
  size_t numTrailing = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
  for (size_t i = numTrailing; i > 0; --i, code >>= 6)
    out[i] = static_cast<char>(0x80 | (code & 0x3F));
  out[0] = static_cast<char>(leads[numTrailing] | code);
  return numTrailing + 1;
}

/// numpy's U type: strings of at most `width` / 4 code points.
static Value makeUnicode(const Py_buffer &view) {
  auto *data = static_cast<const char *>(view.buf);
  int64_t width = view.itemsize / 4;
  int64_t numStrings = width ? view.len / view.itemsize : 0;
  StringBuilder builder(numStrings);
  for (int64_t i = 0; i < numStrings; ++i, data += view.itemsize) {
    auto codeAt = [data](int64_t position) {
      uint32_t code;
      std::memcpy(&code, data + 4 * position, 4);
      return code;
    };
    int64_t size = width;
    while (size > 0 && codeAt(size - 1) == 0)
      --size;
    for (int64_t position = 0; position < size; ++position) {
      char encoded[4];
      builder.append(encoded, encodeUtf8(codeAt(position), encoded));
    }
    builder.endString();
  }
  return builder.finish();
}

/// The strings of a numpy array of type S or U, in row-major order.
static Value makeStringsFromArray(nb::handle array, bool isUnicode) {
  Buffer buffer(array);
  return withoutGil([&] {
    return isUnicode ? makeUnicode(buffer.view) : makeBytes(buffer.view);
  });
}

/// The strings of a list of str and bytes.
static Value makeStringsFromList(nb::list list) {
  StringBuilder builder(list.size());
  for (nb::handle item : list) {
    nb::object bytes;
    if (PyUnicode_Check(item.ptr())) {
      bytes = nb::steal(
          PyUnicode_AsEncodedString(item.ptr(), "utf-8", "surrogateescape"));
      if (!bytes.is_valid())
        throw nb::python_error();
      item = bytes;
    }
    if (!PyBytes_Check(item.ptr()))
      throw nb::type_error("expected str or bytes");
    builder.append(PyBytes_AS_STRING(item.ptr()), PyBytes_GET_SIZE(item.ptr()));
    builder.endString();
  }
  return builder.finish();
}

//===----------------------------------------------------------------------===//
// Ragged arrays
//===----------------------------------------------------------------------===//

static Value makeRagged(const Value &cells, nb::object inner,
                        nb::object outer) {
  Value value{cells.parts, {}};
  if (!inner.is_none())
    value.parts.push_back(fromNumpy(inner));
  value.parts.push_back(fromNumpy(outer));
  return value;
}

void embcol::python::bindArrays(nb::module_ &module) {
  nb::class_<Value>(module, "Value", "An argument or a result of a program.")
      .def_prop_ro("parts", [](const Value &value) {
        nb::list parts;
        for (const Array &part : value.parts)
          parts.append(toNumpy(part));
        return parts;
      });
  module.def("array",
             [](nb::object array) { return Value{{fromNumpy(array)}, {}}; });
  module.def("scalar", [](int64_t scalar) {
    return Value{{Array::scalar(ElementType::I64, scalar)}, {}};
  });
  module.def("string_tensor",
             [](const Value &cells, std::vector<int64_t> shape) {
               return Value{cells.parts, std::move(shape)};
             });
  module.def("strings_from_array", makeStringsFromArray);
  module.def("strings_from_list", makeStringsFromList);
  module.def("ragged", makeRagged, nb::arg("cells"), nb::arg("inner").none(),
             nb::arg("outer"));
  nb::class_<RaggedLayout>(module, "RaggedLayout",
                           "How the cells of a feature become ragged.")
      .def_static("from_dense",
                  [](const Value &cells, std::vector<int64_t> shape,
                     int64_t raggedRank, bool isPadded) {
                    return unwrap(withoutGil([&] {
                      return RaggedLayout::fromDense(cells, std::move(shape),
                                                     raggedRank, isPadded);
                    }));
                  })
      .def_static("from_coo",
                  [](nb::object indices, nb::object denseShape,
                     int64_t raggedRank, bool ordered) {
                    Array cells = fromNumpy(indices);
                    Array shape = fromNumpy(denseShape);
                    return unwrap(withoutGil([&] {
                      return RaggedLayout::fromCoo(cells, shape, raggedRank,
                                                   ordered);
                    }));
                  })
      .def("gather", &RaggedLayout::gather,
           nb::call_guard<nb::gil_scoped_release>())
      .def("order", [](const RaggedLayout &layout) {
        return toNumpy(layout.getOrder());
      });
}
