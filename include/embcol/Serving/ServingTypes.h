//===- ServingTypes.h - What serving libraries take and give ----*- C -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// C99. The headers of serving libraries have a copy of it, so that they need no
// other file.
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_SERVING_TYPES
#define EMBCOL_SERVING_TYPES

#include <stdint.h>

/* What became of a call. */
typedef enum embcol_status {
  EMBCOL_OK = 0,
  EMBCOL_INVALID_ARGUMENT = 1, /* an argument, or a file's content, is wrong */
  EMBCOL_OUT_OF_RANGE = 2,     /* an id is no row of its table */
  EMBCOL_SYSTEM_ERROR = 3,     /* a file cannot be opened or read */
  EMBCOL_OUT_OF_MEMORY = 4,
  EMBCOL_INTERNAL = 5
} embcol_status;

/* Ragged arrays: a row for each example of the batch, of any number of values.
 * Row r is values[row_splits[r]] to values[row_splits[r + 1] - 1]; row_splits
 * has num_rows + 1 entries, from 0 to num_values. NULL for row_splits means one
 * value in each row.
 *
 * A feature of steps (a sequence) has two levels: row r is the steps
 * row_splits[r] to row_splits[r + 1] - 1, and step s the values
 * step_splits[s] to step_splits[s + 1] - 1, num_steps steps in all. NULL for
 * step_splits means one value in each step. Other features leave both 0. */
#define EMBCOL_RAGGED(name, type)                                              \
  typedef struct name {                                                        \
    const type *values;                                                        \
    int64_t num_values;                                                        \
    const int64_t *row_splits;                                                 \
    int64_t num_rows;                                                          \
    const int64_t *step_splits;                                                \
    int64_t num_steps;                                                         \
  } name

EMBCOL_RAGGED(embcol_ragged_int8, int8_t);
EMBCOL_RAGGED(embcol_ragged_int16, int16_t);
EMBCOL_RAGGED(embcol_ragged_int32, int32_t);
EMBCOL_RAGGED(embcol_ragged_int64, int64_t);
EMBCOL_RAGGED(embcol_ragged_uint8, uint8_t);
EMBCOL_RAGGED(embcol_ragged_uint16, uint16_t);
EMBCOL_RAGGED(embcol_ragged_uint32, uint32_t);
EMBCOL_RAGGED(embcol_ragged_uint64, uint64_t);
EMBCOL_RAGGED(embcol_ragged_float, float);
#undef EMBCOL_RAGGED

/* The same of strings, whose bytes stand one after another: value v is
 * bytes[offsets[v]] to bytes[offsets[v + 1] - 1]; offsets has num_values + 1
 * entries, from 0 on. Nothing ends with a zero byte. */
typedef struct embcol_ragged_string {
  const char *bytes;
  const int64_t *offsets;
  int64_t num_values;
  const int64_t *row_splits;
  int64_t num_rows;
  const int64_t *step_splits;
  int64_t num_steps;
} embcol_ragged_string;

/* Arrays in row-major order. What rank they have, and what of their shape is
 * fixed, stands where they are used. */
#define EMBCOL_TENSOR(name, type)                                              \
  typedef struct name {                                                        \
    const type *data;                                                          \
    const int64_t *shape;                                                      \
  } name

EMBCOL_TENSOR(embcol_tensor_int8, int8_t);
EMBCOL_TENSOR(embcol_tensor_int16, int16_t);
EMBCOL_TENSOR(embcol_tensor_int32, int32_t);
EMBCOL_TENSOR(embcol_tensor_int64, int64_t);
EMBCOL_TENSOR(embcol_tensor_uint8, uint8_t);
EMBCOL_TENSOR(embcol_tensor_uint16, uint16_t);
EMBCOL_TENSOR(embcol_tensor_uint32, uint32_t);
EMBCOL_TENSOR(embcol_tensor_uint64, uint64_t);
EMBCOL_TENSOR(embcol_tensor_float, float);
#undef EMBCOL_TENSOR

#endif /* EMBCOL_SERVING_TYPES */
