/* Calls each function of program.mlir, which is called p: main TABLES. */

#include "p.h"

#include <stdio.h>
#include <string.h>

static p_model *model;

/* What is printed of a call. */
static int failed(embcol_status status, const char *function) {
  if (status != EMBCOL_OK)
    printf("%s: status %d: %s\n", function, (int)status, p_error());
  return status != EMBCOL_OK;
}

static void print_floats(const char *name, const embcol_tensor_float *tensor,
                         int rank) {
  int64_t size = 1, i;
  printf("%s [", name);
  for (i = 0; i < rank; ++i) {
    printf("%s%d", i ? ", " : "", (int)tensor->shape[i]);
    size *= tensor->shape[i];
  }
  printf("]:");
  for (i = 0; i < size; ++i)
    printf(" %g", tensor->data[i]);
  printf("\n");
}

static void lookup(int64_t bad_hour) {
  /* AA and something else; \xFFA; nothing. */
  int64_t offsets[] = {0, 2, 4, 6}, splits[] = {0, 2, 3, 3};
  int64_t hours[] = {0, 1, 2}, hour_splits[] = {0, 0, 1, 3};
  embcol_ragged_string carriers = {"AA??\xFF" "A", NULL, 3, NULL, 3, NULL, 0};
  embcol_ragged_int64 ids = {NULL, 3, NULL, 3, NULL, 0};
  embcol_ragged_float share = {NULL, 0, NULL, 3, NULL, 0};
  int64_t empty[] = {0, 0, 0, 0};
  p_lookup_results results;
  carriers.offsets = offsets;
  carriers.row_splits = splits;
  hours[2] += bad_hour;
  ids.values = hours;
  ids.row_splits = hour_splits;
  share.row_splits = empty;
  if (failed(p_lookup(model, &carriers, &ids, &share, &results), "lookup"))
    return;
  print_floats("lookup", &results.result0, 2);
  p_free_lookup(&results);
}

static void tails(void) {
  int64_t offsets[] = {0, 2, 4};
  embcol_ragged_string tail = {"N2N3", NULL, 2, NULL, 2, NULL, 0};
  p_tails_results results;
  tail.offsets = offsets;
  if (failed(p_tails(model, &tail, &results), "tails"))
    return;
  print_floats("tails", &results.result0, 2);
  p_free_tails(&results);
}

static void sequence(void) {
  int64_t ids[] = {0, 1, 2}, steps[] = {0, 1, 3}, rows[] = {0, 0, 2};
  embcol_ragged_int64 seen = {NULL, 3, NULL, 2, NULL, 2};
  p_sequence_results results;
  seen.values = ids;
  seen.row_splits = rows;
  seen.step_splits = steps;
  if (failed(p_sequence(model, &seen, &results), "sequence"))
    return;
  print_floats("sequence", &results.result0, 3);
  printf("lengths: %d %d\n", (int)results.result1.data[0],
         (int)results.result1.data[1]);
  p_free_sequence(&results);
}

static void categorize(void) {
  int16_t values[] = {2013, 1999, 2012};
  int64_t rows[] = {0, 1, 3};
  embcol_ragged_int16 years = {NULL, 3, NULL, 2, NULL, 0};
  p_categorize_results results;
  years.values = values;
  years.row_splits = rows;
  if (failed(p_categorize(model, &years, &results), "categorize"))
    return;
  printf("categorize: %d %d %d in %d rows, the second from %d\n",
         (int)results.result0.values[0], (int)results.result0.values[1],
         (int)results.result0.values[2], (int)results.result0.num_rows,
         (int)results.result0.row_splits[1]);
  p_free_categorize(&results);
}

static void numbers(void) {
  int32_t data[6] = {0};
  int64_t shape[] = {2, 3};
  embcol_tensor_int32 tensor = {NULL, NULL};
  p_numbers_results results;
  p_half_results half;
  p_nothing_results nothing;
  tensor.data = data;
  tensor.shape = shape;
  if (failed(p_numbers(model, -21, 1.5f, &tensor, &results), "numbers"))
    return;
  printf("numbers: %d %g %d\n", results.result0, results.result1,
         (int)results.result2);
  p_free_numbers(&results);
  if (!failed(p_half(model, 5, &half), "half"))
    printf("half: %g\n", half.result0);
  p_free_half(&half);
  if (!failed(p_nothing(model, &nothing), "nothing"))
    printf("nothing\n");
  p_free_nothing(&nothing);
  shape[0] = 3;
  failed(p_numbers(model, 0, 0, &tensor, &results), "numbers");
}

int main(int argc, char **argv) {
  if (failed(p_open(argv[argc - 1], &model), "open"))
    return 1;
  lookup(0);
  lookup(5);
  tails();
  sequence();
  categorize();
  numbers();
  p_close(model);
  p_close(NULL);
  return 0;
}
