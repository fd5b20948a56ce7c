//===- EmbColTableAttrs.td - How tables are kept -------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTABLEATTRS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTABLEATTRS_TD

include "embcol/Dialect/EmbCol/IR/EmbColAttrBase.td"
include "embcol/Dialect/EmbCol/IR/EmbColEnums.td"

def EmbCol_PartitionAttr : EmbCol_Attr<"Partition", "partition", []> {
  let summary = "how the rows of a table are divided";
  let description = [{
    The rows of a table of n rows in `num_partitions` partitions, as
    `tf.nn.embedding_lookup` divides them. Partition p has the rows p,
    p + num_partitions, ... by the strategy `mod`, and consecutive rows by `div`;
    in either case the first n mod num_partitions partitions have one row more
    than the others. A partition is one block of memory, and one tensor of a
    checkpoint.

    Example: `#embcol.partition<strategy = mod, num_partitions = 4>`
  }];
  let parameters = (ins
    EnumParameter<EmbCol_PartitionStrategy>:$strategy,
    "int64_t":$num_partitions);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbCol_OptimizerOptionsAttr
    : EmbCol_Attr<"OptimizerOptions", "optimizer_options", []> {
  let summary = "what updates do besides their rule";
  let description = [{
    What all optimizers have in common, under the names of TensorFlow's
    `tf.tpu.experimental.embedding` (`clip_gradient_min` and `clip_gradient_max`
    are its `clipvalue`). An update of a row is, in this order:

    1. The gradients of the row's entries are summed. Without
       `use_gradient_accumulation` they are not: what follows is done for each
       entry, in their order.
    2. The gradient is clipped to [`clip_gradient_min`, `clip_gradient_max`],
       which takes `use_gradient_accumulation`.
    3. The weights decay: `weight -= weight_decay_factor * weight`, and by the
       learning rate as a further factor with
       `multiply_weight_decay_factor_by_learning_rate`.
    4. The optimizer's rule is applied.
    5. The weights are clipped to [`clip_weight_min`, `clip_weight_max`].

    A limit that is left out is none.

    Example: `#embcol.optimizer_options<clip_weight_min = -10.0, clip_weight_max =
    10.0, weight_decay_factor = 0.01, use_gradient_accumulation = false>`
  }];
  let parameters = (ins
    EmbCol_OptionalNumber:$clip_weight_min,
    EmbCol_OptionalNumber:$clip_weight_max,
    EmbCol_OptionalNumber:$clip_gradient_min,
    EmbCol_OptionalNumber:$clip_gradient_max,
    EmbCol_OptionalNumber:$weight_decay_factor,
    DefaultValuedParameter<"bool", "false">
        :$multiply_weight_decay_factor_by_learning_rate,
    DefaultValuedParameter<"bool", "true">:$use_gradient_accumulation);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbCol_PrefetchAttr : EmbCol_Attr<"Prefetch", "prefetch", []> {
  let summary = "how kernels fetch the rows of tables";
  let description = [{
    For rows of at most `max_row_bytes` bytes, of tables that no cache holds if
    `is_large` and of other ones if not: kernels prefetch them `distance` entries
    ahead, with the `locality` of `memref.prefetch`: 3 for all levels of caches, 2
    for all but the first, and so on.

    The module attribute `embcol.prefetch` is an array of these, as `embcol-tune`
    finds them on a machine. The first that is for a row is taken, and where there
    is none what suits most machines.

    Example: `#embcol.prefetch<max_row_bytes = 64, is_large = true, distance = 32,
    locality = 2>`
  }];
  let parameters = (ins
    "int64_t":$max_row_bytes,
    "bool":$is_large,
    "int64_t":$distance,
    "int64_t":$locality);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t kMaxDistance = 64;

    /// What suits most machines: enough to cover the latency of memory, or of a
    /// cache, at the rate at which a core sums rows. Rows from memory go into
    /// the second level of caches, from which they are loaded in time, and not
    /// into the first, which has room for fewer of them to be under way.
    static PrefetchAttr getDefault(::mlir::MLIRContext *context,
                                   int64_t maxRowBytes, bool isLarge);
  }];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTABLEATTRS_TD
