// RUN: embcol-opt %s -split-input-file -convert-embcol-to-embedding-core -cse | FileCheck %s

// A lookup is a call of the runtime, with the column's number, one step, the
// kernel of its signature, the rows, and the bags that neighbouring splits make.

// CHECK-LABEL: module @lookup
module @lookup {
  // CHECK: func.func private @embcol_core_add_lookup_f32(i64, i64, (
  // CHECK-SAME: attributes {llvm.emit_c_interface}
  // CHECK: memref.global @hours.rows : memref<24x4xf32>
  // CHECK: func.func private @embcol_lookup_mean_4xf32_safe(
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @first : #embcol.identity<key = "first", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
  embcol.column @second : #embcol.identity<key = "second", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<tpu_embedding_core>}

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>)
  // CHECK: %[[PARTS:.*]]:2 = builtin.unrealized_conversion_cast %[[IDS]] : !embcol.ragged<i64> to tensor<?xi64>, tensor<?xi64>
  // CHECK-DAG: %[[VALUES:.*]] = bufferization.to_buffer %[[PARTS]]#0 read_only
  // CHECK-DAG: %[[SPLITS:.*]] = bufferization.to_buffer %[[PARTS]]#1 read_only
  // CHECK: %[[NUM_SPLITS:.*]] = memref.dim %[[SPLITS]]
  // CHECK: %[[BATCH:.*]] = arith.subi %[[NUM_SPLITS]], %{{.*}} : index
  // CHECK: %[[STARTS:.*]] = memref.subview %[[SPLITS]][0] [%[[BATCH]]] [1]
  // CHECK: %[[ENDS:.*]] = memref.subview %[[SPLITS]][1] [%[[BATCH]]] [1]
  // CHECK: %[[NO_WEIGHTS:.*]] = memref.alloca() : memref<0xf32>
  // CHECK: %[[OUT:.*]] = memref.alloc(%[[BATCH]]) {alignment = 64 : i64} : memref<?x4xf32>
  // CHECK: %[[ROWS:.*]] = memref.get_global @hours.rows
  // CHECK-DAG: %[[ROWS_CAST:.*]] = memref.cast %[[ROWS]] :
  // CHECK-DAG: %[[OUT_CAST:.*]] = memref.cast %[[OUT]] :
  // CHECK-DAG: %[[COLUMN:.*]] = arith.constant 1 : i64
  // CHECK-DAG: %[[KERNEL:.*]] = constant @embcol_lookup_mean_4xf32_safe
  // CHECK-DAG: %[[VALUES_CAST:.*]] = memref.cast %[[VALUES]] :
  // CHECK-DAG: %[[STARTS_CAST:.*]] = memref.cast %[[STARTS]] :
  // CHECK-DAG: %[[ENDS_CAST:.*]] = memref.cast %[[ENDS]] :
  // CHECK: call @embcol_core_add_lookup_f32(%[[COLUMN]], %[[COLUMN]], %[[KERNEL]], %[[ROWS_CAST]], %[[VALUES_CAST]], %[[STARTS_CAST]], %[[ENDS_CAST]], %{{.*}}, %[[OUT_CAST]])
  // CHECK: %[[RESULT:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
  // CHECK: return %[[RESULT]] : tensor<?x4xf32>
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @second(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// Weights have splits of their own, which have to be those of the ids.

// CHECK-LABEL: module @weighted
module @weighted {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {combiner = #embcol.combiner<sqrtn>, use_safe_embedding_lookup = false,
       embedding_lookup_device = #embcol.device<tpu_embedding_core>}

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>, %[[SHARE:.*]]: !embcol.ragged<f32>)
  // CHECK-DAG: %[[IDS_PARTS:.*]]:2 = builtin.unrealized_conversion_cast %[[IDS]]
  // CHECK-DAG: %[[SHARE_PARTS:.*]]:2 = builtin.unrealized_conversion_cast %[[SHARE]]
  // CHECK: %[[IDS_SPLITS:.*]] = bufferization.to_buffer %[[IDS_PARTS]]#1
  // CHECK: %[[SHARE_SPLITS:.*]] = bufferization.to_buffer %[[SHARE_PARTS]]#1
  // CHECK: %[[IDS_CAST:.*]] = memref.cast %[[IDS_SPLITS]] :
  // CHECK: %[[SHARE_CAST:.*]] = memref.cast %[[SHARE_SPLITS]] :
  // CHECK: call @embcol_core_check_weights(%{{.*}}, %[[IDS_CAST]], %[[SHARE_CAST]])
  // CHECK: %[[WEIGHTS:.*]] = bufferization.to_buffer %[[SHARE_PARTS]]#0
  // CHECK: %[[KERNEL:.*]] = constant @embcol_lookup_sqrtn_4xf32_weighted :
  // CHECK: %[[WEIGHTS_CAST:.*]] = memref.cast %[[WEIGHTS]] :
  // CHECK: call @embcol_core_add_lookup_f32(%{{.*}}, %{{.*}}, %[[KERNEL]], {{.*}}, %[[WEIGHTS_CAST]], %{{[^,]*}}) :
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @hour(%ids, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// The runtime cuts sequences into bags, one for each step of the result. Their
// checks stay on without safe lookup.

// CHECK-LABEL: module @sequence
module @sequence {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hours_seen : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @hours
      {combiner = #embcol.combiner<sum>, max_sequence_length = 5, use_safe_embedding_lookup = false,
       embedding_lookup_device = #embcol.device<tpu_embedding_core>}

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64, 2>)
  // CHECK: %[[PARTS:.*]]:3 = builtin.unrealized_conversion_cast %[[IDS]]
  // CHECK: %[[OUTER:.*]] = bufferization.to_buffer %[[PARTS]]#2
  // CHECK: %[[STEPS:.*]] = arith.constant 5 : index
  // CHECK: %[[NUM_BAGS:.*]] = arith.muli %[[BATCH:.*]], %[[STEPS]] : index
  // CHECK: %[[STARTS:.*]] = memref.alloc(%[[NUM_BAGS]])
  // CHECK: %[[ENDS:.*]] = memref.alloc(%[[NUM_BAGS]])
  // CHECK: %[[LENGTHS:.*]] = memref.alloc(%[[BATCH]])
  // CHECK: %[[STEPS_I64:.*]] = arith.constant 5 : i64
  // CHECK: %[[INNER:.*]] = bufferization.to_buffer %[[PARTS]]#1
  // CHECK: %[[INNER_CAST:.*]] = memref.cast %[[INNER]] :
  // CHECK: %[[OUTER_CAST:.*]] = memref.cast %[[OUTER]] :
  // CHECK: %[[STARTS_CAST:.*]] = memref.cast %[[STARTS]] :
  // CHECK: %[[ENDS_CAST:.*]] = memref.cast %[[ENDS]] :
  // CHECK: %[[LENGTHS_CAST:.*]] = memref.cast %[[LENGTHS]] :
  // CHECK: call @embcol_core_cut_sequence(%[[STEPS_I64]], %[[INNER_CAST]], %[[OUTER_CAST]], %[[STARTS_CAST]], %[[ENDS_CAST]], %[[LENGTHS_CAST]])
  // CHECK: %[[OUT:.*]] = memref.alloc(%[[BATCH]]) {{.*}} : memref<?x5x4xf32>
  // CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[OUT]] {{\[}}[0, 1], [2]]
  // CHECK: %[[KERNEL:.*]] = constant @embcol_lookup_sum_4xf32_safe
  // CHECK: %[[FLAT_CAST:.*]] = memref.cast %[[FLAT]] :
  // CHECK: call @embcol_core_add_lookup_f32(%{{.*}}, %[[STEPS_I64]], %[[KERNEL]], {{.*}}, %[[STARTS_CAST]], %[[ENDS_CAST]], %{{.*}}, %[[FLAT_CAST]])
  // CHECK-DAG: %[[RESULT:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
  // CHECK-DAG: %[[LENGTHS_RESULT:.*]] = bufferization.to_tensor %[[LENGTHS]] restrict writable
  // CHECK: return %[[RESULT]], %[[LENGTHS_RESULT]]
  func.func @f(%ids: !embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>) {
    %0, %1 = embcol.sequence_lookup @hours_seen(%ids)
        : (!embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>)
    return %0, %1 : tensor<?x5x4xf32>, tensor<?xi64>
  }
}

// -----

// One kernel for all columns of a signature; what other devices run stays.

// CHECK-LABEL: module @signatures
module @signatures {
  // CHECK-COUNT-1: func.func private @embcol_lookup_mean_4xf32_safe
  // CHECK-NOT: func.func private @embcol_lookup
  embcol.table @hours : tensor<24x4xf32>
  embcol.table @days : tensor<7x4xf32>
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
  embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
      {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
  embcol.column @elsewhere : #embcol.identity<key = "day", num_buckets = 7> -> @days
      {embedding_lookup_device = #embcol.device<cpu>}

  // CHECK-LABEL: func.func @f
  // CHECK: %[[KERNEL:.*]] = constant @embcol_lookup_mean_4xf32_safe
  // CHECK: call @embcol_core_add_lookup_f32(%{{.*}}, %{{.*}}, %[[KERNEL]],
  // CHECK: call @embcol_core_add_lookup_f32(%{{.*}}, %{{.*}}, %[[KERNEL]],
  // CHECK: embcol.lookup @elsewhere
  func.func @f(%ids: !embcol.ragged<i64>)
      -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
    %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    %1 = embcol.lookup @day(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    %2 = embcol.lookup @elsewhere(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    return %0, %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  }
}
