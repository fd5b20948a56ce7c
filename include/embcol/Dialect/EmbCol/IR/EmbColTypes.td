//===- EmbColTypes.td - Types --------------------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTYPES_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTYPES_TD

include "embcol/Dialect/EmbCol/IR/EmbColDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/CommonTypeConstraints.td"

class EmbCol_Type<string name, string typeMnemonic>
    : TypeDef<EmbCol_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def EmbCol_StringType : EmbCol_Type<"String", "string"> {
  let summary = "a string of bytes";
  let description = [{
    The element type of ragged arrays and tensors of strings. Strings are bytes,
    compared byte for byte; they need not be UTF-8. A tensor of strings lowers
    to Arrow's layout: the bytes `tensor<?xi8>`, the offsets `tensor<?xi64>`
    (one more than there are strings) and, from rank 2 on, an `index` for each
    dynamic axis.

    Example: `!embcol.string`
  }];
}

def EmbCol_RaggedType : EmbCol_Type<"Ragged", "ragged"> {
  let summary = "rows of variable length";
  let description = [{
    Of ragged rank 1 (batch, entries): row b is `values[splits[b] :
    splits[b + 1]]`. Of ragged rank 2 (batch, steps, entries), for sequences and
    for the places of the tensor core: a row is a range of steps, and a step is a
    range of values. Lowers to the values, then the `tensor<?xi64>` splits, the
    inner ones first.

    Elements are integers of at most 64 bits (unsigned ones of at most 32), f32
    (weights) or strings.

    Example: `!embcol.ragged<i64>`, `!embcol.ragged<!embcol.string, 2>`
  }];
  let parameters = (ins "::mlir::Type":$elementType,
                        DefaultValuedParameter<"unsigned", "1">:$raggedRank);
  let builders = [
    TypeBuilderWithInferredContext<(ins "::mlir::Type":$elementType,
                                        CArg<"unsigned", "1">:$raggedRank), [{
      return $_get(elementType.getContext(), elementType, raggedRank);
    }]>
  ];
  let skipDefaultBuilders = 1;
  let assemblyFormat = "`<` $elementType (`,` $raggedRank^)? `>`";
  let genVerifyDecl = 1;
}

def EmbCol_QuantizedType : EmbCol_Type<"Quantized", "quantized"> {
  let summary = "a weight of a quantized row";
  let description = [{
    The element type of a table whose rows are an f16 scale, an f16 bias and then
    the weights as unsigned integers q of 8 or 4 bits, which stand for
    scale * q + bias. The storage of q is i8 or i4. Of two i4 in a byte the first
    has the low bits. Rows lower to bytes: `tensor<24x64x!embcol.quantized<i4>>` to
    `memref<24x36xi8>`.

    Example: `!embcol.quantized<i8>`
  }];
  let parameters = (ins "::mlir::IntegerType":$storage);
  let builders = [
    TypeBuilderWithInferredContext<(ins "::mlir::IntegerType":$storage), [{
      return $_get(storage.getContext(), storage);
    }]>
  ];
  let skipDefaultBuilders = 1;
  let assemblyFormat = "`<` $storage `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The bytes before the weights: scale and bias.
    static constexpr int64_t kHeaderBytes = 4;
    unsigned getBits() const { return getStorage().getWidth(); }
    /// The bytes that `count` weights take.
    int64_t getWeightBytes(int64_t count) const {
      return ::llvm::divideCeil(count * getBits(), 8);
    }
    /// The bytes of a row of `dimension` weights.
    int64_t getRowBytes(int64_t dimension) const {
      return kHeaderBytes + getWeightBytes(dimension);
    }
  }];
}

// A ragged array whose elements satisfy `element`, of one of the ranks.
class EmbCol_RaggedOf<string element, list<int> ranks, string summary>
    : Type<And<[
        CPred<"::llvm::isa<::mlir::embcol::RaggedType>($_self)">,
        SubstLeaves<"$_self",
          "::llvm::cast<::mlir::embcol::RaggedType>($_self).getElementType()",
          CPred<element>>,
        Or<!foreach(rank, ranks, CPred<
          "::llvm::cast<::mlir::embcol::RaggedType>($_self).getRaggedRank() == "
          # rank>)>]>,
      summary, "::mlir::embcol::RaggedType">;

def EmbCol_QuantizedWeight
    : Type<CPred<"::llvm::isa<::mlir::embcol::QuantizedType>($_self)">,
           "quantized weight", "::mlir::embcol::QuantizedType">;

defvar isId = "$_self.isSignlessInteger(64)";
def EmbCol_SequenceIds
    : EmbCol_RaggedOf<isId, [2], "ragged ids of i64 of ragged rank 2">;
def EmbCol_AnyIds : EmbCol_RaggedOf<isId, [1, 2], "ragged ids of i64">;
def EmbCol_Weights
    : EmbCol_RaggedOf<"$_self.isF32()", [1, 2], "ragged weights of f32">;
def EmbCol_Tokens
    : EmbCol_RaggedOf<"!$_self.isF32()", [1, 2],
                      "ragged integers or strings">;
def EmbCol_AnyRagged
    : Type<CPred<"::llvm::isa<::mlir::embcol::RaggedType>($_self)">,
           "ragged array", "::mlir::embcol::RaggedType">;

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLTYPES_TD
