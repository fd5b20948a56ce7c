// RUN: embcol-opt %s -embcol-assign-devices=mode=training -convert-embcol-to-embedding-core \
// RUN:   -convert-embcol-to-cpu -reconcile-unrealized-casts -embcol-to-llvm -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir \
// RUN:   --implicit-check-not='{{ (arith|bufferization|builtin|cf|func|linalg|math|memref|scf|tensor|vector)\.}}'
// RUN: mlir-translate --mlir-to-llvmir %t.mlir | FileCheck %s --check-prefix=LLVMIR
// RUN: embcol-opt --help | FileCheck %s --check-prefix=HELP

// The last part of the other pipelines, for a program that was lowered before.
// Nothing is left of tensors, buffers and loops.

// HELP: --embcol-to-llvm {{ *}}- Lower what the conversions out of embcol leave, tensors, buffers and runtime calls, to the LLVM dialect

// CHECK-LABEL: llvm.func @f(
// CHECK: llvm.call @embcol_core_ragged_from_dense_integer(
// CHECK: llvm.icmp "ult"
// CHECK: %[[RESULT:.*]] = llvm.call @malloc(
// CHECK: llvm.call @embcol_core_add_lookup_f32({{.*}} %[[RESULT]],
// All buffers but the result are freed.
// CHECK: llvm.call @free(
// CHECK-NOT: llvm.call @free(%[[RESULT]])
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @_mlir_ciface_f(

// LLVMIR-LABEL: define {{.*}} @f(
// LLVMIR: sext i32 %{{.*}} to i64
// LLVMIR: call void @embcol_core_add_lookup_f32({{.*}}ptr @embcol_lookup_mean_4xf32_safe
embcol.table @hours : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24, default_value = 0> -> @hours

func.func @f(%hour: tensor<?x2xi32>) -> tensor<?x4xf32> {
  %tokens = embcol.ragged_from_dense %hour : (tensor<?x2xi32>) -> !embcol.ragged<i32>
  %ids = embcol.categorize #embcol.identity<key = "hour", num_buckets = 24, default_value = 0>(%tokens)
      : (!embcol.ragged<i32>) -> !embcol.ragged<i64>
  %rows = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %rows : tensor<?x4xf32>
}
