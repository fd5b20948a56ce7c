//===- Passes.h - Conversions out of the embcol dialect ---------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_PASSES_H
#define EMBCOL_CONVERSION_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::embcol {

#define GEN_PASS_DECL
#include "embcol/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "embcol/Conversion/Passes.h.inc"

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_PASSES_H
