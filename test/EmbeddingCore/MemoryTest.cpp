//===- MemoryTest.cpp - Tests of Memory.h ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Memory.h"

#include "StatusMatchers.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <utility>
#include <vector>

using namespace embcol;
using namespace embcol::test;
using testing::ContainsRegex;

static bool isZero(const HugePageBuffer &buffer) {
  const char *bytes = static_cast<const char *>(buffer.data());
  return std::all_of(bytes, bytes + buffer.size(),
                     [](char byte) { return byte == 0; });
}

TEST(MemoryTest, EmptyBuffer) {
  absl::StatusOr<HugePageBuffer> buffer = HugePageBuffer::allocate(0);
  ASSERT_THAT(buffer, IsOk());
  EXPECT_EQ(buffer->size(), 0u);
  EXPECT_EQ(buffer->data(), nullptr);
}

TEST(MemoryTest, SmallBuffersAreZeroedAndShareHugePages) {
  std::vector<HugePageBuffer> buffers;
  std::set<uintptr_t> hugePages;
  for (size_t size = 1; size < 40000; size += 399) {
    absl::StatusOr<HugePageBuffer> buffer = HugePageBuffer::allocate(size);
    ASSERT_THAT(buffer, IsOk());
    EXPECT_EQ(buffer->size(), size);
    auto address = reinterpret_cast<uintptr_t>(buffer->data());
    EXPECT_EQ(address % 64, 0u);
    hugePages.insert(address >> 21);
    EXPECT_TRUE(isZero(*buffer));
    std::memset(buffer->data(), 1, size);
    // Some of them go, and nobody gets what they have left.
    if (size % 2 == 0)
      buffers.push_back(*std::move(buffer));
  }
  EXPECT_LE(hugePages.size(), 4u);
  for (const HugePageBuffer &buffer : buffers)
    EXPECT_EQ(static_cast<const char *>(buffer.data())[buffer.size() - 1], 1);
}

TEST(MemoryTest, LargeBufferIsZeroedAndHugePageAligned) {
  size_t size = (size_t(5) << 20) + 1;
  absl::StatusOr<HugePageBuffer> buffer = HugePageBuffer::allocate(size);
  ASSERT_THAT(buffer, IsOk());
  EXPECT_EQ(buffer->size(), size);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % (2 << 20), 0u);
  EXPECT_TRUE(isZero(*buffer));
  static_cast<char *>(buffer->data())[size - 1] = 1;
}

TEST(MemoryTest, MoveTakesTheMemory) {
  HugePageBuffer first = *HugePageBuffer::allocate(100);
  void *data = first.data();
  HugePageBuffer second(std::move(first));
  EXPECT_EQ(second.data(), data);
  HugePageBuffer third = *HugePageBuffer::allocate(200);
  third = std::move(second);
  EXPECT_EQ(third.data(), data);
  EXPECT_EQ(third.size(), 100u);
}

TEST(MemoryTest, MoreThanThereIs) {
  EXPECT_THAT(HugePageBuffer::allocate(size_t(1) << 60),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       ContainsRegex("cannot allocate 1152921504606846976 "
                                     "bytes: [0-9]+ are available")));
  EXPECT_THAT(HugePageBuffer::allocate(std::numeric_limits<size_t>::max()),
              StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
}

TEST(MemoryTest, AvailableMemoryIsPlausible) {
  EXPECT_GT(availableMemory(), size_t(1) << 20);
  EXPECT_LT(availableMemory(), size_t(1) << 60);
  EXPECT_LT(availableMemoryFor(size_t(1) << 20), size_t(1) << 60);
  EXPECT_GT(availableMemoryFor(1), size_t(1) << 60);
}
