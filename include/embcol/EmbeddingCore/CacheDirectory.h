//===- CacheDirectory.h - Where what is made is kept ------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_CACHEDIRECTORY_H
#define EMBCOL_EMBEDDINGCORE_CACHEDIRECTORY_H

#include "absl/strings/string_view.h"

#include <string>

namespace embcol {

/// `name` in the directory that `EMBCOL_CACHE_DIR` names, or nothing if that is
/// empty; else in `embcol` of `XDG_CACHE_HOME` or ~/.cache. Nothing, too, where
/// there is no home. The directory need not exist.
std::string getCacheDirectory(absl::string_view name);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_CACHEDIRECTORY_H
