//===- EmbeddingCoreTest.cpp - Tests of EmbeddingCore.h -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/EmbeddingCore.h"

#include "StatusMatchers.h"

using namespace embcol;
using namespace embcol::test;
using testing::HasSubstr;

static TableSpec spec(std::string name) {
  return {std::move(name), 4, 2, TruncatedNormalInitializer{0, 1}, {}};
}

TEST(EmbeddingCoreTest, TablesByName) {
  EmbeddingCore core(1);
  ASSERT_THAT(core.addTable(spec("b")), IsOk());
  Table *b = core.table("b");
  ASSERT_THAT(core.addTable(spec("a")), IsOk());
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(core.table("b"), b);
  EXPECT_EQ(core.table("a")->name(), "a");
  EXPECT_EQ(core.table("c"), nullptr);
  ASSERT_EQ(core.tables().size(), 2u);
  EXPECT_EQ(core.tables()[0].get(), b);
}

TEST(EmbeddingCoreTest, TablesStartDifferently) {
  EmbeddingCore core(1), same(1), other(2);
  for (EmbeddingCore *each : {&core, &same, &other})
    ASSERT_THAT(each->addTable(spec("a")), IsOk());
  ASSERT_THAT(core.addTable(spec("b")), IsOk());
  EXPECT_NE(core.table("a")->rows()[0], core.table("b")->rows()[0]);
  EXPECT_EQ(core.table("a")->rows()[0], same.table("a")->rows()[0]);
  EXPECT_NE(core.table("a")->rows()[0], other.table("a")->rows()[0]);
}

TEST(EmbeddingCoreTest, NamesInUse) {
  EmbeddingCore core(1);
  ASSERT_THAT(core.addTable(spec("a")), IsOk());
  EXPECT_THAT(core.addTable(spec("a")),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       "a table is already called \"a\""));
  // Vocabularies have names of their own.
  ASSERT_THAT(core.addVocabulary("a", *Vocabulary::fromIntegers({1}, {})),
              IsOk());
  EXPECT_THAT(core.addVocabulary("a", *Vocabulary::fromIntegers({2}, {})),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       "a vocabulary is already called \"a\""));
}

TEST(EmbeddingCoreTest, VocabulariesByName) {
  EmbeddingCore core(1);
  ASSERT_THAT(
      core.addVocabulary("v", *Vocabulary::fromStrings({"x", "y"}, {3, -1})),
      IsOk());
  ASSERT_NE(core.vocabulary("v"), nullptr);
  EXPECT_EQ(core.vocabulary("v")->numBuckets(), 5);
  EXPECT_EQ(core.vocabulary("w"), nullptr);
}

TEST(EmbeddingCoreTest, TableErrorsPass) {
  EmbeddingCore core(1);
  TableSpec bad = spec("bad");
  bad.numRows = 0;
  EXPECT_THAT(core.addTable(bad), StatusIs(absl::StatusCode::kInvalidArgument,
                                           HasSubstr("table \"bad\"")));
  EXPECT_EQ(core.table("bad"), nullptr);
}

TEST(EmbeddingCoreTest, SharedVocabularies) {
  EmbeddingCore core(1);
  {
    EmbeddingCore other(1);
    for (const char *name : {"a", "b"}) {
      auto vocabulary = Vocabulary::fromIntegers({3, 7}, OutOfVocabulary());
      ASSERT_THAT(vocabulary, IsOk());
      ASSERT_THAT(other.addVocabulary(name, *std::move(vocabulary)), IsOk());
    }
    auto own = Vocabulary::fromIntegers({1}, OutOfVocabulary());
    ASSERT_THAT(own, IsOk());
    ASSERT_THAT(core.addVocabulary("b", *std::move(own)), IsOk());
    core.shareVocabularies(other);
  }
  EXPECT_EQ(core.vocabulary("a")->size(), 2);
  EXPECT_EQ(core.vocabulary("b")->size(), 1);
}
