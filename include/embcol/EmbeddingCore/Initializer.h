//===- Initializer.h - Initial values of tables -----------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_INITIALIZER_H
#define EMBCOL_EMBEDDINGCORE_INITIALIZER_H

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include <cstdint>
#include <functional>
#include <variant>

namespace embcol {

/// A normal distribution cut at two standard deviations from its mean.
struct TruncatedNormalInitializer {
  double mean;
  double stddev;
};

/// The same value everywhere.
struct ConstantInitializer {
  double value;
};

/// The uniform distribution over [minval, maxval).
struct UniformInitializer {
  double minval;
  double maxval;
};

/// Values that the caller writes after the table is made; zero until then.
struct SuppliedInitializer {};

using Initializer =
    std::variant<TruncatedNormalInitializer, ConstantInitializer,
                 UniformInitializer, SuppliedInitializer>;

/// Takes the elements from `first` on; called by several threads.
using WriteValues =
    std::function<void(int64_t first, absl::Span<const float> values)>;

/// Makes the elements [begin, end) and writes them, piece by piece. Element i
/// depends on `seed` and i alone (a counter-based generator), hence not on the
/// number of threads.
void initialize(const Initializer &initializer, uint64_t seed, int64_t begin,
                int64_t end, const WriteValues &write);

/// Number `n`, from 0, of the numbers that SplitMix64 of G. Steele, D. Lea and
/// C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014,
/// gives for a seed.
uint64_t splitMix64(uint64_t seed, uint64_t n);

/// The seed of the table called `name` in a model seeded with `seed`, so that
/// no two tables of a model start alike.
uint64_t deriveSeed(uint64_t seed, absl::string_view name);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_INITIALIZER_H
