//===- Passes.td - Conversions out of the embcol dialect -----------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_CONVERSION_PASSES_TD
#define EMBCOL_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

class EmbCol_ConversionPass<string mnemonic>
    : Pass<mnemonic, "::mlir::ModuleOp"> {
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect",
    "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ConvertEmbColToEmbeddingCorePass
    : EmbCol_ConversionPass<"convert-embcol-to-embedding-core"> {
  let summary = "Lower what runs on tpu_embedding_core to runtime calls";
  let description = [{
    Lowers `lookup`, `grouped_lookup`, `sequence_lookup` and `weight_gradients`
    of the columns whose device is `tpu_embedding_core`, and `apply_gradients`.
    Lookups become a call of `embcol_core_add_lookup` for each column and one of
    `embcol_core_run_lookups`, which runs generated kernels, one for each
    signature, on the runtime's threads; `weight_gradients` becomes a call of
    `embcol_core_weight_gradients`. An update becomes calls that gather the gradients
    of a table by row and run a generated kernel over the rows. Of table @t,
    the external global `@t.rows` has the rows, and `@t.table` is the runtime's
    object, which updates take.

    Example:

    ```mlir
    // Before:
    %0 = embcol.lookup @hour_embedding(%ids)
        : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    // After, in short:
    %rows = memref.get_global @hour.rows : memref<24x4xf32>
    %kernel = func.constant @embcol_lookup_mean_4xf32_safe
    %out = memref.alloc(%batch) : memref<?x4xf32>
    call @embcol_core_add_lookup_f32(%column, %steps, %kernel, %rows, %ids,
                                   %starts, %ends, %weights, %out)
    call @embcol_core_run_lookups()
    %0 = bufferization.to_tensor %out restrict writable
    ```
  }];
}

def ConvertEmbColToCPUPass : EmbCol_ConversionPass<"convert-embcol-to-cpu"> {
  let summary = "Lower what runs on cpu, and what feeds any device";
  let description = [{
    Lowers the lookups of the columns whose device is `cpu`, and their
    `weight_gradients`, to calls of generated kernels, in place; the ops that make ragged arrays and ids, which
    run on the host whatever the device; and ragged arrays and strings
    themselves, also in the signatures of functions, to tensors. Symbols become
    external globals. To be run after the conversions of the other devices,
    since it leaves nothing of the dialect.

    Example:

    ```mlir
    // Before:
    func.func @lookup(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
      %0 = embcol.lookup @hour_embedding(%ids)
          : (!embcol.ragged<i64>) -> tensor<?x4xf32>
      return %0 : tensor<?x4xf32>
    }
    // After, in short:
    func.func @lookup(%values: tensor<?xi64>, %splits: tensor<?xi64>)
        -> tensor<?x4xf32> {
      %rows = memref.get_global @hour.rows : memref<24x4xf32>
      %out = memref.alloc(%batch) : memref<?x4xf32>
      %bad = call @embcol_lookup_mean_4xf32_safe(
          %rows, %ids, %starts, %ends, %weights, %out, %begin, %end)
      call @embcol_core_report_id(%column, %steps, %bad, ...)
      %0 = bufferization.to_tensor %out restrict writable
      return %0 : tensor<?x4xf32>
    }
    ```
  }];
}

def EmbColPassByAddressPass
    : Pass<"embcol-pass-by-address", "::mlir::ModuleOp"> {
  let summary = "Pass memrefs in and out of functions by address";
  let description = [{
    Gives functions with a C interface (`llvm.emit_c_interface`), which no other function
    calls, the arguments that this interface has: of a memref the address of its
    descriptor, and before these the address of what is to be returned. It stays the same
    interface. Otherwise each descriptor would be cut into its numbers, and the results put
    together in one struct: for a thousand columns thousands of arguments and of members,
    one after another, which takes MLIR and LLVM a time that grows with the square of
    their number.

    Example:

    ```mlir
    // Before:
    func.func @lookup(%values: memref<?xi64>) -> (memref<?x4xf32>, memref<?xi64>)
        attributes {llvm.emit_c_interface} {
      ...
      return %0, %1 : memref<?x4xf32>, memref<?xi64>
    }
    // After, in short:
    func.func @lookup(%results: !llvm.ptr, %address: !llvm.ptr)
        attributes {llvm.emit_c_interface} {
      %values = llvm.load %address
      ...
      llvm.store %0, %results[0, 0]
      llvm.store %1, %results[0, 1]
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // EMBCOL_CONVERSION_PASSES_TD
