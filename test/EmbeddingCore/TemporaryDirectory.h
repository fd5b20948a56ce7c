//===- TemporaryDirectory.h - Files of a test -------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_TEST_EMBEDDINGCORE_TEMPORARYDIRECTORY_H
#define EMBCOL_TEST_EMBEDDINGCORE_TEMPORARYDIRECTORY_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace embcol::test {

/// A directory that lives as long as the object.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name =
        (std::filesystem::temp_directory_path() / "embcol-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }

  std::string file(const std::string &name) const {
    return (path / name).string();
  }

  /// Writes a file and returns its path.
  std::string write(const std::string &name, const std::string &content) const {
    std::ofstream(file(name), std::ios::binary) << content;
    return file(name);
  }

  std::string read(const std::string &name) const {
    std::ifstream stream(file(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }

  std::size_t numFiles() const {
    return std::distance(std::filesystem::directory_iterator(path), {});
  }

private:
  std::filesystem::path path;
};

} // namespace embcol::test

#endif // EMBCOL_TEST_EMBEDDINGCORE_TEMPORARYDIRECTORY_H
