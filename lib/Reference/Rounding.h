//===- Rounding.h - Weights of narrow rows ----------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_LIB_REFERENCE_ROUNDING_H
#define EMBCOL_LIB_REFERENCE_ROUNDING_H

#include "llvm/ADT/APFloat.h"

#include <cstdint>

namespace embcol::reference {

/// What an update of a row draws from: see docs/Semantics.md.
struct RandomPlace {
  uint64_t tableSeed;
  uint64_t step;
  uint64_t row;
  /// Which of the row's updates in this step it is.
  uint64_t update;
};

/// The number in [0, 1) that decides how weight `column` of a row is rounded.
double draw(const RandomPlace &place, uint32_t column);

/// `value` as one of the two neighbours that it has in `semantics`: the one
/// further from zero if `drawn` is less than how far it is on the way to it.
float roundStochastically(float value, const llvm::fltSemantics &semantics,
                          double drawn);

} // namespace embcol::reference

#endif // EMBCOL_LIB_REFERENCE_ROUNDING_H
