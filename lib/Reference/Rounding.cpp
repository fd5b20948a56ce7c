//===- Rounding.cpp - Weights of narrow rows ------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rounding.h"

#include <cmath>

using namespace embcol;

/// Number n of a generator: SplitMix64.
static uint64_t generate(uint64_t seed, uint64_t n) {
  uint64_t state = seed + (n + 1) * 0x9E3779B97F4A7C15;
  state ^= state >> 30;
  state *= 0xBF58476D1CE4E5B9;
  state ^= state >> 27;
  state *= 0x94D049BB133111EB;
  state ^= state >> 31;
  return state;
}

/// The same of 32 bits, finished as MurmurHash3 does.
static uint32_t generate32(uint32_t seed, uint32_t n) {
  uint32_t state = seed + (n + 1) * 0x9E3779B9;
  state ^= state >> 16;
  state *= 0x85EBCA6B;
  state ^= state >> 13;
  state *= 0xC2B2AE35;
  state ^= state >> 16;
  return state;
}

double reference::draw(const RandomPlace &place, uint32_t column) {
  uint64_t seed = generate(place.tableSeed, place.step);
  seed = generate(generate(seed, place.row), place.update);
  uint32_t bits = generate32(static_cast<uint32_t>(seed), column);
  return (bits >> 8) / 0x1p24;
}

float reference::roundStochastically(float value,
                                     const llvm::fltSemantics &semantics,
                                     double drawn) {
  if (!std::isfinite(value))
    return value;
  // Numbers of the type are multiples of this in the neighbourhood.
  int exponent = value == 0 ? -200 : std::ilogb(value);
  exponent =
      std::max<int>(exponent, llvm::APFloat::semanticsMinExponent(semantics));
  int precision = llvm::APFloat::semanticsPrecision(semantics);
  double unit = std::ldexp(1.0, exponent - (precision - 1));
  double magnitude = std::abs(value) / unit;
  double below = std::floor(magnitude);
  double rounded = (drawn < magnitude - below ? below + 1 : below) * unit;
  double largest = llvm::APFloat::getLargest(semantics).convertToDouble();
  if (rounded > largest)
    rounded = INFINITY;
  return static_cast<float>(std::copysign(rounded, value));
}
