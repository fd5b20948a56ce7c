// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s

// Rows are bytes: scale and bias, then weights. Integers are summed, times weight and
// scale, and biases by themselves, in a scalar that is added when all is summed. A row
// of 68 bytes is in two cache lines.

// CHECK-LABEL: func.func private @embcol_lookup_mean_64xi8_weighted_safe(
// CHECK-SAME: memref<?x?xi8, {{.*}}>, {{.*}}: memref<?x?xf32, {{.*}}>, %{{[^ ]*}}: index, %{{[^ ]*}}: index) -> index
// CHECK: %[[ROWS:.*]] = memref.cast {{.*}} to memref<?x68xi8>
// CHECK: %[[SUMS:.*]]:4 = scf.for {{.*}} iter_args(%[[SUM:[^ ]*]] = %{{[^ ]*}}, %[[BIASES:[^ ]*]] = %{{[^ ]*}}, {{.*}} -> (vector<64xf32>, f32, f64, index)
// CHECK-COUNT-2: memref.prefetch %[[ROWS]]
// CHECK-NOT: memref.prefetch
// CHECK: %[[WEIGHT:.*]] = memref.load {{.*}} : memref<?xf32,
// CHECK: %[[HEADER:.*]] = vector.load %[[ROWS]][%[[ROW:.*]], %{{.*}}] : memref<?x68xi8>, vector<4xi8>
// CHECK: %[[HALVES:.*]] = vector.bitcast %[[HEADER]] : vector<4xi8> to vector<2xf16>
// CHECK: %[[FLOATS:.*]] = arith.extf %[[HALVES]] : vector<2xf16> to vector<2xf32>
// CHECK: %[[SCALE:.*]] = vector.extract %[[FLOATS]][0]
// CHECK: %[[BIAS:.*]] = vector.extract %[[FLOATS]][1]
// CHECK: %[[FACTOR:.*]] = arith.mulf %[[WEIGHT]], %[[SCALE]]
// CHECK: %[[BYTES:.*]] = vector.load %[[ROWS]][%[[ROW]], %{{.*}}] : memref<?x68xi8>, vector<64xi8>
// CHECK: %[[INTEGERS:.*]] = arith.extui %[[BYTES]] : vector<64xi8> to vector<64xi32>
// CHECK: %[[VALUES:.*]] = arith.sitofp %[[INTEGERS]] : vector<64xi32> to vector<64xf32>
// CHECK: %[[FACTORS:.*]] = vector.broadcast %[[FACTOR]]
// CHECK: math.fma %[[FACTORS]], %[[VALUES]], %[[SUM]]
// CHECK: math.fma %[[WEIGHT]], %[[BIAS]], %[[BIASES]] : f32
// CHECK: %[[ADDED:.*]] = vector.broadcast %[[SUMS]]#1 : f32 to vector<64xf32>
// CHECK: %[[TOTAL:.*]] = arith.addf %[[SUMS]]#0, %[[ADDED]]
// CHECK: arith.divf %[[TOTAL]],
module {
  embcol.table @hour : tensor<24x64x!embcol.quantized<i8>>
  embcol.column @hours : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hour
      {embedding_lookup_device = #embcol.device<cpu>}
  // CHECK: func.func @f(
  // CHECK: memref.get_global @hour.rows : memref<24x68xi8>
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x64xf32> {
    %0 = embcol.lookup @hours(%ids, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x64xf32>
    return %0 : tensor<?x64xf32>
  }
}

// -----

// Of i4, even places and odd ones are summed apart, and put in order when all is
// summed. 9 of them are 5 bytes: 4 with two each, and one whose upper half is not
// stored. A row of 9 bytes may be in one cache line or in two.

// CHECK-LABEL: func.func private @embcol_lookup_sum_9xi4_safe(
// CHECK: %[[ROWS:.*]] = memref.cast {{.*}} to memref<?x9xi8>
// CHECK: %[[SUMS:.*]]:6 = scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<1xf32>, vector<1xf32>, f32, index)
// CHECK-COUNT-2: memref.prefetch %[[ROWS]]
// CHECK-NOT: memref.prefetch
// CHECK: %[[BYTES:.*]] = vector.load %[[ROWS]]{{.*}} : memref<?x9xi8>, vector<4xi8>
// CHECK: vector.load %[[ROWS]]{{.*}} : memref<?x9xi8>, vector<4xi8>
// CHECK: %[[WIDE:.*]] = arith.extui %{{.*}} : vector<4xi8> to vector<4xi32>
// CHECK: %[[LOW:.*]] = arith.andi %[[WIDE]], %{{.*}} : vector<4xi32>
// CHECK: arith.sitofp %[[LOW]]
// CHECK: %[[HIGH:.*]] = arith.shrui %[[WIDE]], %{{.*}} : vector<4xi32>
// CHECK: arith.sitofp %[[HIGH]]
// CHECK: vector.load %[[ROWS]]{{.*}} : memref<?x9xi8>, vector<1xi8>
// CHECK: vector.shuffle %[[SUMS]]#0, %[[SUMS]]#1 [0, 4, 1, 5, 2, 6, 3, 7] : vector<4xf32>, vector<4xf32>
// CHECK: vector.store {{.*}} vector<8xf32>
// CHECK: vector.shuffle %[[SUMS]]#2, %[[SUMS]]#3 [0] : vector<1xf32>, vector<1xf32>
// CHECK: vector.store {{.*}} vector<1xf32>
module {
  embcol.table @hour : tensor<24x9x!embcol.quantized<i4>>
  embcol.column @hours : #embcol.identity<key = "hour", num_buckets = 24> -> @hour
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x9xf32> {
    %0 = embcol.lookup @hours(%ids) : (!embcol.ragged<i64>) -> tensor<?x9xf32>
    return %0 : tensor<?x9xf32>
  }
}

// -----

// What a table takes counts as bytes: 136 million of them.

// CHECK-LABEL: func.func private @embcol_lookup_mean_64xi8_safe_large(
module {
  embcol.table @user : tensor<2000000x64x!embcol.quantized<i8>>
  embcol.column @users : #embcol.identity<key = "user", num_buckets = 2000000> -> @user
      {embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x64xf32> {
    %0 = embcol.lookup @users(%ids) : (!embcol.ragged<i64>) -> tensor<?x64xf32>
    return %0 : tensor<?x64xf32>
  }
}
