//===- EmbColTypes.h - Types ------------------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTYPES_H
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTYPES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#define GET_TYPEDEF_CLASSES
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h.inc"

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTYPES_H
