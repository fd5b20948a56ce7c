// RUN: embcol-opt %s -convert-embcol-to-cpu -canonicalize -cse | FileCheck %s

// The kernels are called one after another, each writing its slice of the
// result.

embcol.table @hours : tensor<24x4xf32>
embcol.table @days : tensor<7x8xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<cpu>}
embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}

// CHECK-LABEL: func.func @f
// CHECK: %[[BATCH:.*]] = arith.minui
// CHECK: %[[OUT:.*]] = memref.alloc(%[[BATCH]]) {alignment = 64 : i64} : memref<?x12xf32>
// CHECK: %[[HOUR:.*]] = memref.subview %[[OUT]][0, 0] [%[[BATCH]], 4] [1, 1]
// CHECK: %[[HOUR_CAST:.*]] = memref.cast %[[HOUR]] :
// CHECK: %[[BAD_HOUR:.*]] = call @embcol_lookup_mean_4xf32_safe({{.*}}, %[[HOUR_CAST]],
// CHECK: call @embcol_core_report_id(
// CHECK: %[[DAY:.*]] = memref.subview %[[OUT]][0, 4] [%[[BATCH]], 8] [1, 1]
// CHECK: %[[DAY_CAST:.*]] = memref.cast %[[DAY]] :
// CHECK: %[[BAD_DAY:.*]] = call @embcol_lookup_sum_8xf32_safe({{.*}}, %[[DAY_CAST]],
// CHECK: call @embcol_core_report_id(
// CHECK: call @embcol_core_join_batches(
// CHECK: %[[RESULT:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
// CHECK: return %[[RESULT]]
func.func @f(%hour: !embcol.ragged<i64>, %day: !embcol.ragged<i64>) -> tensor<?x12xf32> {
  %0 = embcol.grouped_lookup [@hour, @day]
      ids(%hour, %day : !embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?x12xf32>
  return %0 : tensor<?x12xf32>
}
