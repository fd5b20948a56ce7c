//===- PassByAddress.cpp - Memrefs of functions in memory -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Passes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_EMBCOLPASSBYADDRESSPASS
#include "embcol/Conversion/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;

static constexpr uint64_t kWordBytes = 8;

static Value castTo(OpBuilder &builder, Location loc, Type type, Value value) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(builder, loc, type, value)
      .getResult(0);
}

/// The first op of a block that uses a value, itself or within, or the last.
static Operation *getFirstUser(Value value, Block &block) {
  Operation *first = block.getTerminator();
  for (Operation *user : value.getUsers()) {
    Operation *op = block.findAncestorOpInBlock(*user);
    if (op && op->isBeforeInBlock(first))
      first = op;
  }
  return first;
}

/// Arguments that are memrefs become addresses of descriptors. These are loaded
/// where they are used first: what lives through all of a long function is what
/// allocating registers takes long for.
static void takeAddresses(func::FuncOp function,
                          const LLVMTypeConverter &converter) {
  Block &body = function.getBody().front();
  OpBuilder builder(function.getContext());
  Location loc = function.getLoc();
  for (BlockArgument argument : function.getArguments()) {
    Type type = argument.getType();
    if (!isa<MemRefType>(type))
      continue;
    builder.setInsertionPoint(getFirstUser(argument, body));
    argument.setType(LLVM::LLVMPointerType::get(function.getContext()));
    Value descriptor = LLVM::LoadOp::create(
        builder, loc, converter.convertType(type), argument);
    Value memref = castTo(builder, loc, type, descriptor);
    argument.replaceAllUsesExcept(memref, descriptor.getDefiningOp());
  }
  function.setFunctionType(builder.getFunctionType(
      function.getBody().getArgumentTypes(), function.getResultTypes()));
}

/// Stores results at an address as the members of a struct, each as soon as it
/// is there.
static void storeResults(func::ReturnOp op, Value address,
                         ArrayRef<Type> members) {
  auto layout = DataLayout::closest(op);
  OpBuilder builder(op);
  Location loc = op.getLoc();
  uint64_t offset = 0;
  for (auto [number, member] : llvm::enumerate(members)) {
    Value result = op.getOperand(number);
    Operation *definition = result.getDefiningOp();
    if (definition && definition->getBlock() == op->getBlock())
      builder.setInsertionPointAfter(definition);
    else
      builder.setInsertionPoint(op);
    // In bytes, since each step by member would name the whole struct.
    // They are aligned as in C, for no data layout is known yet.
    uint64_t size = layout.getTypeSize(member);
    offset = llvm::alignTo(offset, std::min(size, kWordBytes));
    Value place = LLVM::GEPOp::create(
        builder, loc, address.getType(), builder.getI8Type(), address,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
    LLVM::StoreOp::create(builder, loc, castTo(builder, loc, member, result),
                          place);
    offset += size;
  }
  builder.setInsertionPoint(op);
  func::ReturnOp::create(builder, loc);
  op.erase();
}

/// Results, but not a single number, go to the address that becomes the first
/// argument.
static LogicalResult returnAtAddress(func::FuncOp function,
                                     const LLVMTypeConverter &converter) {
  ArrayRef<Type> results = function.getResultTypes();
  if (results.empty() || (results.size() == 1 && !isa<MemRefType>(results[0])))
    return success();
  SmallVector<Type> members;
  if (failed(converter.convertTypes(results, members)))
    return function.emitOpError("expected results with a type of LLVM");
  auto pointer = LLVM::LLVMPointerType::get(function.getContext());
  if (failed(function.insertArgument(0, pointer, {}, function.getLoc())))
    return failure();
  SmallVector<func::ReturnOp> returns(
      function.getBody().getOps<func::ReturnOp>());
  for (func::ReturnOp op : returns)
    storeResults(op, function.getArgument(0), members);
  return function.eraseResults(llvm::BitVector(members.size(), true));
}

namespace {
struct EmbColPassByAddress
    : public mlir::embcol::impl::EmbColPassByAddressPassBase<
          EmbColPassByAddress> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    LLVMTypeConverter converter(&getContext());
    SymbolTableCollection symbols;
    SymbolUserMap users(symbols, module);
    StringRef interface = LLVM::LLVMDialect::getEmitCWrapperAttrName();
    for (auto function : module.getOps<func::FuncOp>()) {
      if (!function->hasAttr(interface) || function.isExternal() ||
          !users.useEmpty(function))
        continue;
      takeAddresses(function, converter);
      if (failed(returnAtAddress(function, converter)))
        return signalPassFailure();
    }
  }
};
} // namespace
