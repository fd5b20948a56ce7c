// RUN: embcol-opt %s -convert-embcol-to-tensor-core -canonicalize -cse -verify-each | FileCheck %s

// With check-ids, which is the default, the ops on tensors stand in kernels that
// the runtime calls, one for each signature and width. These find the first id
// that is no row.

embcol.table @hours : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: 8, 3>}
embcol.column @late : #embcol.weighted<
    categorical = #embcol.identity<key = "late", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: -1, 3>}
embcol.column @unsafe : #embcol.identity<key = "late", num_buckets = 24> -> @hours
    {use_safe_embedding_lookup = false, embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: -1, 3>}

// CHECK-LABEL: func.func private @embcol_tensor_lookup_mean_4xf32_3(
// (lookup-C9)
// CHECK: arith.cmpi uge
// CHECK: arith.minui

// CHECK-LABEL: func.func private @embcol_tensor_lookup_mean_4xf32_weighted_safe_3(
// CHECK-SAME: %[[ROWS:[^:]*]]: memref<?x?xf32, {{[^%]*}}%[[IDS:[^:]*]]: memref<
// CHECK: %[[OUT:.*]] = memref.subview
// CHECK: %[[ONE_OR_MORE:.*]] = arith.select %{{.*}}, %{{.*}}, %[[IDS]] : memref
// CHECK: bufferization.to_tensor %[[ONE_OR_MORE]] restrict
// CHECK: bufferization.to_tensor %[[OUT]] restrict writable
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "parallel"]}
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]}
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction", "reduction"]}
// (lookup-C8)
// CHECK: arith.cmpi sge
// CHECK: arith.minui
// CHECK: scf.for
// CHECK: bufferization.materialize_in_destination %{{.*}} in writable %[[OUT]]
// CHECK: return %{{.*}} : index

// CHECK-LABEL: func.func private @embcol_cut_entries(
// CHECK-SAME: %[[OUTER:[^:]*]]: memref<?xi64, {{[^%]*}}%[[WIDTH:.*]]: i64, %[[STARTS:[^:]*]]: memref<?xi64, {{[^%]*}}%[[ENDS:[^:]*]]: memref<
// CHECK: arith.minsi %{{.*}}, %[[WIDTH]]
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[STARTS]]
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[ENDS]]

// CHECK-LABEL: func.func @lookup(
// CHECK: %[[KERNEL:.*]] = constant @embcol_tensor_lookup_mean_4xf32_weighted_safe_3
// (device-C9)
// CHECK: call @embcol_core_check_batch(
// (lookup-C10)
// CHECK: call @embcol_core_check_weights(
// CHECK: %[[GUARDED:.*]] = call @embcol_core_guard(
// CHECK: %[[N:.*]] = arith.index_cast %[[GUARDED]] : i64 to index
// CHECK: %[[STARTS:.*]] = memref.alloc(%[[N]])
// CHECK: %[[ENDS:.*]] = memref.alloc(%[[N]])
// CHECK: call @embcol_cut_entries(
// CHECK: call @embcol_core_add_lookup_f32({{.*}}, %[[KERNEL]],
// CHECK: call @embcol_core_run_lookups()
func.func @lookup(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hour(%ids, %share)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @grouped(
// CHECK-DAG: %[[FIRST:.*]] = constant @embcol_tensor_lookup_mean_4xf32_weighted_safe_3
// CHECK-DAG: %[[SECOND:.*]] = constant @embcol_tensor_lookup_mean_4xf32_3
// CHECK: call @embcol_core_check_weights(
// CHECK: call @embcol_core_add_lookup_f32({{.*}}, %[[FIRST]],
// CHECK: call @embcol_cut_places(
// CHECK: call @embcol_core_add_lookup_f32({{.*}}, %[[SECOND]],
// CHECK: call @embcol_core_run_lookups()
// (grouped_lookup-C9)
// CHECK: call @embcol_core_join_batches(
func.func @grouped(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                   %places: !embcol.ragged<i64, 2>) -> tensor<?x8xf32> {
  %0 = embcol.grouped_lookup [@late, @unsafe]
      ids(%ids, %places : !embcol.ragged<i64>, !embcol.ragged<i64, 2>)
      weights(%share : !embcol.ragged<f32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// What is cut has the gradient 0.

// CHECK-LABEL: func.func @weight_gradients
// CHECK: call @embcol_core_check_place_weights(
// CHECK: call @embcol_cut_places(
// CHECK: %[[OUT:.*]] = memref.alloc({{.*}} : memref<?xf32>
// CHECK: linalg.fill {{.*}} outs(%[[OUT]] :
// CHECK: call @embcol_core_weight_gradients_f32(
func.func @weight_gradients(%ids: !embcol.ragged<i64, 2>, %share: !embcol.ragged<f32, 2>,
                            %gradient: tensor<?x4xf32>) -> !embcol.ragged<f32, 2> {
  %0 = embcol.weight_gradients @hour(%ids, %share, %gradient)
      : (!embcol.ragged<i64, 2>, !embcol.ragged<f32, 2>, tensor<?x4xf32>) -> !embcol.ragged<f32, 2>
  return %0 : !embcol.ragged<f32, 2>
}
