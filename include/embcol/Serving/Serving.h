//===- Serving.h - What serving libraries are made of -----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library that `embcol-compile` makes has the functions of a program as
// machine code and, for each function of its C interface, a few instructions
// that call one of these here.
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_SERVING_SERVING_H
#define EMBCOL_SERVING_SERVING_H

#include "embcol/Serving/ServingTypes.h"

extern "C" {

/// What is compiled of a program. Generated code lays it out.
struct embcol_serving_program {
  /// A `ServingProgram`, serialized.
  const char *description;
  int64_t descriptionBytes;
  /// The functions, as many and in the order of its description. Each takes the
  /// address of its results, the addresses of its arguments, and that of its
  /// result where it is a single scalar; see MLIR's C interface.
  void (*const *functions)(void **);
};

/// A program with tables: the memory that its code works on.
struct embcol_serving_model;

/// Where the code that runs on this thread finds the rows of its tables and its
/// vocabularies.
extern thread_local const void *const *embcol_serving_memory;

/// Opens a program on the tables of a file. On failure `model` becomes null.
embcol_status embcol_serving_open(const embcol_serving_program *program,
                                  const char *path,
                                  embcol_serving_model **model);
void embcol_serving_close(embcol_serving_model *model);

/// Calls a function. `arguments` are the addresses of what ServingTypes.h has
/// for each argument, or of a scalar. `results` is a struct of a pointer to
/// what it holds, and of the same for each result. It is zero after a failure.
embcol_status embcol_serving_call(const embcol_serving_model *model,
                                  int64_t function,
                                  const void *const *arguments, void *results);
/// Frees what a struct of results holds, once.
void embcol_serving_free(void *results);

/// What the last call on this thread that failed has to say.
const char *embcol_serving_error(void);
}

#endif // EMBCOL_SERVING_SERVING_H
