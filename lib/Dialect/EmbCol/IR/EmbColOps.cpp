//===- EmbColOps.cpp - The generated parts of the ops ---------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::embcol;

#define GET_OP_CLASSES
#include "embcol/Dialect/EmbCol/IR/EmbColOps.cpp.inc"
