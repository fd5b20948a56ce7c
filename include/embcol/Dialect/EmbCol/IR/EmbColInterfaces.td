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
  let description = "The initial values of a table. A marker.";
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
      "double", "getConstantLearningRate">,
    InterfaceMethod<[{
        The values kept beside each weight: names and initial values.
      }],
      "::llvm::SmallVector<::mlir::embcol::Slot>", "getSlots">,
    InterfaceMethod<[{
        Builds the rule: from a weight, its summed gradient, its slots, the
        learning rate (all floats, or all vectors of one shape) and the step
        (i64), to the new weight, then the new slots.
      }],
      "::llvm::SmallVector<::mlir::Value>", "buildUpdate",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::Value":$weight, "::mlir::Value":$gradient,
           "::mlir::ValueRange":$slots, "::mlir::Value":$learningRate,
           "::mlir::Value":$step)>
  ];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINTERFACES_TD
