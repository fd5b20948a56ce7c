//===- Rows.h - The rows of tables ------------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_REFERENCE_ROWS_H
#define EMBCOL_LIB_REFERENCE_ROWS_H

#include "embcol/EmbeddingCore/EmbeddingCore.h"

#include <map>

namespace embcol::reference {

/// The weights of a row and its slots, one slot after another.
struct RowState {
  std::vector<float> weights;
  std::vector<float> slots;
};

/// The rows of a core's tables, for one call. What the call changes can be
/// taken back.
class Rows {
public:
  explicit Rows(EmbeddingCore &core) : core(core) {}

  RowState read(const std::string &table, int64_t row) const;
  /// Weights are rounded to nearest, where they need to be.
  void write(const std::string &table, int64_t row, const RowState &state);

  /// What the random bits of a table's updates come from.
  uint64_t getSeed(const std::string &table) const {
    return core.table(table)->seed();
  }

  /// Counts a gradient of a table that is not finite.
  void countNonfiniteGradient(const std::string &table);

  /// Makes all rows what they were before the call.
  void restore();

private:
  void store(const std::string &table, int64_t row, const RowState &state);

  EmbeddingCore &core;
  /// By table and row: what stood there before.
  std::map<std::pair<std::string, int64_t>, RowState> saved;
};

} // namespace embcol::reference

#endif // EMBCOL_LIB_REFERENCE_ROWS_H
