//===- TokenTable.h - Tokens and their numbers --------------------*- C++
//-*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_TOKENTABLE_H
#define EMBCOL_EMBEDDINGCORE_TOKENTABLE_H

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace embcol {

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

namespace detail {
inline uint64_t loadWord(const char *bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// Up to 16 bytes, filled up with zeros.
struct TwoWords {
  uint64_t low, high;
};

/// How many bytes a token has at most that is two words.
static constexpr size_t twoWordsBytes = sizeof(TwoWords);

/// The bits of the first `size` bytes.
inline TwoWords maskOf(size_t size) {
  // A window onto these, so that there is no branch: sizes are in no order.
  static constexpr uint64_t window[4] = {~uint64_t(0), ~uint64_t(0), 0, 0};
  const char *bytes =
      reinterpret_cast<const char *>(window) + twoWordsBytes - size;
  return {loadWord(bytes), loadWord(bytes + 8)};
}

/// `size` bytes, of 16 that can be read.
inline TwoWords loadTwoWords(const char *bytes, size_t size) {
  TwoWords mask = maskOf(size);
  return {loadWord(bytes) & mask.low, loadWord(bytes + 8) & mask.high};
}

/// Whether tokens of `size` bytes are equal, of 16 that can be read.
inline bool equalTwoWords(const char *a, const char *b, size_t size) {
  TwoWords mask = maskOf(size);
  return (((loadWord(a) ^ loadWord(b)) & mask.low) |
          ((loadWord(a + 8) ^ loadWord(b + 8)) & mask.high)) == 0;
}

/// Up to 7 bytes, filled up with zeros.
inline uint64_t loadShort(const char *bytes, size_t size) {
  if (size >= 4) {
    uint32_t low, high;
    std::memcpy(&low, bytes, sizeof(low));
    std::memcpy(&high, bytes + size - 4, sizeof(high));
    return low | uint64_t(high) << (size - 4) * 8;
  }
  if (size == 0)
    return 0;
  auto byte = [bytes](size_t i) {
    return uint64_t(static_cast<unsigned char>(bytes[i])) << i * 8;
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

/// A token of at most 16 bytes, behind which nothing can be read.
inline TwoWords loadTwoWords(absl::string_view token) {
  const char *bytes = token.data();
  size_t size = token.size();
  if (size == twoWordsBytes)
    return {loadWord(bytes), loadWord(bytes + 8)};
  if (size >= 8)
    return {loadWord(bytes), loadShort(bytes + 8, size - 8)};
  return {loadShort(bytes, size), 0};
}

/// Prefetches what is `distance` bytes behind `place`, which may be null.
inline void prefetchBehind(const void *place, uintptr_t distance) {
  __builtin_prefetch(reinterpret_cast<const void *>(
      reinterpret_cast<uintptr_t>(place) + distance));
}

inline uint64_t mix(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Odd numbers with as many ones as zeros, of no other meaning.
inline constexpr uint64_t hashNumbers[] = {0x9E3779B97F4A7C15,
                                           0xD1B54A32D192ED03};

/// The hash of a token of at most 16 bytes.
inline uint64_t hashTwoWords(TwoWords words, size_t size) {
  auto [a, b] = hashNumbers;
  return mix(words.low ^ size * a ^ b, words.high ^ a);
}
} // namespace detail

//===----------------------------------------------------------------------===//
// TokenTable
//===----------------------------------------------------------------------===//

/// A hash table from tokens, which are bytes, to their numbers. It does not
/// change once it is made, and is one block of memory without an address in
/// it, so that a file can be the table.
///
/// The block begins with the buckets, a cache line each: tags, 16 bits of the
/// hashes of up to 8 tokens, and where their keys are. Behind them stand the
/// keys, in the order of their buckets. A token that finds its bucket full is
/// in the next that is not. So a lookup costs two cache misses, and `lookup`
/// has those of many tokens overlap.
class TokenTable {
public:
  /// Of a block: what is to be known to use it.
  struct Sizes {
    uint64_t numTokens, numBuckets, keyBytes;
  };

  /// Numbers `tokens` from 0. Returns `repeats(first, second)`, which makes an
  /// error of their positions, for the first token that repeats another;
  /// InvalidArgument for a token that is too long, or too many of them;
  /// ResourceExhausted where the table does not fit into memory.
  static absl::StatusOr<TokenTable> create(
      absl::Span<const absl::string_view> tokens,
      absl::FunctionRef<absl::Status(int64_t first, int64_t second)> repeats);

  /// A table in a block of memory that is there already, aligned to 64 bytes.
  /// InvalidArgument where its size is another. Whatever the block holds,
  /// nothing outside it is read.
  static absl::StatusOr<TokenTable> fromBlock(std::shared_ptr<const char> block,
                                              uint64_t numBytes, Sizes sizes);

  const Sizes &sizes() const { return extent; }
  absl::string_view block() const { return {memory.get(), blockBytes(extent)}; }

  /// Calls `function` for every token, in no order.
  void forEach(absl::FunctionRef<void(absl::string_view token, int64_t id)>
                   function) const;

  /// Writes the number of each of `tokens`, or `otherwise(token)`. Tokens have
  /// an operator[] that gives a string_view, and `bytesEnd()`, up to which
  /// can be read whatever follows a token.
  template <typename Tokens, typename Otherwise>
  void lookup(const Tokens &tokens, int64_t begin, absl::Span<int64_t> ids,
              Otherwise otherwise) const;

private:
  static constexpr int slotsPerBucket = 8;
  struct alignas(64) Bucket {
    /// 0 where the slot is free.
    uint16_t tags[slotsPerBucket];
    /// Where the keys are, in words of 8 bytes: 40 bits.
    uint32_t positions[slotsPerBucket];
    uint8_t highPositions[slotsPerBucket];
    /// A token did not fit, and stands further on.
    uint8_t isOverflown;
    uint8_t unused[7];
  };
  static_assert(sizeof(Bucket) == 64, "a cache line");

  /// What the bytes of a token follow, which are filled up with zeros.
  struct Key {
    uint32_t id, size;
    const char *bytes() const {
      return reinterpret_cast<const char *>(this + 1);
    }
  };

  TokenTable(std::shared_ptr<const char> block, Sizes sizes)
      : memory(std::move(block)), extent(sizes),
        view{reinterpret_cast<const Bucket *>(memory.get()), sizes.numBuckets,
             memory.get() + sizes.numBuckets * sizeof(Bucket), sizes.keyBytes} {
  }

  static uint64_t keyBytesOf(uint64_t size) {
    return sizeof(Key) + (size + 7) / 8 * 8;
  }
  static uint64_t blockBytes(Sizes sizes) {
    return sizes.numBuckets * sizeof(Bucket) + sizes.keyBytes;
  }
  static uint64_t hash(absl::string_view token);
  static bool equal(absl::string_view token, const char *key);
  static uint16_t tagOf(uint64_t hash) {
    auto tag = static_cast<uint16_t>(hash);
    return tag ? tag : 1;
  }
  /// The slots with this tag, a bit each.
  static unsigned match(const Bucket &bucket, uint16_t tag) {
#ifdef __SSE2__
    // What compilers make of the loop takes a fifth of the time of a lookup.
    auto *tags = reinterpret_cast<const __m128i *>(bucket.tags);
    __m128i equal =
        _mm_cmpeq_epi16(_mm_load_si128(tags), _mm_set1_epi16(int16_t(tag)));
    return _mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#else
    unsigned slots = 0;
    for (int slot = 0; slot < slotsPerBucket; ++slot)
      slots |= unsigned(bucket.tags[slot] == tag) << slot;
    return slots;
#endif
  }

  /// Where the parts of a block are. A value, so that those who write to memory
  /// need not load it anew.
  struct View {
    const Bucket *buckets;
    uint64_t numBuckets;
    const char *keys;
    uint64_t keyBytes;

    uint64_t homeOf(uint64_t hash) const {
      return static_cast<unsigned __int128>(hash) * numBuckets >> 64;
    }
    uint64_t after(uint64_t bucket) const {
      return bucket + 1 == numBuckets ? 0 : bucket + 1;
    }
    /// Null for a key that is not in the block.
    const Key *keyAt(const Bucket &bucket, int slot) const {
      uint64_t offset = (bucket.positions[slot] |
                         uint64_t(bucket.highPositions[slot]) << 32) *
                        8;
      return offset + sizeof(Key) > keyBytes
                 ? nullptr
                 : reinterpret_cast<const Key *>(keys + offset);
    }
    bool contains(const Key &key) const {
      return key.size <= static_cast<uint64_t>(keys + keyBytes - key.bytes());
    }
    /// `isTwoWords` where a token is, and can be read as such.
    bool isKeyOf(const Key &key, absl::string_view token,
                 bool isTwoWords) const {
      if (!isTwoWords)
        return isKeyOf(key, token);
      // The key at the end of the block is for the other way.
      return key.size == token.size() &&
             keys + keyBytes - key.bytes() >= int64_t(detail::twoWordsBytes) &&
             detail::equalTwoWords(token.data(), key.bytes(), token.size());
    }
    bool isKeyOf(const Key &key, absl::string_view token) const {
      return key.size == token.size() && contains(key) &&
             equal(token, key.bytes());
    }
    /// The key that a token with this home and tag most likely has, or null if
    /// it has none.
    const Key *guess(uint64_t home, uint16_t tag) const;
    /// The key of a token, or null.
    const Key *find(absl::string_view token, uint64_t home, uint16_t tag) const;
  };

  struct Builder;

  std::shared_ptr<const char> memory;
  Sizes extent;
  View view;
};

//===----------------------------------------------------------------------===//
// Lookup
//===----------------------------------------------------------------------===//

inline uint64_t TokenTable::hash(absl::string_view token) {
  const char *bytes = token.data();
  size_t size = token.size();
  if (size <= detail::twoWordsBytes)
    return detail::hashTwoWords(detail::loadTwoWords(token), size);
  auto [a, b] = detail::hashNumbers;
  uint64_t state = size * a;
  for (; size > 16; bytes += 16, size -= 16)
    state = detail::mix(detail::loadWord(bytes) ^ state,
                        detail::loadWord(bytes + 8) ^ b);
  return detail::mix(detail::loadWord(bytes + size - 16) ^ state ^ b,
                     detail::loadWord(bytes + size - 8) ^ a);
}

/// Whether the bytes of a key, filled up with zeros, are those of a token of
/// its size.
inline bool TokenTable::equal(absl::string_view token, const char *key) {
  size_t size = token.size();
  if (size < 8)
    return size == 0 ||
           detail::loadShort(token.data(), size) == detail::loadWord(key);
  uint64_t difference = detail::loadWord(token.data() + size - 8) ^
                        detail::loadWord(key + size - 8);
  for (size_t i = 0; i + 8 < size; i += 8)
    difference |=
        detail::loadWord(token.data() + i) ^ detail::loadWord(key + i);
  return difference == 0;
}

inline const TokenTable::Key *TokenTable::View::guess(uint64_t home,
                                                      uint16_t tag) const {
  uint64_t index = home;
  // A table has free slots; a damaged file may have none.
  for (uint64_t i = 0; i < numBuckets; ++i, index = after(index)) {
    const Bucket &bucket = buckets[index];
    if (unsigned slots = match(bucket, tag))
      return keyAt(bucket, __builtin_ctz(slots));
    if (!bucket.isOverflown)
      return nullptr;
  }
  return nullptr;
}

template <typename Tokens, typename Otherwise>
void TokenTable::lookup(const Tokens &tokens, int64_t begin,
                        absl::Span<int64_t> ids, Otherwise otherwise) const {
  constexpr int64_t groupSize = 64;
  uint64_t homes[groupSize];
  uint16_t tags[groupSize];
  const Key *guesses[groupSize];
  const View table = view;
  const char *end = tokens.bytesEnd();
  auto isTwoWords = [end](absl::string_view token) {
    return token.size() <= detail::twoWordsBytes &&
           end - token.data() >= int64_t(detail::twoWordsBytes);
  };
  int64_t size = ids.size();
  for (int64_t first = 0; first < size; first += groupSize) {
    int64_t count = std::min(groupSize, size - first);
    for (int64_t i = 0; i < count; ++i) {
      absl::string_view token = tokens[begin + first + i];
      // Processors prefetch tokens that come later only up to the end of a
      // page, and not beside so many other accesses.
      detail::prefetchBehind(token.data(), 512);
      uint64_t hashed =
          isTwoWords(token)
              ? detail::hashTwoWords(
                    detail::loadTwoWords(token.data(), token.size()),
                    token.size())
              : hash(token);
      homes[i] = table.homeOf(hashed);
      tags[i] = tagOf(hashed);
      __builtin_prefetch(&table.buckets[homes[i]]);
    }
    for (int64_t i = 0; i < count; ++i) {
      guesses[i] = table.guess(homes[i], tags[i]);
      __builtin_prefetch(guesses[i]);
      // One in four short keys goes on in the next cache line.
      detail::prefetchBehind(guesses[i],
                             sizeof(Key) + detail::twoWordsBytes - 1);
    }
    for (int64_t i = 0; i < count; ++i) {
      absl::string_view token = tokens[begin + first + i];
      const Key *key = guesses[i];
      // Two tokens of one tag in a bucket are rare.
      if (key && !table.isKeyOf(*key, token, isTwoWords(token)))
        key = View(table).find(token, homes[i], tags[i]);
      ids[first + i] = key ? key->id : otherwise(token);
    }
  }
}

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_TOKENTABLE_H
