//===- TableTest.cpp - Tests of Table.h -----------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Table.h"

#include "StatusMatchers.h"

#include <limits>

using namespace embcol;
using namespace embcol::test;
using testing::ContainsRegex;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(TableTest, RowsAndSlots) {
  absl::StatusOr<Table> table =
      Table::create({"user",
                     3,
                     2,
                     ConstantInitializer{0.5},
                     {{"accumulator", 2, 0.1f}, {"count", 1, 7.0f}}},
                    1);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->name(), "user");
  EXPECT_EQ(table->numRows(), 3);
  EXPECT_EQ(table->dimension(), 2);
  EXPECT_EQ(table->slotWidth(), 3);
  EXPECT_EQ(table->slotOffset(0), 0);
  EXPECT_EQ(table->slotOffset(1), 2);
  EXPECT_EQ(table->spec().slots[1].name, "count");
  EXPECT_THAT(absl::MakeConstSpan(table->rows(), 6), Each(0.5f));
  EXPECT_THAT(
      absl::MakeConstSpan(table->slots(), 9),
      ElementsAre(0.1f, 0.1f, 7.0f, 0.1f, 0.1f, 7.0f, 0.1f, 0.1f, 7.0f));
}

TEST(TableTest, Partitions) {
  auto make = [](PartitionStrategy strategy, int64_t numPartitions) {
    absl::StatusOr<Table> table = Table::create(
        {"t", 7, 3, UniformInitializer{0, 1}, {}, {strategy, numPartitions}},
        5);
    EXPECT_THAT(table, IsOk());
    return *std::move(table);
  };
  auto positions = [](const Table &table) {
    std::vector<int64_t> found;
    for (int64_t row = 0; row < table.numRows(); ++row)
      found.push_back(table.position(row));
    return found;
  };
  auto starts = [](const Table &table) {
    std::vector<int64_t> found;
    for (int64_t p = 0; p <= table.spec().partition.numPartitions; ++p)
      found.push_back(table.partitionStart(p));
    return found;
  };
  Table whole = make(PartitionStrategy::Mod, 1);
  Table div = make(PartitionStrategy::Div, 3);
  Table mod = make(PartitionStrategy::Mod, 3);
  EXPECT_THAT(positions(whole), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(positions(div), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(positions(mod), ElementsAre(0, 3, 5, 1, 4, 6, 2));
  EXPECT_THAT(starts(div), ElementsAre(0, 3, 5, 7));
  EXPECT_THAT(starts(mod), ElementsAre(0, 3, 5, 7));
  // More partitions than rows: the last ones are empty.
  EXPECT_THAT(starts(make(PartitionStrategy::Mod, 9)),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 7, 7));
  // A row starts from the same values, wherever it is.
  for (const Table *table : {&div, &mod})
    for (int64_t row = 0; row < 7; ++row)
      for (int64_t d = 0; d < 3; ++d)
        EXPECT_EQ(table->rows()[table->position(row) * 3 + d],
                  whole.rows()[row * 3 + d]);
}

TEST(TableTest, NoSlots) {
  absl::StatusOr<Table> table =
      Table::create({"t", 1, 1, SuppliedInitializer{}, {}}, 1);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->slotWidth(), 0);
  EXPECT_EQ(table->slots(), nullptr);
  EXPECT_EQ(table->rows()[0], 0.0f);
}

TEST(TableTest, InitialValuesAreTheInitializers) {
  TruncatedNormalInitializer initializer{1, 2};
  absl::StatusOr<Table> table = Table::create({"t", 10, 3, initializer, {}}, 9);
  ASSERT_THAT(table, IsOk());
  std::vector<float> expected(30);
  initialize(initializer, 9, 0, expected.size(),
             [&](int64_t first, absl::Span<const float> values) {
               std::copy(values.begin(), values.end(),
                         expected.begin() + first);
             });
  EXPECT_EQ(absl::MakeConstSpan(table->rows(), 30),
            absl::MakeConstSpan(expected));
}

TEST(TableTest, NarrowRows) {
  for (RowType type : {RowType::BF16, RowType::F16}) {
    TableSpec spec{"t",
                   7,
                   3,
                   UniformInitializer{0, 1},
                   {{"m", 3, 0.1f}},
                   {PartitionStrategy::Mod, 2}};
    absl::StatusOr<Table> exact = Table::create(spec, 5);
    spec.rowType = type;
    absl::StatusOr<Table> table = Table::create(spec, 5);
    ASSERT_THAT(exact, IsOk());
    ASSERT_THAT(table, IsOk());
    EXPECT_EQ(table->rowType(), type);
    EXPECT_EQ(table->slots()[20], 0.1f);
    for (int64_t row = 0; row < 7; ++row) {
      // The initial values are those of f32, rounded.
      std::vector<float> values(3), expected(3);
      std::vector<uint16_t> narrow(3);
      exact->readRow(row, absl::MakeSpan(expected));
      EXPECT_NE(expected[0], 0);
      encodeWeights(type, expected, narrow.data());
      decodeWeights(type, narrow.data(), absl::MakeSpan(expected));
      table->readRow(row, absl::MakeSpan(values));
      EXPECT_EQ(values, expected);
      // They take half of the room.
      auto *data = static_cast<uint16_t *>(table->rowData());
      EXPECT_THAT(absl::MakeConstSpan(data + table->position(row) * 3, 3),
                  testing::ElementsAreArray(narrow));
      table->writeRow(row, {1, 2, 3});
      table->readRow(row, absl::MakeSpan(values));
      EXPECT_THAT(values, ElementsAre(1, 2, 3));
    }
  }
}

TEST(TableTest, SizesBelowOne) {
  ConstantInitializer zero{0};
  EXPECT_THAT(Table::create({"t", 0, 2, zero, {}}, 1),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "table \"t\": the number of rows must be at least 1, "
                       "not 0"));
  EXPECT_THAT(Table::create({"t", 2, -4, zero, {}}, 1),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "table \"t\": the dimension must be at least 1, not "
                       "-4"));
  EXPECT_THAT(Table::create({"t", 2, 4, zero, {{"m", 0, 0.0f}}}, 1),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "table \"t\": the width of slot \"m\" must be at least "
                       "1, not 0"));
}

TEST(TableTest, MoreThanThereIs) {
  // (table-C4)
  ConstantInitializer zero{0};
  int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Table::create({"big", int64_t(1) << 50, 64, zero, {}}, 1),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       ContainsRegex("table \"big\" of 1125899906842624 x 64 "
                                     "needs 288230376151711744 bytes with its "
                                     "slots: [0-9]+ are available")));
  EXPECT_THAT(
      Table::create(
          {"half", int64_t(1) << 50, 64, zero, {}, Partition(), RowType::F16},
          1),
      StatusIs(absl::StatusCode::kResourceExhausted,
               HasSubstr("needs 144115188075855872 bytes")));
  EXPECT_THAT(Table::create({"big", most, most, zero, {{"m", most, 0.0f}}}, 1),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("needs more than 2^62 bytes")));
}
