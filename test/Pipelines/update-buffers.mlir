// RUN: embcol-opt %s --embcol-training | FileCheck %s

// What gradients are added with lives until the updates are applied: nothing is
// freed before.

embcol.table @hours : tensor<24x4xf32> {
  optimizer = #embcol.sgd<learning_rate = 0.1>,
  partition = #embcol.partition<strategy = mod, num_partitions = 5>}
embcol.column @departure : #embcol.identity<key = "departure", num_buckets = 24> -> @hours
embcol.column @arrivals
    : #embcol.sequence_identity<key = "arrivals", num_buckets = 24> -> @hours
    {max_sequence_length = 5}

// CHECK-LABEL: llvm.func @f(
// CHECK: llvm.call @malloc
// CHECK-NOT: llvm.call @free
// CHECK: llvm.call @embcol_core_add_gradients(
// CHECK-NOT: llvm.call @free
// CHECK: llvm.call @embcol_core_add_gradients(
// CHECK-NOT: llvm.call @free
// CHECK: llvm.call @embcol_core_apply_updates(
// CHECK: llvm.call @free
// CHECK: llvm.return
func.func @f(%departure: !embcol.ragged<i64>, %arrivals: !embcol.ragged<i64, 2>,
             %d_departure: tensor<?x4xf32>, %d_arrivals: tensor<?x5x4xf32>,
             %rate: f32, %step: i64) {
  embcol.apply_gradients [@departure, @arrivals]
      ids(%departure, %arrivals : !embcol.ragged<i64>, !embcol.ragged<i64, 2>)
      gradients(%d_departure, %d_arrivals : tensor<?x4xf32>, tensor<?x5x4xf32>)
      learning_rates(%rate) step(%step)
  return
}
