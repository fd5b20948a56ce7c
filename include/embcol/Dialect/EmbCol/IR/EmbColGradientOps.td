//===- EmbColGradientOps.td - Gradients and updates ------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLGRADIENTOPS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLGRADIENTOPS_TD

include "embcol/Dialect/EmbCol/IR/EmbColOpBase.td"

//===----------------------------------------------------------------------===//
// LearningRateOp
//===----------------------------------------------------------------------===//

def EmbCol_LearningRateOp : EmbCol_Op<"learning_rate", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "the value of a learning-rate function at a step";
  let description = [{
    Learning-rate functions depend on the step alone, so that one value serves
    all tables that name the function.

    Example:

    ```mlir
    func.func private @decay(i64) -> f32
    func.func @rate(%step: i64) -> f32 {
      %0 = embcol.learning_rate @decay(%step)
      return %0 : f32
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$function, I64:$step);
  let results = (outs F32:$result);
  let assemblyFormat = "$function `(` $step `)` attr-dict";
}

//===----------------------------------------------------------------------===//
// ApplyGradientsOp
//===----------------------------------------------------------------------===//

def EmbCol_ApplyGradientsOp : EmbCol_Op<"apply_gradients", [
    AttrSizedOperandSegments, MemoryEffects<[MemRead, MemWrite]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "one step of the optimizers of the columns' tables";
  let description = [{
    Takes, column by column, the ids that were looked up, their weights for the
    weighted columns, and the gradient of what the lookup gave, of its shape.
    The gradients that a row gets from all its entries, of all the columns that
    share its table, are summed; then the table's optimizer updates each such
    row once, as far as its `optimizer_options` do not say otherwise; an
    optimizer that is not lazy updates the other rows, too. Nothing changes when
    any of it is wrong.

    `learning_rates` has one value for each table, in the order in which the
    columns name the tables first. All gradients are multiplied by
    `gradient_multiplier`, if there is one, before optimizers see them.

    The gradient of a row, or a step, that is not finite fails the call of the
    program, or with `nonfinite_gradients` skip is left out, its entries with it.
    Either way it is counted, by table. That of a row without entries reaches
    nothing, and is not looked at.

    Example:

    ```mlir
    embcol.table @airport : tensor<105x8xf32>
        {optimizer = #embcol.sgd<learning_rate = 0.01>}
    embcol.column @origin : #embcol.identity<key = "origin", num_buckets = 105>
        -> @airport
    embcol.column @dest : #embcol.identity<key = "dest", num_buckets = 105>
        -> @airport
    func.func @update(
        %origins: !embcol.ragged<i64>, %dests: !embcol.ragged<i64>,
        %d_origin: tensor<?x8xf32>, %d_dest: tensor<?x8xf32>,
        %rate: f32, %step: i64) {
      embcol.apply_gradients [@origin, @dest]
          ids(%origins, %dests : !embcol.ragged<i64>, !embcol.ragged<i64>)
          gradients(%d_origin, %d_dest : tensor<?x8xf32>, tensor<?x8xf32>)
          learning_rates(%rate) step(%step)
      return
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefArrayAttr:$columns,
                       // (apply_gradients-C10)
                       Variadic<EmbCol_AnyIds>:$ids,
                       Variadic<EmbCol_Weights>:$weights,
                       Variadic<TensorRankOf<[F32], [2, 3]>>:$gradients,
                       Variadic<F32>:$learning_rates,
                       Optional<F32>:$gradient_multiplier,
                       I64:$step,
                       DefaultValuedAttr<EmbCol_NonfiniteGradientsAttr,
                           "NonfiniteGradients::Refuse">:$nonfinite_gradients);
  let assemblyFormat = [{
    $columns `ids` `(` $ids `:` type($ids) `)`
    (`weights` `(` $weights^ `:` type($weights) `)`)?
    `gradients` `(` $gradients `:` type($gradients) `)`
    `learning_rates` `(` $learning_rates `)`
    (`gradient_multiplier` `(` $gradient_multiplier^ `)`)?
    `step` `(` $step `)` attr-dict
  }];
}

//===----------------------------------------------------------------------===//
// WeightGradientsOp
//===----------------------------------------------------------------------===//

def EmbCol_WeightGradientsOp : EmbCol_Op<"weight_gradients", [
    MemoryEffects<[MemRead]>,
    // (weight_gradients-C4)
    AllTypesMatch<["weights", "result"]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "the gradient with respect to the weights of a column";
  let description = [{
    Takes the ids that a weighted column looked up, their weights, and the
    gradient of what the lookup gave. Gives the derivative with respect to the
    weight of each entry, split as the weights are: 0 for an entry that the
    lookup drops, and for all entries of a row whose divisor is 0. The table is
    read as it is, so that this comes before the `apply_gradients` of a step.
    Optimizers, and their `gradient_multiplier`, have no part in it.

    Example:

    ```mlir
    embcol.table @hour : tensor<24x4xf32>
    embcol.column @hours : #embcol.weighted<
        categorical = #embcol.identity<key = "hour", num_buckets = 24>,
        weight_key = "share"> -> @hour
    func.func @weight_gradients(
        %ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
        %d_hours: tensor<?x4xf32>) -> !embcol.ragged<f32> {
      %d_share = embcol.weight_gradients @hours(%ids, %share, %d_hours)
          : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>)
          -> !embcol.ragged<f32>
      return %d_share : !embcol.ragged<f32>
    }
    ```
  }];
  // (weight_gradients-C6)
  let arguments = (ins FlatSymbolRefAttr:$column,
                       EmbCol_AnyIds:$ids,
                       EmbCol_Weights:$weights,
                       2DTensorOf<[F32]>:$gradient);
  let results = (outs EmbCol_Weights:$result);
  let assemblyFormat = [{
    $column `(` $ids `,` $weights `,` $gradient `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLGRADIENTOPS_TD
