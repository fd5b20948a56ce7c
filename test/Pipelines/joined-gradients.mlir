// RUN: embcol-opt %s -embcol-assign-devices=mode=training \
// RUN:   -convert-embcol-to-embedding-core -convert-embcol-to-cpu \
// RUN:   -reconcile-unrealized-casts -canonicalize -one-shot-bufferize=" \
// RUN:     bufferize-function-boundaries \
// RUN:     function-boundary-type-conversion=identity-layout-map" \
// RUN:   -canonicalize -buffer-deallocation-pipeline | FileCheck %s

// A joined gradient is cut into views of its memory: nothing is copied, neither
// where the slices are cut nor where they are read.

// CHECK-LABEL: func.func @update(
// CHECK-SAME: %[[JOINED:[^ ]*]]: memref<?x12xf32>
// CHECK-NOT: memref.alloc(
// CHECK-NOT: memref.copy
// CHECK: %[[HOUR:.*]] = memref.subview %[[JOINED]][0, 0] {{.*}} : memref<?x12xf32> to memref<?x4xf32, strided<[12, 1]>>
// CHECK: %[[DAY:.*]] = memref.subview %[[JOINED]][0, 4] {{.*}} : memref<?x12xf32> to memref<?x8xf32, strided<[12, 1], offset: 4>>
// CHECK-NOT: memref.alloc(
// CHECK-NOT: memref.copy
// CHECK: %[[HOUR_ROWS:.*]] = memref.cast %[[HOUR]] :
// CHECK: call @embcol_core_add_gradients({{.*}}, %[[HOUR_ROWS]])
// CHECK-NOT: memref.alloc(
// CHECK-NOT: memref.copy
// CHECK: %[[DAY_ROWS:.*]] = memref.cast %[[DAY]] :
// CHECK: call @embcol_core_add_gradients({{.*}}, %[[DAY_ROWS]])
// CHECK-NOT: memref.alloc(
// CHECK-NOT: memref.copy
// CHECK: return
embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
embcol.table @days : tensor<7x8xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
func.func @update(%hours: !embcol.ragged<i64>, %days: !embcol.ragged<i64>,
                  %joined: tensor<?x12xf32>, %rate: f32, %step: i64) {
  %axis = arith.constant 0 : index
  %batch = tensor.dim %joined, %axis : tensor<?x12xf32>
  %hour = tensor.extract_slice %joined[0, 0] [%batch, 4] [1, 1]
      : tensor<?x12xf32> to tensor<?x4xf32>
  %day = tensor.extract_slice %joined[0, 4] [%batch, 8] [1, 1]
      : tensor<?x12xf32> to tensor<?x8xf32>
  embcol.apply_gradients [@hour, @day]
      ids(%hours, %days : !embcol.ragged<i64>, !embcol.ragged<i64>)
      gradients(%hour, %day : tensor<?x4xf32>, tensor<?x8xf32>)
      learning_rates(%rate, %rate) step(%step)
  return
}
