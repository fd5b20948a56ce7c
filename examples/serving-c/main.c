/* Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
 * See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Looks up flights: serve TABLES [CARRIER HOUR]...
 */

#include "flights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says what went wrong in the last call that failed. */
static int fail(void) {
  fprintf(stderr, "serve: %s\n", flights_error());
  return 1;
}

/* A batch of flights: for each a carrier and an hour. */
typedef struct batch {
  char *bytes;
  int64_t *offsets;
  int64_t *hours;
  int64_t size;
} batch;

/* Makes a batch of words that are carrier, hour, carrier, hour, and so on. */
static batch make_batch(char **words, int64_t size) {
  batch made = {NULL, NULL, NULL, size};
  size_t num_bytes = 0;
  int64_t i;
  for (i = 0; i < size; ++i)
    num_bytes += strlen(words[2 * i]);
  made.bytes = malloc(num_bytes + 1);
  made.offsets = calloc(size + 1, sizeof(int64_t));
  made.hours = calloc(size + 1, sizeof(int64_t));
  if (!made.bytes || !made.offsets || !made.hours)
    abort();
  for (i = 0; i < size; ++i) {
    size_t length = strlen(words[2 * i]);
    memcpy(made.bytes + made.offsets[i], words[2 * i], length);
    made.offsets[i + 1] = made.offsets[i] + (int64_t)length;
    made.hours[i] = strtoll(words[2 * i + 1], NULL, 10);
  }
  return made;
}

static void free_batch(batch *made) {
  free(made->bytes);
  free(made->offsets);
  free(made->hours);
}

/* Prints the vector of each flight. */
static void print(const embcol_tensor_float *vectors, char **words) {
  int64_t row, column;
  for (row = 0; row < vectors->shape[0]; ++row) {
    printf("%s %s:", words[2 * row], words[2 * row + 1]);
    for (column = 0; column < vectors->shape[1]; ++column)
      printf(" %.9g", vectors->data[row * vectors->shape[1] + column]);
    printf("\n");
  }
}

int main(int argc, char **argv) {
  flights_model *model;
  flights_lookup_results results;
  embcol_ragged_string carrier = {0};
  embcol_ragged_int64 hour = {0};
  embcol_status status;
  batch flights;
  if (argc < 2) {
    fprintf(stderr, "usage: serve TABLES [CARRIER HOUR]...\n");
    return 2;
  }
  if (flights_open(argv[1], &model) != EMBCOL_OK)
    return fail();

  flights = make_batch(argv + 2, (argc - 2) / 2);
  /* One value in each row, so there are no splits. */
  carrier.bytes = flights.bytes;
  carrier.offsets = flights.offsets;
  carrier.num_values = carrier.num_rows = flights.size;
  hour.values = flights.hours;
  hour.num_values = hour.num_rows = flights.size;

  status = flights_lookup(model, &carrier, &hour, &results);
  if (status == EMBCOL_OK) {
    print(&results.result0, argv + 2);
    flights_free_lookup(&results);
  }
  free_batch(&flights);
  flights_close(model);
  return status == EMBCOL_OK ? 0 : fail();
}
