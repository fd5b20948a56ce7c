// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s

// A row of 300 = 2 * 128 + 44 numbers is summed in tiles that fit registers: a loop
// over the full ones, then the rest, so that nothing is read or written past a
// row. Each tile prefetches its own cache lines, 8 and 3 or 4, 16 entries ahead and
// no further than the last id. What is left is kept as vectors whose sizes are powers
// of two. Unsafe: each id that is no row is bad.

// CHECK-LABEL: func.func private @embcol_lookup_sum_300xf32(
// CHECK-SAME: %[[ROWS_BUFFER:[^ ]*]]: memref<?x?xf32, {{.*}}>, %[[IDS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[STARTS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[ENDS:[^ ]*]]: memref<?xi64, {{.*}}>, %{{.*}}: memref<?xf32, {{.*}}>, %[[OUT:[^ ]*]]: memref<?x?xf32, {{.*}}>, %[[BEGIN:[^ ]*]]: index, %[[END:[^ ]*]]: index) -> index attributes {llvm.linkage = #llvm.linkage<internal>}
// CHECK-DAG: %[[ROWS:.*]] = memref.cast %[[ROWS_BUFFER]] : {{.*}} to memref<?x300xf32>
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG: %[[NONE:.*]] = arith.constant -1 : index
// CHECK-DAG: %[[NUM_ROWS:.*]] = memref.dim %[[ROWS]], %[[C0]]
// CHECK-DAG: %[[NUM_IDS:.*]] = memref.dim %[[IDS]], %[[C0]]
// CHECK: %[[LAST:.*]] = arith.subi %[[NUM_IDS]], %[[C1]]
// CHECK: %[[BAGS:.*]] = scf.for %[[BAG:.*]] = %[[BEGIN]] to %[[END]] step %[[C1]] iter_args(%[[BAD:.*]] = %[[NONE]])
// CHECK: memref.load %[[STARTS]][%[[BAG]]]
// CHECK: %[[FIRST_ENTRY:.*]] = arith.index_cast
// CHECK: memref.load %[[ENDS]][%[[BAG]]]
// CHECK: %[[LAST_ENTRY:.*]] = arith.index_cast

// CHECK-DAG: %[[C256:.*]] = arith.constant 256 : index
// CHECK-DAG: %[[C128:.*]] = arith.constant 128 : index
// CHECK: %[[TILES:.*]] = scf.for %[[OFFSET:.*]] = %[[C0]] to %[[C256]] step %[[C128]] iter_args(%[[TILES_BAD:.*]] = %[[BAD]]) -> (index)
// CHECK: %[[FULL:.*]]:2 = scf.for %[[POSITION:.*]] = %[[FIRST_ENTRY]] to %[[LAST_ENTRY]] step %[[C1]] iter_args(%[[SUM:.*]] = %{{.*}}, %[[TILE_BAD:.*]] = %[[TILES_BAD]]) -> (vector<128xf32>, index)
// CHECK: %[[DISTANCE:.*]] = arith.constant 16 : index
// CHECK: %[[FAR:.*]] = arith.addi %[[POSITION]], %[[DISTANCE]]
// CHECK: %[[AHEAD:.*]] = arith.minui %[[FAR]], %[[LAST]]
// CHECK: memref.load %[[IDS]][%[[AHEAD]]]
// CHECK: %[[AHEAD_ID:.*]] = arith.index_cast
// CHECK: %[[AHEAD_IS_ROW:.*]] = arith.cmpi ult, %[[AHEAD_ID]], %[[NUM_ROWS]]
// CHECK: %[[AHEAD_ROW:.*]] = arith.select %[[AHEAD_IS_ROW]], %[[AHEAD_ID]], %[[C0]]
// CHECK: memref.prefetch %[[ROWS]][%[[AHEAD_ROW]], %[[OFFSET]]], read, locality<3>, data
// CHECK-COUNT-7: memref.prefetch %[[ROWS]][%[[AHEAD_ROW]], %{{.*}}], read, locality<3>, data
// CHECK-NOT: memref.prefetch
// CHECK: memref.load %[[IDS]][%[[POSITION]]]
// CHECK: %[[ID:.*]] = arith.index_cast
// CHECK: %[[IS_ROW:.*]] = arith.cmpi ult, %[[ID]], %[[NUM_ROWS]]
// CHECK: %[[IS_BAD:.*]] = arith.cmpi uge, %[[ID]], %[[NUM_ROWS]]
// CHECK: %[[NEXT:.*]] = scf.if %[[IS_ROW]]
// CHECK: %[[ROW:.*]] = vector.load %[[ROWS]][%[[ID]], %[[OFFSET]]] : memref<?x300xf32>, vector<128xf32>
// CHECK: %[[ADDED:.*]] = arith.addf %[[SUM]], %[[ROW]]
// CHECK: scf.yield %[[ADDED]]
// CHECK: scf.yield %[[SUM]]
// CHECK: %[[CANDIDATE:.*]] = arith.select %[[IS_BAD]], %[[POSITION]], %[[NONE]]
// CHECK: %[[FIRST_BAD:.*]] = arith.minui %[[TILE_BAD]], %[[CANDIDATE]]
// CHECK: scf.yield %[[NEXT]], %[[FIRST_BAD]]
// CHECK: vector.store %[[FULL]]#0, %[[OUT]][%[[BAG]], %[[OFFSET]]] : {{.*}}, vector<128xf32>
// CHECK-NEXT: scf.yield %[[FULL]]#1

