//===- EmbColLookupOps.td - Lookups --------------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLLOOKUPOPS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLLOOKUPOPS_TD

include "embcol/Dialect/EmbCol/IR/EmbColOpBase.td"

class EmbCol_LookupOpBase<string mnemonic, list<Trait> traits = []>
    : EmbCol_Op<mnemonic, !listconcat([
        MemoryEffects<[MemRead]>,
        DeclareOpInterfaceMethods<SymbolUserOpInterface>
      ], traits)>;

//===----------------------------------------------------------------------===//
// LookupOp
//===----------------------------------------------------------------------===//

def EmbCol_LookupOp : EmbCol_LookupOpBase<"lookup"> {
  let summary = "pooled rows of a column's table";
  let description = [{
    Reduces the table's rows that a row of `ids` names to one row of the result,
    by the column's combiner: [batch, dimension]. A row without ids is zeros. A
    safe lookup drops negative ids, and with mean and sqrtn weights that are not
    positive; in an unsafe one a negative id fails the call of the program. An
    id past the table's last row fails it in either.

    Weights are there for a weighted column, and only there, and have the ids'
    splits.

    On the device `tpu_tensor_core` a row has places, of which the first
    `tensor_core_shape[1]` count; what stands at the others is not looked at.
    With ids of ragged rank 2 (batch, places, entries), as `ragged_from_coo` and
    `ragged_from_dense` make them, a place is a step; with ids of ragged rank 1
    each id is a place. On any other device the ragged rank is 1.

    Example:

    ```mlir
    embcol.table @hour : tensor<24x4xf32>
    embcol.column @hour_embedding : #embcol.weighted<
        categorical = #embcol.identity<key = "hour", num_buckets = 24>,
        weight_key = "share"> -> @hour
    func.func @lookup(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>)
        -> tensor<?x4xf32> {
      %0 = embcol.lookup @hour_embedding(%ids, %share)
          : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
      return %0 : tensor<?x4xf32>
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$column,
                       // (lookup-C7)
                       EmbCol_AnyIds:$ids,
                       Optional<EmbCol_Weights>:$weights);
  let results = (outs 2DTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $column `(` $ids (`,` $weights^)? `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// GroupedLookupOp
//===----------------------------------------------------------------------===//

def EmbCol_GroupedLookupOp : EmbCol_LookupOpBase<"grouped_lookup", [
    AttrSizedOperandSegments
  ]> {
  let summary = "the lookups of several columns, joined";
  let description = [{
    What `tensor.concat dim(1)` gives of the `embcol.lookup` of each column: row
    b has the pooled rows of all columns one beside another, in their order.
    Takes the ids of each column, and weights for the weighted ones, in the
    order of the columns. A column may stand there more than once, with other
    ids. All ids have one batch, or the call of the program fails.

    The pass `embcol-fuse-lookups` makes these, so that the work of all columns
    is divided over threads as one, and nothing is copied to be joined.

    Example:

    ```mlir
    embcol.table @hour : tensor<24x4xf32>
    embcol.table @day : tensor<7x8xf32>
    embcol.column @hour_embedding : #embcol.weighted<
        categorical = #embcol.identity<key = "hour", num_buckets = 24>,
        weight_key = "share"> -> @hour
    embcol.column @day_embedding : #embcol.identity<
        key = "day", num_buckets = 7> -> @day
    func.func @lookup(%hour: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                      %day: !embcol.ragged<i64>) -> tensor<?x12xf32> {
      %0 = embcol.grouped_lookup [@hour_embedding, @day_embedding]
          ids(%hour, %day : !embcol.ragged<i64>, !embcol.ragged<i64>)
          weights(%share : !embcol.ragged<f32>) -> tensor<?x12xf32>
      return %0 : tensor<?x12xf32>
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefArrayAttr:$columns,
                       // (grouped_lookup-C5)
                       Variadic<EmbCol_AnyIds>:$ids,
                       Variadic<EmbCol_Weights>:$weights);
  let results = (outs 2DTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $columns `ids` `(` $ids `:` type($ids) `)`
    (`weights` `(` $weights^ `:` type($weights) `)`)? attr-dict
    `->` type($result)
  }];
}

//===----------------------------------------------------------------------===//
// SequenceLookupOp
//===----------------------------------------------------------------------===//

def EmbCol_SequenceLookupOp : EmbCol_LookupOpBase<"sequence_lookup"> {
  let summary = "rows of a column's table, step by step";
  let description = [{
    Pools the ids of a step into row [b, s] of the result [batch,
    max_sequence_length, dimension]. Steps past `max_sequence_length` are cut,
    missing ones are zeros. The second result is the length of each row: its
    number of steps, at most `max_sequence_length`. Negative ids are dropped,
    whether or not the lookup is safe; an id past the table's last row fails the
    call of the program, unless its step is cut: what is cut is not looked at.

    Example:

    ```mlir
    embcol.table @hour : tensor<24x4xf32>
    embcol.column @hours : #embcol.sequence_identity<
        key = "hours", num_buckets = 24> -> @hour {max_sequence_length = 5}
    func.func @lookup(%ids: !embcol.ragged<i64, 2>)
        -> (tensor<?x5x4xf32>, tensor<?xi64>) {
      %0, %1 = embcol.sequence_lookup @hours(%ids)
          : (!embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>)
      return %0, %1 : tensor<?x5x4xf32>, tensor<?xi64>
    }
    ```
  }];
  // (sequence_lookup-C5)
  let arguments = (ins FlatSymbolRefAttr:$column, EmbCol_SequenceIds:$ids);
  let results = (outs 3DTensorOf<[F32]>:$result, 1DTensorOf<[I64]>:$lengths);
  let assemblyFormat = [{
    $column `(` $ids `)` attr-dict `:` functional-type(operands, results)
  }];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLLOOKUPOPS_TD
