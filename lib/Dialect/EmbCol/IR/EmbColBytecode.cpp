//===- EmbColBytecode.cpp - The dialect in bytecode -----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColBytecode.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"

using namespace mlir;
using namespace mlir::embcol;

namespace {
/// Attributes and types are written as text, as they are by default.
struct EmbColBytecodeInterface : public BytecodeDialectInterface {
  explicit EmbColBytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  void writeVersion(DialectBytecodeWriter &writer) const override {
    // What a test asks for, say.
    auto asked = writer.getDialectVersion<EmbColDialect>();
    writer.writeVarInt(succeeded(asked)
                           ? static_cast<const EmbColVersion *>(*asked)->number
                           : EmbColVersion::getCurrent().number);
  }

  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const override {
    uint64_t number;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    uint64_t current = EmbColVersion::getCurrent().number;
    // (module-C13)
    if (number > current) {
      reader.emitError() << "expected bytecode of a version of embcol up to "
                         << current << ", found " << number;
      return nullptr;
    }
    return std::make_unique<EmbColVersion>(number);
  }
};
} // namespace

void mlir::embcol::addBytecodeInterface(EmbColDialect &dialect) {
  dialect.addInterfaces<EmbColBytecodeInterface>();
}
