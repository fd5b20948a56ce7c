// RUN: embcol-opt %s -convert-embcol-to-embedding-core -cse | FileCheck %s

// The lookup of each column is added with the slice of the result that it
// writes, then all run. Only then batches are compared: of the errors, those of
// lookups come first. No more rows are looked up than all columns have.

embcol.table @hours : tensor<24x4xf32>
embcol.table @days : tensor<7x8xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {combiner = #embcol.combiner<sum>,
     embedding_lookup_device = #embcol.device<tpu_embedding_core>}

// CHECK-LABEL: func.func @f
// CHECK: %[[HOUR_SPLITS:.*]] = bufferization.to_buffer %{{.*}}#1
// CHECK: %[[HOUR_BATCH:.*]] = arith.subi
// CHECK: %[[DAY_SPLITS:.*]] = bufferization.to_buffer %{{.*}}#1
// CHECK: %[[DAY_BATCH:.*]] = arith.subi
// CHECK: %[[BATCH:.*]] = arith.minui %[[HOUR_BATCH]], %[[DAY_BATCH]]
// CHECK: %[[OUT:.*]] = memref.alloc(%[[BATCH]]) {alignment = 64 : i64} : memref<?x12xf32>
// CHECK: memref.subview %[[HOUR_SPLITS]][0] [%[[BATCH]]] [1]
// CHECK: memref.subview %[[HOUR_SPLITS]][1] [%[[BATCH]]] [1]
// CHECK: call @embcol_core_check_weights(
// CHECK: %[[HOUR:.*]] = memref.subview %[[OUT]][0, 0] [%[[BATCH]], 4] [1, 1]
// CHECK-DAG: %[[HOUR_CAST:.*]] = memref.cast %[[HOUR]] :
// CHECK-DAG: %[[MEAN:.*]] = constant @embcol_lookup_mean_4xf32_weighted_safe
// CHECK: call @embcol_core_add_lookup_f32(%{{.*}}, %[[MEAN]], {{.*}}, %[[HOUR_CAST]])
// CHECK: memref.subview %[[DAY_SPLITS]][0] [%[[BATCH]]] [1]
// CHECK: %[[DAY:.*]] = memref.subview %[[OUT]][0, 4] [%[[BATCH]], 8] [1, 1]
// CHECK-DAG: %[[DAY_CAST:.*]] = memref.cast %[[DAY]] :
// CHECK-DAG: %[[SUM:.*]] = constant @embcol_lookup_sum_8xf32_safe
// CHECK: call @embcol_core_add_lookup_f32(%{{.*}}, %[[SUM]], {{.*}}, %[[DAY_CAST]])
// CHECK-NEXT: call @embcol_core_run_lookups()
// CHECK-DAG: %[[FIRST:.*]] = arith.index_cast %[[HOUR_BATCH]]
// CHECK-DAG: %[[SECOND:.*]] = arith.index_cast %[[DAY_BATCH]]
// CHECK: call @embcol_core_join_batches(%[[FIRST]], %[[SECOND]])
// CHECK: %[[RESULT:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
// CHECK: return %[[RESULT]]
func.func @f(%hour: !embcol.ragged<i64>, %share: !embcol.ragged<f32>, %day: !embcol.ragged<i64>)
    -> tensor<?x12xf32> {
  %0 = embcol.grouped_lookup [@hour, @day]
      ids(%hour, %day : !embcol.ragged<i64>, !embcol.ragged<i64>)
      weights(%share : !embcol.ragged<f32>) -> tensor<?x12xf32>
  return %0 : tensor<?x12xf32>
}
