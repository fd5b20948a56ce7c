//===- BytecodeTest.cpp - The dialect in bytecode -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColBytecode.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::embcol;

namespace {

class BytecodeTest : public testing::Test {
protected:
  BytecodeTest() { context.loadDialect<EmbColDialect>(); }

  std::string write(std::optional<uint64_t> version) {
    auto module = parseSourceString<ModuleOp>(
        "embcol.table @hour : tensor<24x4xf32>", &context);
    BytecodeWriterConfig config;
    if (version)
      config.setDialectVersion<EmbColDialect>(
          std::make_unique<EmbColVersion>(*version));
    std::string bytecode;
    llvm::raw_string_ostream os(bytecode);
    EXPECT_TRUE(succeeded(writeBytecodeToFile(*module, os, config)));
    return bytecode;
  }

  MLIRContext context;
};

TEST_F(BytecodeTest, OlderVersionsAreRead) {
  std::string current = write(std::nullopt);
  for (const std::string &bytecode : {current, write(0)}) {
    auto module = parseSourceString<ModuleOp>(bytecode, &context);
    ASSERT_TRUE(module);
    EXPECT_TRUE(module->lookupSymbol("hour"));
  }
  EXPECT_EQ(current, write(EmbColVersion::getCurrent().number));
}

TEST_F(BytecodeTest, NewerVersionsAreRefused) {
  std::string text;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    text += diagnostic.str() + "\n";
  });
  // (module-C13)
  EXPECT_FALSE(parseSourceString<ModuleOp>(write(7), &context));
  EXPECT_NE(text.find("expected bytecode of a version of embcol up to 1, "
                      "found 7"),
            std::string::npos)
      << text;
}

} // namespace
