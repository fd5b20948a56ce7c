//===- TokenTableTest.cpp - Tests of TokenTable.h -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/TokenTable.h"

#include "StatusMatchers.h"
#include "embcol/EmbeddingCore/Vocabulary.h"

#include "absl/strings/str_cat.h"

#include <random>
#include <set>
#include <string>
#include <vector>

using namespace embcol;
using namespace embcol::test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Strings = std::vector<std::string>;
using Integers = std::vector<int64_t>;
using Views = std::vector<absl::string_view>;

static absl::Status refuse(int64_t first, int64_t second) {
  return absl::AlreadyExistsError(absl::StrCat(first, " ", second));
}

static absl::StatusOr<TokenTable> create(const Strings &tokens) {
  return TokenTable::create(Views(tokens.begin(), tokens.end()), refuse);
}

static int64_t otherwise(absl::string_view token) {
  return -1000 - static_cast<int64_t>(token.size());
}

/// Looks up tokens that stand in one block, which has no byte more.
static Integers lookupTogether(const TokenTable &table,
                               absl::Span<const std::string> tokens) {
  Integers offsets{0};
  std::vector<char> bytes;
  for (const std::string &token : tokens) {
    bytes.insert(bytes.end(), token.begin(), token.end());
    offsets.push_back(bytes.size());
  }
  bytes.shrink_to_fit();
  Integers ids(tokens.size(), -77);
  table.lookup(StringSpan{bytes.data(), offsets}, 0, absl::MakeSpan(ids),
               otherwise);
  return ids;
}

/// Tokens that others follow are read in another way than those that do not.
static Integers lookup(const TokenTable &table, const Strings &tokens) {
  Integers ids = lookupTogether(table, tokens);
  for (size_t i = 0; i < tokens.size(); ++i)
    EXPECT_THAT(lookupTogether(table, {tokens[i]}), ElementsAre(ids[i]));
  return ids;
}

/// A copy of a block, which has no byte more.
static std::shared_ptr<char> copyBlock(absl::string_view block) {
  std::shared_ptr<char> copy(
      static_cast<char *>(std::aligned_alloc(64, block.size() + 63 & ~63)),
      &std::free);
  std::memcpy(copy.get(), block.data(), block.size());
  return copy;
}

