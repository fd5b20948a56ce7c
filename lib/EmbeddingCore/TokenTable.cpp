//===- TokenTable.cpp - Tokens and their numbers --------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/TokenTable.h"

#include "embcol/EmbeddingCore/Memory.h"

#include "absl/strings/str_cat.h"

#include <limits>
#include <optional>
#include <utility>

using namespace embcol;

/// Tokens a bucket: more take less memory, but find their bucket full more
/// often.
static constexpr uint64_t tokensPerBucket = 5;

/// Tokens whose cache misses overlap when a table is made.
static constexpr size_t groupSize = 32;

namespace embcol {
/// Makes a table: first the buckets, with the positions of tokens in place of
/// those of keys, then the keys, bucket by bucket.
struct TokenTable::Builder {
  Builder(TokenTable &table, char *block,
          absl::Span<const absl::string_view> tokens)
      : table(table), buckets(reinterpret_cast<Bucket *>(block)),
        keys(block + table.extent.numBuckets * sizeof(Bucket)), tokens(tokens) {
  }

  /// The position of the token that equals this one, which is added if there
  /// is none.
  std::optional<uint32_t> add(uint32_t position, uint64_t hash) {
    uint16_t tag = tagOf(hash);
    for (uint64_t index = table.view.homeOf(hash);;
         index = table.view.after(index)) {
      Bucket &bucket = buckets[index];
      for (unsigned slots = match(bucket, tag); slots; slots &= slots - 1) {
        uint32_t other = bucket.positions[__builtin_ctz(slots)];
        if (tokens[other] == tokens[position])
          return other;
      }
      if (unsigned free = match(bucket, 0)) {
        int slot = __builtin_ctz(free);
        bucket.tags[slot] = tag;
        bucket.positions[slot] = position;
        return std::nullopt;
      }
      bucket.isOverflown = 1;
    }
  }

  /// The token, in its order, that repeats another, and that one.
  std::optional<std::pair<uint32_t, uint32_t>> addAll() {
    uint64_t hashes[groupSize];
    for (size_t first = 0; first < tokens.size(); first += groupSize) {
      size_t count = std::min(groupSize, tokens.size() - first);
      for (size_t i = 0; i < count; ++i) {
        hashes[i] = hash(tokens[first + i]);
        __builtin_prefetch(&buckets[table.view.homeOf(hashes[i])], /*rw=*/1);
      }
      for (size_t i = 0; i < count; ++i)
        if (std::optional<uint32_t> other = add(first + i, hashes[i]))
          return std::make_pair(*other, static_cast<uint32_t>(first + i));
    }
    return std::nullopt;
  }

  void prefetchTokens(uint64_t index) {
    if (index >= table.extent.numBuckets)
      return;
    const Bucket &bucket = buckets[index];
    for (int slot = 0; slot < slotsPerBucket && bucket.tags[slot]; ++slot)
      __builtin_prefetch(&tokens[bucket.positions[slot]]);
  }

  void prefetchBytes(uint64_t index) {
    if (index >= table.extent.numBuckets)
      return;
    const Bucket &bucket = buckets[index];
    for (int slot = 0; slot < slotsPerBucket && bucket.tags[slot]; ++slot)
      __builtin_prefetch(tokens[bucket.positions[slot]].data());
  }

  void writeKeys() {
    uint64_t offset = 0;
    for (uint64_t index = 0; index < table.extent.numBuckets; ++index) {
      prefetchTokens(index + 2 * bucketsAhead);
      prefetchBytes(index + bucketsAhead);
      Bucket &bucket = buckets[index];
      for (int slot = 0; slot < slotsPerBucket && bucket.tags[slot]; ++slot) {
        uint32_t position = bucket.positions[slot];
        absl::string_view token = tokens[position];
        Key key{position, static_cast<uint32_t>(token.size())};
        std::memcpy(keys + offset, &key, sizeof(key));
        if (!token.empty())
          std::memcpy(keys + offset + sizeof(key), token.data(), token.size());
        bucket.positions[slot] = static_cast<uint32_t>(offset / 8);
        bucket.highPositions[slot] = static_cast<uint8_t>(offset / 8 >> 32);
        offset += keyBytesOf(token.size());
      }
    }
  }

