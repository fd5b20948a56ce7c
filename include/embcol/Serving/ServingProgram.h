//===- ServingProgram.h - What a serving library knows ----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_SERVING_SERVINGPROGRAM_H
#define EMBCOL_SERVING_SERVINGPROGRAM_H

#include "embcol/EmbeddingCore/EmbeddingCore.h"

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include <cstdint>
#include <string>
#include <vector>

namespace embcol {

/// What a program that was compiled ahead of time says of itself: what it needs
/// to be opened and called without its module.
struct ServingProgram {
  struct Table {
    std::string name;
    int64_t numRows = 0, dimension = 0;
    RowType rowType = RowType::F32;
    Partition partition;
  };

  /// Has its tokens, or the name of a file that has them, beside the tables'.
  struct Vocabulary {
    std::string name;
    embcol::Vocabulary::TokenType type = embcol::Vocabulary::TokenType::String;
    OutOfVocabulary oov;
    std::vector<std::string> strings;
    std::vector<int64_t> integers;
    std::string file;
    int64_t fileSize = 0;
  };

  enum class Kind { Scalar, Tensor, Ragged };
  enum class Element { I8, I16, I32, I64, U8, U16, U32, U64, F32, String };
  static int64_t getSizeInBytes(Element element);
  /// An argument or a result.
  struct Item {
    /// As messages have it.
    std::string name;
    Kind kind = Kind::Scalar;
    Element element = Element::I64;
    /// Of a tensor; -1 where it may be anything.
    std::vector<int64_t> shape;
    /// Of a ragged array, 1 or 2.
    int64_t raggedRank = 0;
  };
  struct Function {
    std::string name;
    std::vector<Item> arguments, results;
  };

  /// Compiled code finds the rows of the tables, then the vocabularies, in this
  /// order.
  std::vector<Table> tables;
  std::vector<Vocabulary> vocabularies;
  std::vector<Function> functions;
  /// The names of columns, for messages.
  std::vector<std::string> columns;

  /// In a form of its own, which `parse` reads: InvalidArgument for anything
  /// else, and for that of another version.
  std::string serialize() const;
  static absl::StatusOr<ServingProgram> parse(absl::string_view text);
};

} // namespace embcol

#endif // EMBCOL_SERVING_SERVINGPROGRAM_H
