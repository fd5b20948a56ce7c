//===- execution-engine.c - Tests of embcol-c/ExecutionEngine.h -----------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// RUN: embcol-capi-execution-engine-test | FileCheck %s

#include "embcol-c/ExecutionEngine.h"

#include <stdio.h>

static const char source[] =
    "embcol.table @hour : tensor<24x2xf32> {\n"
    "  initializer = #embcol.constant<value = 0.5>}\n"
    "embcol.column @hour_embedding : #embcol.identity<key = \"hour\",\n"
    "    num_buckets = 24> -> @hour {combiner = #embcol.combiner<sum>}\n"
    "func.func @lookup(%ids: !embcol.ragged<i64> {embcol.feature = \"hour\"})\n"
    "    -> tensor<?x2xf32> {\n"
    "  %0 = embcol.lookup @hour_embedding(%ids)\n"
    "      : (!embcol.ragged<i64>) -> tensor<?x2xf32>\n"
    "  return %0 : tensor<?x2xf32>\n"
    "}\n"
    "func.func @same(%names: tensor<?x1x!embcol.string>, %number: f32)\n"
    "    -> (tensor<?x1x!embcol.string>, f32) {\n"
    "  return %names, %number : tensor<?x1x!embcol.string>, f32\n"
    "}\n";

static void print(MlirStringRef text, void *userData) {
  printf("%s: %.*s\n", (const char *)userData, (int)text.length, text.data);
}

