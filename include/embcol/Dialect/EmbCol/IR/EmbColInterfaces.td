//===- EmbColInterfaces.td - Attribute interfaces ------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINTERFACES_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINTERFACES_TD

include "mlir/IR/Interfaces.td"

def EmbCol_CategoricalAttrInterface : AttrInterface<"CategoricalAttrInterface"> {
  let cppNamespace = "::mlir::embcol";
  let description = "How a feature becomes ids, and weights.";
  let methods = [
    InterfaceMethod<"The feature that holds the tokens.",
      "::mlir::StringAttr", "getKey">,
    InterfaceMethod<"Whether a row is a sequence of steps.",
      "bool", "isSequence", (ins), "", "return false;">,
    InterfaceMethod<"The vocabulary, or null for identity.",
      "::mlir::FlatSymbolRefAttr", "getVocabulary", (ins), "",
      "return {};">,
    InterfaceMethod<"The number of ids; 0 where the vocabulary says.",
      "int64_t", "getNumBuckets", (ins), "", "return 0;">,
    InterfaceMethod<"What ids out of range become, for identity.",
      "::std::optional<int64_t>", "getDefaultValue", (ins), "",
      "return ::std::nullopt;">,
    InterfaceMethod<"The feature that holds the weights, or null.",
      "::mlir::StringAttr", "getWeightKey", (ins), "", "return {};">,
    InterfaceMethod<"Whether the vocabulary has to come from a file.",
      "bool", "isVocabularyFile", (ins), "", "return false;">
  ];
}

def EmbCol_InitializerAttrInterface : AttrInterface<"InitializerAttrInterface"> {
  let cppNamespace = "::mlir::embcol";
  let description = "The initial values of a table.";
  let methods = [
    InterfaceMethod<"The greatest magnitude that an initial value may have.",
      "double", "getLargestMagnitude", (ins), "", "return 0;">
  ];
}

def EmbCol_OptimizerAttrInterface : AttrInterface<"OptimizerAttrInterface"> {
  let cppNamespace = "::mlir::embcol";
  let description = [{
    The rule that updates a row. Kernels are generated from `buildUpdate`, so an
    optimizer is one attribute and nothing else.
  }];
  let methods = [
    InterfaceMethod<"The optimizer's name, part of its kernels' names.",
      "::llvm::StringRef", "getRuleName", (ins), [{
        return $_attr.getMnemonic();
      }]>,
    InterfaceMethod<"The learning rate where the table names no function.",
      "double", "getConstantLearningRate", (ins), [{
        return $_attr.getLearningRate().getValueAsDouble();
      }]>,
    InterfaceMethod<[{
        The values kept beside each weight or row: names and initial values.
      }],
      "::llvm::SmallVector<::mlir::embcol::Slot>", "getSlots">,
    InterfaceMethod<[{
        Builds the rule, on f32 scalars: from a weight, its gradient, its slots,
        the learning rate and the step to the new weight, then the new slots.
        A row-wise slot becomes something that is the same for all weights of a
        row, by `row_sum` and `row_mean`.
      }],
      "::llvm::SmallVector<::mlir::embcol::RuleValue>", "buildUpdate",
      (ins "const ::mlir::embcol::RuleOperands &":$operands)>,
    InterfaceMethod<[{
        Whether each step updates all rows, those without a gradient by one of
        zeros.
      }],
      "bool", "updatesAllRows", (ins), "", "return false;">,
    InterfaceMethod<"Checks the symbols that the optimizer of `op` names.",
      "::llvm::LogicalResult", "verifySymbols",
      (ins "::mlir::Operation *":$op,
           "::mlir::SymbolTableCollection &":$symbolTable), "",
      "return ::mlir::success();">
  ];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINTERFACES_TD
