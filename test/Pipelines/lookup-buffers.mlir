// RUN: embcol-opt %s --embcol-training | FileCheck %s
// RUN: embcol-opt %s -embcol-assign-devices=mode=training -embcol-fuse-lookups \
// RUN:   -convert-embcol-to-embedding-core -convert-embcol-to-cpu \
// RUN:   -reconcile-unrealized-casts -canonicalize -one-shot-bufferize=" \
// RUN:     bufferize-function-boundaries \
// RUN:     function-boundary-type-conversion=identity-layout-map" \
// RUN:   -canonicalize -buffer-deallocation-pipeline \
// RUN:   | FileCheck %s --check-prefix=COPIES

// What lookups are added with lives until they run, and nothing is copied to be
// joined.

embcol.table @hours : tensor<24x4xf32>
    {partition = #embcol.partition<strategy = mod, num_partitions = 5>}
embcol.column @departure : #embcol.identity<key = "departure", num_buckets = 24> -> @hours
embcol.column @arrival : #embcol.identity<key = "arrival", num_buckets = 24> -> @hours

// CHECK-LABEL: llvm.func @f(
// CHECK-NOT: llvm.call @free
// CHECK: llvm.call @embcol_core_add_lookup_f32(
// CHECK-NOT: llvm.call @free
// CHECK: llvm.call @embcol_core_add_lookup_f32(
// CHECK-NOT: llvm.call @free
// CHECK: llvm.call @embcol_core_run_lookups(
// CHECK: llvm.call @free
// CHECK: llvm.return

// COPIES-LABEL: func.func @f(
// COPIES-NOT: memref.copy
// COPIES: return
func.func @f(%departure: !embcol.ragged<i64>, %arrival: !embcol.ragged<i64>) -> tensor<?x8xf32> {
  %0 = embcol.lookup @departure(%departure) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  %1 = embcol.lookup @arrival(%arrival) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  %2 = tensor.concat dim(1) %0, %1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
