// RUN: embcol-opt %s | embcol-opt | FileCheck %s
// RUN: embcol-opt %s -mlir-print-op-generic | embcol-opt | FileCheck %s
// RUN: embcol-opt %s -emit-bytecode | embcol-opt | FileCheck %s

// CHECK: module attributes {embcol.mode = #embcol.mode<training>}
module attributes {embcol.mode = #embcol.mode<training>} {

// CHECK: func.func private @decay(i64) -> f32
func.func private @decay(i64) -> f32

//===----------------------------------------------------------------------===//
// Vocabularies
//===----------------------------------------------------------------------===//

// CHECK: embcol.vocabulary @carriers : !embcol.string = ["AA", "B6", "\C3\BC"] {num_oov_buckets = 2 : i64}
embcol.vocabulary @carriers : !embcol.string = ["AA", "B6", "ü"] {num_oov_buckets = 2}

// CHECK: embcol.vocabulary @years : i64 = [2012, -1] {default_value = 1 : i64}
embcol.vocabulary @years : i64 = [2012, -1] {default_value = 1}

// CHECK: embcol.vocabulary @tails : !embcol.string from "tails.txt" size 4043{{$}}
embcol.vocabulary @tails : !embcol.string from "tails.txt" size 4043

// Defaults are not printed.
// CHECK: embcol.vocabulary @plain : i64 = [7]{{$}}
embcol.vocabulary @plain : i64 = [7] {num_oov_buckets = 0, default_value = -1}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

// CHECK: embcol.table @bare : tensor<24x4xf32>{{$}}
embcol.table @bare : tensor<24x4xf32>

// CHECK: embcol.table @bytes : tensor<24x4x!embcol.quantized<i8>>{{$}}
embcol.table @bytes : tensor<24x4x!embcol.quantized<i8>>

// CHECK: embcol.table @nibbles : tensor<24x5x!embcol.quantized<i4>>{{$}}
embcol.table @nibbles : tensor<24x5x!embcol.quantized<i4>>

// CHECK: embcol.table @carrier : tensor<5x16xf32> {
// CHECK-SAME: initializer = #embcol.uniform<minval = -1.000000e-01, maxval = 1.000000e-01>
// CHECK-SAME: learning_rate = @decay
// CHECK-SAME: optimizer = #embcol.adagrad<learning_rate = 1.000000e-01, initial_accumulator_value = 1.000000e-01>
embcol.table @carrier : tensor<5x16xf32> {
  initializer = #embcol.uniform<minval = -0.1, maxval = 0.1>,
  learning_rate = @decay,
  optimizer = #embcol.adagrad<learning_rate = 0.1, initial_accumulator_value = 0.1>}

// CHECK: embcol.table @tail : tensor<4043x8xf32> {
// CHECK-SAME: initializer = #embcol.truncated_normal<mean = 0.000000e+00, stddev = 2.500000e-01>
// CHECK-SAME: optimizer = #embcol.sgd<learning_rate = 1.000000e-02>
embcol.table @tail : tensor<4043x8xf32> {
  initializer = #embcol.truncated_normal<mean = 0.0, stddev = 0.25>,
  optimizer = #embcol.sgd<learning_rate = 0.01>}

// CHECK: embcol.table @zeros : tensor<2x1xf32> {initializer = #embcol.constant<value = 0.000000e+00>}
embcol.table @zeros : tensor<2x1xf32> {initializer = #embcol.constant<value = 0.0>}

// CHECK: embcol.table @pretrained : tensor<24x300xf32> {initializer = #embcol.supplied}
embcol.table @pretrained : tensor<24x300xf32> {initializer = #embcol.supplied}

// CHECK: embcol.table @brain : tensor<24x4xbf16> {stochastic_rounding}
embcol.table @brain : tensor<24x4xbf16> {stochastic_rounding}

// CHECK: embcol.table @half : tensor<24x4xf16>{{$}}
embcol.table @half : tensor<24x4xf16>

// CHECK: embcol.table @divided : tensor<24x4xf32> {partition = #embcol.partition<strategy = mod, num_partitions = 4>}
embcol.table @divided : tensor<24x4xf32>
    {partition = #embcol.partition<strategy = mod, num_partitions = 4>}

//===----------------------------------------------------------------------===//
// Columns: each categorical kind, combiner and device
//===----------------------------------------------------------------------===//

// CHECK: embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @bare{{$}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @bare
    {combiner = #embcol.combiner<mean>, max_sequence_length = 0, use_safe_embedding_lookup = true}

// CHECK: embcol.packed_lookup @packed [@hour, @hour]
embcol.packed_lookup @packed [@hour, @hour]

// CHECK: embcol.column @hours : #embcol.sequence_identity<key = "hours", num_buckets = 24, default_value = 0> -> @bare {combiner = #embcol.combiner<sqrtn>, max_sequence_length = 5 : i64}
embcol.column @hours
    : #embcol.sequence_identity<key = "hours", num_buckets = 24, default_value = 0> -> @bare
    {combiner = #embcol.combiner<sqrtn>, max_sequence_length = 5}

// CHECK: embcol.column @carrier_cpu : #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers> -> @carrier {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>, use_safe_embedding_lookup = false}
embcol.column @carrier_cpu
    : #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers> -> @carrier
    {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>,
     use_safe_embedding_lookup = false}

// CHECK: embcol.column @carriers_seen : #embcol.sequence_vocabulary_list<key = "seen", vocabulary = @carriers> -> @carrier {embedding_lookup_device = #embcol.device<tpu_embedding_core>, max_sequence_length = 3 : i64}
embcol.column @carriers_seen
    : #embcol.sequence_vocabulary_list<key = "seen", vocabulary = @carriers> -> @carrier
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>, max_sequence_length = 3}

// CHECK: embcol.column @tail_tensor_core : #embcol.vocabulary_file<key = "tail", vocabulary = @tails> -> @tail {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
embcol.column @tail_tensor_core
    : #embcol.vocabulary_file<key = "tail", vocabulary = @tails> -> @tail
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: -1, 3>}

// CHECK: embcol.column @tails_seen : #embcol.sequence_vocabulary_file<key = "tails", vocabulary = @tails> -> @tail {max_sequence_length = 7 : i64}
embcol.column @tails_seen
    : #embcol.sequence_vocabulary_file<key = "tails", vocabulary = @tails> -> @tail
    {max_sequence_length = 7}

// CHECK: embcol.column @weighted : #embcol.weighted<categorical = #embcol.vocabulary_file<key = "tail", vocabulary = @tails>, weight_key = "share"> -> @tail{{$}}
embcol.column @weighted : #embcol.weighted<
    categorical = #embcol.vocabulary_file<key = "tail", vocabulary = @tails>,
    weight_key = "share"> -> @tail

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

// CHECK: func.func private @types(!embcol.string, tensor<?x!embcol.string>, !embcol.ragged<!embcol.string, 2>, !embcol.ragged<f32>, !embcol.ragged<ui8>, !embcol.ragged<si64>)
func.func private @types(!embcol.string, tensor<?x!embcol.string>,
                         !embcol.ragged<!embcol.string, 2>, !embcol.ragged<f32, 1>,
                         !embcol.ragged<ui8>, !embcol.ragged<si64>)

//===----------------------------------------------------------------------===//
// From features to ids
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @row_splits
// CHECK-SAME: (%[[VALUES:.*]]: tensor<?xf32> {embcol.feature = "share"}, %[[INNER:.*]]: tensor<?xi64>, %[[OUTER:.*]]: tensor<?xi64>)
// CHECK: embcol.ragged_from_row_splits %[[VALUES]], %[[INNER]] : tensor<?xf32>, tensor<?xi64> -> {{.*}}<f32>
// CHECK: embcol.ragged_from_row_splits %[[VALUES]], %[[INNER]], %[[OUTER]] : tensor<?xf32>, tensor<?xi64>, tensor<?xi64> -> {{.*}}<f32, 2>
func.func @row_splits(%values: tensor<?xf32> {embcol.feature = "share"}, %inner: tensor<?xi64>,
                      %outer: tensor<?xi64>) {
  %0 = embcol.ragged_from_row_splits %values, %inner
      : tensor<?xf32>, tensor<?xi64> -> !embcol.ragged<f32>
  %1 = embcol.ragged_from_row_splits %values, %inner, %outer
      : tensor<?xf32>, tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<f32, 2>
  return
}

// CHECK-LABEL: func @dense
// CHECK-SAME: (%[[CELLS:.*]]: tensor<?x3xi32>, %[[WEIGHTS:.*]]: tensor<?x3xf32>, %[[STEPS:.*]]: tensor<?x?x?x!embcol.string>)
// CHECK: embcol.ragged_from_dense %[[CELLS]] weights %[[WEIGHTS]] : (tensor<?x3xi32>, tensor<?x3xf32>) -> (!embcol.ragged<i32>, !embcol.ragged<f32>)
// CHECK: embcol.ragged_from_dense %[[STEPS]] : (tensor<?x?x?x!embcol.string>) -> !embcol.ragged<!embcol.string, 2>
func.func @dense(%cells: tensor<?x3xi32>, %weights: tensor<?x3xf32>,
                 %steps: tensor<?x?x?x!embcol.string>) {
  %0, %1 = embcol.ragged_from_dense %cells weights %weights
      : (tensor<?x3xi32>, tensor<?x3xf32>) -> (!embcol.ragged<i32>, !embcol.ragged<f32>)
  %2 = embcol.ragged_from_dense %steps
      : (tensor<?x?x?x!embcol.string>) -> !embcol.ragged<!embcol.string, 2>
  return
}

// CHECK-LABEL: func @coo
// CHECK-SAME: (%[[INDICES:.*]]: tensor<?x2xi64>, %[[VALUES:.*]]: tensor<?xui16>, %[[SHAPE:.*]]: tensor<2xi64>, %[[WEIGHTS:.*]]: tensor<?xf32>)
// CHECK: embcol.ragged_from_coo %[[INDICES]], %[[VALUES]], %[[SHAPE]] weights %[[WEIGHTS]] : (tensor<?x2xi64>, tensor<?xui16>, tensor<2xi64>, tensor<?xf32>) -> (!embcol.ragged<ui16>, !embcol.ragged<f32>)
// CHECK: embcol.ragged_from_coo %[[INDICES]], %[[VALUES]], %[[SHAPE]] : (tensor<?x2xi64>, tensor<?xui16>, tensor<2xi64>) -> !embcol.ragged<ui16, 2>
// CHECK: embcol.ragged_from_coo ordered %[[INDICES]], %[[VALUES]], %[[SHAPE]] weights %[[WEIGHTS]] : {{.*}} -> (!embcol.ragged<ui16, 2>, !embcol.ragged<f32, 2>)
func.func @coo(%indices: tensor<?x2xi64>, %values: tensor<?xui16>, %shape: tensor<2xi64>,
               %weights: tensor<?xf32>) {
  %0, %1 = embcol.ragged_from_coo %indices, %values, %shape weights %weights
      : (tensor<?x2xi64>, tensor<?xui16>, tensor<2xi64>, tensor<?xf32>)
      -> (!embcol.ragged<ui16>, !embcol.ragged<f32>)
  %2 = embcol.ragged_from_coo %indices, %values, %shape
      : (tensor<?x2xi64>, tensor<?xui16>, tensor<2xi64>) -> !embcol.ragged<ui16, 2>
  %3, %4 = embcol.ragged_from_coo ordered %indices, %values, %shape weights %weights
      : (tensor<?x2xi64>, tensor<?xui16>, tensor<2xi64>, tensor<?xf32>)
      -> (!embcol.ragged<ui16, 2>, !embcol.ragged<f32, 2>)
  return
}

// CHECK-LABEL: func @categorize
// CHECK-SAME: (%[[TOKENS:.*]]: !embcol.ragged<!embcol.string>)
// CHECK: embcol.categorize #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers>(%[[TOKENS]]) : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
func.func @categorize(%tokens: !embcol.ragged<!embcol.string>) {
  %0 = embcol.categorize #embcol.vocabulary_list<key = "carrier", vocabulary = @carriers>(%tokens)
      : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
  return
}

//===----------------------------------------------------------------------===//
// Lookups and updates
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func @lookups
// CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>, %[[SHARE:.*]]: !embcol.ragged<f32>, %[[STEPS:.*]]: !embcol.ragged<i64, 2>)
// CHECK: embcol.lookup @hour(%[[IDS]]) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
// CHECK: embcol.lookup @weighted(%[[IDS]], %[[SHARE]]) : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x8xf32>
// CHECK: embcol.sequence_lookup @hours(%[[STEPS]]) : (!embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>)
func.func @lookups(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                   %steps: !embcol.ragged<i64, 2>) {
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  %1 = embcol.lookup @weighted(%ids, %share)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x8xf32>
  %2, %3 = embcol.sequence_lookup @hours(%steps)
      : (!embcol.ragged<i64, 2>) -> (tensor<?x5x4xf32>, tensor<?xi64>)
  return
}

// CHECK-LABEL: func @grouped_lookups
// CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>, %[[SHARE:.*]]: !embcol.ragged<f32>)
// CHECK: embcol.grouped_lookup [@hour, @weighted, @hour] ids(%[[IDS]], %[[IDS]], %[[IDS]] : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>) weights(%[[SHARE]] : !embcol.ragged<f32>) -> tensor<?x16xf32>
// CHECK: embcol.grouped_lookup [@hour] ids(%[[IDS]] : !embcol.ragged<i64>) -> tensor<?x4xf32>
func.func @grouped_lookups(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) {
  %0 = embcol.grouped_lookup [@hour, @weighted, @hour]
      ids(%ids, %ids, %ids : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>)
      weights(%share : !embcol.ragged<f32>) -> tensor<?x16xf32>
  %1 = embcol.grouped_lookup [@hour] ids(%ids : !embcol.ragged<i64>) -> tensor<?x4xf32>
  return
}

// The tensor core takes the places of ids, or each id as one.
// CHECK-LABEL: func @places
// CHECK: embcol.lookup @tail_tensor_core(%{{.*}}) : (!embcol.ragged<i64, 2>) -> tensor<?x8xf32>
// CHECK: embcol.lookup @tail_tensor_core(%{{.*}}) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
func.func @places(%tokens: !embcol.ragged<!embcol.string, 2>, %ids: !embcol.ragged<i64>) {
  %0 = embcol.categorize #embcol.vocabulary_file<key = "tail", vocabulary = @tails>(%tokens)
      : (!embcol.ragged<!embcol.string, 2>) -> !embcol.ragged<i64, 2>
  %1 = embcol.lookup @tail_tensor_core(%0) : (!embcol.ragged<i64, 2>) -> tensor<?x8xf32>
  %2 = embcol.lookup @tail_tensor_core(%ids) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  return
}

// CHECK-LABEL: func @weight_gradients
// CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>, %[[SHARE:.*]]: !embcol.ragged<f32>, %[[D_TAIL:.*]]: tensor<?x8xf32>)
// CHECK: embcol.weight_gradients @weighted(%[[IDS]], %[[SHARE]], %[[D_TAIL]]) : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x8xf32>) -> !embcol.ragged<f32>
func.func @weight_gradients(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                            %d_tail: tensor<?x8xf32>) {
  %0 = embcol.weight_gradients @weighted(%ids, %share, %d_tail)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x8xf32>) -> !embcol.ragged<f32>
  return
}

// CHECK-LABEL: func @update
// CHECK-SAME: (%[[IDS:.*]]: !embcol.ragged<i64>, %[[SHARE:.*]]: !embcol.ragged<f32>, %[[STEPS:.*]]: !embcol.ragged<i64, 2>, %[[D_TAIL:.*]]: tensor<?x8xf32>, %[[D_SEEN:.*]]: tensor<?x3x16xf32>, %[[STEP:.*]]: i64)
// CHECK: %[[RATE:.*]] = embcol.learning_rate @decay(%[[STEP]])
// CHECK: embcol.apply_gradients [@weighted, @carriers_seen]
// CHECK-SAME: ids(%[[IDS]], %[[STEPS]] : !embcol.ragged<i64>, !embcol.ragged<i64, 2>)
// CHECK-SAME: weights(%[[SHARE]] : !embcol.ragged<f32>)
// CHECK-SAME: gradients(%[[D_TAIL]], %[[D_SEEN]] : tensor<?x8xf32>, tensor<?x3x16xf32>)
// CHECK-SAME: learning_rates(%[[RATE]], %[[RATE]]) step(%[[STEP]])
// CHECK: embcol.apply_gradients [@tail_tensor_core] ids(%[[IDS]] : !embcol.ragged<i64>) gradients(%[[D_TAIL]] : tensor<?x8xf32>) learning_rates(%[[RATE]]) gradient_multiplier(%[[RATE]]) step(%[[STEP]]) {nonfinite_gradients = #embcol.nonfinite_gradients<skip>}
func.func @update(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>,
                  %steps: !embcol.ragged<i64, 2>, %d_tail: tensor<?x8xf32>,
                  %d_seen: tensor<?x3x16xf32>, %step: i64) {
  %rate = embcol.learning_rate @decay(%step)
  embcol.apply_gradients [@weighted, @carriers_seen]
      ids(%ids, %steps : !embcol.ragged<i64>, !embcol.ragged<i64, 2>)
      weights(%share : !embcol.ragged<f32>)
      gradients(%d_tail, %d_seen : tensor<?x8xf32>, tensor<?x3x16xf32>)
      learning_rates(%rate, %rate) step(%step)
  embcol.apply_gradients [@tail_tensor_core] ids(%ids : !embcol.ragged<i64>)
      gradients(%d_tail : tensor<?x8xf32>) learning_rates(%rate) gradient_multiplier(%rate)
      step(%step) {nonfinite_gradients = #embcol.nonfinite_gradients<skip>}
  return
}

}
