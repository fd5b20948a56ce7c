// RUN: embcol-opt %s -split-input-file -embcol-assign-devices | FileCheck %s
// RUN: embcol-opt %s -split-input-file -embcol-assign-devices=mode=training \
// RUN:   | FileCheck %s --check-prefix=TRAINING
// RUN: embcol-opt %s -split-input-file -embcol-assign-devices=mode=serving \
// RUN:   | FileCheck %s --check-prefix=SERVING

// The option goes before the module's own mode, and the module keeps it.

// CHECK-LABEL: module @training attributes {embcol.mode = #embcol.mode<training>}
// CHECK: embcol.column @hour : {{.*}} {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
// CHECK: embcol.column @hours : {{.*}} {embedding_lookup_device = #embcol.device<tpu_embedding_core>, max_sequence_length = 5 : i64}
// CHECK: embcol.column @placed : {{.*}} {embedding_lookup_device = #embcol.device<tpu_tensor_core>,

// TRAINING-LABEL: module @training attributes {embcol.mode = #embcol.mode<training>}
// TRAINING: embcol.column @hour : {{.*}}#embcol.device<tpu_embedding_core>

// SERVING-LABEL: module @training attributes {embcol.mode = #embcol.mode<serving>}
// SERVING: embcol.column @hour : {{.*}}#embcol.device<cpu>
module @training attributes {embcol.mode = #embcol.mode<training>} {
  embcol.table @t : tensor<24x4xf32>
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
  embcol.column @hours : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t
      {max_sequence_length = 5}
  embcol.column @placed : #embcol.identity<key = "placed", num_buckets = 24> -> @t
      {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
       tensor_core_shape = array<i64: -1, 3>}
}

// -----

// CHECK-LABEL: module @serving attributes {embcol.mode = #embcol.mode<serving>}
// CHECK: embcol.column @hour : {{.*}} {embedding_lookup_device = #embcol.device<cpu>}
// CHECK: embcol.column @placed : {{.*}} {embedding_lookup_device = #embcol.device<tpu_tensor_core>,

// TRAINING-LABEL: module @serving attributes {embcol.mode = #embcol.mode<training>}
// TRAINING: embcol.column @hour : {{.*}}#embcol.device<tpu_embedding_core>

// SERVING-LABEL: module @serving attributes {embcol.mode = #embcol.mode<serving>}
// SERVING: embcol.column @hour : {{.*}}#embcol.device<cpu>
module @serving attributes {embcol.mode = #embcol.mode<serving>} {
  embcol.table @t : tensor<24x4xf32>
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
  embcol.column @placed : #embcol.identity<key = "placed", num_buckets = 24> -> @t
      {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
       tensor_core_shape = array<i64: -1, 3>}
}
