//===- ShopPasses.td - Passes --------------------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SHOP_SHOPPASSES_TD
#define SHOP_SHOPPASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertShopToEmbColPass
    : Pass<"convert-shop-to-embcol", "::mlir::ModuleOp"> {
  let summary = "Lower shop to embcol, linalg and tensor";
  let description = [{
    A catalog becomes a table and two columns on it, one for what customers viewed
    and one for what they are offered; `shop.affinity` becomes a lookup of each, and
    an inner product.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::embcol::EmbColDialect",
    "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif // SHOP_SHOPPASSES_TD
