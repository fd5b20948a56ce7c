//===- RuntimeSymbols.h - What compiled programs may call -------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_EXECUTIONENGINE_RUNTIMESYMBOLS_H
#define EMBCOL_LIB_EXECUTIONENGINE_RUNTIMESYMBOLS_H

#include "llvm/ADT/StringMap.h"

namespace embcol {

/// The functions of embcol/EmbeddingCore/Runtime.h by name.
llvm::StringMap<void *> getRuntimeSymbols();

} // namespace embcol

#endif // EMBCOL_LIB_EXECUTIONENGINE_RUNTIMESYMBOLS_H
