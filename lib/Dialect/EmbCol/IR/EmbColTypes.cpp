//===- EmbColTypes.cpp - Types --------------------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::embcol;

#define GET_TYPEDEF_CLASSES
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.cpp.inc"

void EmbColDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.cpp.inc"
      >();
}

LogicalResult RaggedType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 Type elementType, unsigned raggedRank) {
  auto integer = dyn_cast<IntegerType>(elementType);
  // Ids are i64, which holds all values of these types.
  bool isToken = integer && integer.getWidth() >= 8 &&
                 integer.getWidth() <= (integer.isUnsigned() ? 32u : 64u);
  // (ragged-C1)
  if (!isToken && !elementType.isF32() && !isa<StringType>(elementType))
    return emitError()
           << "expected elements of !embcol.string, f32 or an "
              "integer type of 8 to 64 bits (32 if unsigned), found "
           << elementType;
  // (ragged-C2)
  if (raggedRank != 1 && raggedRank != 2)
    return emitError() << "expected ragged rank 1 or 2, found " << raggedRank;
  return success();
}

LogicalResult
QuantizedType::verify(function_ref<InFlightDiagnostic()> emitError,
                      IntegerType storage) {
  // (table-C9)
  if (!storage.isSignlessInteger(8) && !storage.isSignlessInteger(4))
    return emitError() << "expected storage of i8 or i4, found " << storage;
  return success();
}
