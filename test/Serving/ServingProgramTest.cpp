//===- ServingProgramTest.cpp - Tests of ServingProgram.h -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Serving/ServingProgram.h"

#include "../EmbeddingCore/StatusMatchers.h"

using namespace embcol;
using namespace embcol::test;
using testing::ElementsAre;
using testing::HasSubstr;
using Element = ServingProgram::Element;
using Kind = ServingProgram::Kind;

static ServingProgram makeProgram() {
  ServingProgram program;
  program.tables = {
      {"a", 3, 2, RowType::BF16, {PartitionStrategy::Mod, 2}},
      {"b", 1, 1, RowType::F32, {}},
  };
  program.vocabularies.resize(2);
  program.vocabularies[0].name = "words";
  // Neither UTF-8 nor without zero bytes.
  program.vocabularies[0].strings = {"AA", std::string("\xff\0\n", 3), ""};
  program.vocabularies[0].oov = {2, -1};
  program.vocabularies[1].name = "years";
  program.vocabularies[1].type = Vocabulary::TokenType::Integer;
  program.vocabularies[1].integers = {2012, -1};
  program.vocabularies[1].oov = {0, 1};
  program.vocabularies[1].file = "years.txt";
  program.vocabularies[1].fileSize = 7;
  program.functions = {{"lookup",
                        {{"hour", Kind::Ragged, Element::I64, {}, 2}},
                        {{"result0", Kind::Tensor, Element::F32, {-1, 2}, 0}}}};
  program.columns = {"a_embedding", "b_embedding"};
  return program;
}

TEST(ServingProgramTest, RoundTrip) {
  ServingProgram program = makeProgram();
  absl::StatusOr<ServingProgram> parsed =
      ServingProgram::parse(program.serialize());
  ASSERT_THAT(parsed, IsOk());
  ASSERT_EQ(parsed->tables.size(), 2u);
  const ServingProgram::Table &a = parsed->tables[0];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.numRows, 3);
  EXPECT_EQ(a.dimension, 2);
  EXPECT_EQ(a.rowType, RowType::BF16);
  EXPECT_TRUE((a.partition == Partition{PartitionStrategy::Mod, 2}));
  ASSERT_EQ(parsed->vocabularies.size(), 2u);
  EXPECT_EQ(parsed->vocabularies[0].strings, program.vocabularies[0].strings);
  EXPECT_EQ(parsed->vocabularies[0].oov.numOovBuckets, 2);
  const ServingProgram::Vocabulary &years = parsed->vocabularies[1];
  EXPECT_EQ(years.type, Vocabulary::TokenType::Integer);
  EXPECT_THAT(years.integers, ElementsAre(2012, -1));
  EXPECT_EQ(years.oov.defaultValue, 1);
  EXPECT_EQ(years.file, "years.txt");
  EXPECT_EQ(years.fileSize, 7);
  EXPECT_THAT(parsed->columns, ElementsAre("a_embedding", "b_embedding"));
  // All the rest, and no more.
  EXPECT_EQ(parsed->serialize(), program.serialize());
}

TEST(ServingProgramTest, EveryTruncationIsAnError) {
  std::string text = makeProgram().serialize();
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_THAT(
        ServingProgram::parse(absl::string_view(text).substr(0, length)),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 "not the description of a program"));
}

TEST(ServingProgramTest, OtherVersionsAreRefused) {
  std::string text = makeProgram().serialize();
  size_t version = text.find("version");
  ASSERT_NE(version, std::string::npos);
  // The number stands behind its name.
  ++text[version + 7];
  EXPECT_THAT(ServingProgram::parse(text),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("another version of embcol")));
}
