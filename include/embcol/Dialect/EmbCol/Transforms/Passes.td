//===- Passes.td - Passes on the embcol dialect --------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_TRANSFORMS_PASSES_TD
#define EMBCOL_DIALECT_EMBCOL_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmbColAssignDevicesPass
    : Pass<"embcol-assign-devices", "::mlir::ModuleOp"> {
  let summary = "Give every column a device";
  let description = [{
    A column without `embedding_lookup_device` gets `tpu_embedding_core` in
    training and `cpu` in serving. Refuses `cpu` in training and
    `tpu_embedding_core` in serving, as TensorFlow does. The mode is that of the
    option, which the module keeps, or else the module's own.

    Remarks when a table of more than a million rows is looked up on the tensor
    core: the embedding core suits it better.

    Example, in training:

    ```mlir
    // Before:
    embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24>
        -> @hours
    // After:
    embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24>
        -> @hours
        {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
    ```
  }];
  let dependentDialects = ["::mlir::embcol::EmbColDialect"];
  let options = [
    Option<"mode", "mode", "std::string", /*default=*/"\"\"",
           "training or serving; the module's own when empty">
  ];
  let statistics = [
    Statistic<"numAssigned", "num-assigned", "Columns given a device">
  ];
}

def EmbColShareLearningRatesPass
    : Pass<"embcol-share-learning-rates", "::mlir::ModuleOp"> {
  let summary = "Make equal learning-rate functions one";
  let description = [{
    Of learning-rate functions with the same body, the first takes the place of
    the others, so that each rate is evaluated once a step. The functions that
    they call are made one likewise. Functions without a body are known by their
    name alone, and public ones stay.

    Example:

    ```mlir
    // Before:
    func.func private @a(%step: i64) -> f32 {
      %0 = arith.constant 0.1 : f32
      return %0 : f32
    }
    func.func private @b(%step: i64) -> f32 {
      %0 = arith.constant 0.1 : f32
      return %0 : f32
    }
    embcol.table @hour : tensor<24x4xf32> {learning_rate = @a}
    embcol.table @day : tensor<7x4xf32> {learning_rate = @b}
    // After, without @b:
    embcol.table @hour : tensor<24x4xf32> {learning_rate = @a}
    embcol.table @day : tensor<7x4xf32> {learning_rate = @a}
    ```
  }];
  let dependentDialects = ["::mlir::embcol::EmbColDialect"];
  let statistics = [
    Statistic<"numShared", "num-shared", "Functions that another one replaced">
  ];
}

def EmbColFuseLookupsPass : Pass<"embcol-fuse-lookups", "::mlir::ModuleOp"> {
  let summary = "Make lookups that are joined one";
  let description = [{
    Where `tensor.concat` joins neighbouring results of `embcol.lookup` along
    axis 1, of columns on one device, they become an `embcol.grouped_lookup`,
    which is looked up as one and copies nothing to be joined. What else is
    joined stays, and so do lookups that something else uses, those of other
    blocks, those with an op between them and the concat that may write to
    tables, and those of columns without a device.

    Example:

    ```mlir
    // Before:
    %0 = embcol.lookup @hour_embedding(%hour)
        : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    %1 = embcol.lookup @day_embedding(%day)
        : (!embcol.ragged<i64>) -> tensor<?x8xf32>
    %2 = tensor.concat dim(1) %0, %1
        : (tensor<?x4xf32>, tensor<?x8xf32>) -> tensor<?x12xf32>
    // After:
    %2 = embcol.grouped_lookup [@hour_embedding, @day_embedding]
        ids(%hour, %day : !embcol.ragged<i64>, !embcol.ragged<i64>)
        -> tensor<?x12xf32>
    ```
  }];
  let dependentDialects = ["::mlir::embcol::EmbColDialect"];
  let statistics = [
    Statistic<"numFused", "num-fused", "Lookups that became part of another">
  ];
}

#endif // EMBCOL_DIALECT_EMBCOL_TRANSFORMS_PASSES_TD