// CHECK-DAG: %[[C288:.*]] = arith.constant 288 : index
// CHECK-DAG: %[[C296:.*]] = arith.constant 296 : index
// CHECK: %[[REST:.*]]:4 = scf.for {{.*}} = %[[FIRST_ENTRY]] to %[[LAST_ENTRY]] {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %[[TILES]]) -> (vector<32xf32>, vector<8xf32>, vector<4xf32>, index)
// CHECK: memref.prefetch %[[ROWS]][%{{.*}}, %[[C256]]], read, locality<3>, data
// CHECK-COUNT-3: memref.prefetch %[[ROWS]][
// CHECK-NOT: memref.prefetch
// CHECK: vector.load %[[ROWS]][%{{.*}}, %[[C256]]] : memref<?x300xf32>, vector<32xf32>
// CHECK: vector.load %[[ROWS]][%{{.*}}, %[[C288]]] : memref<?x300xf32>, vector<8xf32>
// CHECK: vector.load %[[ROWS]][%{{.*}}, %[[C296]]] : memref<?x300xf32>, vector<4xf32>
// CHECK: vector.store %[[REST]]#0, %[[OUT]][%[[BAG]], %[[C256]]] : {{.*}}, vector<32xf32>
// CHECK: vector.store %[[REST]]#1, %[[OUT]][%[[BAG]], %[[C288]]] : {{.*}}, vector<8xf32>
// CHECK: vector.store %[[REST]]#2, %[[OUT]][%[[BAG]], %[[C296]]] : {{.*}}, vector<4xf32>
// CHECK-NEXT: scf.yield %[[REST]]#3
// CHECK: return %[[BAGS]]
module {
  embcol.table @words : tensor<24x300xf32>
  embcol.column @word : #embcol.identity<key = "word", num_buckets = 24> -> @words
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>,
       use_safe_embedding_lookup = false}
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x300xf32> {
    %0 = embcol.lookup @word(%ids) : (!embcol.ragged<i64>) -> tensor<?x300xf32>
    return %0 : tensor<?x300xf32>
  }
}

// -----

// One tile is no loop, and full tiles leave no rest.

// CHECK-LABEL: func.func private @embcol_lookup_sum_256xf32_safe(
// CHECK: scf.for {{.*}} -> (index)
// CHECK: scf.for %[[OFFSET:[^ ]*]] = {{.*}} -> (index)
// CHECK: scf.for {{.*}} -> (vector<128xf32>, index)
// CHECK: vector.store {{.*}}[%{{.*}}, %[[OFFSET]]]
// CHECK-NOT: scf.for
// CHECK: return

// CHECK-LABEL: func.func private @embcol_lookup_sum_128xf32_safe(
// CHECK: scf.for {{.*}} -> (index)
// CHECK-NEXT: memref.load
// CHECK-NOT: scf.for
// CHECK: scf.for {{.*}} -> (vector<128xf32>, index)
// CHECK-NOT: scf.for
// CHECK: return
module {
  embcol.table @words : tensor<24x128xf32>
  embcol.table @phrases : tensor<24x256xf32>
  embcol.column @word : #embcol.identity<key = "word", num_buckets = 24> -> @words
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  embcol.column @phrase : #embcol.identity<key = "phrase", num_buckets = 24> -> @phrases
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>) -> (tensor<?x128xf32>, tensor<?x256xf32>) {
    %0 = embcol.lookup @word(%ids) : (!embcol.ragged<i64>) -> tensor<?x128xf32>
    %1 = embcol.lookup @phrase(%ids) : (!embcol.ragged<i64>) -> tensor<?x256xf32>
    return %0, %1 : tensor<?x128xf32>, tensor<?x256xf32>
  }
}

// -----

// Mean counts the entries, in f64, and divides by the count, in f32; where there
// are none, a bag is zeros. Safe: a negative id is dropped,
// and only one past the last row is bad.

