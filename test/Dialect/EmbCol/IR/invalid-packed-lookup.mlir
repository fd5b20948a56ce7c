// RUN: embcol-opt %s -split-input-file -verify-diagnostics

// (packed_lookup-C1)
// expected-error@below {{'embcol.packed_lookup' op expected at least one column}}
embcol.packed_lookup @lookup []

// -----

embcol.table @t : tensor<24x4xf32>
// (packed_lookup-C2)
// expected-error@below {{expected @t to name a column}}
embcol.packed_lookup @lookup [@t]

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @hours : #embcol.sequence_identity<key = "hours", num_buckets = 24> -> @t
    {max_sequence_length = 5}
// (packed_lookup-C2)
// expected-error@below {{expected a plain column, found the sequence column @hours}}
embcol.packed_lookup @lookup [@hours]

// -----

embcol.table @t : tensor<24x4xf32>
// expected-note@below {{the column is here}}
embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 2>}
// (packed_lookup-C9)
// expected-error@below {{expected columns on other devices than tpu_tensor_core, found @c}}
embcol.packed_lookup @lookup [@c]
