// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s

// The kernel of a mean: products of rows and the gradient of the bag, which stays
// in registers, and of what they are summed to the results. Dropped entries read no
// row, and are 0.

// CHECK-LABEL: func.func private @embcol_weight_gradients_mean_4xf32_weighted_safe(
// CHECK-SAME: %[[ROWS_BUFFER:[^ ]*]]: memref<?x?xf32, {{.*}}>, %[[IDS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[STARTS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[ENDS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[WEIGHTS:[^ ]*]]: memref<?xf32, {{.*}}>, %[[GRADIENTS:[^ ]*]]: memref<?x?xf32, {{.*}}>, %[[OUT:[^ ]*]]: memref<?xf32, {{.*}}>, %[[BEGIN:[^ ]*]]: index, %[[END:[^ ]*]]: index) -> index attributes {llvm.linkage = #llvm.linkage<internal>}
// CHECK: %[[ROWS:.*]] = memref.cast %[[ROWS_BUFFER]] : {{.*}} to memref<?x4xf32>
// CHECK: scf.for %[[BAG:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: %[[GRADIENT:.*]] = vector.load %[[GRADIENTS]][%[[BAG]], %{{.*}}] : {{.*}}, vector<4xf32>
// CHECK: %[[SUMS:.*]]:3 = scf.for %[[POSITION:.*]] = %[[FIRST:.*]] to %[[LAST:.*]] step %{{.*}} iter_args(%[[BAD:.*]] = %{{.*}}, %[[SUM:.*]] = %{{.*}}, %[[NORM:.*]] = %{{.*}}) -> (index, f64, f64)
// CHECK: memref.prefetch %[[ROWS]][
// CHECK: memref.load %[[IDS]][%[[POSITION]]]
// CHECK: %[[WEIGHT:.*]] = memref.load %[[WEIGHTS]][%[[POSITION]]]
// CHECK: %[[KEPT:.*]] = arith.andi
// CHECK: %[[PRODUCT:.*]]:3 = scf.if %[[KEPT]] -> (f32, f64, f64)
// CHECK: %[[ROW:.*]] = vector.load %[[ROWS]]
// CHECK: %[[PRODUCTS:.*]] = arith.mulf %[[GRADIENT]], %[[ROW]]
// CHECK: %[[DOT:.*]] = vector.reduction <add>, %[[PRODUCTS]]
// CHECK-DAG: %[[WIDE_WEIGHT:.*]] = arith.extf %[[WEIGHT]] : f32 to f64
// CHECK-DAG: %[[WIDE_DOT:.*]] = arith.extf %[[DOT]] : f32 to f64
// CHECK: %[[WEIGHTED:.*]] = arith.mulf %[[WIDE_WEIGHT]], %[[WIDE_DOT]] : f64
// CHECK: %[[NEXT_SUM:.*]] = arith.addf %[[SUM]], %[[WEIGHTED]] : f64
// CHECK: %[[NEXT_NORM:.*]] = arith.addf %[[NORM]], %[[WIDE_WEIGHT]] : f64
// CHECK: scf.yield %[[DOT]], %[[NEXT_SUM]], %[[NEXT_NORM]]
// CHECK: scf.yield %{{.*}}, %[[SUM]], %[[NORM]]
// CHECK: memref.store %[[PRODUCT]]#0, %[[OUT]][%[[POSITION]]]
// CHECK: scf.yield %{{.*}}, %[[PRODUCT]]#1, %[[PRODUCT]]#2
// CHECK: %[[HAS_DIVISOR:.*]] = arith.cmpf une, %[[SUMS]]#2, %[[ZERO:.*]] : f64
// CHECK: %[[POOLED:.*]] = arith.divf %[[SUMS]]#1, %[[SUMS]]#2 : f64
// CHECK: scf.for %[[AGAIN:.*]] = %[[FIRST]] to %[[LAST]]
// CHECK-NOT: vector.load
// CHECK: %[[ALSO_KEPT:.*]] = arith.andi
// CHECK: memref.load %[[OUT]][%[[AGAIN]]]
// CHECK: %[[LOADED:.*]] = arith.extf
// CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[LOADED]], %[[POOLED]] : f64
// CHECK: %[[RESULT:.*]] = arith.divf %[[DIFFERENCE]], %[[SUMS]]#2 : f64
// CHECK: %[[COUNTS:.*]] = arith.andi %[[ALSO_KEPT]], %[[HAS_DIVISOR]] : i1
// CHECK: %[[SELECTED:.*]] = arith.select %[[COUNTS]], %[[RESULT]], %[[ZERO]] : f64
// CHECK: %[[NARROW:.*]] = arith.truncf %[[SELECTED]] : f64 to f32
// CHECK: memref.store %[[NARROW]], %[[OUT]][%[[AGAIN]]]
// CHECK: scf.yield %[[SUMS]]#0

// In place of a lookup's result there are the gradients, whose batch is checked, and
// a result beside the ids, split as the weights are.

// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[ID_VALUES:.*]]: tensor<?xi64>, %[[ID_SPLITS:.*]]: tensor<?xi64>, %[[SHARES:.*]]: tensor<?xf32>, %[[SHARE_SPLITS:.*]]: tensor<?xi64>, %[[D:.*]]: tensor<?x4xf32>) -> (tensor<?xf32>, tensor<?xi64>)
// CHECK: call @embcol_core_check_weights(
// CHECK: %[[SHARES_BUFFER:.*]] = bufferization.to_buffer %[[SHARES]]
// CHECK: %[[D_BUFFER:.*]] = bufferization.to_buffer %[[D]]
// CHECK: %[[D_CAST:.*]] = memref.cast %[[D_BUFFER]]
// CHECK: call @embcol_core_check_gradients(%{{.*}}, %{{.*}}, %[[D_CAST]])
// CHECK: %[[NUM_ENTRIES:.*]] = memref.dim %[[SHARES_BUFFER]]
// CHECK: %[[ALLOC:.*]] = memref.alloc(%[[NUM_ENTRIES]]) {alignment = 64 : i64} : memref<?xf32>
// CHECK: %[[RESULT_CAST:.*]] = memref.cast %[[ALLOC]]
// CHECK: call @embcol_core_guard(
// CHECK: %[[POSITION:.*]] = call @embcol_weight_gradients_mean_4xf32_weighted_safe(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[D_CAST]], %[[RESULT_CAST]], %{{.*}}, %{{.*}})
// CHECK: call @embcol_core_report_id(
// CHECK: %[[VALUES:.*]] = bufferization.to_tensor %[[ALLOC]] restrict writable
// CHECK: return %[[VALUES]], %[[SHARE_SPLITS]]
module {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>, %d: tensor<?x4xf32>)
      -> !embcol.ragged<f32> {
    %0 = embcol.weight_gradients @hour(%ids, %share, %d)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
    return %0 : !embcol.ragged<f32>
  }
}

// -----

// Sqrtn takes p w / N² away. Rows of more than one tile are gone through with the
// gradient, tile by tile, all of which are prefetched first: 2 * 128 + 44 numbers.

// CHECK-LABEL: func.func private @embcol_weight_gradients_sqrtn_300xf32_weighted(
// CHECK-SAME: %[[WEIGHTS:[^ ]*]]: memref<?xf32, {{[^%]*}}%[[GRADIENTS:[^ ]*]]: memref<?x?xf32, {{.*}}>, %{{.*}}: memref<?xf32
// CHECK: %[[SUMS:.*]]:3 = scf.for {{.*}} -> (index, f64, f64)
// CHECK: scf.for
// CHECK-COUNT-8: memref.prefetch
// CHECK-COUNT-3: memref.prefetch
// CHECK: arith.cmpi uge
// CHECK-NOT: arith.cmpf
// CHECK: scf.if
// CHECK: %[[TILES:.*]] = scf.for %[[OFFSET:.*]] = {{.*}} iter_args(%[[DOT:.*]] = %{{.*}}) -> (f32)
// CHECK-DAG: vector.load %{{.*}}[%{{.*}}, %[[OFFSET]]] : memref<?x300xf32>, vector<128xf32>
// CHECK-DAG: vector.load %[[GRADIENTS]][%{{.*}}, %[[OFFSET]]] : {{.*}}, vector<128xf32>
// CHECK: vector.reduction <add>, %{{.*}}, %[[DOT]]
// CHECK: arith.mulf {{.*}} : vector<44xf32>
// CHECK: vector.reduction <add>, %{{.*}}, %[[TILES]]
// CHECK: %[[N:.*]] = math.sqrt %[[SUMS]]#2 : f64
// CHECK: %[[P:.*]] = arith.divf %[[SUMS]]#1, %[[N]] : f64
// CHECK: scf.for %[[AGAIN:.*]] =
// CHECK: %[[WEIGHT:.*]] = memref.load %[[WEIGHTS]][%[[AGAIN]]]
// CHECK: %[[WIDE:.*]] = arith.extf %[[WEIGHT]] : f32 to f64
// CHECK: %[[PW:.*]] = arith.mulf %[[P]], %[[WIDE]] : f64
// CHECK: %[[CORRECTION:.*]] = arith.divf %[[PW]], %[[SUMS]]#2 : f64
// CHECK: %[[QUOTIENT:.*]] = arith.divf %{{.*}}, %[[N]] : f64
// CHECK: arith.subf %[[QUOTIENT]], %[[CORRECTION]] : f64
module {
  embcol.table @words : tensor<24x300xf32>
  embcol.column @word : #embcol.weighted<
      categorical = #embcol.identity<key = "word", num_buckets = 24>, weight_key = "share"> -> @words
      {combiner = #embcol.combiner<sqrtn>, embedding_lookup_device = #embcol.device<cpu>,
       use_safe_embedding_lookup = false}
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>, %d: tensor<?x300xf32>)
      -> !embcol.ragged<f32> {
    %0 = embcol.weight_gradients @word(%ids, %share, %d)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x300xf32>) -> !embcol.ragged<f32>
    return %0 : !embcol.ragged<f32>
  }
}

// -----

// The products are the gradients of a sum: one loop over the entries, in f32.

// CHECK-LABEL: func.func private @embcol_weight_gradients_sum_4xf32_weighted_safe(
// CHECK-NOT: f64
// CHECK: scf.for {{.*}} -> (index)
// CHECK: %[[GRADIENTS:.*]] = scf.for {{.*}} -> (index)
// CHECK: vector.reduction
// CHECK: memref.store
// CHECK: scf.yield
// CHECK-NEXT: }
// CHECK-NEXT: scf.yield %[[GRADIENTS]]
module {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>, %d: tensor<?x4xf32>)
      -> !embcol.ragged<f32> {
    %0 = embcol.weight_gradients @hour(%ids, %share, %d)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x4xf32>) -> !embcol.ragged<f32>
    return %0 : !embcol.ragged<f32>
  }
}
