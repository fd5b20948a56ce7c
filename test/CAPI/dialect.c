//===- dialect.c - Tests of embcol-c/Dialect.h ----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// RUN: embcol-capi-dialect-test | FileCheck %s
//
// MLIR is there once, in its shared library.
//
// RUN: llvm-nm -C %{build_dir}/test/bin/embcol-capi-dialect-test \
// RUN:   | FileCheck %s --check-prefix=SYMBOLS
//
// SYMBOLS-NOT: {{[TDB]}} mlir::MLIRContext
// SYMBOLS: U mlir::MLIRContext::MLIRContext
// SYMBOLS-NOT: {{[TDB]}} mlir::MLIRContext

#include "embcol-c/Dialect.h"

#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Diagnostics.h"

#include <stdio.h>

static void print(MlirStringRef text, void *userData) {
  (void)userData;
  printf("%.*s", (int)text.length, text.data);
}

static MlirLogicalResult printDiagnostic(MlirDiagnostic diagnostic,
                                         void *userData) {
  printf("error: ");
  mlirDiagnosticPrint(diagnostic, print, userData);
  printf("\n");
  return mlirLogicalResultSuccess();
}

static void testRegistration(MlirContext context) {
  MlirDialectHandle handle = mlirGetDialectHandle__embcol__();
  mlirDialectHandleRegisterDialect(handle, context);
  // CHECK: registered and not loaded 1
  printf("registered and not loaded %d\n",
         mlirContextGetNumRegisteredDialects(context) >
             mlirContextGetNumLoadedDialects(context));
  // CHECK: loaded embcol
  printf("loaded ");
  print(mlirDialectGetNamespace(mlirDialectHandleLoadDialect(handle, context)),
        NULL);
  printf("\n");
}

static void printType(MlirType type) {
  mlirTypePrint(type, print, NULL);
  printf(": string %d, ragged %d\n", embcolTypeIsAString(type),
         embcolTypeIsARagged(type));
}

static void testTypes(MlirContext context) {
  MlirLocation location = mlirLocationUnknownGet(context);
  MlirType i64 = mlirIntegerTypeGet(context, 64);
  MlirType string = embcolStringTypeGet(context);
  MlirType ragged = embcolRaggedTypeGet(string, 2);
  // CHECK: i64: string 0, ragged 0
  printType(i64);
  // CHECK: !embcol.string: string 1, ragged 0
  printType(string);
  // CHECK: !embcol.ragged<!embcol.string, 2>: string 0, ragged 1
  printType(ragged);
  // CHECK: elements 1, ragged rank 2
  printf("elements %d, ragged rank %u\n",
         mlirTypeEqual(embcolRaggedTypeGetElementType(ragged), string),
         embcolRaggedTypeGetRaggedRank(ragged));
  // CHECK: of type ids 1 1 0
  printf(
      "of type ids %d %d %d\n",
      mlirTypeIDEqual(mlirTypeGetTypeID(string), embcolStringTypeGetTypeID()),
      mlirTypeIDEqual(mlirTypeGetTypeID(ragged), embcolRaggedTypeGetTypeID()),
      mlirTypeIDEqual(mlirTypeGetTypeID(i64), embcolRaggedTypeGetTypeID()));
  // CHECK: !embcol.ragged<i64>: string 0, ragged 1
  printType(embcolRaggedTypeGetChecked(location, i64, 1));
  // CHECK: error: {{.*}}ragged rank
  // CHECK-NEXT: null 1
  printf("null %d\n",
         mlirTypeIsNull(embcolRaggedTypeGetChecked(location, i64, 3)));
}

static void printAttribute(MlirAttribute attribute) {
  mlirAttributePrint(attribute, print, NULL);
  printf(": is %d %d %d %d\n", embcolAttributeIsAMode(attribute),
         embcolAttributeIsACombiner(attribute),
         embcolAttributeIsADevice(attribute),
         embcolAttributeIsAIdentity(attribute));
}

static void testEnumerations(MlirContext context) {
  MlirAttribute mode = embcolModeAttrGet(context, EmbColModeServing);
  MlirAttribute combiner = embcolCombinerAttrGet(context, EmbColCombinerSqrtn);
  MlirAttribute device =
      embcolDeviceAttrGet(context, EmbColDeviceTpuEmbeddingCore);
  // CHECK: #embcol.mode<serving>: is 1 0 0 0
  printAttribute(mode);
  // CHECK: #embcol.combiner<sqrtn>: is 0 1 0 0
  printAttribute(combiner);
  // CHECK: #embcol.device<tpu_embedding_core>: is 0 0 1 0
  printAttribute(device);
  // CHECK: values 1 1 1
  printf("values %d %d %d\n", embcolModeAttrGetValue(mode) == EmbColModeServing,
         embcolCombinerAttrGetValue(combiner) == EmbColCombinerSqrtn,
         embcolDeviceAttrGetValue(device) == EmbColDeviceTpuEmbeddingCore);
}

static void testIdentity(MlirContext context) {
  MlirLocation location = mlirLocationUnknownGet(context);
  MlirStringRef key = mlirStringRefCreateFromCString("hour");
  int64_t defaultValue = 3;
  MlirAttribute plain = embcolIdentityAttrGetChecked(location, key, 24, NULL);
  MlirAttribute other =
      embcolIdentityAttrGetChecked(location, key, 24, &defaultValue);
  // CHECK: #embcol.identity<key = "hour", num_buckets = 24>: is 0 0 0 1
  printAttribute(plain);
  // CHECK: #embcol.identity<key = "hour", num_buckets = 24, default_value = 3>
  printAttribute(other);
  int64_t found = -1;
  // CHECK: hour of 24, default value 0 -1
  print(embcolIdentityAttrGetKey(plain), NULL);
  printf(" of %d, default value %d",
         (int)embcolIdentityAttrGetNumBuckets(plain),
         embcolIdentityAttrGetDefaultValue(plain, &found));
  printf(" %d\n", (int)found);
  // CHECK: default value 1 3
  printf("default value %d", embcolIdentityAttrGetDefaultValue(other, &found));
  printf(" %d\n", (int)found);
  // CHECK: error: {{.*}}num_buckets
  // CHECK-NEXT: null 1
  printf("null %d\n", mlirAttributeIsNull(embcolIdentityAttrGetChecked(
                          location, key, 0, NULL)));
}

int main(void) {
  MlirContext context = mlirContextCreate();
  testRegistration(context);
  mlirContextAttachDiagnosticHandler(context, printDiagnostic, NULL, NULL);
  testTypes(context);
  testEnumerations(context);
  testIdentity(context);
  mlirContextDestroy(context);
  return 0;
}
