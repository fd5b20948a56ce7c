// RUN: embcol-opt %s -canonicalize -cse -split-input-file | FileCheck %s
// RUN: embcol-opt %s -loop-invariant-code-motion -split-input-file \
// RUN:   | FileCheck %s --check-prefix=LICM

// CHECK-LABEL: func @ids_already
// CHECK-SAME: (%[[HOUR:.*]]: !embcol.ragged<i64>, %[[HOURS:.*]]: !embcol.ragged<i64, 2>)
// CHECK-NEXT: return %[[HOUR]], %[[HOUR]], %[[HOURS]]
func.func @ids_already(%hour: !embcol.ragged<i64>, %hours: !embcol.ragged<i64, 2>)
    -> (!embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64, 2>) {
  %0 = embcol.categorize #embcol.identity<key = "hour", num_buckets = 24>(%hour)
      : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
  %1 = embcol.categorize #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share">(%hour)
      : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
  %2 = embcol.categorize #embcol.sequence_identity<key = "hours", num_buckets = 24>(%hours)
      : (!embcol.ragged<i64, 2>) -> !embcol.ragged<i64, 2>
  return %0, %1, %2 : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64, 2>
}

// -----

embcol.vocabulary @years : i64 = [2012, 2013]

// A default value changes ids, a vocabulary makes them, and narrow or signed
// integers are not ids yet.
//
// CHECK-LABEL: func @not_ids_yet
// CHECK-COUNT-4: embcol.categorize
func.func @not_ids_yet(%a: !embcol.ragged<i64>, %b: !embcol.ragged<i32>, %c: !embcol.ragged<si64>)
    -> (!embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>) {
  %0 = embcol.categorize #embcol.identity<key = "hour", num_buckets = 24, default_value = 0>(%a)
      : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
  %1 = embcol.categorize #embcol.vocabulary_list<key = "year", vocabulary = @years>(%a)
      : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
  %2 = embcol.categorize #embcol.identity<key = "hour", num_buckets = 24>(%b)
      : (!embcol.ragged<i32>) -> !embcol.ragged<i64>
  %3 = embcol.categorize #embcol.identity<key = "hour", num_buckets = 24>(%c)
      : (!embcol.ragged<si64>) -> !embcol.ragged<i64>
  return %0, %1, %2, %3
      : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>
}

// -----

func.func private @decay(i64) -> f32
func.func private @warm_up(i64) -> f32

// CHECK-LABEL: func @one_rate_a_step
// CHECK-SAME: %[[STEP:.*]]: i64
// CHECK-NEXT: %[[DECAY:.*]] = embcol.learning_rate @decay(%[[STEP]])
// CHECK-NEXT: %[[WARM_UP:.*]] = embcol.learning_rate @warm_up(%[[STEP]])
// CHECK-NEXT: return %[[DECAY]], %[[DECAY]], %[[WARM_UP]]
func.func @one_rate_a_step(%step: i64) -> (f32, f32, f32) {
  %0 = embcol.learning_rate @decay(%step)
  %1 = embcol.learning_rate @decay(%step)
  %2 = embcol.learning_rate @warm_up(%step)
  return %0, %1, %2 : f32, f32, f32
}

// -----

embcol.table @t : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t

// CHECK-LABEL: func @equal_lookups
// CHECK-NEXT: %[[ROWS:.*]] = embcol.lookup @hour
// CHECK-NEXT: return %[[ROWS]], %[[ROWS]]
func.func @equal_lookups(%ids: !embcol.ragged<i64>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  %1 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func @lookups_around_an_update
// CHECK-NEXT: %[[BEFORE:.*]] = embcol.lookup @hour
// CHECK-NEXT: embcol.apply_gradients [@hour]
// CHECK-NEXT: %[[AFTER:.*]] = embcol.lookup @hour
// CHECK-NEXT: return %[[BEFORE]], %[[AFTER]]
func.func @lookups_around_an_update(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>,
                                    %rate: f32, %step: i64)
    -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
      gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
  %1 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func @unused
// CHECK-NEXT: embcol.apply_gradients
// CHECK-NEXT: return
func.func @unused(%cells: tensor<?x3xi64>, %ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>,
                  %rate: f32, %step: i64) {
  %0 = embcol.ragged_from_dense %cells : (tensor<?x3xi64>) -> !embcol.ragged<i64>
  %1 = embcol.lookup @hour(%0) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
      gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
  return
}

// -----

// What checks its operands when it runs may not run where it did not: in a loop
// that may take no turn it stays, though its operands come from outside.

// CHECK-LABEL: func @checks_stay_in_loops
// LICM-LABEL: func @checks_stay_in_loops
// LICM: scf.for
// LICM: embcol.ragged_from_row_splits
// LICM: embcol.ragged_from_dense
// LICM: embcol.ragged_from_coo
func.func private @use(!embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>)
func.func @checks_stay_in_loops(%n: index, %values: tensor<?xi64>, %splits: tensor<?xi64>,
                                %indices: tensor<?x2xi64>, %shape: tensor<2xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %0 = embcol.ragged_from_row_splits %values, %splits
        : tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64>
    %1 = embcol.ragged_from_dense %values : (tensor<?xi64>) -> !embcol.ragged<i64>
    %2 = embcol.ragged_from_coo %indices, %values, %shape
        : (tensor<?x2xi64>, tensor<?xi64>, tensor<2xi64>) -> !embcol.ragged<i64>
    func.call @use(%0, %1, %2)
        : (!embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>) -> ()
  }
  return
}

// Without a use they go, and equal ones are one.

// CHECK-LABEL: func @checks_without_use
// CHECK-NEXT: %[[RAGGED:.*]] = embcol.ragged_from_row_splits
// CHECK-NEXT: return %[[RAGGED]], %[[RAGGED]]
func.func @checks_without_use(%values: tensor<?xi64>, %splits: tensor<?xi64>)
    -> (!embcol.ragged<i64>, !embcol.ragged<i64>) {
  %0 = embcol.ragged_from_row_splits %values, %splits
      : tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64>
  %1 = embcol.ragged_from_row_splits %values, %splits
      : tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64>
  %2 = embcol.ragged_from_dense %values : (tensor<?xi64>) -> !embcol.ragged<i64>
  return %0, %1 : !embcol.ragged<i64>, !embcol.ragged<i64>
}
