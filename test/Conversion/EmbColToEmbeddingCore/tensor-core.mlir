// RUN: embcol-opt %s -convert-embcol-to-embedding-core -canonicalize -cse | FileCheck %s

// Updates by columns on the tensor core are of what these look up: of what is
// left of their rows.

embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: 8, 3>}

// CHECK-LABEL: func.func @update
// CHECK: call @embcol_core_begin_update_f32(
// CHECK: call @embcol_core_check_batch(
// CHECK: call @embcol_core_check_weights(
// CHECK: %[[GUARDED:.*]] = call @embcol_core_guard(
// CHECK: %[[N:.*]] = arith.index_cast %[[GUARDED]] : i64 to index
// CHECK: %[[STARTS:.*]] = memref.alloc(%[[N]])
// CHECK: %[[ENDS:.*]] = memref.alloc(%[[N]])
// CHECK-DAG: %[[STARTS_CAST:.*]] = memref.cast %[[STARTS]]
// CHECK-DAG: %[[ENDS_CAST:.*]] = memref.cast %[[ENDS]]
// CHECK: call @embcol_cut_entries(%{{.*}}, %{{.*}}, %[[STARTS_CAST]], %[[ENDS_CAST]])
// CHECK: call @embcol_core_add_gradients({{.*}}, %[[STARTS_CAST]], %[[ENDS_CAST]],
// CHECK: call @embcol_core_apply_updates()
func.func @update(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                  %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
  embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
      weights(%share : !embcol.ragged<f32>) gradients(%gradient : tensor<?x4xf32>)
      learning_rates(%rate) step(%step)
  return
}
