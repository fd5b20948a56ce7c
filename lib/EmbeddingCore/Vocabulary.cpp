//===- Vocabulary.cpp - From tokens to ids --------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Vocabulary.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <farmhash.h>

using namespace embcol;

/// Tokens that a thread takes at a time.
static constexpr int64_t lookupGrain = 4096;

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

/// Whether `text` is UTF-8, up to overlong forms and surrogates.
static bool isUtf8(absl::string_view text) {
  int continuations = 0;
  for (unsigned char byte : text) {
    bool isContinuation = (byte & 0xC0) == 0x80;
    if (isContinuation != (continuations > 0) || byte >= 0xF8)
      return false;
    if (isContinuation)
      --continuations;
    else
      continuations = (byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0);
  }
  return continuations == 0;
}

/// How messages show a token: quoted where it is a string, and readable where
/// it is text.
static std::string show(absl::string_view token) {
  std::string escaped =
      isUtf8(token) ? absl::Utf8SafeCEscape(token) : absl::CEscape(token);
  return absl::StrCat("\"", escaped, "\"");
}
static std::string show(int64_t token) { return absl::StrCat(token); }

namespace {
/// Integers as tokens of a table: their 8 bytes.
struct IntegerTokens {
  absl::Span<const int64_t> integers;

  absl::string_view operator[](size_t i) const {
    return {reinterpret_cast<const char *>(&integers[i]), sizeof(int64_t)};
  }
  const char *bytesEnd() const {
    return reinterpret_cast<const char *>(integers.data() + integers.size());
  }
};
} // namespace

static std::vector<absl::string_view>
viewBytes(absl::Span<const int64_t> integers) {
  std::vector<absl::string_view> views(integers.size());
  for (size_t i = 0; i < integers.size(); ++i)
    views[i] = IntegerTokens{integers}[i];
  return views;
}

/// A table of `keys`, which are `tokens` as the table has them.
template <typename Tokens>
static absl::StatusOr<TokenTable>
numberDistinctTokens(absl::Span<const absl::string_view> keys,
                     const Tokens &tokens) {
  // (vocabulary-C3)
  if (tokens.empty())
    return absl::InvalidArgumentError("the vocabulary is empty");
  return TokenTable::create(keys, [&](int64_t first, int64_t second) {
    // (vocabulary-C5)
    return absl::InvalidArgumentError(
        absl::StrCat("the vocabulary repeats ", show(tokens[second]),
                     " of position ", first, " at position ", second));
  });
}

absl::StatusOr<Vocabulary>
Vocabulary::fromStrings(std::vector<std::string> tokens, OutOfVocabulary oov) {
  std::vector<absl::string_view> keys(tokens.begin(), tokens.end());
  absl::StatusOr<TokenTable> table = numberDistinctTokens(keys, tokens);
  if (!table.ok())
    return table.status();
  return Vocabulary(TokenType::String, oov, *std::move(table));
}

absl::StatusOr<Vocabulary> Vocabulary::fromIntegers(std::vector<int64_t> tokens,
                                                    OutOfVocabulary oov) {
  absl::StatusOr<TokenTable> table =
      numberDistinctTokens(viewBytes(tokens), tokens);
  if (!table.ok())
    return table.status();
  return Vocabulary(TokenType::Integer, oov, *std::move(table));
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static absl::Status fileError(const std::string &path,
                              absl::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat("vocabulary file \"", path, "\": ", message));
}

static absl::Status lineError(const std::string &path, int64_t line,
                              absl::string_view message) {
  return fileError(path, absl::StrCat("line ", line + 1, " ", message));
}

static absl::Status readFile(const std::string &path, std::string &content) {
  auto systemError = [&] {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("vocabulary file \"", path, "\""));
  };
  std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rb"),
                                              &std::fclose);
  // (vocabulary-C11)
  if (!file)
    return systemError();
  std::array<char, 1 << 16> buffer;
  while (size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get()))
    content.append(buffer.data(), count);
  if (std::ferror(file.get()))
    return systemError();
  return absl::OkStatus();
}

/// Refuses files that are something else than lines of text.
static absl::Status checkFormat(const std::string &path,
                                absl::string_view content) {
  std::string name = absl::AsciiStrToLower(path);
  // (vocabulary-C12)
  if (absl::EndsWith(name, ".gz") || absl::StartsWith(content, "\x1f\x8b"))
    return fileError(path, "compressed files are not supported");
  if (absl::EndsWith(name, ".tfrecord") || absl::EndsWith(name, ".tfrecords"))
    return fileError(path, "TFRecord files are not supported");
  if (absl::StartsWith(content, "\xef\xbb\xbf"))
    return fileError(path, "starts with a byte order mark");
  // (vocabulary-C3)
  if (content.empty())
    return fileError(path, "is empty");
  return absl::OkStatus();
}

/// The first `size` lines of `content`, or all when it is 0.
static std::vector<absl::string_view> splitLines(absl::string_view content,
                                                 size_t size) {
  std::vector<absl::string_view> lines;
  while (!content.empty() && (size == 0 || lines.size() < size)) {
    size_t end = content.find('\n');
    absl::string_view line = content.substr(0, end);
    bool last = end == absl::string_view::npos;
    content.remove_prefix(last ? content.size() : end + 1);
    if (absl::EndsWith(line, "\r"))
      line.remove_suffix(1);
    if (!last || !line.empty())
      lines.push_back(line);
  }
  return lines;
}

