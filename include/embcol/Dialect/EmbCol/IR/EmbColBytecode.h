//===- EmbColBytecode.h - The dialect in bytecode ---------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLBYTECODE_H
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLBYTECODE_H

#include "mlir/Bytecode/BytecodeImplementation.h"

namespace mlir::embcol {

class EmbColDialect;

/// The version of the dialect that bytecode was written by. It is raised when
/// what is written changes; what older versions wrote is upgraded when it is
/// read, and what newer ones wrote is refused.
struct EmbColVersion : public DialectVersion {
  explicit EmbColVersion(uint64_t number) : number(number) {}
  static EmbColVersion getCurrent() { return EmbColVersion(1); }

  uint64_t number;
};

/// Has bytecode carry the version.
void addBytecodeInterface(EmbColDialect &dialect);

} // namespace mlir::embcol

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLBYTECODE_H
