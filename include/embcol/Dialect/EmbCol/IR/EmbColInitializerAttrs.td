//===- EmbColInitializerAttrs.td - Initializers --------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINITIALIZERATTRS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINITIALIZERATTRS_TD

include "embcol/Dialect/EmbCol/IR/EmbColAttrBase.td"

class EmbCol_InitializerAttr<string name, string mnemonic,
                             list<string> methods = ["getLargestMagnitude"]>
    : EmbCol_Attr<name, mnemonic, [
        DeclareAttrInterfaceMethods<EmbCol_InitializerAttrInterface, methods>
      ]>;

def EmbCol_TruncatedNormalAttr
    : EmbCol_InitializerAttr<"TruncatedNormal", "truncated_normal"> {
  let summary = "a normal distribution, cut at two standard deviations";
  let description = [{
    The default of a table, with mean 0 and stddev 1/√dimension.

    Example: `#embcol.truncated_normal<mean = 0.0, stddev = 0.25>`
  }];
  let parameters = (ins EmbCol_Number:$mean, EmbCol_Number:$stddev);
  let builders = [AttrBuilder<(ins "double":$mean, "double":$stddev)>];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbCol_ConstantAttr : EmbCol_InitializerAttr<"Constant", "constant"> {
  let summary = "the same value everywhere";
  let description = "Example: `#embcol.constant<value = 0.0>`";
  let parameters = (ins EmbCol_Number:$value);
  let builders = [AttrBuilder<(ins "double":$value)>];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbCol_UniformAttr : EmbCol_InitializerAttr<"Uniform", "uniform"> {
  let summary = "a uniform distribution over [minval, maxval)";
  let description = "Example: `#embcol.uniform<minval = -0.1, maxval = 0.1>`";
  let parameters = (ins EmbCol_Number:$minval, EmbCol_Number:$maxval);
  let builders = [AttrBuilder<(ins "double":$minval, "double":$maxval)>];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbCol_SuppliedAttr
    : EmbCol_InitializerAttr<"Supplied", "supplied", /*methods=*/[]> {
  let summary = "values that the host writes before the first lookup";
  let description = [{
    For initializers that are functions of the host language.

    Example: `#embcol.supplied`
  }];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLINITIALIZERATTRS_TD
