//===- EmbColDialect.cpp - The embcol dialect -----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"
#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "embcol/Dialect/EmbCol/IR/EmbColBytecode.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::embcol;

#include "embcol/Dialect/EmbCol/IR/EmbColDialect.cpp.inc"

void EmbColDialect::initialize() {
  registerAttributes();
  registerTypes();
  registerOps();
  addBytecodeInterface(*this);
}

void EmbColDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "embcol/Dialect/EmbCol/IR/EmbColOps.cpp.inc"
      >();
}

LogicalResult
EmbColDialect::verifyOperationAttribute(Operation *op,
                                        NamedAttribute attribute) {
  StringRef name = attribute.getName();
  // (module-C2)
  if (name != kModeAttrName && name != kPrefetchAttrName)
    return op->emitError() << "unknown embcol attribute '" << name << "'";
  // How the rows that a lookup on the tensor core gathers are fetched.
  if (name == kPrefetchAttrName && isa<PrefetchAttr>(attribute.getValue()) &&
      op->getName().getStringRef() == "linalg.generic")
    return success();
  // (module-C1) (module-C12)
  if (!isa<ModuleOp>(op))
    return op->emitError() << "expected '" << name
                           << "' on a module, found it on '" << op->getName()
                           << "'";
  auto expect = [&](bool isExpected, StringRef expected) -> LogicalResult {
    if (isExpected)
      return success();
    return op->emitError() << "expected '" << name << "' to be " << expected
                           << ", found " << attribute.getValue();
  };
  // (module-C1)
  if (name == kModeAttrName)
    return expect(isa<ModeAttr>(attribute.getValue()), "#embcol.mode");
  // (module-C12)
  auto prefetches = dyn_cast<ArrayAttr>(attribute.getValue());
  return expect(prefetches &&
                    llvm::all_of(prefetches, llvm::IsaPred<PrefetchAttr>),
                "an array of #embcol.prefetch");
}

LogicalResult
EmbColDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                           NamedAttribute attribute) {
  // (module-C2)
  return op->emitError() << "unknown embcol result attribute '"
                         << attribute.getName().getValue() << "'";
}

LogicalResult
EmbColDialect::verifyRegionArgAttribute(Operation *op, unsigned regionIndex,
                                        unsigned argIndex,
                                        NamedAttribute attribute) {
  // (module-C2)
  if (attribute.getName() != kFeatureAttrName)
    return op->emitError() << "unknown embcol argument attribute '"
                           << attribute.getName().getValue() << "'";
  // (module-C3)
  if (!isa<StringAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << kFeatureAttrName
                           << "' to be a string, found "
                           << attribute.getValue();
  return success();
}
