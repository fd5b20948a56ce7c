// RUN: embcol-opt %s -split-input-file -verify-diagnostics

func.func @no_columns() {
  // (grouped_lookup-C1)
  // expected-error@below {{'embcol.grouped_lookup' op expected at least one column}}
  %0 = "embcol.grouped_lookup"() {columns = [], operandSegmentSizes = array<i32: 0, 0>}
      : () -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @ids_missing(%ids: !embcol.ragged<i64>) {
  // (grouped_lookup-C2)
  // expected-error@below {{expected as many ids as columns, 2, found 1}}
  %0 = embcol.grouped_lookup [@hour, @hour] ids(%ids : !embcol.ragged<i64>) -> tensor<?x8xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
func.func @table_for_column(%ids: !embcol.ragged<i64>) {
  // (grouped_lookup-C3)
  // expected-error@below {{expected @t to name a column}}
  %0 = embcol.grouped_lookup [@t] ids(%ids : !embcol.ragged<i64>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hours : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t
    {max_sequence_length = 5}
func.func @sequence_column(%ids: !embcol.ragged<i64, 2>) {
  // (grouped_lookup-C3)
  // expected-error@below {{expected a plain column, found the sequence column @hours}}
  %0 = embcol.grouped_lookup [@hours] ids(%ids : !embcol.ragged<i64, 2>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<cpu>}
// expected-note@below {{the column is here}}
embcol.column @placed_later : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @devices(%ids: !embcol.ragged<i64>) {
  // (grouped_lookup-C4)
  // expected-error@below {{expected columns on one device, found @placed_later on another one than @hour}}
  %0 = embcol.grouped_lookup [@hour, @placed_later]
      ids(%ids, %ids : !embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?x8xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @narrow_ids(%ids: !embcol.ragged<i32>) {
  // (grouped_lookup-C5)
  // expected-error@below {{operand #0 must be variadic of ragged ids of i64, but got '!embcol.ragged<i32>'}}
  %0 = embcol.grouped_lookup [@hour] ids(%ids : !embcol.ragged<i32>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @sequence_ids(%ids: !embcol.ragged<i64, 2>) {
  // (grouped_lookup-C6)
  // expected-error@below {{expected ids of ragged rank 1 for column @hour, found '!embcol.ragged<i64, 2>'}}
  %0 = embcol.grouped_lookup [@hour] ids(%ids : !embcol.ragged<i64, 2>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @weights_missing(%ids: !embcol.ragged<i64>) {
  // (grouped_lookup-C7)
  // expected-error@below {{expected as many weights as weighted columns, 1, found 0}}
  %0 = embcol.grouped_lookup [@hour] ids(%ids : !embcol.ragged<i64>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @t
func.func @weights_of_steps(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32, 2>) {
  // (grouped_lookup-C7)
  // expected-error@below {{expected weights of the ids' ragged rank, 1, found '!embcol.ragged<f32, 2>'}}
  %0 = embcol.grouped_lookup [@hour] ids(%ids : !embcol.ragged<i64>)
      weights(%share : !embcol.ragged<f32, 2>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @other_width(%ids: !embcol.ragged<i64>) {
  // (grouped_lookup-C8)
  // expected-error@below {{expected a result of type 'tensor<?x8xf32>', found 'tensor<?x4xf32>'}}
  %0 = embcol.grouped_lookup [@hour, @hour]
      ids(%ids, %ids : !embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?x4xf32>
  return
}

// -----

embcol.table @t : tensor<24x4xf32>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @t
func.func @static_batch(%ids: !embcol.ragged<i64>) {
  // (grouped_lookup-C8)
  // expected-error@below {{expected a result of type 'tensor<?x4xf32>', found 'tensor<3x4xf32>'}}
  %0 = embcol.grouped_lookup [@hour] ids(%ids : !embcol.ragged<i64>) -> tensor<3x4xf32>
  return
}
