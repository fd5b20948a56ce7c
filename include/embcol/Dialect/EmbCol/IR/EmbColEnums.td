//===- EmbColEnums.td - Enumerations -------------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_DIALECT_EMBCOL_IR_EMBCOLENUMS_TD
#define EMBCOL_DIALECT_EMBCOL_IR_EMBCOLENUMS_TD

include "embcol/Dialect/EmbCol/IR/EmbColDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class EmbCol_Enum<string name, string summary, list<I32EnumCase> cases>
    : I32Enum<name, summary, cases> {
  let cppNamespace = "::mlir::embcol";
}

class EmbCol_EnumAttr<EnumInfo enum, string mnemonic>
    : EnumAttr<EmbCol_Dialect, enum, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

// The values are those of embcol::Combiner in the runtime.
def EmbCol_Combiner : EmbCol_Enum<
    "Combiner", "how the entries of a row are reduced",
    // (column-C5)
    [I32EnumCase<"Sum", 0, "sum">, I32EnumCase<"Mean", 1, "mean">,
     I32EnumCase<"Sqrtn", 2, "sqrtn">]>;

def EmbCol_CombinerAttr : EmbCol_EnumAttr<EmbCol_Combiner, "combiner"> {
  let description = [{
    How the entries e of a row, of weights w (1 without weights), are reduced:
    `sum` is Σw·e, `mean` is Σw·e/Σw, `sqrtn` is Σw·e/√Σw².

    Example: `#embcol.combiner<mean>`
  }];
}

def EmbCol_Device : EmbCol_Enum<
    "Device", "where a lookup runs",
    // (device-C1)
    [I32EnumCase<"Cpu", 0, "cpu">,
     I32EnumCase<"TpuTensorCore", 1, "tpu_tensor_core">,
     I32EnumCase<"TpuEmbeddingCore", 2, "tpu_embedding_core">]>;

def EmbCol_DeviceAttr : EmbCol_EnumAttr<EmbCol_Device, "device"> {
  let description = [{
    Where a lookup runs: `cpu` in place, in generated code; `tpu_tensor_core` as
    dense tensor operations; `tpu_embedding_core` in the runtime that owns
    tables, threads and updates.

    Example: `#embcol.device<tpu_embedding_core>`
  }];
}

def EmbCol_PartitionStrategy : EmbCol_Enum<
    "PartitionStrategy", "which rows of a table a partition has",
    // (partition-C2)
    [I32EnumCase<"Div", 0, "div">, I32EnumCase<"Mod", 1, "mod">]>;

def EmbCol_NonfiniteGradients : EmbCol_Enum<
    "NonfiniteGradients", "what becomes of gradients that are not finite",
    // (apply_gradients-C15)
    [I32EnumCase<"Refuse", 0, "refuse">, I32EnumCase<"Skip", 1, "skip">]>;

def EmbCol_NonfiniteGradientsAttr
    : EmbCol_EnumAttr<EmbCol_NonfiniteGradients, "nonfinite_gradients"> {
  let description = [{
    What becomes of the gradient of a row or step that holds an infinity or not a
    number: `refuse` fails the call of the program, `skip` leaves its entries out.

    Example: `#embcol.nonfinite_gradients<skip>`
  }];
}

def EmbCol_Mode : EmbCol_Enum<
    "Mode", "what a program is compiled for",
    // (module-C9)
    [I32EnumCase<"Training", 0, "training">,
     I32EnumCase<"Serving", 1, "serving">]>;

def EmbCol_ModeAttr : EmbCol_EnumAttr<EmbCol_Mode, "mode"> {
  let description = [{
    What a program is compiled for; the module attribute `embcol.mode`.

    Example: `#embcol.mode<training>`
  }];
}

#endif // EMBCOL_DIALECT_EMBCOL_IR_EMBCOLENUMS_TD
