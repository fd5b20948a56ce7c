// RUN: embcol-opt %s -convert-embcol-to-embedding-core -split-input-file | FileCheck %s

// A function that describes the columns, on whatever device they are, to the
// runtime. Columns of one signature share a kernel.

embcol.table @hours : tensor<24x4xf32>
embcol.table @days : tensor<7x4xf32>
embcol.table @years : tensor<9x8xbf16>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {embedding_lookup_device = #embcol.device<cpu>}
embcol.column @year : #embcol.weighted<
    categorical = #embcol.identity<key = "year", num_buckets = 9>, weight_key = "share"> -> @years
    {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}

// CHECK-DAG: func.func private @embcol_lookup_mean_4xf32_safe
// CHECK-DAG: func.func private @embcol_lookup_sum_8xbf16_weighted_safe
// CHECK-LABEL: func.func @lookup(
// CHECK-SAME: %[[PLAN:.*]]: memref<1xi8>)
// CHECK: %[[HOUR:.*]] = arith.constant 0 : i64
// CHECK: %[[MEAN:.*]] = constant @embcol_lookup_mean_4xf32_safe
// CHECK: memref.get_global @hours.table
// CHECK: call @embcol_core_add_packed_column_f32(%{{.*}}, %[[HOUR]], %[[MEAN]], %{{.*}}, %{{.*}})
// CHECK: constant @embcol_lookup_mean_4xf32_safe
// CHECK: memref.get_global @days.table
// CHECK: call @embcol_core_add_packed_column_f32(
// CHECK: %[[SUM:.*]] = constant @embcol_lookup_sum_8xbf16_weighted_safe
// CHECK: memref.get_global @years.table
// CHECK: %[[WEIGHTED:.*]] = arith.constant 1 : i64
// CHECK: call @embcol_core_add_packed_column_bf16(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[WEIGHTED]])
// CHECK: return
// CHECK-NOT: embcol.packed_lookup
embcol.packed_lookup @lookup [@hour, @day, @year]

// -----

// Quantized rows are bytes, to kernels and so to the runtime.

embcol.table @hours : tensor<24x4x!embcol.quantized<i8>>
embcol.table @days : tensor<7x4x!embcol.quantized<i4>>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<cpu>}
embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {embedding_lookup_device = #embcol.device<cpu>}
// CHECK-LABEL: func.func @lookup(
// CHECK: constant @embcol_lookup_mean_4xi8_safe
// CHECK: call @embcol_core_add_packed_column_i8(
// CHECK: constant @embcol_lookup_mean_4xi4_safe
// CHECK: call @embcol_core_add_packed_column_i8(
embcol.packed_lookup @lookup [@hour, @day]
