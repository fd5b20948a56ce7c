// RUN: embcol-opt %s -split-input-file -verify-diagnostics -embcol-assign-devices
// RUN: not embcol-opt %s -embcol-assign-devices=mode=eval 2>&1 \
// RUN:   | FileCheck %s --check-prefix=BAD-MODE

// (module-C9)
// BAD-MODE: error: expected mode training or serving, found 'eval'

// (module-C9)
// expected-error@below {{expected a mode: the attribute 'embcol.mode' or the option 'mode'}}
module {
  embcol.table @t : tensor<24x4xf32>
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
}

// -----

// The words are TensorFlow's.

module attributes {embcol.mode = #embcol.mode<serving>} {
  embcol.table @t : tensor<24x4xf32>
  // (device-C7)
  // expected-error@below {{@hour: Using embedding_lookup_device=tpu_embedding_core during inference is not supported.}}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
      {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
}

// -----

module attributes {embcol.mode = #embcol.mode<training>} {
  embcol.table @t : tensor<24x4xf32>
  // (device-C8)
  // expected-error@below {{@hour: Using TPUEmbeddingColumn with embedding_lookup_device="cpu" during training is not supported.}}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
      {embedding_lookup_device = #embcol.device<cpu>}
}

// -----

module attributes {embcol.mode = #embcol.mode<training>} {
  embcol.table @t : tensor<24x4x!embcol.quantized<i8>>
  // (table-C11)
  // expected-error@below {{@hour: rows of '!embcol.quantized<i8>' are for serving}}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
}

// -----

// A million rows are not above a million, and the other devices take any number.

module attributes {embcol.mode = #embcol.mode<serving>} {
  embcol.table @million : tensor<1000000x4xf32>
  embcol.column @small : #embcol.identity<key = "user", num_buckets = 1000000> -> @million
      {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
       tensor_core_shape = array<i64: -1, 3>}
  embcol.table @more : tensor<1000001x4xf32>
  embcol.column @elsewhere : #embcol.identity<key = "user", num_buckets = 1000001> -> @more
  // expected-remark@below {{a table of 1000001 rows is looked up on tpu_tensor_core; above 1000000 rows tpu_embedding_core is faster}}
  embcol.column @large : #embcol.identity<key = "user", num_buckets = 1000001> -> @more
      {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
       tensor_core_shape = array<i64: -1, 3>}
}
