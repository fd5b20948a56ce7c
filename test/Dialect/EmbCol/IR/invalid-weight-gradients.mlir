// RUN: embcol-opt %s -split-input-file -verify-diagnostics

func.func @no_column(%ids: !embcol.ragged<i64>, %weights: !embcol.ragged<f32>,
                     %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C1)
  // expected-error@below {{'embcol.weight_gradients' op expected @hour to name a column}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @no_weights(%ids: !embcol.ragged<i64>, %weights: !embcol.ragged<f32>,
                      %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C2)
  // expected-error@below {{expected a weighted column, found @hour}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hours : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t
    {max_sequence_length = 5}
func.func @sequence(%ids: !embcol.ragged<i64, 2>, %weights: !embcol.ragged<f32, 2>,
                    %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C2)
  // expected-error@below {{expected a weighted column, found @hours}}
  %0 = embcol.weight_gradients @hours(%ids, %weights, %gradient)
      : (!embcol.ragged<i64, 2>, !embcol.ragged<f32, 2>, tensor<?x4xf32>)
      -> !embcol.ragged<f32, 2>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @places(%ids: !embcol.ragged<i64, 2>, %weights: !embcol.ragged<f32, 2>,
                  %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C3)
  // expected-error@below {{expected ids of ragged rank 1 for column @hour, found '!embcol.ragged<i64, 2>'}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64, 2>, !embcol.ragged<f32, 2>, tensor<?x4xf32>)
      -> !embcol.ragged<f32, 2>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @ragged_rank(%ids: !embcol.ragged<i64>, %weights: !embcol.ragged<f32, 2>,
                       %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C4)
  // expected-error@below {{expected weights of the ids' ragged rank, 1, found '!embcol.ragged<f32, 2>'}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32, 2>, tensor<?x4xf32>) -> !embcol.ragged<f32, 2>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @result(%ids: !embcol.ragged<i64>, %weights: !embcol.ragged<f32>,
                  %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C4)
  // expected-error@below {{failed to verify that all of {weights, result} have same type}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32, 2>
  return
}

// -----

// expected-note@below {{the table is here}}
embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @dimension(%ids: !embcol.ragged<i64>, %weights: !embcol.ragged<f32>,
                     %gradient: tensor<?x5xf32>) {
  // (weight_gradients-C5)
  // expected-error@below {{expected a gradient of type 'tensor<?x4xf32>', found 'tensor<?x5xf32>'}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x5xf32>) -> !embcol.ragged<f32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @ids(%ids: !embcol.ragged<i32>, %weights: !embcol.ragged<f32>,
               %gradient: tensor<?x4xf32>) {
  // (weight_gradients-C6)
  // expected-error@below {{operand #0 must be ragged ids of i64, but got '!embcol.ragged<i32>'}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i32>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @gradient(%ids: !embcol.ragged<i64>, %weights: !embcol.ragged<f32>,
                    %gradient: tensor<?x4xf64>) {
  // (weight_gradients-C6)
  // expected-error@below {{operand #2 must be 2D tensor of 32-bit float values, but got 'tensor<?x4xf64>'}}
  %0 = embcol.weight_gradients @hour(%ids, %weights, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf64>) -> !embcol.ragged<f32>
  return
}
