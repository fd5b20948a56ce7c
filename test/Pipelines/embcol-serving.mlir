// RUN: embcol-opt %s -embcol-serving -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir --implicit-check-not=embcol. \
// RUN:   --implicit-check-not=unrealized_conversion_cast
// RUN: mlir-translate --mlir-to-llvmir %t.mlir | FileCheck %s --check-prefix=LLVMIR
// RUN: embcol-opt --help | FileCheck %s --check-prefix=HELP

// HELP: --embcol-serving {{ *}}- Compile columns for serving, down to the LLVM dialect: lookups go to the cpu unless a column says otherwise

// Lookups run on the runtime's threads. A weighted one and a sequence, both with a vector width
// that the dimension is no multiple of.

// CHECK-DAG: llvm.mlir.global external @hours.rows()
// CHECK-DAG: llvm.func internal @embcol_lookup_mean_5xf32_weighted_safe(
// CHECK-DAG: llvm.func internal @embcol_lookup_sum_5xf32_safe(

// CHECK-LABEL: llvm.func @weighted(
// CHECK: llvm.call @embcol_core_coo_batch(
// CHECK-COUNT-2: llvm.call @embcol_core_check_size(
// CHECK: llvm.call @embcol_core_ragged_from_coo(
// CHECK: llvm.call @embcol_core_check_weights(
// CHECK: llvm.call @embcol_core_add_lookup_f32(
// CHECK: llvm.call @embcol_core_run_lookups(
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @_mlir_ciface_weighted(

// CHECK-LABEL: llvm.func @sequence(
// CHECK-COUNT-2: llvm.call @embcol_core_check_splits(
// CHECK: llvm.call @embcol_core_cut_sequence(
// CHECK: llvm.call @embcol_core_add_lookup_f32(
// CHECK: llvm.call @embcol_core_run_lookups(
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @_mlir_ciface_sequence(

// Rows are of 5 numbers, which are what is loaded.
// LLVMIR-LABEL: define internal i64 @embcol_lookup_sum_5xf32_safe(
// LLVMIR: call void @llvm.prefetch
// LLVMIR: load <4 x float>
// LLVMIR: fadd <4 x float>
// LLVMIR: load <1 x float>
// LLVMIR: store <4 x float>
// LLVMIR: store <1 x float>
// LLVMIR-LABEL: define {{.*}} @sequence(
embcol.table @hours : tensor<24x5xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
embcol.column @seen : #embcol.sequence_identity<key = "seen", num_buckets = 24> -> @hours
    {combiner = #embcol.combiner<sum>, max_sequence_length = 3}

func.func @weighted(%indices: tensor<?x2xi64>, %hour: tensor<?xi64>, %shape: tensor<2xi64>,
                    %share: tensor<?xf32>) -> tensor<?x5xf32> {
  %ids, %weights = embcol.ragged_from_coo %indices, %hour, %shape weights %share
      : (tensor<?x2xi64>, tensor<?xi64>, tensor<2xi64>, tensor<?xf32>)
      -> (!embcol.ragged<i64>, !embcol.ragged<f32>)
  %rows = embcol.lookup @hour(%ids, %weights)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x5xf32>
  return %rows : tensor<?x5xf32>
}

func.func @sequence(%values: tensor<?xi64>, %inner: tensor<?xi64>, %outer: tensor<?xi64>)
    -> (tensor<?x3x5xf32>, tensor<?xi64>) {
  %ids = embcol.ragged_from_row_splits %values, %inner, %outer
      : tensor<?xi64>, tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64, 2>
  %rows, %lengths = embcol.sequence_lookup @seen(%ids)
      : (!embcol.ragged<i64, 2>) -> (tensor<?x3x5xf32>, tensor<?xi64>)
  return %rows, %lengths : tensor<?x3x5xf32>, tensor<?xi64>
}
