//===- EmbColDialect.td - The embcol dialect -----------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLDIALECT_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLDIALECT_TD

include "mlir/IR/DialectBase.td"

def EmbCol_Dialect : Dialect {
  let name = "embcol";
  let cppNamespace = "::mlir::embcol";
  let summary = "Embedding columns: categories, tables, lookups and updates";
  let description = [{
    The dialect represents the embedding columns of
    `tf.compat.v1.tpu.experimental.embedding_column`. Symbols say what exists:
    tables, vocabularies, columns, learning-rate functions. SSA values say what
    happens: features become ragged arrays, ragged arrays become ids, ids are
    looked up, gradients are applied. Attributes carry the names that the
    arguments have in Python.

    Example:

    ```mlir
    module attributes {embcol.mode = #embcol.mode<serving>} {
      embcol.vocabulary @carriers : !embcol.string = ["AA", "B6", "UA"]
          {num_oov_buckets = 2}
      embcol.table @carrier_embedding : tensor<5x16xf32>
      embcol.column @carrier_embedding_column : #embcol.vocabulary_list<
          key = "carrier", vocabulary = @carriers> -> @carrier_embedding

      func.func @lookup(%carrier: !embcol.ragged<!embcol.string>)
          -> tensor<?x16xf32> {
        %ids = embcol.categorize #embcol.vocabulary_list<
            key = "carrier", vocabulary = @carriers>(%carrier)
            : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
        %out = embcol.lookup @carrier_embedding_column(%ids)
            : (!embcol.ragged<i64>) -> tensor<?x16xf32>
        return %out : tensor<?x16xf32>
      }
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = [{
    /// The module attribute that says what a program is compiled for.
    static constexpr ::llvm::StringLiteral kModeAttrName = "embcol.mode";
    /// The module attribute that says how kernels fetch rows.
    static constexpr ::llvm::StringLiteral kPrefetchAttrName =
        "embcol.prefetch";
    /// The argument attribute that names the feature an argument takes.
    static constexpr ::llvm::StringLiteral kFeatureAttrName = "embcol.feature";

  private:
    void registerAttributes();
    void registerTypes();
    void registerOps();

  public:
  }];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLDIALECT_TD
