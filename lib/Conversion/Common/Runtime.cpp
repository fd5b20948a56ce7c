//===- Runtime.cpp - Calls of the runtime ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::embcol;

func::CallOp mlir::embcol::createRuntimeCall(OpBuilder &builder, Location loc,
                                             ModuleOp module, StringRef name,
                                             TypeRange results,
                                             ValueRange arguments) {
  SmallVector<Value> operands;
  for (Value argument : arguments)
    operands.push_back(isa<MemRefType>(argument.getType())
                           ? castToBuffer(builder, loc, argument)
                           : argument);
  if (!module.lookupSymbol<func::FuncOp>(name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto type =
        builder.getFunctionType(ValueRange(operands).getTypes(), results);
    auto function = func::FuncOp::create(builder, loc, name, type);
    function.setPrivate();
    function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                      builder.getUnitAttr());
  }
  return func::CallOp::create(builder, loc, name, results, operands);
}

MemRefType mlir::embcol::getBufferType(Type element, int64_t rank) {
  SmallVector<int64_t> shape(rank, ShapedType::kDynamic);
  SmallVector<int64_t> strides(rank, ShapedType::kDynamic);
  if (rank > 0)
    strides.back() = 1;
  return MemRefType::get(shape, element,
                         StridedLayoutAttr::get(element.getContext(),
                                                ShapedType::kDynamic, strides));
}

MemRefType mlir::embcol::getRowsType(int64_t numRows, int64_t dimension,
                                     Type rowType) {
  auto quantized = dyn_cast<QuantizedType>(rowType);
  if (!quantized)
    return MemRefType::get({numRows, dimension}, rowType);
  return MemRefType::get({numRows, quantized.getRowBytes(dimension)},
                         IntegerType::get(rowType.getContext(), 8));
}

Value mlir::embcol::castToBuffer(OpBuilder &builder, Location loc,
                                 Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  MemRefType bufferType = getBufferType(type.getElementType(), type.getRank());
  return builder.createOrFold<memref::CastOp>(loc, bufferType, memref);
}

Value mlir::embcol::readTensor(OpBuilder &builder, Location loc, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return bufferization::ToBufferOp::create(
      builder, loc, MemRefType::get(type.getShape(), type.getElementType()),
      tensor, /*read_only=*/true);
}

Value mlir::embcol::readRows(OpBuilder &builder, Location loc, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  MemRefType buffer = getBufferType(type.getElementType(), type.getRank());
  return bufferization::ToBufferOp::create(
      builder, loc,
      MemRefType::get(type.getShape(), type.getElementType(),
                      buffer.getLayout()),
      tensor, /*read_only=*/true);
}

Value mlir::embcol::allocate(OpBuilder &builder, Location loc,
                             ArrayRef<int64_t> shape, Type element,
                             ValueRange dynamicSizes) {
  // A cache line, so that rows of full lines do not straddle two.
  return memref::AllocOp::create(builder, loc, MemRefType::get(shape, element),
                                 dynamicSizes, builder.getI64IntegerAttr(64));
}

Value mlir::embcol::toTensor(OpBuilder &builder, Location loc, Value memref) {
  return bufferization::ToTensorOp::create(
      builder, loc, memref::getTensorTypeFromMemRefType(memref.getType()),
      memref, /*restrict=*/true, /*writable=*/true);
}

Value mlir::embcol::toReadOnlyTensor(OpBuilder &builder, Location loc,
                                     Value memref) {
  return bufferization::ToTensorOp::create(
      builder, loc, memref::getTensorTypeFromMemRefType(memref.getType()),
      memref, /*restrict=*/true);
}

Value mlir::embcol::createEmptyBuffer(OpBuilder &builder, Location loc,
                                      Type element) {
  Value buffer =
      memref::AllocaOp::create(builder, loc, MemRefType::get({0}, element));
  return castToBuffer(builder, loc, buffer);
}

Value mlir::embcol::createElementwise(
    OpBuilder &builder, Location loc, ValueRange tensors, Type resultElement,
    function_ref<Value(OpBuilder &, Location, ValueRange)> function) {
  Value size = tensor::DimOp::create(builder, loc, tensors.front(), 0);
  Value init = tensor::EmptyOp::create(
      builder, loc, ArrayRef<OpFoldResult>{size}, resultElement);
  SmallVector<AffineMap> maps(tensors.size() + 1,
                              builder.getMultiDimIdentityMap(1));
  return linalg::GenericOp::create(
             builder, loc, init.getType(), tensors, init, maps,
             ArrayRef<utils::IteratorType>{utils::IteratorType::parallel},
             [&](OpBuilder &nested, Location nestedLoc, ValueRange elements) {
               Value result = function(nested, nestedLoc, elements.drop_back());
               linalg::YieldOp::create(nested, nestedLoc, result);
             })
      .getResult(0);
}

Value mlir::embcol::createIndex(OpBuilder &builder, Location loc,
                                int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value mlir::embcol::createInt64(OpBuilder &builder, Location loc,
                                int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, value, 64);
}

Value mlir::embcol::subtractOne(OpBuilder &builder, Location loc, Value index) {
  return arith::SubIOp::create(builder, loc, index,
                               createIndex(builder, loc, 1));
}

//===----------------------------------------------------------------------===//
// Memory bound to symbols
//===----------------------------------------------------------------------===//

std::string mlir::embcol::getMemoryName(StringRef symbol, Memory memory) {
  switch (memory) {
  case Memory::Rows:
    return (symbol + ".rows").str();
  case Memory::Table:
    return (symbol + ".table").str();
  case Memory::Vocabulary:
    return (symbol + ".vocabulary").str();
  }
  llvm_unreachable("unknown memory");
}

static Value getGlobal(OpBuilder &builder, Location loc, Operation *symbol,
                       StringRef name, MemRefType type) {
  auto module = symbol->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol<memref::GlobalOp>(name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    memref::GlobalOp::create(builder, symbol->getLoc(), name,
                             /*sym_visibility=*/StringAttr(), type,
                             /*initial_value=*/Attribute(),
                             /*constant=*/false, /*alignment=*/IntegerAttr());
  }
  return memref::GetGlobalOp::create(builder, loc, type, name);
}

/// Opaque: an object of the runtime, of which only the address is used.
static MemRefType getObjectType(OpBuilder &builder) {
  return MemRefType::get({1}, builder.getI8Type());
}

Value mlir::embcol::getMemory(OpBuilder &builder, Location loc, TableOp table,
                              Memory memory) {
  MemRefType type = getObjectType(builder);
  if (memory == Memory::Rows)
    type = getRowsType(table.getNumRows(), table.getDimension(),
                       table.getRowType());
  return getGlobal(builder, loc, table,
                   getMemoryName(table.getSymName(), memory), type);
}

Value mlir::embcol::getMemory(OpBuilder &builder, Location loc,
                              VocabularyOp vocabulary) {
  return getGlobal(builder, loc, vocabulary,
                   getMemoryName(vocabulary.getSymName(), Memory::Vocabulary),
                   getObjectType(builder));
}
