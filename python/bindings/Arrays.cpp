//===- Arrays.cpp - Features and results as numpy arrays ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"
#include "embcol/ExecutionEngine/Features.h"

#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace embcol;
using namespace embcol::python;

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
