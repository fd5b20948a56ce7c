//===- ResultMemoryTest.cpp - Memory for the results of calls -------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/ResultMemory.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <thread>
#include <vector>

using namespace embcol;

static constexpr size_t mebibyte = size_t(1) << 20;

TEST(ResultMemoryTest, IsAligned) {
  for (size_t numBytes : {size_t(0), size_t(1), size_t(63), size_t(1000),
                          mebibyte / 4, mebibyte, 3 * mebibyte + 5}) {
    void *memory = allocateResult(numBytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u) << numBytes;
    std::memset(memory, 1, numBytes);
    freeResult(memory);
  }
  freeResult(nullptr);
}

TEST(ResultMemoryTest, LargeIsUsedAgain) {
  void *memory = allocateResult(3 * mebibyte);
  freeResult(memory);
  // What fits best, and is not half of it or less.
  void *small = allocateResult(mebibyte);
  EXPECT_NE(small, memory);
  void *again = allocateResult(2 * mebibyte);
  EXPECT_EQ(again, memory);
  void *other = allocateResult(3 * mebibyte);
  EXPECT_NE(other, memory);
  for (void *each : {small, again, other})
    freeResult(each);
}

TEST(ResultMemoryTest, KeepsALimitedAmount) {
  std::vector<void *> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(allocateResult(7 * mebibyte));
  for (void *memory : all)
    freeResult(memory);
  // Nine of 7 MiB fit 64; no more of them come again than that.
  std::vector<void *> again;
  for (int i = 0; i < 9; ++i)
    again.push_back(allocateResult(7 * mebibyte));
  EXPECT_THAT(again,
              testing::UnorderedElementsAreArray(all.end() - 9, all.end()));
  for (void *memory : again)
    freeResult(memory);
}

TEST(ResultMemoryTest, TooMuch) {
  EXPECT_THROW(allocateResult(std::numeric_limits<size_t>::max()),
               std::bad_alloc);
}

TEST(ResultMemoryTest, Threads) {
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([number] {
      for (int i = 0; i < 200; ++i) {
        size_t numBytes = mebibyte / 4 * (1 + (i * 7 + number) % 9);
        auto *memory = static_cast<unsigned char *>(allocateResult(numBytes));
        std::memset(memory, number, numBytes);
        std::this_thread::yield();
        for (size_t at : {size_t(0), numBytes / 2, numBytes - 1})
          EXPECT_EQ(memory[at], number);
        freeResult(memory);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}
