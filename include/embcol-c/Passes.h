//===- Passes.h - C API of passes and pipelines ------------------*- C -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_C_PASSES_H
#define EMBCOL_C_PASSES_H

#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Registers all passes and pipelines, so that mlirParsePassPipeline knows
/// them: `embcol-serving`, `embcol-training`, `embcol-to-llvm` and what they
/// are made of. To be called once.
MLIR_CAPI_EXPORTED void embcolRegisterAllPasses(void);

#ifdef __cplusplus
}
#endif

#endif // EMBCOL_C_PASSES_H
