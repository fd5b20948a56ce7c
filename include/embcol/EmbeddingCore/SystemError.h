//===- SystemError.h - Errors of the operating system -----------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_SYSTEMERROR_H
#define EMBCOL_EMBEDDINGCORE_SYSTEMERROR_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include <optional>

namespace embcol {

/// The status that stands for a number of `errno`, which it also carries: a
/// full disk is ResourceExhausted, as is memory that does not suffice.
absl::Status makeSystemError(int number, absl::string_view what);

/// That number; nothing for other statuses.
std::optional<int> getSystemError(const absl::Status &status);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_SYSTEMERROR_H
