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

def ConvertEmbColToTensorCorePass
    : EmbCol_ConversionPass<"convert-embcol-to-tensor-core"> {
  let summary = "Lower what runs on tpu_tensor_core to ops on tensors";
  let description = [{
    Lowers `lookup`, `grouped_lookup` and `weight_gradients` of the columns whose
    device is `tpu_tensor_core`. The ids of a row, and its weights, are cut or padded to
    the width of `tensor_core_shape`; then rows are gathered, masked and reduced by
    `linalg.generic`s. Where ids have ragged rank 2, a place may have several
    entries: an `scf.for` takes as many more entries of each row as the width at a time.
    Of table @t, the external global `@t.rows` has the rows.

    With `check-ids` these ops are the body of a kernel, one for each signature and width,
    that the runtime calls as it does those of `tpu_embedding_core`; it is told of ids
    that are no rows, of weights that do not fit and of a batch that `tensor_core_shape`
    forbids. Without, they stand in the place of the lookup, ids that are no rows are left
    out, weights have to fit, and nothing is called: any compiler of tensors can take it. `weight_gradients`
    runs a kernel in either case.

    Example:

    ```mlir
    // Before:
    %0 = embcol.lookup @hour_embedding(%ids)
        : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    // After, in short, without check-ids, for the combiner sum and 3 places:
    %padded = linalg.generic ins(%starts, %ends : tensor<?xi64>, tensor<?xi64>)
        outs(%empty : tensor<?x3xi64>)
    %rows = bufferization.to_tensor %memory restrict
        : memref<24x4xf32> to tensor<24x4xf32>
    %pooled = linalg.generic {iterator_types = ["parallel", "reduction", "parallel"]}
        ins(%padded : tensor<?x3xi64>) outs(%zeros : tensor<?x4xf32>) {
    ^bb0(%id: i64, %sum: f32):
      %is_row = arith.cmpi ult, %id, %num_rows : i64
      %kept = arith.select %is_row, %id, %c0 : i64
      %row = arith.index_cast %kept : i64 to index
      %column = linalg.index 2 : index
      %value = tensor.extract %rows[%row, %column] : tensor<24x4xf32>
      %added = arith.addf %sum, %value : f32
      %next = arith.select %is_row, %added, %sum : f32
      linalg.yield %next : f32
    } -> tensor<?x4xf32>
    ```
  }];
  let options = [
    Option<"checkIds", "check-ids", "bool", /*default=*/"true",
           "Report ids that are no rows, weights that do not fit and wrong "
           "batches by calls of the runtime">
  ];
}

def EmbColPoolInRegistersPass : Pass<"embcol-pool-in-registers"> {
  let summary = "Lower gathers that are reduced to loops with sums in registers";
  let description = [{
    Lowers what `convert-embcol-to-tensor-core` makes of a lookup, a `linalg.generic` that
    pads ids, one that gathers and sums rows, and those that reduce the padded ids
    besides, to one nest of loops: over rows of the batch, then over places. Padded ids
    are not kept. Sums are values of the loops, vectors of what registers hold; wider rows
    are summed tile by tile. Where a select masks what is added, a branch does, so that
    nothing is read for padding. Rows are prefetched as `embcol.prefetch` says.

    A gather whose rows are not read along the last axis, those of `i4`, is left as it is.

    Example:

    ```mlir
    // Before, in short:
    %padded = linalg.generic ins(%starts, %ends) outs(%empty : tensor<?x3xi64>)
    %pooled = linalg.generic
        {iterator_types = ["parallel", "reduction", "parallel"]}
        ins(%padded : tensor<?x3xi64>) outs(%out : tensor<?x64xf32>)
    // After:
    %pooled = scf.for %b = %c0 to %batch step %c1 iter_args(%o = %out) {
      %first = vector.transfer_read %o[%b, %c0] : tensor<?x64xf32>, vector<64xf32>
      %sum = scf.for %k = %c0 to %c3 step %c1 iter_args(%s = %first) {
        ...
        %next = scf.if %is_row -> vector<64xf32> {
          %row = vector.transfer_read %rows[%id, %c0] : tensor<24x64xf32>, vector<64xf32>
          %added = arith.addf %s, %row : vector<64xf32>
          scf.yield %added : vector<64xf32>
        } else {
          scf.yield %s : vector<64xf32>
        }
        scf.yield %next : vector<64xf32>
      }
      %written = vector.transfer_write %sum, %o[%b, %c0]
          : vector<64xf32>, tensor<?x64xf32>
      scf.yield %written : tensor<?x64xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ConvertEmbColToCPUPass : EmbCol_ConversionPass<"convert-embcol-to-cpu"> {
  let summary = "Lower what runs on cpu, and what feeds any device";
  let description = [{
    Lowers the lookups of the columns whose device is `cpu`, and their
    `weight_gradients`, to calls of generated kernels, in place, or, with
    `use-threads`, by the runtime's threads, as on the embedding core; the ops that make
    ragged arrays and ids, which run on the host whatever the device; and ragged arrays
    and strings themselves, also in the signatures of functions, to tensors. Symbols
    become external globals. To be run after the conversions of the other devices, since
    it leaves nothing of the dialect.

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
  let options = [
    Option<"useThreads", "use-threads", "bool", /*default=*/"false",
           "Have the runtime call kernels, from its threads">
  ];
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
