//===- InitAll.h - Registration of everything -------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_INITALL_H
#define EMBCOL_INITALL_H

#include "embcol/Conversion/Passes.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"
#include "embcol/Dialect/EmbCol/Transforms/Passes.h"
#include "embcol/Pipelines/Pipelines.h"

namespace mlir::embcol {

inline void registerAllDialects(DialectRegistry &registry) {
  registry.insert<EmbColDialect>();
}

inline void registerAllPasses() {
  registerEmbColTransformsPasses();
  registerEmbColConversionPasses();
  registerPipelines();
}

} // namespace mlir::embcol

#endif // EMBCOL_INITALL_H
