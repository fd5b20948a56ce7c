// RUN: embcol-opt %s -split-input-file -verify-diagnostics

embcol.table @t : tensor<24x4xf32>
// (column-C3)
// expected-error@below {{expected a positive max_sequence_length for a sequence column, found 0}}
embcol.column @c : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t

// -----

embcol.table @t : tensor<24x4xf32>
// (column-C4)
// expected-error@below {{expected max_sequence_length 0 for a column that is no sequence, found 5}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {max_sequence_length = 5}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C2)
// expected-error@below {{expected tensor_core_shape with the device tpu_tensor_core, and only there}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C2)
// expected-error@below {{expected tensor_core_shape with the device tpu_tensor_core, and only there}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<cpu>, tensor_core_shape = array<i64: -1, 3>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C2)
// expected-error@below {{expected tensor_core_shape with the device tpu_tensor_core, and only there}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {tensor_core_shape = array<i64: -1, 3>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C3)
// expected-error@below {{expected tensor_core_shape of size 2, found 3}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3, 4>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C3)
// expected-error@below {{expected tensor_core_shape of size 2, found 1}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: 3>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C4)
// expected-error@below {{expected a batch in tensor_core_shape that is positive, or -1 for any, found 0}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: 0, 3>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C5)
// expected-error@below {{expected a positive width in tensor_core_shape, found -1}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: 8, -1>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C5)
// expected-error@below {{expected a positive width in tensor_core_shape, found 0}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 0>}

// -----

embcol.table @t : tensor<24x4xf32>
// (device-C6)
// expected-error@below {{expected a plain column on the device tpu_tensor_core, found the sequence column #embcol.sequence_identity<key = "hours", num_buckets = 24>}}
embcol.column @c : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, max_sequence_length = 5,
     tensor_core_shape = array<i64: -1, 3>}

// -----

// (column-C1)
// expected-error@below {{expected @t to name a table}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t

// -----

// expected-note@below {{the table is here}}
embcol.table @t : tensor<23x4xf32>
// (column-C2)
// expected-error@below {{expected a table of 24 rows, found 23}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t

// -----

embcol.table @t : tensor<24x4xf32>
// (categorical-C3)
// expected-error@below {{expected @t to name a vocabulary}}
embcol.column @c : #embcol.vocabulary_list<key = "carrier", vocabulary = @t> -> @t

// -----

// The out-of-vocabulary buckets have rows as well.
embcol.vocabulary @carriers : !embcol.string = ["AA", "B6"] {num_oov_buckets = 3}
// expected-note@below {{the table is here}}
embcol.table @t : tensor<2x4xf32>
// (column-C2)
// expected-error@below {{expected a table of 5 rows, found 2}}
embcol.column @c : #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers> -> @t

// -----

// expected-note@below {{the vocabulary is here}}
embcol.vocabulary @carriers : !embcol.string = ["AA", "B6"]
embcol.table @t : tensor<2x4xf32>
// (categorical-C4)
// expected-error@below {{expected a vocabulary from a file}}
embcol.column @c : #embcol.vocabulary_file<key = "carrier", vocabulary = @carriers> -> @t

// -----

// expected-note@below {{the vocabulary is here}}
embcol.vocabulary @carriers : !embcol.string from "carriers.txt" size 2
embcol.table @t : tensor<2x4xf32>
// (categorical-C4)
// expected-error@below {{expected a vocabulary of tokens in line}}
embcol.column @c : #embcol.weighted<
    categorical = #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers>,
    weight_key = "share"> -> @t

// -----

embcol.table @t : tensor<24x4xf32>
// (module-C6)
// expected-error@below {{expected a name that is not empty, and without zero bytes, found "a\00b"}}
embcol.column @"a\00b" : #embcol.identity<key = "hour", num_buckets = 24> -> @t

// -----

// (categorical-C2)
// expected-error@below {{invalid kind of attribute specified}}
embcol.column @c : #embcol.supplied -> @t

// -----

embcol.table @t : tensor<24x4xf32>
func.func @f() {
  // (module-C4)
  // expected-error@below {{'embcol.column' op expects parent op 'builtin.module'}}
  embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{see existing symbol definition here}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
// (module-C5)
// expected-error@below {{redefinition of symbol named 'c'}}
embcol.column @c : #embcol.identity<key = "day", num_buckets = 24> -> @t

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the other column is here}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
// (column-C6)
// expected-error@below {{expected columns of different names, found "c" twice}}
embcol.column @d : #embcol.identity<key = "day", num_buckets = 24> -> @t {column_name = "c"}

// -----

embcol.table @t : tensor<24x4xf32>
// (column-C6)
// expected-error@below {{expected columns of different names, found "hour" twice}}
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t {column_name = "hour"}
// expected-note@below {{the other column is here}}
embcol.column @d : #embcol.identity<key = "day", num_buckets = 24> -> @t {column_name = "hour"}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @c : #embcol.identity<key = "hour", num_buckets = 24> -> @t
// (column-C7)
// expected-error@below {{attribute 'use_safe_embedding_lookup' failed to satisfy constraint: bool attribute}}
    {use_safe_embedding_lookup = 1 : i64}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @c : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t
// (column-C3)
// expected-error@below {{attribute 'max_sequence_length' failed to satisfy constraint: 64-bit signless integer attribute}}
    {max_sequence_length = 1.5}

// -----

// What has another name than the attributes of an op has no effect, and is refused; so
// are the arguments that TensorFlow's function for TPUs does not have.

embcol.table @t : tensor<24x4xf32>
// (module-C11)
// expected-error@below {{'embcol.column' op has no attribute 'combinr'}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {combinr = #embcol.combiner<sum>}

// -----

embcol.table @t : tensor<24x4xf32>
// (module-C11)
// expected-error@below {{'embcol.column' op does not support 'ckpt_to_load_from'}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {ckpt_to_load_from = "model"}

// -----

embcol.table @t : tensor<24x4xf32>
// (module-C11)
// expected-error@below {{'embcol.column' op does not support 'tensor_name_in_ckpt'}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {tensor_name_in_ckpt = "weights"}

// -----

embcol.table @t : tensor<24x4xf32>
// (module-C11)
// expected-error@below {{'embcol.column' op does not support 'max_norm'}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t {max_norm = 1.0}

// -----

embcol.table @t : tensor<24x4xf32>
// (module-C11)
// expected-error@below {{'embcol.column' op does not support 'trainable'}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t {trainable = false}

// -----

// Attributes with a prefix belong to whoever has the prefix.

embcol.table @t : tensor<24x4xf32> {test.note = "hours"}

// -----

embcol.table @t : tensor<24x4x!embcol.quantized<i8>>
// (table-C11)
// expected-error@below {{'embcol.column' op expected another device than tpu_embedding_core for rows of '!embcol.quantized<i8>'}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
