//===- CacheDirectory.cpp - Where what is made is kept --------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/CacheDirectory.h"

#include "absl/strings/str_cat.h"

#include <cstdlib>

std::string embcol::getCacheDirectory(absl::string_view name) {
  auto variable = [](const char *key) {
    const char *value = std::getenv(key);
    return std::string(value ? value : "");
  };
  std::string directory;
  if (std::getenv("EMBCOL_CACHE_DIR"))
    directory = variable("EMBCOL_CACHE_DIR");
  else if (std::string base = variable("XDG_CACHE_HOME"); !base.empty())
    directory = base + "/embcol";
  else if (std::string home = variable("HOME"); !home.empty())
    directory = home + "/.cache/embcol";
  return directory.empty() ? "" : absl::StrCat(directory, "/", name);
}
