//===- passes.c - Tests of embcol-c/Passes.h ------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// RUN: embcol-capi-passes-test | FileCheck %s

#include "embcol-c/Passes.h"
#include "embcol-c/ExecutionEngine.h"

#include "mlir-c/Pass.h"

#include <stdio.h>

static const char source[] =
    "embcol.table @hour : tensor<24x4xf32>\n"
    "embcol.column @hour_embedding : #embcol.identity<key = \"hour\",\n"
    "    num_buckets = 24> -> @hour\n"
    "func.func @lookup(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {\n"
    "  %0 = embcol.lookup @hour_embedding(%ids)\n"
    "      : (!embcol.ragged<i64>) -> tensor<?x4xf32>\n"
    "  return %0 : tensor<?x4xf32>\n"
    "}\n";

static void print(MlirStringRef text, void *userData) {
  (void)userData;
  printf("%.*s", (int)text.length, text.data);
}

static void run(MlirContext context, const char *pipeline) {
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(source));
  MlirPassManager manager = mlirPassManagerCreate(context);
  MlirLogicalResult result = mlirParsePassPipeline(
      mlirPassManagerGetAsOpPassManager(manager),
      mlirStringRefCreateFromCString(pipeline), print, NULL);
  if (mlirLogicalResultIsSuccess(result))
    result = mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module));
  printf("%s: %s\n", pipeline,
         mlirLogicalResultIsSuccess(result) ? "done" : "failed");
  mlirOperationPrint(mlirModuleGetOperation(module), print, NULL);
  printf("\n");
  mlirPassManagerDestroy(manager);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  embcolRegisterCompilation(registry);
  MlirContext context =
      mlirContextCreateWithRegistry(registry, /*threadingEnabled=*/false);
  mlirDialectRegistryDestroy(registry);
  mlirContextLoadAllAvailableDialects(context);
  embcolRegisterAllPasses();

  // CHECK: builtin.module(embcol-assign-devices{mode=training}): done
  // CHECK: embcol.column @hour_embedding
  // CHECK-SAME: #embcol.device<tpu_embedding_core>
  run(context, "builtin.module(embcol-assign-devices{mode=training})");
  // CHECK: builtin.module(embcol-serving): done
  // CHECK-NOT: embcol.column
  // CHECK: llvm.func @lookup
  run(context, "builtin.module(embcol-serving)");
  // CHECK: 'embcol-nothing' does not refer to a registered pass
  // CHECK: builtin.module(embcol-nothing): failed
  run(context, "builtin.module(embcol-nothing)");
  mlirContextDestroy(context);
  return 0;
}
