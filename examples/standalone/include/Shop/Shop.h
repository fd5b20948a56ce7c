//===- Shop.h - The shop dialect and its passes -----------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SHOP_SHOP_H
#define SHOP_SHOP_H

#include "embcol/Dialect/EmbCol/IR/EmbColInterfaces.h"
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"

#include "Shop/ShopDialect.h.inc"

#define GET_OP_CLASSES
#include "Shop/ShopOps.h.inc"

namespace shop {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "Shop/ShopPasses.h.inc"

} // namespace shop

#endif // SHOP_SHOP_H
