// RUN: embcol-opt %s -convert-embcol-to-embedding-core -cse | FileCheck %s

// Gradients of weights are a call of the runtime, with the column's number, one
// step, the kernel, the rows, the bags and their weights, and then the gradients and
// the result in place of a lookup's result. The lookup of the column has a kernel of
// its own. Columns on other devices are left alone.

// CHECK: func.func private @embcol_core_weight_gradients_f32(i64, i64, (
// CHECK-SAME: attributes {llvm.emit_c_interface}
// CHECK: func.func private @embcol_weight_gradients_sqrtn_4xf32_weighted_safe(
// CHECK-NOT: func.func private @embcol_weight_gradients
embcol.table @hours : tensor<24x4xf32>
embcol.column @first : #embcol.weighted<
    categorical = #embcol.identity<key = "first", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<cpu>}
embcol.column @second : #embcol.weighted<
    categorical = #embcol.identity<key = "second", num_buckets = 24>, weight_key = "share"> -> @hours
    {combiner = #embcol.combiner<sqrtn>, embedding_lookup_device = #embcol.device<tpu_embedding_core>}

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>, %[[SHARE:.*]]: !embcol.ragged<f32>, %[[GRADIENT:.*]]: tensor<?x4xf32>)
// CHECK-DAG: %[[SHARE_PARTS:.*]]:2 = builtin.unrealized_conversion_cast %[[SHARE]]
// CHECK-DAG: %[[COLUMN:.*]] = arith.constant 1 : i64
// CHECK-DAG: %[[WEIGHTS:.*]] = bufferization.to_buffer %[[SHARE_PARTS]]#0 read_only
// CHECK: %[[GRADIENTS:.*]] = bufferization.to_buffer %[[GRADIENT]] read_only
// CHECK-DAG: %[[GRADIENTS_CAST:.*]] = memref.cast %[[GRADIENTS]] :
// CHECK: call @embcol_core_check_gradients(%[[COLUMN]], %[[STARTS:.*]], %[[GRADIENTS_CAST]])
// CHECK: %[[NUM_ENTRIES:.*]] = memref.dim %[[WEIGHTS]]
// CHECK: %[[OUT:.*]] = memref.alloc(%[[NUM_ENTRIES]]) {alignment = 64 : i64} : memref<?xf32>
// CHECK: %[[ROWS:.*]] = memref.get_global @hours.rows
// CHECK-DAG: %[[ROWS_CAST:.*]] = memref.cast %[[ROWS]] :
// CHECK-DAG: %[[OUT_CAST:.*]] = memref.cast %[[OUT]] :
// CHECK-DAG: %[[WEIGHTS_CAST:.*]] = memref.cast %[[WEIGHTS]] :
// CHECK-DAG: %[[KERNEL:.*]] = constant @embcol_weight_gradients_sqrtn_4xf32_weighted_safe
// CHECK: call @embcol_core_weight_gradients_f32(%[[COLUMN]], %[[COLUMN]], %[[KERNEL]], %[[ROWS_CAST]], %{{.*}}, %[[STARTS]], %{{.*}}, %[[WEIGHTS_CAST]], %[[GRADIENTS_CAST]], %[[OUT_CAST]])
// CHECK: %[[VALUES:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
// CHECK: %[[RESULT:.*]] = builtin.unrealized_conversion_cast %[[VALUES]], %[[SHARE_PARTS]]#1
// CHECK: embcol.weight_gradients @first
// CHECK: return %[[RESULT]], %{{.*}} : !embcol.ragged<f32>, !embcol.ragged<f32>
func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>, %gradient: tensor<?x4xf32>)
    -> (!embcol.ragged<f32>, !embcol.ragged<f32>) {
  %0 = embcol.weight_gradients @second(%ids, %share, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
  %1 = embcol.weight_gradients @first(%ids, %share, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
  return %0, %1 : !embcol.ragged<f32>, !embcol.ragged<f32>
}
