//===- EmbColOptimizerAttrs.td - Optimizers ------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLOPTIMIZERATTRS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLOPTIMIZERATTRS_TD

include "embcol/Dialect/EmbCol/IR/EmbColAttrBase.td"

class EmbCol_OptimizerAttr<string name, string mnemonic>
    : EmbCol_Attr<name, mnemonic, [
        DeclareAttrInterfaceMethods<EmbCol_OptimizerAttrInterface>
      ]> {
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbCol_SGDAttr : EmbCol_OptimizerAttr<"SGD", "sgd"> {
  let summary = "stochastic gradient descent";
  let description = [{
    `weight -= learning_rate * gradient`

    Example: `#embcol.sgd<learning_rate = 0.01>`
  }];
  let parameters = (ins EmbCol_Number:$learning_rate);
  let builders = [AttrBuilder<(ins "double":$learningRate)>];
}

def EmbCol_AdagradAttr : EmbCol_OptimizerAttr<"Adagrad", "adagrad"> {
  let summary = "Adagrad";
  let description = [{
    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning
    and Stochastic Optimization", JMLR 12 (2011), as TensorFlow's
    ResourceSparseApplyAdagradV2 with epsilon 0:

    ```
    accumulator += gradient²
    weight -= learning_rate * gradient / √accumulator
    ```

    `gradient` is the sum over all entries of a row in a step. The slot
    `accumulator` starts as `initial_accumulator_value`.

    Example: `#embcol.adagrad<learning_rate = 0.1, initial_accumulator_value =
    0.1>`
  }];
  let parameters = (ins EmbCol_Number:$learning_rate,
                        EmbCol_Number:$initial_accumulator_value);
  let builders = [AttrBuilder<(ins "double":$learningRate,
                                   "double":$initialAccumulatorValue)>];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLOPTIMIZERATTRS_TD
