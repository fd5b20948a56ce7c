//===- ConversionTest.cpp - Tests of Conversion.h -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Conversion.h"

#include "StatusMatchers.h"

#include "absl/cleanup/cleanup.h"
#include "embcol/EmbeddingCore/Threads.h"

#include <cmath>
#include <limits>

using namespace embcol;
using namespace embcol::test;

static constexpr RowType types[] = {RowType::F32, RowType::BF16, RowType::F16,
                                    RowType::I8, RowType::I4};

static Table makeTable(RowType type, int64_t numRows, int64_t dimension,
                       Initializer initializer = UniformInitializer{-1, 1},
                       Partition partition = {}) {
  absl::StatusOr<Table> table = Table::create(
      {"t", numRows, dimension, initializer, {}, partition, type}, 5);
  EXPECT_THAT(table, IsOk());
  return *std::move(table);
}

static std::vector<float> readRow(const Table &table, int64_t row) {
  std::vector<float> values(table.dimension());
  table.readRow(row, absl::MakeSpan(values));
  return values;
}

/// The initial rows of a table are those of f32, converted; whatever the
/// partitions and the number of threads.
TEST(ConversionTest, WritesRowsAndSaysHowFarTheyAre) {
  constexpr int64_t numRows = 9000, dimension = 21;
  absl::Cleanup restore = [numThreads = getNumThreads()] {
    EXPECT_THAT(setNumThreads(numThreads), IsOk());
  };
  Table exact = makeTable(RowType::F32, numRows, dimension);
  for (RowType type : types) {
    Table initial =
        makeTable(type, numRows, dimension, UniformInitializer{-1, 1},
                  {PartitionStrategy::Mod, 4});
    Table table = makeTable(type, numRows, dimension, SuppliedInitializer());
    ASSERT_THAT(setNumThreads(1), IsOk());
    absl::StatusOr<TableDifference> found = convertRows(exact, table);
    ASSERT_THAT(setNumThreads(3), IsOk());
    absl::StatusOr<TableDifference> again = convertRows(exact, table);
    ASSERT_THAT(found, IsOk());
    ASSERT_THAT(again, IsOk());
    TableDifference expected;
    double sumOfSquares = 0;
    for (int64_t row = 0; row < numRows; ++row) {
      std::vector<float> before = readRow(exact, row);
      std::vector<float> after = readRow(table, row);
      ASSERT_EQ(readRow(initial, row), after) << getName(type) << " " << row;
      for (int64_t i = 0; i < dimension; ++i) {
        double difference = std::abs(double(before[i]) - after[i]);
        sumOfSquares += difference * difference;
        if (difference > expected.maximum) {
          expected.maximum = difference;
          expected.row = row;
        }
      }
    }
    EXPECT_EQ(found->maximum, expected.maximum);
    EXPECT_EQ(found->row, expected.row);
    EXPECT_NEAR(found->rootMeanSquare,
                std::sqrt(sumOfSquares / (numRows * dimension)), 1e-12);
    EXPECT_EQ(again->rootMeanSquare, found->rootMeanSquare);
    EXPECT_EQ(found->maximum == 0, type == RowType::F32);
  }
}

TEST(ConversionTest, RefusesWhatDoesNotFit) {
  // (table-C8)
  constexpr float infinity = std::numeric_limits<float>::infinity();
  auto convert = [](RowType type, std::vector<float> row) {
    Table exact = makeTable(RowType::F32, 3, 2, ConstantInitializer{1});
    exact.writeRow(1, row);
    Table table = makeTable(type, 3, 2);
    return convertRows(exact, table).status();
  };
  for (RowType type : {RowType::I8, RowType::I4}) {
    absl::StatusCode invalid = absl::StatusCode::kInvalidArgument;
    std::string name(getName(type));
    // The bias, and then the scale, are f16.
    EXPECT_THAT(
        convert(type, {1, -7e4f}),
        StatusIs(invalid, "table t: value -70000 in row 1 exceeds " + name));
    EXPECT_THAT(
        convert(type, {1e9f, 1}),
        StatusIs(invalid, "table t: value 1e+09 in row 1 exceeds " + name));
    EXPECT_THAT(convert(type, {infinity, 1}),
                StatusIs(invalid, "table t: value inf in row 1 cannot be kept "
                                  "as " +
                                      name));
    EXPECT_THAT(convert(type, {1, NAN}),
                StatusIs(invalid, testing::HasSubstr("cannot be kept as")));
    EXPECT_THAT(convert(type, {-65504, 65504}), IsOk());
  }
  EXPECT_THAT(convert(RowType::F16, {1, 7e4f}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "table t: value 70000 in row 1 exceeds f16"));
  EXPECT_THAT(convert(RowType::F16, {1, infinity}), IsOk());
  EXPECT_THAT(convert(RowType::BF16, {1, 7e4f}), IsOk());
}

TEST(ConversionTest, WritesQuantizedRows) {
  // Rows of 5 bytes, 8 apart: 0.5 * q + 2.
  std::vector<uint8_t> rows = {0, 0x38, 0, 0x40, 3, 9, 9, 9,
                               0, 0x38, 0, 0x40, 7, 9, 9, 9};
  Table table = makeTable(RowType::I8, 2, 1);
  ASSERT_THAT(writeQuantizedRows(table, rows.data(), 8), IsOk());
  EXPECT_EQ(readRow(table, 0), std::vector<float>{3.5f});
  EXPECT_EQ(readRow(table, 1), std::vector<float>{5.5f});
  // (table-C8)
  rows[4] = 0;
  for (size_t byte : {9, 11}) {
    std::vector<uint8_t> bad = rows;
    bad[byte] = 0x7C;
    EXPECT_THAT(writeQuantizedRows(table, bad.data(), 8),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "table t: scale or bias of row 1 is not finite"));
  }
  EXPECT_EQ(readRow(table, 0), std::vector<float>{3.5f});
}
