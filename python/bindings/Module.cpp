//===- Module.cpp - The extension module ----------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"
#include "embcol/EmbeddingCore/SystemError.h"
#include "embcol/EmbeddingCore/Threads.h"
#include "embcol/EmbeddingCore/Vocabulary.h"

#include <cerrno>
#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace embcol;
using namespace embcol::python;

/// Raises OSError, or the subclass that Python has for this error number.
static void throwOSError(int number, const std::string &message) {
  nb::object arguments = nb::make_tuple(number, message);
  PyErr_SetObject(PyExc_OSError, arguments.ptr());
  throw nb::python_error();
}

void embcol::python::throwIfError(const absl::Status &status) {
  if (status.ok())
    return;
  std::string message(status.message());
  if (std::optional<int> number = getSystemError(status))
    throwOSError(*number, message);
  switch (status.code()) {
  case absl::StatusCode::kOutOfRange:
    throw nb::index_error(message.c_str());
  case absl::StatusCode::kResourceExhausted:
    PyErr_SetString(PyExc_MemoryError, message.c_str());
    throw nb::python_error();
  case absl::StatusCode::kNotFound:
    throwOSError(ENOENT, message);
    break;
  case absl::StatusCode::kPermissionDenied:
    throwOSError(EACCES, message);
    break;
  case absl::StatusCode::kInvalidArgument:
  case absl::StatusCode::kAlreadyExists:
  case absl::StatusCode::kDataLoss:
  case absl::StatusCode::kFailedPrecondition:
    throw nb::value_error(message.c_str());
  default:
    throwOSError(EIO, message);
  }
}

static int64_t getVocabularyFileSize(const std::string &path,
                                     int64_t vocabularySize,
                                     const std::string &dtype) {
  auto type = dtype == "string" ? Vocabulary::TokenType::String
                                : Vocabulary::TokenType::Integer;
  nb::gil_scoped_release release;
  absl::StatusOr<Vocabulary> vocabulary =
      Vocabulary::fromFile(path, vocabularySize, type, OutOfVocabulary());
  nb::gil_scoped_acquire acquire;
  throwIfError(vocabulary.status());
  return vocabulary->size();
}

NB_MODULE(_embcol, module) {
  module.doc() = "The compiler and the runtime; see the package embcol.";
  module.def("vocabulary_file_size", getVocabularyFileSize,
             "The number of tokens taken from a vocabulary file.");
  module.def("num_threads", getNumThreads);
  module.def("set_num_threads",
             [](int numThreads) { throwIfError(setNumThreads(numThreads)); });
  bindArrays(module);
  bindModels(module);
  bindPackedLookups(module);
  bindStrings(module);
}
