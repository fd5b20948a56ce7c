//===- Pipelines.h - The pipelines ------------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_PIPELINES_PIPELINES_H
#define EMBCOL_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace mlir::embcol {

enum class Mode : uint32_t;

/// Places lookups: what `embcol-training` and `embcol-serving` do first.
void buildPlacementPipeline(OpPassManager &pm, Mode mode);

/// Lowers placed IR out of the dialect, to tensors and runtime calls.
void buildLoweringPipeline(OpPassManager &pm);

/// Lowers tensors, buffers and runtime calls to the LLVM dialect.
void buildToLLVMPipeline(OpPassManager &pm);

/// From columns to the LLVM dialect: placement, lowering, LLVM.
void buildPipeline(OpPassManager &pm, Mode mode);

/// Registers `embcol-training`, `embcol-serving` and `embcol-to-llvm`.
void registerPipelines();

} // namespace mlir::embcol

#endif // EMBCOL_PIPELINES_PIPELINES_H