/// Whether nothing but the end of `line`, which is one of `content`, follows
/// it.
static bool endsAt(absl::string_view content, absl::string_view line) {
  size_t left = content.data() + content.size() - line.data() - line.size();
  absl::string_view rest = content.substr(content.size() - left);
  return rest.empty() || rest == "\r" || rest == "\n" || rest == "\r\n";
}

static absl::StatusOr<std::vector<int64_t>>
parseIntegers(const std::string &path,
              const std::vector<absl::string_view> &lines) {
  std::vector<int64_t> integers(lines.size());
  for (size_t i = 0; i < lines.size(); ++i)
    // (vocabulary-C13)
    if (!absl::SimpleAtoi(lines[i], &integers[i]))
      return lineError(path, i,
                       absl::StrCat("is no integer: ", show(lines[i])));
  return integers;
}

template <typename Tokens>
static absl::StatusOr<TokenTable>
numberLines(const std::string &path, absl::Span<const absl::string_view> keys,
            const Tokens &tokens) {
  return TokenTable::create(keys, [&](int64_t first, int64_t second) {
    // (vocabulary-C13)
    return lineError(
        path, second,
        absl::StrCat("repeats ", show(tokens[second]), " of line ", first + 1));
  });
}

/// The lines of a file that are tokens: `size` of them, or all when it is 0.
static absl::StatusOr<std::vector<absl::string_view>>
takeLines(const std::string &path, absl::string_view content, int64_t size) {
  absl::Status status = checkFormat(path, content);
  if (!status.ok())
    return status;
  std::vector<absl::string_view> lines = splitLines(content, size);
  for (size_t i = 0; i < lines.size(); ++i)
    // (vocabulary-C13)
    if (lines[i].empty())
      return lineError(path, i, "is empty");
  if (lines.empty())
    return fileError(path, "is empty");
  // (vocabulary-C14)
  if (static_cast<int64_t>(lines.size()) < size)
    return fileError(path, absl::StrCat("has ", lines.size(),
                                        " lines, expected at least ", size));
  return lines;
}

static absl::StatusOr<TokenTable>
numberTokens(const std::string &path,
             const std::vector<absl::string_view> &lines,
             Vocabulary::TokenType type) {
  if (type == Vocabulary::TokenType::String)
    return numberLines(path, lines, lines);
  absl::StatusOr<std::vector<int64_t>> integers = parseIntegers(path, lines);
  if (!integers.ok())
    return integers.status();
  return numberLines(path, viewBytes(*integers), *integers);
}

absl::StatusOr<Vocabulary> Vocabulary::fromFile(const std::string &path,
                                                int64_t size, TokenType type,
                                                OutOfVocabulary oov,
                                                const VocabularyCache &cache) {
  if (size < 0)
    return fileError(path, absl::StrCat("expected a size >= 0, not ", size));
  VocabularySource source{path, type == TokenType::String, size};
  if (std::optional<TokenTable> table = cache.load(source))
    return Vocabulary(type, oov, *std::move(table));
  std::optional<FileIdentity> identity = FileIdentity::of(path);
  std::string content;
  if (absl::Status status = readFile(path, content); !status.ok())
    return status;
  absl::StatusOr<std::vector<absl::string_view>> lines =
      takeLines(path, content, size);
  if (!lines.ok())
    return lines.status();
  absl::StatusOr<TokenTable> table = numberTokens(path, *lines, type);
  if (!table.ok())
    return table.status();
  if (endsAt(content, lines->back()))
    source.size = 0;
  if (identity)
    cache.store(source, *identity, *table);
  return Vocabulary(type, oov, *std::move(table));
}

//===----------------------------------------------------------------------===//
// Lookup
//===----------------------------------------------------------------------===//

int64_t Vocabulary::bucketOf(absl::string_view token) const {
  uint64_t fingerprint = util::Fingerprint64(token.data(), token.size());
  return size() + fingerprint % static_cast<uint64_t>(oov.numOovBuckets);
}

template <typename Tokens, typename Otherwise>
static void lookupTokens(const TokenTable &table, const Tokens &tokens,
                         absl::Span<int64_t> ids, Otherwise otherwise) {
  parallelFor(ids.size(), lookupGrain, [&](int64_t begin, int64_t end) {
    table.lookup(tokens, begin, ids.subspan(begin, end - begin), otherwise);
  });
}

void Vocabulary::lookup(StringSpan tokens, absl::Span<int64_t> ids) const {
  lookupTokens(table, tokens, ids, [this](absl::string_view token) {
    return oov.numOovBuckets == 0 ? oov.defaultValue : bucketOf(token);
  });
}

static int64_t toInteger(absl::string_view key) {
  int64_t integer;
  std::memcpy(&integer, key.data(), sizeof(integer));
  return integer;
}

void Vocabulary::lookup(absl::Span<const int64_t> tokens,
                        absl::Span<int64_t> ids) const {
  lookupTokens(table, IntegerTokens{tokens}, ids,
               [this](absl::string_view key) {
                 return oov.numOovBuckets == 0
                            ? oov.defaultValue
                            : bucketOf(absl::AlphaNum(toInteger(key)).Piece());
               });
}

std::string Vocabulary::toText() const {
  std::vector<absl::string_view> keys(size());
  table.forEach([&](absl::string_view key, int64_t id) { keys[id] = key; });
  std::string text;
  for (absl::string_view key : keys) {
    absl::AlphaNum digits(type == TokenType::Integer ? toInteger(key) : 0);
    absl::string_view line = type == TokenType::Integer ? digits.Piece() : key;
    text.append(line.data(), line.size());
    // Reading takes one CR before the LF away.
    text += absl::EndsWith(line, "\r") ? "\r\n" : "\n";
  }
  return text;
}
