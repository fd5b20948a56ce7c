//===- Vocabulary.h - From tokens to ids ------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_VOCABULARY_H
#define EMBCOL_EMBEDDINGCORE_VOCABULARY_H

#include "embcol/EmbeddingCore/VocabularyCache.h"

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include <cstdint>
#include <string>
#include <vector>

namespace embcol {

/// What becomes of a token that is not in the vocabulary: with buckets,
/// size + Fingerprint64(token) mod numOovBuckets (an integer is hashed as its
/// decimal digits), else `defaultValue`.
struct OutOfVocabulary {
  int64_t numOovBuckets = 0;
  int64_t defaultValue = -1;
};

/// Strings in Arrow's layout: string i is bytes [offsets[i], offsets[i + 1]).
struct StringSpan {
  const char *bytes;
  absl::Span<const int64_t> offsets;

  size_t size() const { return offsets.size() - 1; }
  absl::string_view operator[](size_t i) const {
    return absl::string_view(bytes + offsets[i], offsets[i + 1] - offsets[i]);
  }
  const char *bytesEnd() const { return bytes + offsets.back(); }
};

/// Maps tokens, strings or integers, to their positions.
class Vocabulary {
public:
  Vocabulary(Vocabulary &&) = default;
  Vocabulary &operator=(Vocabulary &&) = default;
  Vocabulary(const Vocabulary &) = delete;
  Vocabulary &operator=(const Vocabulary &) = delete;

  /// InvalidArgument for an empty vocabulary and for a repeated token, naming
  /// it and both positions.
  static absl::StatusOr<Vocabulary> fromStrings(std::vector<std::string> tokens,
                                                OutOfVocabulary oov);
  static absl::StatusOr<Vocabulary> fromIntegers(std::vector<int64_t> tokens,
                                                 OutOfVocabulary oov);
  enum class TokenType { String, Integer };
  /// Reads a token a line. A CR before the LF is not part of a token, blanks
  /// are; nor is a CR at the end of the file. `size` of them, or all when it is
  /// 0. NotFound for an absent file; InvalidArgument, with file and line, for
  /// an empty file, a repeated or empty line, a line that is no integer, a byte
  /// order mark, a compressed or TFRecord file (by name), and a file with fewer
  /// than `size` lines. A file that is in the cache is not read.
  static absl::StatusOr<Vocabulary>
  fromFile(const std::string &path, int64_t size, TokenType type,
           OutOfVocabulary oov,
           const VocabularyCache &cache = VocabularyCache::fromEnvironment());

  TokenType tokenType() const { return type; }
  /// The number of tokens, buckets excluded.
  int64_t size() const { return table.sizes().numTokens; }
  /// The number of ids: tokens and buckets.
  int64_t numBuckets() const { return size() + oov.numOovBuckets; }

  /// The tokens in their order, a line each: the content of a file from which
  /// `fromFile` makes the same vocabulary.
  std::string toText() const;

  /// Writes the id of each token. `ids` has as many places as `tokens`.
  void lookup(StringSpan tokens, absl::Span<int64_t> ids) const;
  void lookup(absl::Span<const int64_t> tokens, absl::Span<int64_t> ids) const;

private:
  Vocabulary(TokenType type, OutOfVocabulary oov, TokenTable table)
      : type(type), oov(oov), table(std::move(table)) {}

  /// The id of an unknown token where there are buckets.
  int64_t bucketOf(absl::string_view token) const;

  TokenType type;
  OutOfVocabulary oov;
  /// Of strings, or of the 8 bytes of integers.
  TokenTable table;
};

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_VOCABULARY_H
