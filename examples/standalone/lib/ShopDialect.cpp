//===- ShopDialect.cpp - The shop dialect ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shop/Shop.h"

using namespace mlir;
using namespace shop;

#include "Shop/ShopDialect.cpp.inc"

#define GET_OP_CLASSES
#include "Shop/ShopOps.cpp.inc"

void ShopDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "Shop/ShopOps.cpp.inc"
      >();
}

LogicalResult AffinityOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  if (!symbolTable.lookupNearestSymbolFrom<CatalogOp>(*this, getCatalogAttr()))
    return emitOpError("expected a catalog, found ") << getCatalogAttr();
  return success();
}
