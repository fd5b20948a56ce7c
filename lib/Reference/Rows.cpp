//===- Rows.cpp - The rows of tables --------------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rows.h"

#include <algorithm>

using namespace embcol;
using namespace embcol::reference;

RowState Rows::read(const std::string &name, int64_t row) const {
  const Table &table = *core.table(name);
  const float *slots = table.slots() + table.position(row) * table.slotWidth();
  RowState state{std::vector<float>(table.dimension()),
                 std::vector<float>(slots, slots + table.slotWidth())};
  table.readRow(row, absl::MakeSpan(state.weights));
  return state;
}

void Rows::store(const std::string &name, int64_t row, const RowState &state) {
  const Table &table = *core.table(name);
  table.writeRow(row, state.weights);
  std::copy(state.slots.begin(), state.slots.end(),
            table.slots() + table.position(row) * table.slotWidth());
}

void Rows::write(const std::string &name, int64_t row, const RowState &state) {
  const Table &table = *core.table(name);
  table.undoLog().waitForRoom();
  table.undoLog().keep({table.position(row)});
  saved.try_emplace({name, row}, read(name, row));
  store(name, row, state);
}

void Rows::countNonfiniteGradient(const std::string &table) {
  core.table(table)->countNonfiniteGradients(1);
}

void Rows::restore() {
  for (const auto &[place, state] : saved)
    store(place.first, place.second, state);
  saved.clear();
}