// CHECK-LABEL: func.func private @embcol_lookup_mean_1xf32_safe(
// CHECK: scf.for
// CHECK: %[[SUMS:.*]]:3 = scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[COUNT:.*]] = %{{.*}}, %{{.*}} = %{{.*}}) -> (vector<1xf32>, f64, index)
// CHECK: memref.prefetch
// CHECK: %[[KEPT:.*]] = arith.cmpi ult
// CHECK: arith.cmpi sge
// CHECK: scf.if %[[KEPT]]
// CHECK: vector.load {{.*}} vector<1xf32>
// CHECK: %[[ONE:.*]] = arith.constant 1.000000e+00 : f64
// CHECK: arith.addf %[[COUNT]], %[[ONE]] : f64
// CHECK: %[[NORM:.*]] = arith.truncf %[[SUMS]]#1 : f64 to f32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[IS_ZERO:.*]] = arith.cmpf oeq, %[[NORM]], %[[ZERO]]
// CHECK: %[[DIVISORS:.*]] = vector.broadcast %[[NORM]]
// CHECK: %[[MEAN:.*]] = arith.divf %[[SUMS]]#0, %[[DIVISORS]]
// CHECK: %[[BAG:.*]] = arith.select %[[IS_ZERO]], %{{.*}}, %[[MEAN]]
// CHECK: vector.store %[[BAG]],
module {
  embcol.table @hours : tensor<24x1xf32>
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
      {embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>) -> tensor<?x1xf32> {
    %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x1xf32>
    return %0 : tensor<?x1xf32>
  }
}

// -----

// Weights that are not positive, which not a number is not, are dropped with
// their ids. Sqrtn sums squares of weights, which vanish in f32 and not in f64.

// CHECK-LABEL: func.func private @embcol_lookup_sqrtn_4xf32_weighted_safe(
// CHECK-SAME: %[[WEIGHTS:[^ ]*]]: memref<?xf32,
// CHECK: %[[SUMS:.*]]:3 = scf.for %[[POSITION:.*]] = %{{.*}} iter_args(%[[SUM:.*]] = %{{.*}}, %[[NORM:.*]] = %{{.*}}, %{{.*}} = %{{.*}}) -> (vector<4xf32>, f64, index)
// CHECK: memref.prefetch
// CHECK: %[[IS_ROW:.*]] = arith.cmpi ult
// CHECK: arith.cmpi sge
// CHECK: %[[WEIGHT:.*]] = memref.load %[[WEIGHTS]][%[[POSITION]]]
// CHECK: %[[IS_POSITIVE:.*]] = arith.cmpf ogt, %[[WEIGHT]], %{{.*}} : f32
// CHECK: %[[KEPT:.*]] = arith.andi %[[IS_ROW]], %[[IS_POSITIVE]]
// CHECK: scf.if %[[KEPT]]
// CHECK: %[[ROW:.*]] = vector.load
// CHECK: %[[FACTOR:.*]] = vector.broadcast %[[WEIGHT]]
// CHECK: math.fma %[[FACTOR]], %[[ROW]], %[[SUM]]
// CHECK: %[[WIDE:.*]] = arith.extf %[[WEIGHT]] : f32 to f64
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[WIDE]], %[[WIDE]] : f64
// CHECK: arith.addf %[[NORM]], %[[SQUARE]]
// CHECK: %[[ROOT:.*]] = math.sqrt %[[SUMS]]#1
// CHECK: arith.truncf %[[ROOT]] : f64 to f32
// CHECK: arith.divf %[[SUMS]]#0,
module {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {combiner = #embcol.combiner<sqrtn>, embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @hour(%ids, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// Mean divides by the sum of the weights, all of which count without safe lookup.

// CHECK-LABEL: func.func private @embcol_lookup_mean_4xf32_weighted(
// CHECK: memref.prefetch
// CHECK: %[[KEPT:.*]] = arith.cmpi ult
// CHECK: arith.cmpi uge
// CHECK-NOT: arith.cmpf
// CHECK: %[[WEIGHT:.*]] = memref.load {{.*}} : memref<?xf32,
// CHECK: scf.if %[[KEPT]]
// CHECK: %[[WIDE:.*]] = arith.extf %[[WEIGHT]] : f32 to f64
// CHECK-NEXT: arith.addf %{{.*}}, %[[WIDE]]
// CHECK-NOT: math.sqrt
// CHECK: return
module {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {embedding_lookup_device = #embcol.device<cpu>, use_safe_embedding_lookup = false}
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @hour(%ids, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// A safe sum keeps weights that are not positive, and has nothing to divide by.

// CHECK-LABEL: func.func private @embcol_lookup_sum_4xf32_weighted_safe(
// CHECK: %[[SUMS:.*]]:2 = scf.for {{.*}} -> (vector<4xf32>, index)
// CHECK: arith.cmpi sge
// CHECK-NOT: f64
// CHECK-NOT: arith.cmpf
// CHECK: math.fma
// CHECK-NOT: arith.divf
// CHECK: vector.store %[[SUMS]]#0,
// CHECK: return
module {
  embcol.table @hours : tensor<24x4xf32>
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
      {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<cpu>}
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
    %0 = embcol.lookup @hour(%ids, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}
