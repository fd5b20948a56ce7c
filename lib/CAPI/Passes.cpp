//===- Passes.cpp - C API of passes and pipelines -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol-c/Passes.h"
#include "embcol/InitAll.h"

void embcolRegisterAllPasses() { mlir::embcol::registerAllPasses(); }
