// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s

// Narrow rows are widened as they are loaded, and summed in f32, in tiles of as
// many weights as registers hold in f32. A tile of 128 bf16 is 4 cache lines.
// bf16 are the upper bits of f32.

// CHECK-LABEL: func.func private @embcol_lookup_sum_300xbf16_safe(
// CHECK-SAME: memref<?x?xbf16, {{.*}}>, {{.*}}: memref<?x?xf32, {{.*}}>, %{{[^ ]*}}: index, %{{[^ ]*}}: index) -> index
// CHECK: %[[ROWS:.*]] = memref.cast {{.*}} to memref<?x300xbf16>
// CHECK: %[[FULL:.*]]:2 = scf.for {{.*}} iter_args(%[[SUM:[^ ]*]] = {{.*}} -> (vector<128xf32>, index)
// CHECK-COUNT-4: memref.prefetch %[[ROWS]]
// CHECK-NOT: memref.prefetch
// CHECK: %[[ROW:.*]] = vector.load %[[ROWS]][{{.*}}] : memref<?x300xbf16>, vector<128xbf16>
// CHECK: %[[BITS:.*]] = arith.bitcast %[[ROW]] : vector<128xbf16> to vector<128xi16>
// CHECK: %[[WIDE:.*]] = arith.extui %[[BITS]] : vector<128xi16> to vector<128xi32>
// CHECK: %[[SIXTEEN:.*]] = arith.constant dense<16> : vector<128xi32>
// CHECK: %[[UPPER:.*]] = arith.shli %[[WIDE]], %[[SIXTEEN]]
// CHECK: %[[WEIGHTS:.*]] = arith.bitcast %[[UPPER]] : vector<128xi32> to vector<128xf32>
// CHECK: arith.addf %[[SUM]], %[[WEIGHTS]]
// CHECK: vector.store %[[FULL]]#0, {{.*}} vector<128xf32>
// CHECK: scf.for {{.*}} -> (vector<32xf32>, vector<8xf32>, vector<4xf32>, index)
// CHECK-COUNT-3: memref.prefetch %[[ROWS]]
// CHECK-NOT: memref.prefetch
// CHECK: vector.load %[[ROWS]][{{.*}}] : memref<?x300xbf16>, vector<32xbf16>
// CHECK: vector.load %[[ROWS]][{{.*}}] : memref<?x300xbf16>, vector<8xbf16>
// CHECK: vector.load %[[ROWS]][{{.*}}] : memref<?x300xbf16>, vector<4xbf16>
module {
  embcol.table @brain : tensor<24x300xbf16>
  embcol.column @brains : #embcol.identity<key = "brain", num_buckets = 24> -> @brain
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  // CHECK: func.func @f(
  // CHECK: memref.get_global @brain.rows : memref<24x300xbf16>
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x300xf32> {
    %0 = embcol.lookup @brains(%ids) : (!embcol.ragged<i64>) -> tensor<?x300xf32>
    return %0 : tensor<?x300xf32>
  }
}

// -----

// CHECK-LABEL: func.func private @embcol_lookup_sum_4xf16_safe(
// CHECK: scf.for {{.*}} iter_args(%[[SUM:[^ ]*]] = {{.*}} -> (vector<4xf32>, index)
// CHECK: %[[ROW:.*]] = vector.load {{.*}} : memref<?x4xf16>, vector<4xf16>
// CHECK: %[[WEIGHTS:.*]] = arith.extf %[[ROW]] : vector<4xf16> to vector<4xf32>
// CHECK: arith.addf %[[SUM]], %[[WEIGHTS]]
module {
  embcol.table @half : tensor<24x4xf16>
  embcol.column @halves : #embcol.identity<key = "half", num_buckets = 24> -> @half
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @halves(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}
