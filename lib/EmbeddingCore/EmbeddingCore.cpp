//===- EmbeddingCore.cpp - The state of a model ---------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/EmbeddingCore.h"

#include "absl/strings/str_cat.h"

#include <utility>

using namespace embcol;

absl::Status EmbeddingCore::addTable(TableSpec spec) {
  if (table(spec.name))
    return absl::AlreadyExistsError(
        absl::StrCat("a table is already called \"", spec.name, "\""));
  uint64_t tableSeed = deriveSeed(seed, spec.name);
  absl::StatusOr<Table> created = Table::create(std::move(spec), tableSeed);
  if (!created.ok())
    return created.status();
  tableList.push_back(std::make_unique<Table>(*std::move(created)));
  return absl::OkStatus();
}

absl::Status EmbeddingCore::addVocabulary(std::string name, Vocabulary added) {
  if (vocabulary(name))
    return absl::AlreadyExistsError(
        absl::StrCat("a vocabulary is already called \"", name, "\""));
  vocabularyList.emplace_back(std::move(name),
                              std::make_shared<Vocabulary>(std::move(added)));
  return absl::OkStatus();
}

void EmbeddingCore::shareVocabularies(const EmbeddingCore &other) {
  for (const auto &named : other.vocabularyList)
    if (!vocabulary(named.first))
      vocabularyList.push_back(named);
}

Table *EmbeddingCore::table(absl::string_view name) const {
  for (const std::unique_ptr<Table> &table : tableList)
    if (table->name() == name)
      return table.get();
  return nullptr;
}

const Vocabulary *EmbeddingCore::vocabulary(absl::string_view name) const {
  for (const auto &[vocabularyName, vocabulary] : vocabularyList)
    if (vocabularyName == name)
      return vocabulary.get();
  return nullptr;
}