  static constexpr uint64_t bucketsAhead = 4;

  const TokenTable &table;
  Bucket *buckets;
  char *keys;
  absl::Span<const absl::string_view> tokens;
};
} // namespace embcol

absl::StatusOr<TokenTable> TokenTable::create(
    absl::Span<const absl::string_view> tokens,
    absl::FunctionRef<absl::Status(int64_t first, int64_t second)> repeats) {
  constexpr uint64_t limit = std::numeric_limits<uint32_t>::max();
  // (vocabulary-C15)
  if (tokens.size() > limit)
    return absl::InvalidArgumentError(absl::StrCat(
        "expected at most ", limit, " tokens, found ", tokens.size()));
  Sizes sizes{tokens.size(), tokens.size() / tokensPerBucket + 1, 0};
  for (size_t i = 0; i < tokens.size(); ++i) {
    // (vocabulary-C15)
    if (tokens[i].size() > limit)
      return absl::InvalidArgumentError(
          absl::StrCat("expected tokens of at most ", limit, " bytes, found ",
                       tokens[i].size(), " at position ", i));
    sizes.keyBytes += keyBytesOf(tokens[i].size());
  }
  absl::StatusOr<HugePageBuffer> buffer =
      HugePageBuffer::allocate(blockBytes(sizes));
  if (!buffer.ok())
    return buffer.status();
  auto owner = std::make_shared<HugePageBuffer>(*std::move(buffer));
  auto *block = static_cast<char *>(owner->data());
  TokenTable table({std::move(owner), block}, sizes);
  Builder builder(table, block, tokens);
  if (auto repeated = builder.addAll())
    return repeats(repeated->first, repeated->second);
  builder.writeKeys();
  return table;
}

absl::StatusOr<TokenTable>
TokenTable::fromBlock(std::shared_ptr<const char> block, uint64_t numBytes,
                      Sizes sizes) {
  // Sizes that are beyond this could overflow when they are added.
  bool fits = sizes.numBuckets >= 1 &&
              sizes.numBuckets <= numBytes / sizeof(Bucket) &&
              sizes.keyBytes <= numBytes && sizes.keyBytes % 8 == 0;
  if (!fits || blockBytes(sizes) != numBytes)
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a table of ", sizes.numBuckets, " buckets and ",
        sizes.keyBytes, " bytes of keys, found ", numBytes, " bytes"));
  return TokenTable(std::move(block), sizes);
}

const TokenTable::Key *TokenTable::View::find(absl::string_view token,
                                              uint64_t home,
                                              uint16_t tag) const {
  uint64_t index = home;
  for (uint64_t i = 0; i < numBuckets; ++i, index = after(index)) {
    const Bucket &bucket = buckets[index];
    for (unsigned slots = match(bucket, tag); slots; slots &= slots - 1)
      if (const Key *key = keyAt(bucket, __builtin_ctz(slots));
          key && isKeyOf(*key, token))
        return key;
    if (!bucket.isOverflown)
      break;
  }
  return nullptr;
}

void TokenTable::forEach(
    absl::FunctionRef<void(absl::string_view token, int64_t id)> function)
    const {
  for (uint64_t index = 0; index < view.numBuckets; ++index) {
    const Bucket &bucket = view.buckets[index];
    for (int slot = 0; slot < slotsPerBucket && bucket.tags[slot]; ++slot) {
      const Key *key = view.keyAt(bucket, slot);
      if (key && key->id < extent.numTokens && view.contains(*key))
        function({key->bytes(), key->size}, key->id);
    }
  }
}
