//===- Passes.h - Passes on the embcol dialect ------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_TRANSFORMS_PASSES_H
#define EMBCOL_DIALECT_EMBCOL_TRANSFORMS_PASSES_H

#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::embcol {

#define GEN_PASS_DECL
#include "embcol/Dialect/EmbCol/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "embcol/Dialect/EmbCol/Transforms/Passes.h.inc"

} // namespace mlir::embcol

#endif // EMBCOL_DIALECT_EMBCOL_TRANSFORMS_PASSES_H
