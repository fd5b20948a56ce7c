//===- standalone-opt.cpp - The optimizer driver --------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shop/Shop.h"
#include "embcol/InitAll.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  mlir::embcol::registerAllDialects(registry);
  mlir::embcol::registerAllPasses();
  registry.insert<shop::ShopDialect>();
  shop::registerShopPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "shop optimizer driver\n", registry));
}