TEST(TokenTableTest, ManyTokens) {
  Strings tokens, others;
  for (int i = 0; i < 50'000; ++i) {
    tokens.push_back(absl::StrCat("token", i, std::string(i % 37, 'x')));
    others.push_back(absl::StrCat("other", i, std::string(i % 37, 'x')));
  }
  absl::StatusOr<TokenTable> table = create(tokens);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->sizes().numTokens, 50'000u);
  Integers ids = lookup(*table, tokens);
  for (int i = 0; i < 50'000; ++i)
    ASSERT_EQ(ids[i], i);
  ids = lookup(*table, others);
  for (int i = 0; i < 50'000; ++i)
    ASSERT_EQ(ids[i], -1000 - static_cast<int64_t>(others[i].size()));
}

// Of every size up to more than two rounds of the hash function, and with any
// one byte different.
TEST(TokenTableTest, EveryByteCounts) {
  Strings tokens;
  for (int size = 0; size <= 40; ++size)
    for (int place = -1; place < size; ++place) {
      std::string token(size, '\0');
      if (place >= 0)
        token[place] = 1;
      tokens.push_back(token);
    }
  absl::StatusOr<TokenTable> table = create(tokens);
  ASSERT_THAT(table, IsOk());
  Integers ids = lookup(*table, tokens);
  for (size_t i = 0; i < tokens.size(); ++i)
    ASSERT_EQ(ids[i], static_cast<int64_t>(i));
  for (std::string &token : tokens)
    token += '\2';
  for (int64_t id : lookup(*table, tokens))
    ASSERT_LE(id, -1000);
}

TEST(TokenTableTest, OneToken) {
  EXPECT_THAT(lookup(*create({""}), {"", "a"}), ElementsAre(0, -1001));
}

TEST(TokenTableTest, PartOfTheTokens) {
  Integers offsets{0, 1, 2, 3, 4}, ids(2);
  create({"a", "b", "c", "d"})
      ->lookup(StringSpan{"abcd", offsets}, 1, absl::MakeSpan(ids), otherwise);
  EXPECT_THAT(ids, ElementsAre(1, 2));
}

TEST(TokenTableTest, FirstRepetition) {
  EXPECT_THAT(create({"a", "b", "c", "b", "a"}),
              StatusIs(absl::StatusCode::kAlreadyExists, "1 3"));
}

TEST(TokenTableTest, ForEach) {
  absl::StatusOr<TokenTable> table = create({"a", "", "bc"});
  ASSERT_THAT(table, IsOk());
  std::set<std::pair<std::string, int64_t>> found;
  table->forEach([&](absl::string_view token, int64_t id) {
    found.emplace(std::string(token), id);
  });
  EXPECT_THAT(found, ElementsAre(std::pair("", 1), std::pair("a", 0),
                                 std::pair("bc", 2)));
}

// What is refused is not looked at.
TEST(TokenTableTest, Limits) {
  uint64_t limit = uint64_t(1) << 32;
  const char *nowhere = nullptr;
  // (vocabulary-C15)
  EXPECT_THAT(
      TokenTable::create(
          absl::MakeConstSpan(static_cast<absl::string_view *>(nullptr), limit),
          refuse),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "expected at most 4294967295 tokens, found 4294967296"));
  // (vocabulary-C15)
  EXPECT_THAT(
      TokenTable::create({"a", absl::string_view(nowhere, limit)}, refuse),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "expected tokens of at most 4294967295 bytes, found "
               "4294967296 at position 1"));
  Views tooMany(1 << 20, absl::string_view(nowhere, limit - 1));
  EXPECT_THAT(TokenTable::create(tooMany, refuse),
              StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

TEST(TokenTableTest, BlockElsewhere) {
  Strings tokens{"a", "bb", "a longer token than most of them"};
  absl::StatusOr<TokenTable> copy = absl::InternalError("");
  {
    TokenTable table = *create(tokens);
    copy = TokenTable::fromBlock(copyBlock(table.block()), table.block().size(),
                                 table.sizes());
  }
  ASSERT_THAT(copy, IsOk());
  EXPECT_THAT(lookup(*copy, tokens), ElementsAre(0, 1, 2));
}

TEST(TokenTableTest, BlockOfAnotherSize) {
  TokenTable table = *create({"a", "b"});
  auto expectRefused = [&](TokenTable::Sizes sizes) {
    EXPECT_THAT(
        TokenTable::fromBlock(copyBlock(table.block()), table.block().size(),
                              sizes),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 AllOf(HasSubstr("expected a table of"), HasSubstr("found"))));
  };
  TokenTable::Sizes sizes = table.sizes();
  expectRefused({2, 0, table.block().size()});
  expectRefused({2, sizes.numBuckets + 1, sizes.keyBytes});
  expectRefused({2, sizes.numBuckets, sizes.keyBytes - 8});
  expectRefused({2, sizes.numBuckets, sizes.keyBytes - 1});
  // These overflow.
  expectRefused({2, uint64_t(1) << 58, sizes.keyBytes + sizes.numBuckets * 64});
  expectRefused({2, sizes.numBuckets, uint64_t(0) - 8});
}

// Whatever is in a block, nothing outside it is read, and lookups end.
TEST(TokenTableTest, DamagedBlock) {
  Strings tokens;
  for (int i = 0; i < 200; ++i)
    tokens.push_back(absl::StrCat("token", i));
  TokenTable table = *create(tokens);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::shared_ptr<char> block = copyBlock(table.block());
    for (size_t i = 0; i < table.block().size(); ++i)
      if (round == 0 || random() % 8 == 0)
        block.get()[i] = round == 0 ? '\xff' : static_cast<char>(random());
    absl::StatusOr<TokenTable> damaged =
        TokenTable::fromBlock(block, table.block().size(), table.sizes());
    ASSERT_THAT(damaged, IsOk());
    lookupTogether(*damaged, tokens);
    for (const std::string &token : tokens)
      lookupTogether(*damaged, {token});
    damaged->forEach([](absl::string_view token, int64_t id) {
      EXPECT_LT(id, 200);
      EXPECT_EQ(std::string(token).size(), token.size());
    });
  }
}
