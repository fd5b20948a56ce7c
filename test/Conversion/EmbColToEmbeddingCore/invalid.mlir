// RUN: embcol-opt %s -split-input-file -verify-diagnostics -convert-embcol-to-embedding-core

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

// -----

embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
func.func @update(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32,
                  %step: i64) {
  // (device-C10)
  // expected-error@below {{expected columns on other devices than tpu_tensor_core, which no pass lowers, found @hour}}
  embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
      gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
  return
}
