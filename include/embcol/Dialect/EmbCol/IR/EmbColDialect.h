//===- EmbColDialect.h - The embcol dialect ---------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLDIALECT_H
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dialect.h"

#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h.inc"

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLDIALECT_H
