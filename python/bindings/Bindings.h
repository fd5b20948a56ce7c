//===- Bindings.h - What the parts of the extension share -------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_PYTHON_BINDINGS_BINDINGS_H
#define EMBCOL_PYTHON_BINDINGS_BINDINGS_H

#include "embcol/ExecutionEngine/Array.h"

#include "absl/status/statusor.h"
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace embcol::python {

/// Raises the Python exception of an error: ValueError, IndexError for ids out
/// of range, MemoryError, or an OSError.
void throwIfError(const absl::Status &status);

template <typename T> T unwrap(absl::StatusOr<T> result) {
  throwIfError(result.status());
  return *std::move(result);
}

/// A numpy array that shares the memory.
nanobind::object toNumpy(const Array &array);

/// An array that shares the memory of a C-contiguous numpy array, which has one
/// of the element types of programs.
Array fromNumpy(nanobind::handle array);

/// A C-contiguous buffer of Python's, released with the object. TypeError for
/// what is none.
struct Buffer {
  explicit Buffer(nanobind::handle object, int flags = 0) {
    if (PyObject_GetBuffer(object.ptr(), &view,
                           PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags) == 0)
      return;
    // numpy has a ValueError for strides.
    nanobind::python_error error;
    nanobind::raise_type_error("%s", error.what());
  }
  Buffer(const Buffer &) = delete;
  ~Buffer() { PyBuffer_Release(&view); }
  Py_buffer view;
};

/// Calls a function while other threads of Python run.
template <typename F> auto withoutGil(F function) {
  nanobind::gil_scoped_release release;
  return function();
}

void bindArrays(nanobind::module_ &module);
void bindModels(nanobind::module_ &module);
void bindPackedLookups(nanobind::module_ &module);
void bindStrings(nanobind::module_ &module);

} // namespace embcol::python

#endif // EMBCOL_PYTHON_BINDINGS_BINDINGS_H