static MlirStringRef name(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

/// Looks up two rows of ids, and prints what was found.
static void lookUp(EmbColProgram program, int64_t *ids, int64_t numIds,
                   int64_t *splits) {
  int64_t three = 3;
  EmbColArray parts[] = {{EmbColElementTypeI64, 1, &numIds, ids},
                         {EmbColElementTypeI64, 1, &three, splits}};
  EmbColValue argument = {2, parts, 0, NULL};
  EmbColResults results =
      embcolProgramCall(program, name("lookup"), 1, &argument, print, "lookup");
  if (embcolResultsIsNull(results))
    return;
  EmbColValue result = embcolResultsGetResult(results, 0);
  const float *data = result.parts[0].data;
  printf("%d result, [%d, %d]: %g %g %g %g\n",
         (int)embcolResultsGetNumResults(results),
         (int)result.parts[0].shape[0], (int)result.parts[0].shape[1], data[0],
         data[1], data[2], data[3]);
  embcolResultsDestroy(results);
}

static void testLookups(EmbColProgram program) {
  int64_t ids[] = {7, 8, 23}, splits[] = {0, 2, 3};
  // CHECK: 1 result, [2, 2]: 1 1 0.5 0.5
  lookUp(program, ids, 3, splits);
  // CHECK: lookup: column "hour_embedding": id 24 in row 1 is not in [0, 24)
  ids[2] = 24;
  lookUp(program, ids, 3, splits);
  // CHECK: lookup: {{.*}}"hour"{{.*}}splits
  splits[2] = 9;
  lookUp(program, ids, 3, splits);
  // CHECK: call: {{.*}}1 argument
  embcolProgramCall(program, name("lookup"), 0, NULL, print, "call");
  // CHECK: call: {{.*}}nothing
  embcolProgramCall(program, name("nothing"), 0, NULL, print, "call");
}

static void testStringsAndScalars(EmbColProgram program) {
  char bytes[] = "onetwo";
  int64_t offsets[] = {0, 3, 6}, six = 6, three = 3, shape[] = {2, 1};
  float number = 1.5f;
  EmbColArray strings[] = {{EmbColElementTypeI8, 1, &six, bytes},
                           {EmbColElementTypeI64, 1, &three, offsets}};
  EmbColArray scalar = {EmbColElementTypeF32, 0, NULL, &number};
  EmbColValue arguments[] = {{2, strings, 2, shape}, {1, &scalar, 0, NULL}};
  EmbColResults results =
      embcolProgramCall(program, name("same"), 2, arguments, print, "same");
  if (embcolResultsIsNull(results))
    return;
  EmbColValue names = embcolResultsGetResult(results, 0);
  EmbColValue same = embcolResultsGetResult(results, 1);
  // CHECK: 3 parts, batch 2: onetwo, 1.5 of rank 0
  printf("%d parts, batch %d: %.*s, %g of rank %d\n", (int)names.numParts,
         (int)*(const int64_t *)names.parts[2].data,
         (int)names.parts[0].shape[0], (const char *)names.parts[0].data,
         *(const float *)same.parts[0].data, (int)same.parts[0].rank);
  embcolResultsDestroy(results);
}

static void testTables(EmbColProgram program) {
  // CHECK: load: {{.*}}absent.safetensors": No such file or directory
  // CHECK-NEXT: failed 1
  printf("failed %d\n",
         mlirLogicalResultIsFailure(embcolProgramLoadTables(
             program, name("absent.safetensors"), print, "load")));
}

static const char training[] =
    "func.func private @rate(i64) -> f32\n"
    "embcol.table @hour : tensor<24x2xf32> {\n"
    "  initializer = #embcol.constant<value = 0.5>, learning_rate = @rate,\n"
    "  optimizer = #embcol.sgd<learning_rate = 1.0>}\n"
    "embcol.column @hour_embedding : #embcol.identity<key = \"hour\",\n"
    "    num_buckets = 24> -> @hour\n"
    "func.func @step(%ids: !embcol.ragged<i64>, %gradient: tensor<?x2xf32>,\n"
    "                %step: i64) -> tensor<?x2xf32> {\n"
    "  %rate = embcol.learning_rate @rate(%step)\n"
    "  embcol.apply_gradients [@hour_embedding]\n"
    "      ids(%ids : !embcol.ragged<i64>)\n"
    "      gradients(%gradient : tensor<?x2xf32>)\n"
    "      learning_rates(%rate) step(%step)\n"
    "  %0 = embcol.lookup @hour_embedding(%ids)\n"
    "      : (!embcol.ragged<i64>) -> tensor<?x2xf32>\n"
    "  return %0 : tensor<?x2xf32>\n"
    "}\n";

static float rate(int64_t step) { return 0.25f * (float)step; }

static void testTraining(MlirContext context) {
  MlirModule module = mlirModuleCreateParse(context, name(training));
  EmbColLearningRate rates[] = {{name("rate"), rate}};
  // Without the learning rate.
  // CHECK: create: Failed to materialize symbols
  EmbColProgram program = embcolProgramCreate(module, EmbColModeTraining, 0, 0,
                                              NULL, print, "create");
  program = embcolProgramCreate(module, EmbColModeTraining, 0, 1, rates, print,
                                "create");
  mlirModuleDestroy(module);
  int64_t id = 7, splits[] = {0, 1}, one = 1, two = 2, step = 2;
  int64_t shape[] = {1, 2};
  float gradient[] = {1.0f, -2.0f};
  EmbColArray ids[] = {{EmbColElementTypeI64, 1, &one, &id},
                       {EmbColElementTypeI64, 1, &two, splits}};
  EmbColArray others[] = {{EmbColElementTypeF32, 2, shape, gradient},
                          {EmbColElementTypeI64, 0, NULL, &step}};
  EmbColValue arguments[] = {
      {2, ids, 0, NULL}, {1, &others[0], 0, NULL}, {1, &others[1], 0, NULL}};
  EmbColResults results =
      embcolProgramCall(program, name("step"), 3, arguments, print, "step");
  const float *row = embcolResultsGetResult(results, 0).parts[0].data;
  // CHECK: 0 1.5
  printf("%g %g\n", row[0], row[1]);
  embcolResultsDestroy(results);
  embcolProgramDestroy(program);
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  embcolRegisterCompilation(registry);
  MlirContext context =
      mlirContextCreateWithRegistry(registry, /*threadingEnabled=*/false);
  mlirDialectRegistryDestroy(registry);
  MlirModule module = mlirModuleCreateParse(context, name(source));
  EmbColProgram program = embcolProgramCreate(module, EmbColModeServing, 0, 0,
                                              NULL, print, "create");
  // The module and its context are not needed any more.
  mlirModuleDestroy(module);
  testLookups(program);
  testStringsAndScalars(program);
  testTables(program);
  embcolProgramDestroy(program);
  testTraining(context);

  module = mlirModuleCreateParse(
      context, name("func.func @f(%0: complex<f32>) { return }"));
  // CHECK: create: {{.*}}programs cannot be called with complex<f32>
  program = embcolProgramCreate(module, EmbColModeServing, 0, 0, NULL, print,
                                "create");
  // CHECK: null 1
  printf("null %d\n", embcolProgramIsNull(program));
  // A caller that does not want to know.
  embcolProgramCreate(module, EmbColModeServing, 0, 0, NULL, NULL, NULL);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  return 0;
}
