// RUN: embcol-opt %s -embcol-training -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir --implicit-check-not=embcol. \
// RUN:   --implicit-check-not=unrealized_conversion_cast
// RUN: mlir-translate --mlir-to-llvmir %t.mlir | FileCheck %s --check-prefix=LLVMIR
// RUN: embcol-opt --help | FileCheck %s --check-prefix=HELP

// HELP: --embcol-training {{ *}}- Compile columns for training, down to the LLVM dialect: lookups go to the embedding core unless a column says otherwise

// From features to an update, on the embedding core.

// CHECK-DAG: llvm.mlir.global external @carriers.vocabulary()
// CHECK-DAG: llvm.mlir.global external @carrier.rows() {{.*}} : !llvm.array<5 x array<16 x f32>>
// CHECK-DAG: llvm.mlir.global external @carrier.table() {{.*}} : !llvm.array<1 x i8>
// CHECK-DAG: llvm.func @_mlir_ciface_embcol_core_add_lookup_f32(
// CHECK-DAG: llvm.func internal @embcol_lookup_mean_16xf32_safe(
// CHECK-DAG: llvm.func internal @embcol_update_adagrad_16xf32(
// CHECK-DAG: llvm.func @decay(i64) -> f32

// CHECK-LABEL: llvm.func @forward(
// CHECK: llvm.call @embcol_core_check_size(
// CHECK: llvm.call @embcol_core_ragged_from_dense_string(
// CHECK: llvm.call @embcol_core_gather_strings(
// CHECK: llvm.call @embcol_core_categorize_string(
// CHECK: llvm.call @embcol_core_add_lookup_f32(
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @_mlir_ciface_forward(
// CHECK-LABEL: llvm.func @backward(
// CHECK: %[[RATE:.*]] = llvm.call @decay(%[[STEP:.*]]) : (i64) -> f32
// CHECK: %[[UPDATE:.*]] = llvm.call @embcol_core_begin_update_f32({{.*}}, %[[RATE]], %[[STEP]], %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}})
// CHECK: llvm.call @embcol_core_add_gradients(%[[UPDATE]],
// CHECK: llvm.call @embcol_core_apply_updates()
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @_mlir_ciface_backward(

// LLVMIR-DAG: @carriers.vocabulary = external global
// LLVMIR-DAG: @carrier.rows = external global [5 x [16 x float]]
// LLVMIR-LABEL: define internal void @embcol_update_adagrad_16xf32(
// LLVMIR: call <16 x float> @llvm.fma.v16f32(
// LLVMIR: call <16 x float> @llvm.sqrt.v16f32(
// LLVMIR-LABEL: define {{.*}} @forward(
// LLVMIR-LABEL: define void @_mlir_ciface_backward(
func.func private @decay(i64) -> f32
embcol.vocabulary @carriers : !embcol.string = ["AA", "B6", "UA"] {num_oov_buckets = 2}
embcol.table @carrier : tensor<5x16xf32> {
  learning_rate = @decay,
  optimizer = #embcol.adagrad<learning_rate = 0.1, initial_accumulator_value = 0.1>}
embcol.column @carrier_embedding
    : #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers> -> @carrier

func.func @forward(%carrier: tensor<?x?x!embcol.string> {embcol.feature = "carrier"})
    -> (tensor<?x16xf32>, !embcol.ragged<i64>) {
  %tokens = embcol.ragged_from_dense %carrier
      : (tensor<?x?x!embcol.string>) -> !embcol.ragged<!embcol.string>
  %ids = embcol.categorize #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers>(%tokens)
      : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
  %rows = embcol.lookup @carrier_embedding(%ids) : (!embcol.ragged<i64>) -> tensor<?x16xf32>
  return %rows, %ids : tensor<?x16xf32>, !embcol.ragged<i64>
}

func.func @backward(%ids: !embcol.ragged<i64>, %gradient: tensor<?x16xf32>, %step: i64) {
  %rate = embcol.learning_rate @decay(%step)
  embcol.apply_gradients [@carrier_embedding] ids(%ids : !embcol.ragged<i64>)
      gradients(%gradient : tensor<?x16xf32>) learning_rates(%rate) step(%step)
  return
}
