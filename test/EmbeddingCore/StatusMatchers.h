//===- StatusMatchers.h - Matchers for absl::Status -------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_TEST_EMBEDDINGCORE_STATUSMATCHERS_H
#define EMBCOL_TEST_EMBEDDINGCORE_STATUSMATCHERS_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <gmock/gmock.h>
#include <string>

namespace embcol::test {

inline const absl::Status &statusOf(const absl::Status &status) {
  return status;
}
template <typename T>
const absl::Status &statusOf(const absl::StatusOr<T> &statusOr) {
  return statusOr.status();
}

MATCHER(IsOk, "") {
  *result_listener << statusOf(arg).ToString();
  return statusOf(arg).ok();
}

MATCHER_P2(StatusIs, code, message, "") {
  *result_listener << statusOf(arg).ToString();
  return statusOf(arg).code() == code &&
         testing::Matches(message)(std::string(statusOf(arg).message()));
}

} // namespace embcol::test

#endif // EMBCOL_TEST_EMBEDDINGCORE_STATUSMATCHERS_H
