//===- HostPatterns.h - What the host does for any device -------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_CONVERSION_EMBCOLTOCPU_HOSTPATTERNS_H
#define EMBCOL_LIB_CONVERSION_EMBCOLTOCPU_HOSTPATTERNS_H

#include "embcol/Conversion/Common/LookupLowering.h"

namespace mlir::embcol {

/// Patterns that lower the ops which make ragged arrays and ids, and
/// learning rates.
void populateHostPatterns(RewritePatternSet &patterns,
                          const RaggedTypeConverter &converter,
                          ModuleOp module);

} // namespace mlir::embcol

#endif // EMBCOL_LIB_CONVERSION_EMBCOLTOCPU_HOSTPATTERNS_H
