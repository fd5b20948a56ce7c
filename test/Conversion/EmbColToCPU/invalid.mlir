// RUN: embcol-opt %s -split-input-file -verify-diagnostics -convert-embcol-to-cpu

embcol.table @hours : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
func.func @tensor_core_is_left(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  // (device-C10)
  // expected-error@below {{expected column @hour on the device cpu, found tpu_tensor_core, which no earlier pass has lowered}}
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

embcol.table @hours : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
func.func @weights_on_tensor_core(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                                  %gradient: tensor<?x4xf32>) -> !embcol.ragged<f32> {
  // (device-C10)
  // expected-error@below {{expected column @hour on the device cpu, found tpu_tensor_core, which no earlier pass has lowered}}
  %0 = embcol.weight_gradients @hour(%ids, %share, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
  return %0 : !embcol.ragged<f32>
}

// -----

embcol.table @hours : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @seen : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>, max_sequence_length = 5}
func.func @embedding_core_is_left(%ids: !embcol.ragged<i64, 2>) -> tensor<?x5x4xf32> {
  // (device-C10)
  // expected-error@below {{expected column @seen on the device cpu, found tpu_embedding_core, which no earlier pass has lowered}}
  %0, %1 = embcol.sequence_lookup @seen(%ids)
      : (!embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>)
  return %0 : tensor<?x5x4xf32>
}

// -----

embcol.table @hours : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
func.func @no_device(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  // (device-C10)
  // expected-error@below {{expected column @hour on the device cpu, found none}}
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

embcol.table @hours : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<cpu>}
// expected-error@below {{'embcol.packed_lookup' op expected convert-embcol-to-embedding-core to run before}}
embcol.packed_lookup @lookup [@hour]

// -----

embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
func.func @update_is_left(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32,
                          %step: i64) {
  // expected-error@below {{'embcol.apply_gradients' op expected convert-embcol-to-embedding-core to run before}}
  embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
      gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
  return
}

// -----

module {
  // (module-C8)
  // expected-error@below {{expected no module within a module: each is compiled on its own}}
  module @inner {}
}

// -----

// (module-C7)
// expected-error@below {{expected no name that begins with 'embcol_', which lowered code uses}}
func.func @embcol_core_add_lookup() {
  return
}

// -----

// (module-C7)
// expected-error@below {{expected no name that begins with 'embcol_', which lowered code uses}}
embcol.table @embcol_hours : tensor<24x4xf32>
