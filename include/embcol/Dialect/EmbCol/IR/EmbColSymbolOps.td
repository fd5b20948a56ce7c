//===- EmbColSymbolOps.td - What exists ----------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLSYMBOLOPS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLSYMBOLOPS_TD

include "embcol/Dialect/EmbCol/IR/EmbColOpBase.td"

class EmbCol_SymbolOp<string mnemonic, list<Trait> traits = []>
    // (module-C4) (module-C5)
    : EmbCol_Op<mnemonic, !listconcat([Symbol, HasParent<"::mlir::ModuleOp">],
                                      traits)>;

//===----------------------------------------------------------------------===//
// VocabularyOp
//===----------------------------------------------------------------------===//

def EmbCol_VocabularyOp : EmbCol_SymbolOp<"vocabulary"> {
  let summary = "tokens and the ids they stand for";
  let description = [{
    The id of a token is its position. The tokens are strings or integers of
    type i64, in line, or stand in a file, a line each, of which the first
    `size` are taken. An unknown token becomes `default_value` (a negative one
    stands for unknown), or, with buckets, `size` + Fingerprint64(bytes) mod
    `num_oov_buckets`. The two are exclusive.

    Example:

    ```mlir
    embcol.vocabulary @carriers : !embcol.string = ["AA", "B6", "UA"]
        {num_oov_buckets = 2}
    embcol.vocabulary @years : i64 = [2012, 2013] {default_value = 0}
    embcol.vocabulary @tails : !embcol.string from "tails.txt" size 4043
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttr:$token_type,
    OptionalAttr<ArrayAttr>:$tokens,
    OptionalAttr<StrAttr>:$file,
    OptionalAttr<I64Attr>:$size,
    DefaultValuedAttr<I64Attr, "0">:$num_oov_buckets,
    DefaultValuedAttr<I64Attr, "-1">:$default_value);
  let assemblyFormat = [{
    $sym_name `:` $token_type (`=` $tokens^)? (`from` $file^)? (`size` $size^)?
    attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of tokens, buckets excluded.
    int64_t getNumTokens();
    /// The number of ids: tokens and buckets.
    int64_t getNumBuckets() { return getNumTokens() + getNumOovBuckets(); }
  }];
}

//===----------------------------------------------------------------------===//
// TableOp
//===----------------------------------------------------------------------===//

def EmbCol_TableOp : EmbCol_SymbolOp<"table", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "rows of weights";
  let description = [{
    A table of shape [rows, dimension]. `initializer` defaults to a truncated
    normal distribution of mean 0 and standard deviation 1/√dimension. Without
    an `optimizer` gradients cannot be applied. `learning_rate`, a function
    from the step (i64) to f32, goes before the optimizer's learning rate.
    `optimizer_options` says what updates do besides the optimizer's rule.
    Without a `partition`, rows are one block.

    Rows are kept as f32, bf16 or f16. What is computed of them is computed in
    f32, and slots are f32. An update rounds narrow weights to nearest, ties to
    even, or with `stochastic_rounding` up or down at random, such that the mean
    of what may come out is the exact weight.

    For serving, rows may be quantized, by `!embcol.quantized`. Such a table has no
    optimizer, and is not looked up in training.

    Example:

    ```mlir
    func.func private @decay(i64) -> f32
    embcol.table @carrier : tensor<5x16xf32> {
      initializer = #embcol.uniform<minval = -0.1, maxval = 0.1>,
      learning_rate = @decay,
      optimizer = #embcol.adagrad<learning_rate = 0.1,
                                  initial_accumulator_value = 0.1>,
      optimizer_options = #embcol.optimizer_options<clip_weight_min = -10.0,
                                                    clip_weight_max = 10.0>,
      partition = #embcol.partition<strategy = mod, num_partitions = 2>}
    embcol.table @tail : tensor<4043x16xbf16> {
      optimizer = #embcol.sgd<learning_rate = 0.1>, stochastic_rounding}
    embcol.table @hour : tensor<24x16x!embcol.quantized<i8>>
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    // (table-C1)
    TypeAttrOf<2DTensorOf<[F32, BF16, F16, EmbCol_QuantizedWeight]>>:$type,
    // (initializer-C4)
    OptionalAttr<EmbCol_InitializerAttrInterface>:$initializer,
    // (optimizer-C2)
    OptionalAttr<EmbCol_OptimizerAttrInterface>:$optimizer,
    OptionalAttr<EmbCol_OptimizerOptionsAttr>:$optimizer_options,
    OptionalAttr<FlatSymbolRefAttr>:$learning_rate,
    OptionalAttr<EmbCol_PartitionAttr>:$partition,
    UnitAttr:$stochastic_rounding);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTableType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    int64_t getNumRows() { return getTableType().getDimSize(0); }
    int64_t getDimension() { return getTableType().getDimSize(1); }
    /// What rows are kept as: a float, or quantized.
    ::mlir::Type getRowType() { return getTableType().getElementType(); }
    bool isQuantized() { return ::llvm::isa<QuantizedType>(getRowType()); }
    /// How many partitions take turns at the rows; 1 where rows are in order.
    int64_t getNumTurns();
    /// The initializer, the default one where none is given.
    ::mlir::embcol::InitializerAttrInterface getInitializerOrDefault();
    /// How many values the slots of a row are.
    int64_t getSlotWidth();
  }];
}

//===----------------------------------------------------------------------===//
// ColumnOp
//===----------------------------------------------------------------------===//

def EmbCol_ColumnOp : EmbCol_SymbolOp<"column", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "a categorical column, embedded by a table";
  let description = [{
    `embedding_column`, or one of `shared_embedding_columns` when several
    columns name one table. The attributes are the arguments of that function.
    `tensor_core_shape` is the batch, -1 for any, and the number of places that
    count of each row. A sequence column has a positive `max_sequence_length`, a
    plain one 0. Errors call the column `column_name`, where that is not its
    symbol: a table may have the same name.

    Example:

    ```mlir
    embcol.table @airport : tensor<105x8xf32>
    embcol.column @origin : #embcol.identity<key = "origin", num_buckets = 105>
        -> @airport
    embcol.column @dests : #embcol.sequence_identity<
        key = "dests", num_buckets = 105> -> @airport
        {combiner = #embcol.combiner<sum>, max_sequence_length = 5}
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    // (categorical-C2)
    EmbCol_CategoricalAttrInterface:$categorical,
    FlatSymbolRefAttr:$table,
    // (column-C5)
    DefaultValuedAttr<EmbCol_CombinerAttr,
                      "::mlir::embcol::Combiner::Mean">:$combiner,
    DefaultValuedAttr<I64Attr, "0">:$max_sequence_length,
    // (device-C1)
    OptionalAttr<EmbCol_DeviceAttr>:$embedding_lookup_device,
    OptionalAttr<DenseI64ArrayAttr>:$tensor_core_shape,
    // (column-C7)
    DefaultValuedAttr<BoolAttr, "true">:$use_safe_embedding_lookup,
    OptionalAttr<StrAttr>:$column_name);
  let assemblyFormat = "$sym_name `:` $categorical `->` $table attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What errors call the column.
    ::llvm::StringRef getColumnNameOrSymbol() {
      return getColumnName().value_or(getSymName());
    }
  }];
}

//===----------------------------------------------------------------------===//
// PackedLookupOp
//===----------------------------------------------------------------------===//

def EmbCol_PackedLookupOp : EmbCol_SymbolOp<"packed_lookup", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "the lookups of several columns, of packed ids";
  let description = [{
    A lookup that is driven by a table of its columns, and not by code for each:
    compiled, it is one kernel a signature. Ids come as in FBGEMM's table
    batched embeddings: `values`, the ids of the first column, then those of the
    second, and so on, and `offsets`, columns x batch + 1 of them, so that row b
    of column c has the ids [offsets[c * batch + b], offsets[c * batch + b + 1]).
    The result is that of `embcol.grouped_lookup`.

    It is no function, for it works on its caller's memory, where a tensor would
    have to be allocated: `Program::getPackedLookup` gives what can be called.

    Example:

    ```mlir
    embcol.table @hour : tensor<24x4xf32>
    embcol.table @day : tensor<7x8xf32>
    embcol.column @hours : #embcol.identity<key = "hour", num_buckets = 24> -> @hour
    embcol.column @days : #embcol.identity<key = "day", num_buckets = 7> -> @day
    embcol.packed_lookup @lookup [@hours, @days]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       FlatSymbolRefArrayAttr:$columns);
  let assemblyFormat = "$sym_name $columns attr-dict";
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLSYMBOLOPS_TD
