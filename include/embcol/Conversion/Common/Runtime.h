//===- Runtime.h - Calls of the runtime -------------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_COMMON_RUNTIME_H
#define EMBCOL_CONVERSION_COMMON_RUNTIME_H

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::embcol {

/// Calls a function of embcol/EmbeddingCore/Runtime.h, which it declares when
/// needed. Memrefs are cast to have dynamic shapes and a dynamic offset, so
/// that one declaration serves all calls.
func::CallOp createRuntimeCall(OpBuilder &builder, Location loc,
                               ModuleOp module, StringRef name,
                               TypeRange results, ValueRange arguments);

/// A memref type of dynamic shape whose rows are contiguous but may start
/// anywhere: what kernels and the runtime take.
MemRefType getBufferType(Type element, int64_t rank);

/// The rows of a table in memory, `numRows` of them: weights, or the bytes of
/// quantized rows.
MemRefType getRowsType(int64_t numRows, int64_t dimension, Type rowType);

/// `memref`, cast to `getBufferType` of its element type and rank.
Value castToBuffer(OpBuilder &builder, Location loc, Value memref);

/// The buffer of a tensor that is only read.
Value readTensor(OpBuilder &builder, Location loc, Value tensor);
/// The same, of any stride between its rows: a slice of another tensor is read
/// where it is.
Value readRows(OpBuilder &builder, Location loc, Value tensor);

/// A new buffer, and the tensor that it is once it is written.
Value allocate(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape,
               Type element, ValueRange dynamicSizes);
Value toTensor(OpBuilder &builder, Location loc, Value memref);

/// A buffer that is there already as a tensor, which is not written to.
Value toReadOnlyTensor(OpBuilder &builder, Location loc, Value memref);

/// A buffer without elements.
Value createEmptyBuffer(OpBuilder &builder, Location loc, Type element);

/// `function` of each element of a tensor of rank 1, or of those at one place
/// of several.
Value createElementwise(
    OpBuilder &builder, Location loc, ValueRange tensors, Type resultElement,
    function_ref<Value(OpBuilder &, Location, ValueRange)> function);

Value createIndex(OpBuilder &builder, Location loc, int64_t value);
Value createInt64(OpBuilder &builder, Location loc, int64_t value);
/// `index` - 1: of splits or offsets, the number of what they split.
Value subtractOne(OpBuilder &builder, Location loc, Value index);

/// The memory that the runtime binds to a symbol: an external global. Of
/// `Table` and `Vocabulary`, objects of the runtime, only the address is used.
enum class Memory { Rows, Table, Vocabulary };
Value getMemory(OpBuilder &builder, Location loc, TableOp table, Memory memory);
Value getMemory(OpBuilder &builder, Location loc, VocabularyOp vocabulary);
/// The global's name: that of the symbol, a dot and what it is.
std::string getMemoryName(StringRef symbol, Memory memory);

} // namespace mlir::embcol

#endif // EMBCOL_CONVERSION_COMMON_RUNTIME_H
