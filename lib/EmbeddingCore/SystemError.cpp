//===- SystemError.cpp - Errors of the operating system -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/SystemError.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

using namespace embcol;

static constexpr absl::string_view numberKey = "embcol/errno";

absl::Status embcol::makeSystemError(int number, absl::string_view what) {
  absl::Status status = absl::ErrnoToStatus(number, what);
  status.SetPayload(numberKey,
                    absl::Cord(absl::string_view(absl::StrCat(number))));
  return status;
}

std::optional<int> embcol::getSystemError(const absl::Status &status) {
  auto payload = status.GetPayload(numberKey);
  int number;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number))
    return std::nullopt;
  return number;
}
