// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s \
// RUN:   --implicit-check-not=embcol. --implicit-check-not=unrealized_conversion_cast

// The kernel is called in place, over no bags after an error; what it returns
// goes to the runtime with what names column, row and value.

// CHECK-LABEL: module @lookup
module @lookup attributes {embcol.mode = #embcol.mode<serving>} {
  // CHECK-DAG: func.func private @embcol_core_guard(i64) -> i64 attributes {llvm.emit_c_interface}
  // CHECK-DAG: func.func private @embcol_core_report_id({{.*}}) attributes {llvm.emit_c_interface}
  // CHECK-DAG: memref.global @hours.rows : memref<24x4xf32>
  // CHECK-DAG: func.func private @embcol_lookup_mean_4xf32_safe(
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @other : #embcol.identity<key = "other", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<cpu>}

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: (%[[VALUES:.*]]: tensor<?xi64>, %[[SPLITS:.*]]: tensor<?xi64>) -> tensor<?x4xf32> attributes {llvm.emit_c_interface}
  // CHECK-DAG: %[[IDS:.*]] = bufferization.to_buffer %[[VALUES]] read_only
  // CHECK-DAG: %[[SPLITS_BUFFER:.*]] = bufferization.to_buffer %[[SPLITS]] read_only
  // CHECK: %[[BATCH:.*]] = arith.subi %{{.*}}, %{{.*}} : index
  // CHECK: %[[STARTS:.*]] = memref.subview %[[SPLITS_BUFFER]][0] [%[[BATCH]]] [1]
  // CHECK: %[[ENDS:.*]] = memref.subview %[[SPLITS_BUFFER]][1] [%[[BATCH]]] [1]
  // CHECK: %[[OUT:.*]] = memref.alloc(%[[BATCH]]) {alignment = 64 : i64} : memref<?x4xf32>
  // CHECK: %[[ROWS:.*]] = memref.get_global @hours.rows
  // CHECK-DAG: %[[ROWS_CAST:.*]] = memref.cast %[[ROWS]] :
  // CHECK-DAG: %[[OUT_CAST:.*]] = memref.cast %[[OUT]] :
  // CHECK-DAG: %[[IDS_CAST:.*]] = memref.cast %[[IDS]] :
  // CHECK-DAG: %[[STARTS_CAST:.*]] = memref.cast %[[STARTS]] :
  // CHECK-DAG: %[[ENDS_CAST:.*]] = memref.cast %[[ENDS]] :
  // CHECK: %[[BATCH_I64:.*]] = arith.index_cast %[[BATCH]] : index to i64
  // CHECK: %[[GUARDED:.*]] = call @embcol_core_guard(%[[BATCH_I64]])
  // CHECK: %[[NUM_BAGS:.*]] = arith.index_cast %[[GUARDED]] : i64 to index
  // CHECK: %[[BAD:.*]] = call @embcol_lookup_mean_4xf32_safe(%[[ROWS_CAST]], %[[IDS_CAST]], %[[STARTS_CAST]], %[[ENDS_CAST]], %{{.*}}, %[[OUT_CAST]], %{{.*}}, %[[NUM_BAGS]])
  // CHECK: %[[BAD_I64:.*]] = arith.index_cast %[[BAD]] : index to i64
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : i64
  // CHECK-DAG: %[[NUM_ROWS:.*]] = arith.constant 24 : i64
  // CHECK: call @embcol_core_report_id(%[[ONE]], %[[ONE]], %[[BAD_I64]], %[[NUM_ROWS]], %[[IDS_CAST]], %[[STARTS_CAST]], %[[ENDS_CAST]])
  // CHECK: %[[RESULT:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
  // CHECK: return %[[RESULT]]
  func.func @f(%ids: !embcol.ragged<i64> {embcol.feature = "hour"}) -> tensor<?x4xf32> {
    %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// CHECK-LABEL: module @weighted
module @weighted {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {embedding_lookup_device = #embcol.device<cpu>}

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: (%{{.*}}: tensor<?xi64>, %[[SPLITS:.*]]: tensor<?xi64>, %[[SHARE:.*]]: tensor<?xf32>, %[[SHARE_SPLITS:.*]]: tensor<?xi64>)
  // CHECK: %[[SPLITS_BUFFER:.*]] = bufferization.to_buffer %[[SPLITS]]
  // CHECK: %[[SHARE_SPLITS_BUFFER:.*]] = bufferization.to_buffer %[[SHARE_SPLITS]]
  // CHECK: %[[SPLITS_CAST:.*]] = memref.cast %[[SPLITS_BUFFER]] :
  // CHECK: %[[SHARE_SPLITS_CAST:.*]] = memref.cast %[[SHARE_SPLITS_BUFFER]] :
  // CHECK: call @embcol_core_check_weights(%{{.*}}, %[[SPLITS_CAST]], %[[SHARE_SPLITS_CAST]])
  // CHECK: %[[WEIGHTS:.*]] = bufferization.to_buffer %[[SHARE]]
  // CHECK: %[[WEIGHTS_CAST:.*]] = memref.cast %[[WEIGHTS]] :
  // CHECK: call @embcol_core_guard
  // CHECK: call @embcol_lookup_mean_4xf32_weighted_safe({{.*}}, %[[WEIGHTS_CAST]],
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @hour(%ids, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// CHECK-LABEL: module @sequence
module @sequence {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @seen : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<cpu>, max_sequence_length = 5,
       use_safe_embedding_lookup = false}

  // CHECK-LABEL: func.func @f
  // CHECK: %[[STEPS:.*]] = arith.constant 5 : i64
  // CHECK: call @embcol_core_cut_sequence(%[[STEPS]],
  // CHECK: %[[OUT:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x5x4xf32>
  // CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[OUT]]
  // CHECK: %[[FLAT_CAST:.*]] = memref.cast %[[FLAT]] :
  // CHECK: call @embcol_lookup_mean_4xf32_safe({{.*}}, %[[FLAT_CAST]], %{{[^,]*}}, %{{[^,]*}}) :
  // CHECK: call @embcol_core_report_id(%{{.*}}, %[[STEPS]],
  // CHECK: bufferization.to_tensor %[[OUT]]
  func.func @f(%ids: !embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>) {
    %0, %1 = embcol.sequence_lookup @seen(%ids)
        : (!embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>)
    return %0, %1 : tensor<?x5x4xf32>, tensor<?xi64>
  }
}

// -----

// Ragged arrays and strings become tensors in signatures and calls; only public
// functions with a body are for C.

// CHECK-LABEL: module @functions
module @functions {
  // CHECK: func.func private @tokenize(tensor<?xi8>, tensor<?xi64>, index) -> (tensor<?xi8>, tensor<?xi64>, tensor<?xi64>){{$}}
  func.func private @tokenize(tensor<?x2x!embcol.string>) -> !embcol.ragged<!embcol.string>
  // CHECK: func.func private @decay(i64) -> f32{{$}}
  func.func private @decay(i64) -> f32

  // CHECK: func.func @f(%[[BYTES:.*]]: tensor<?xi8>, %[[OFFSETS:.*]]: tensor<?xi64>, %[[SIZE:.*]]: index, %[[STEP:.*]]: i64)
  // CHECK-SAME: -> (tensor<?xi8>, tensor<?xi64>, tensor<?xi64>, f32) attributes {llvm.emit_c_interface}
  // CHECK: %[[TOKENS:.*]]:3 = call @tokenize(%[[BYTES]], %[[OFFSETS]], %[[SIZE]])
  // CHECK: %[[RATE:.*]] = call @decay(%[[STEP]]) : (i64) -> f32
  // CHECK: return %[[TOKENS]]#0, %[[TOKENS]]#1, %[[TOKENS]]#2, %[[RATE]]
  func.func @f(%text: tensor<?x2x!embcol.string> {embcol.feature = "text"}, %step: i64)
      -> (!embcol.ragged<!embcol.string>, f32) {
    %0 = call @tokenize(%text) : (tensor<?x2x!embcol.string>) -> !embcol.ragged<!embcol.string>
    %1 = embcol.learning_rate @decay(%step)
    return %0, %1 : !embcol.ragged<!embcol.string>, f32
  }
}

// -----

// The attributes of arguments are dropped where one argument becomes several;
// elsewhere only the features' names go.

// CHECK-LABEL: module @argument_attributes
module @argument_attributes {
  // CHECK: func.func @several(%{{.*}}: tensor<?xi64>, %{{.*}}: tensor<?xi64>, %{{.*}}: i64) -> i64
  func.func @several(%hour: !embcol.ragged<i64> {embcol.feature = "hour", test.a},
                     %step: i64 {embcol.feature = "step", test.a}) -> i64 {
    return %step : i64
  }

  // CHECK: func.func @one(%{{.*}}: tensor<?xi64>, %{{.*}}: i64 {test.a}) -> i64
  func.func @one(%hour: tensor<?xi64> {embcol.feature = "hour"},
                 %step: i64 {embcol.feature = "step", test.a}) -> i64 {
    return %step : i64
  }
}
