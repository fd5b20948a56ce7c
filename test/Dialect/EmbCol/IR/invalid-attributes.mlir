// RUN: embcol-opt %s -split-input-file -verify-diagnostics

// Categorical kinds.

// (identity-C1)
// expected-error@below {{expected num_buckets to be positive, found 0}}
module attributes {test.a = #embcol.identity<key = "hour", num_buckets = 0>} {}

// -----

// (identity-C2)
// expected-error@below {{expected default_value in [0, 24), found 24}}
module attributes {test.a = #embcol.identity<key = "hour", num_buckets = 24, default_value = 24>} {}

// -----

// (identity-C2)
// expected-error@below {{expected default_value in [0, 24), found -1}}
module attributes {test.a = #embcol.identity<key = "hour", num_buckets = 24, default_value = -1>} {}

// -----

// (identity-C1)
// expected-error@below {{expected num_buckets to be positive, found -3}}
module attributes {test.a = #embcol.sequence_identity<key = "hours", num_buckets = -3>} {}

// -----

// (identity-C2)
// expected-error@below {{expected default_value in [0, 24), found 24}}
module attributes {test.a = #embcol.sequence_identity<key = "hours", num_buckets = 24, default_value = 24>} {}

// -----

// (weighted-C1)
// expected-error@below {{expected a column without weights to be weighted, found #embcol.weighted<}}
module attributes {test.a = #embcol.weighted<
  categorical = #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>,
    weight_key = "share">,
  weight_key = "more">} {}

// -----

// (weighted-C2)
// expected-error@below {{expected a plain column to be weighted, found the sequence column #embcol.sequence_vocabulary_file<key = "dests", vocabulary = @airports>}}
module attributes {test.a = #embcol.weighted<
  categorical = #embcol.sequence_vocabulary_file<key = "dests", vocabulary = @airports>,
  weight_key = "share">} {}

// -----

// (weighted-C3)
// expected-error@below {{expected weights from a feature other than the ids', found "hour" for both}}
module attributes {test.a = #embcol.weighted<
  categorical = #embcol.identity<key = "hour", num_buckets = 24>,
  weight_key = "hour">} {}

// -----

// Initializers. Numbers are f64, and are computed with in f32.

// (initializer-C1)
// expected-error@below {{expected mean to be finite in f32, found nan}}
module attributes {test.a = #embcol.truncated_normal<mean = 0x7FF8000000000000, stddev = 0.5>} {}

// -----

// (initializer-C1)
// expected-error@below {{expected stddev to be finite in f32, found INF}}
module attributes {test.a = #embcol.truncated_normal<mean = 0.0, stddev = 0x7FF0000000000000>} {}

// -----

// (initializer-C2)
// expected-error@below {{expected stddev not to be negative, found -5.000000e-01}}
module attributes {test.a = #embcol.truncated_normal<mean = 0.0, stddev = -0.5>} {}

// -----

// (initializer-C1)
// expected-error@below {{expected value to be finite in f32, found 1.000000e+39}}
module attributes {test.a = #embcol.constant<value = 1.0e39>} {}

// -----

// (initializer-C1)
// expected-error@below {{expected minval to be finite in f32, found -1.000000e+39}}
module attributes {test.a = #embcol.uniform<minval = -1.0e39, maxval = 1.0>} {}

// -----

// (initializer-C1)
// expected-error@below {{expected maxval to be finite in f32, found INF}}
module attributes {test.a = #embcol.uniform<minval = 0.0, maxval = 0x7FF0000000000000>} {}

// -----

// (initializer-C3)
// expected-error@below {{expected minval not above maxval, found 1.000000e+00 and -1.000000e+00}}
module attributes {test.a = #embcol.uniform<minval = 1.0, maxval = -1.0>} {}

// -----

// Enumerations.

// (column-C5)
// expected-error@below {{expected one of [sum, mean, sqrtn] for how the entries of a row are reduced, got: max}}
// expected-error@below {{failed to parse EmbCol_CombinerAttr}}
module attributes {test.a = #embcol.combiner<max>} {}

// -----

// (device-C1)
// expected-error@below {{expected one of [cpu, tpu_tensor_core, tpu_embedding_core] for where a lookup runs, got: gpu}}
// expected-error@below {{failed to parse EmbCol_DeviceAttr}}
module attributes {test.a = #embcol.device<gpu>} {}

// -----

// (module-C9)
// expected-error@below {{expected one of [training, serving] for what a program is compiled for, got: eval}}
// expected-error@below {{failed to parse EmbCol_ModeAttr}}
module attributes {test.a = #embcol.mode<eval>} {}

// -----

// The attributes of modules, arguments and results.

// (module-C1)
// expected-error@below {{expected 'embcol.mode' to be #embcol.mode, found "training"}}
module attributes {embcol.mode = "training"} {}

// -----

// (module-C1)
// expected-error@below {{expected 'embcol.mode' on a module, found it on 'func.func'}}
func.func private @f() attributes {embcol.mode = #embcol.mode<training>}

// -----

// (module-C12)
// expected-error@below {{expected 'embcol.prefetch' to be an array of #embcol.prefetch, found 16 : i64}}
module attributes {embcol.prefetch = 16} {}

// -----

// (module-C12)
// expected-error@below {{expected 'embcol.prefetch' to be an array of #embcol.prefetch, found [16]}}
module attributes {embcol.prefetch = [16]} {}

// -----

// (module-C12)
// expected-error@below {{expected 'embcol.prefetch' on a module, found it on 'func.func'}}
func.func private @f() attributes {embcol.prefetch = []}

// -----

// (prefetch-C1)
// expected-error@below {{expected max_row_bytes to be positive, found 0}}
module attributes {test.a = #embcol.prefetch<max_row_bytes = 0, is_large = true, distance = 8, locality = 3>} {}

// -----

// (prefetch-C2)
// expected-error@below {{expected a distance from 1 to 64, found 65}}
module attributes {test.a = #embcol.prefetch<max_row_bytes = 64, is_large = true, distance = 65, locality = 3>} {}

// -----

// (prefetch-C2)
// expected-error@below {{expected a distance from 1 to 64, found 0}}
module attributes {test.a = #embcol.prefetch<max_row_bytes = 64, is_large = true, distance = 0, locality = 3>} {}

// -----

// (prefetch-C3)
// expected-error@below {{expected a locality from 0 to 3, found 4}}
module attributes {test.a = #embcol.prefetch<max_row_bytes = 64, is_large = true, distance = 8, locality = 4>} {}

// -----

// (module-C2)
// expected-error@below {{unknown embcol attribute 'embcol.moed'}}
module attributes {embcol.moed = #embcol.mode<training>} {}

// -----

// (module-C2)
// expected-error@below {{unknown embcol argument attribute 'embcol.key'}}
func.func private @f(i64 {embcol.key = "hour"})

// -----

// (module-C3)
// expected-error@below {{expected 'embcol.feature' to be a string, found 1 : i64}}
func.func private @f(i64 {embcol.feature = 1})

// -----

// (module-C2)
// expected-error@below {{unknown embcol argument attribute 'embcol.mode'}}
func.func private @f(i64 {embcol.mode = #embcol.mode<training>})

// -----

// (module-C2)
// expected-error@below {{unknown embcol result attribute 'embcol.feature'}}
func.func private @f() -> (i64 {embcol.feature = "hour"})

// -----

// (partition-C1)
// expected-error@below {{expected num_partitions to be positive, found 0}}
module attributes {test.a = #embcol.partition<strategy = mod, num_partitions = 0>} {}

// -----

// (partition-C2)
// expected-error@below {{expected one of [div, mod] for which rows of a table a partition has, got: hash}}
// expected-error@below {{failed to parse EmbCol_PartitionAttr parameter 'strategy'}}
module attributes {test.a = #embcol.partition<strategy = hash, num_partitions = 2>} {}

// -----

// (apply_gradients-C15)
// expected-error@below {{expected one of [refuse, skip] for what becomes of gradients that are not finite, got: drop}}
// expected-error@below {{failed to parse EmbCol_NonfiniteGradientsAttr parameter 'value'}}
module attributes {test.a = #embcol.nonfinite_gradients<drop>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.identity<key = "", num_buckets = 24>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.sequence_identity<key = "", num_buckets = 24>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.vocabulary_list<key = "", vocabulary = @v>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.sequence_vocabulary_list<key = "", vocabulary = @v>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.vocabulary_file<key = "", vocabulary = @v>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.sequence_vocabulary_file<key = "", vocabulary = @v>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected key not to be empty, and without zero bytes, found "a\00b"}}
module attributes {test.a = #embcol.identity<key = "a\00b", num_buckets = 24>} {}

// -----

// (categorical-C1)
// expected-error@below {{expected weight_key not to be empty, and without zero bytes, found ""}}
module attributes {test.a = #embcol.weighted<
  categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "">} {}
