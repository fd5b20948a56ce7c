//===- EmbColAttrs.h - Attributes -------------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLATTRS_H
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLATTRS_H

#include "embcol/Dialect/EmbCol/IR/EmbColInterfaces.h"

#include "embcol/Dialect/EmbCol/IR/EmbColEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h.inc"

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLATTRS_H
