//===- EmbeddingCore.h - The state of a model -------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_EMBEDDINGCORE_H
#define EMBCOL_EMBEDDINGCORE_EMBEDDINGCORE_H

#include "embcol/EmbeddingCore/Table.h"
#include "embcol/EmbeddingCore/Vocabulary.h"

#include <memory>
#include <mutex>

namespace embcol {

/// The tables and vocabularies of a model, by name, in the order they were
/// added. Their addresses do not change.
class EmbeddingCore {
public:
  explicit EmbeddingCore(uint64_t seed) : seed(seed) {}
  EmbeddingCore(const EmbeddingCore &) = delete;
  EmbeddingCore(EmbeddingCore &&) = default;

  /// Allocates and initializes a table. AlreadyExists for a name in use; the
  /// other errors are those of `Table::create`.
  absl::Status addTable(TableSpec spec);
  absl::Status addVocabulary(std::string name, Vocabulary vocabulary);
  /// Has the vocabularies of another core, too, which need not outlive this.
  void shareVocabularies(const EmbeddingCore &other);

  /// The table or vocabulary of that name, or null.
  Table *table(absl::string_view name) const;
  const Vocabulary *vocabulary(absl::string_view name) const;

  const std::vector<std::unique_ptr<Table>> &tables() const {
    return tableList;
  }

  /// Held by whoever saves or loads all tables.
  std::mutex &turn() const { return *turnMutex; }

private:
  uint64_t seed;
  std::vector<std::unique_ptr<Table>> tableList;
  std::vector<std::pair<std::string, std::shared_ptr<const Vocabulary>>>
      vocabularyList;
  std::unique_ptr<std::mutex> turnMutex = std::make_unique<std::mutex>();
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_EMBEDDINGCORE_H
