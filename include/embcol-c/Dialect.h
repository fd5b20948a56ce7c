//===- Dialect.h - C API of the dialect --------------------------*- C -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In the manner of mlir-c. Ops are made with mlirOperationCreate, and what has
// no function here is parsed: mlirAttributeParseGet, mlirTypeParseGet.
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_C_DIALECT_H
#define EMBCOL_C_DIALECT_H

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(EmbCol, embcol);

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// Is it `!embcol.string`?
MLIR_CAPI_EXPORTED bool embcolTypeIsAString(MlirType type);
MLIR_CAPI_EXPORTED MlirTypeID embcolStringTypeGetTypeID(void);
MLIR_CAPI_EXPORTED MlirType embcolStringTypeGet(MlirContext context);

/// Is it `!embcol.ragged`?
MLIR_CAPI_EXPORTED bool embcolTypeIsARagged(MlirType type);
MLIR_CAPI_EXPORTED MlirTypeID embcolRaggedTypeGetTypeID(void);
/// The arguments have to be valid.
MLIR_CAPI_EXPORTED MlirType embcolRaggedTypeGet(MlirType elementType,
                                                unsigned raggedRank);
/// Null, with a diagnostic at `location`, for elements that ragged arrays do
/// not have, and for a ragged rank that is not 1 or 2.
MLIR_CAPI_EXPORTED MlirType embcolRaggedTypeGetChecked(MlirLocation location,
                                                       MlirType elementType,
                                                       unsigned raggedRank);
MLIR_CAPI_EXPORTED MlirType embcolRaggedTypeGetElementType(MlirType type);
MLIR_CAPI_EXPORTED unsigned embcolRaggedTypeGetRaggedRank(MlirType type);

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// What a program is compiled for.
typedef enum EmbColMode {
  EmbColModeTraining = 0,
  EmbColModeServing = 1
} EmbColMode;

/// Is it `#embcol.mode`?
MLIR_CAPI_EXPORTED bool embcolAttributeIsAMode(MlirAttribute attribute);
MLIR_CAPI_EXPORTED MlirAttribute embcolModeAttrGet(MlirContext context,
                                                   EmbColMode mode);
MLIR_CAPI_EXPORTED EmbColMode embcolModeAttrGetValue(MlirAttribute attribute);

/// How the entries of a row are reduced.
typedef enum EmbColCombiner {
  EmbColCombinerSum = 0,
  EmbColCombinerMean = 1,
  EmbColCombinerSqrtn = 2
} EmbColCombiner;

/// Is it `#embcol.combiner`?
MLIR_CAPI_EXPORTED bool embcolAttributeIsACombiner(MlirAttribute attribute);
MLIR_CAPI_EXPORTED MlirAttribute embcolCombinerAttrGet(MlirContext context,
                                                       EmbColCombiner combiner);
MLIR_CAPI_EXPORTED EmbColCombiner
embcolCombinerAttrGetValue(MlirAttribute attribute);

/// Where a lookup runs.
typedef enum EmbColDevice {
  EmbColDeviceCpu = 0,
  EmbColDeviceTpuTensorCore = 1,
  EmbColDeviceTpuEmbeddingCore = 2
} EmbColDevice;

/// Is it `#embcol.device`?
MLIR_CAPI_EXPORTED bool embcolAttributeIsADevice(MlirAttribute attribute);
MLIR_CAPI_EXPORTED MlirAttribute embcolDeviceAttrGet(MlirContext context,
                                                     EmbColDevice device);
MLIR_CAPI_EXPORTED EmbColDevice
embcolDeviceAttrGetValue(MlirAttribute attribute);

/// Is it `#embcol.identity`?
MLIR_CAPI_EXPORTED bool embcolAttributeIsAIdentity(MlirAttribute attribute);
/// Integers of the feature `key` that are ids in [0, numBuckets) already. Those
/// outside become `*defaultValue`, unless that is null. Null, with a diagnostic
/// at `location`, for numbers that make no sense.
MLIR_CAPI_EXPORTED MlirAttribute
embcolIdentityAttrGetChecked(MlirLocation location, MlirStringRef key,
                             int64_t numBuckets, const int64_t *defaultValue);
MLIR_CAPI_EXPORTED MlirStringRef
embcolIdentityAttrGetKey(MlirAttribute attribute);
MLIR_CAPI_EXPORTED int64_t
embcolIdentityAttrGetNumBuckets(MlirAttribute attribute);
/// Whether it has a default value, which is stored where it has one.
MLIR_CAPI_EXPORTED bool
embcolIdentityAttrGetDefaultValue(MlirAttribute attribute,
                                  int64_t *defaultValue);

#ifdef __cplusplus
}
#endif

#endif // EMBCOL_C_DIALECT_H
