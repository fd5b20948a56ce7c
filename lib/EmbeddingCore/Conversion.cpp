//===- Conversion.cpp - Rows of one type from rows of another -------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Conversion.h"

#include "embcol/EmbeddingCore/Threads.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

using namespace embcol;

/// How many weights are converted at a time.
static constexpr int64_t blockWeights = int64_t(1) << 16;

absl::Status embcol::makeUnfitError(const Table &table, int64_t row,
                                    float value) {
  const char *problem =
      std::isfinite(value) ? " exceeds " : " cannot be kept as ";
  // (table-C8)
  return absl::InvalidArgumentError(
      absl::StrCat("table ", table.name(), ": value ", value, " in row ", row,
                   problem, getName(table.rowType())));
}

namespace {
/// What comes of some of the rows.
struct Block {
  absl::Status status;
  TableDifference error;
  double sumOfSquares = 0;
};
} // namespace

static Block convertBlock(const Table &from, const Table &to, int64_t begin,
                          int64_t end) {
  Block block;
  block.error.row = begin;
  std::vector<float> exact(from.dimension()), kept(from.dimension());
  for (int64_t row = begin; row < end; ++row) {
    from.readRow(row, absl::MakeSpan(exact));
    if (std::optional<size_t> unfit = findUnfit(to.rowType(), exact)) {
      block.status = makeUnfitError(to, row, exact[*unfit]);
      return block;
    }
    to.writeRow(row, exact);
    to.readRow(row, absl::MakeSpan(kept));
    for (size_t i = 0; i < exact.size(); ++i) {
      // An infinity that stays is no difference.
      double difference =
          exact[i] == kept[i] ? 0 : std::fabs(double(exact[i]) - kept[i]);
      block.sumOfSquares += difference * difference;
      if (difference > block.error.maximum) {
        block.error.maximum = difference;
        block.error.row = row;
      }
    }
  }
  return block;
}

absl::StatusOr<TableDifference> embcol::convertRows(const Table &from,
                                                    const Table &to) {
  // The blocks do not depend on the threads, nor does what they add up to.
  int64_t numRows = from.numRows();
  int64_t blockRows = std::max<int64_t>(blockWeights / from.dimension(), 1);
  std::vector<Block> blocks((numRows - 1) / blockRows + 1);
  parallelFor(blocks.size(), /*grain=*/1, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block)
      blocks[block] = convertBlock(from, to, block * blockRows,
                                   std::min((block + 1) * blockRows, numRows));
  });
  TableDifference error;
  double sumOfSquares = 0;
  for (const Block &block : blocks) {
    if (!block.status.ok())
      return block.status;
    sumOfSquares += block.sumOfSquares;
    if (block.error.maximum > error.maximum) {
      error.maximum = block.error.maximum;
      error.row = block.error.row;
    }
  }
  double numWeights = double(numRows) * from.dimension();
  error.rootMeanSquare = std::sqrt(sumOfSquares / numWeights);
  return error;
}

/// That the scale and the bias of a row are finite.
static bool isHeaderFinite(const uint8_t *row) {
  float values[2];
  decodeWeights(RowType::F16, row, values);
  return std::isfinite(values[0]) && std::isfinite(values[1]);
}

absl::Status embcol::writeQuantizedRows(const Table &table, const uint8_t *rows,
                                        int64_t rowBytes) {
  for (int64_t row = 0; row < table.numRows(); ++row)
    // (table-C8)
    if (!isHeaderFinite(rows + row * rowBytes))
      return absl::InvalidArgumentError(absl::StrCat("table ", table.name(),
                                                     ": scale or bias of row ",
                                                     row, " is not finite"));
  table.undoLog().keepAll();
  for (int64_t row = 0; row < table.numRows(); ++row)
    std::memcpy(table.rowAt(row), rows + row * rowBytes, table.rowBytes());
  return absl::OkStatus();
}
