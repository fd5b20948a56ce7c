//===- ExecutionEngine.h - C API of programs ---------------------*- C -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Modules that are compiled in this process, and called. A function that can
// fail takes a callback, which it calls once with the message before it says
// so. The message is there for as long as that call; the callback may be null.
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_C_EXECUTIONENGINE_H
#define EMBCOL_C_EXECUTIONENGINE_H

#include "embcol-c/Dialect.h"

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEFINE_C_API_STRUCT(name, storage)                                     \
  struct name {                                                                \
    storage *ptr;                                                              \
  };                                                                           \
  typedef struct name name

/// A module that can be called, with its tables.
DEFINE_C_API_STRUCT(EmbColProgram, void);
/// What a call gave.
DEFINE_C_API_STRUCT(EmbColResults, const void);

#undef DEFINE_C_API_STRUCT

typedef enum EmbColElementType {
  EmbColElementTypeI8 = 0,
  EmbColElementTypeI16 = 1,
  EmbColElementTypeI32 = 2,
  EmbColElementTypeI64 = 3,
  EmbColElementTypeF32 = 4
} EmbColElementType;

/// A contiguous array in row-major order; of rank 0, a scalar.
typedef struct EmbColArray {
  EmbColElementType elementType;
  intptr_t rank;
  const int64_t *shape;
  /// Of an argument, it is not written to.
  void *data;
} EmbColArray;

/// An argument or a result. By its type in the program it has these parts:
///   a tensor or a scalar: one array;
///   a tensor of strings: bytes (I8) and offsets (I64), and as a result of rank
///   2 or more each size that the type does not say, a scalar (I64);
///   a ragged array: its values (for strings bytes and offsets), then the inner
///   splits if the ragged rank is 2, then the outer splits, all I64.
typedef struct EmbColValue {
  intptr_t numParts;
  const EmbColArray *parts;
  /// The shape of an argument that is a tensor of strings of rank 2 or more; of
  /// rank 0 for all else.
  intptr_t rank;
  const int64_t *shape;
} EmbColValue;

/// Makes a context that compiles programs know all dialects of a program.
MLIR_CAPI_EXPORTED void embcolRegisterCompilation(MlirDialectRegistry registry);

/// A learning rate that a module declares, `func.func private @name(i64) ->
/// f32`, by the step.
typedef struct EmbColLearningRate {
  MlirStringRef name;
  float (*function)(int64_t step);
} EmbColLearningRate;

/// Makes the tables that a module declares, their first values drawn by `seed`,
/// and compiles it for this machine. The module stays as it is, and may be
/// destroyed. Null where it cannot be compiled.
MLIR_CAPI_EXPORTED EmbColProgram embcolProgramCreate(
    MlirModule module, EmbColMode mode, uint64_t seed,
    intptr_t numLearningRates, const EmbColLearningRate *learningRates,
    MlirStringCallback onError, void *userData);

static inline bool embcolProgramIsNull(EmbColProgram program) {
  return !program.ptr;
}

MLIR_CAPI_EXPORTED void embcolProgramDestroy(EmbColProgram program);

/// Loads tables and slots from a file, such as `model.safetensors` in a folder
/// that was saved in Python.
MLIR_CAPI_EXPORTED MlirLogicalResult
embcolProgramLoadTables(EmbColProgram program, MlirStringRef path,
                        MlirStringCallback onError, void *userData);

/// Calls a public function. Null for arguments that it does not take and for
/// ids that are no rows; tables are then as they were, unless the function has
/// several updates and another came first. Calls may overlap when none of them
/// updates tables that another one reads.
MLIR_CAPI_EXPORTED EmbColResults embcolProgramCall(
    EmbColProgram program, MlirStringRef function, intptr_t numArguments,
    const EmbColValue *arguments, MlirStringCallback onError, void *userData);

static inline bool embcolResultsIsNull(EmbColResults results) {
  return !results.ptr;
}

MLIR_CAPI_EXPORTED void embcolResultsDestroy(EmbColResults results);

MLIR_CAPI_EXPORTED intptr_t embcolResultsGetNumResults(EmbColResults results);
/// A result, which stays where it is until the results are destroyed.
MLIR_CAPI_EXPORTED EmbColValue embcolResultsGetResult(EmbColResults results,
                                                      intptr_t position);

#ifdef __cplusplus
}
#endif

#endif // EMBCOL_C_EXECUTIONENGINE_H
