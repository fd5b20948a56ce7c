// RUN: embcol-opt %s -split-input-file -convert-embcol-to-embedding-core -cse | FileCheck %s

// Rules that look at the whole of a row. What is the same for all of a row, as a
// row-wise slot, is a scalar. A row that fits the registers is gone through once.

// CHECK-LABEL: func.func private @embcol_update_row_wise_adagrad_16xf32(
// CHECK-SAME: %[[RATE:[^ ]*]]: f32, %{{[^ ]*}}: i64, %{{[^ ]*}}: i64, %{{[^ ]*}}: index, %{{[^ ]*}}: index)
// CHECK: %[[SLOTS:.*]] = memref.cast {{.*}} to memref<?x1xf32>
// CHECK: %[[ACCUMULATOR:.*]] = memref.load %[[SLOTS]][%[[ROW:.*]], %{{.*}}] : memref<?x1xf32>
// CHECK: %[[GRADIENT:.*]] = scf.for {{.*}} -> (vector<16xf32>)
// CHECK: scf.yield
// CHECK: %[[WEIGHT:.*]] = vector.load
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[GRADIENT]], %[[GRADIENT]]
// CHECK: %[[SUM:.*]] = vector.reduction <add>, %[[SQUARE]] fastmath<reassoc>
// CHECK: %[[COUNT:.*]] = arith.constant 1.600000e+01 : f32
// CHECK: %[[MEAN:.*]] = arith.divf %[[SUM]], %[[COUNT]] : f32
// CHECK: %[[NEXT:.*]] = arith.addf %[[ACCUMULATOR]], %[[MEAN]] : f32
// CHECK: %[[ROOT:.*]] = math.sqrt %[[NEXT]] : f32
// CHECK: %[[DIVISOR:.*]] = arith.addf %[[ROOT]], %{{.*}} : f32
// CHECK: %[[SCALE:.*]] = arith.divf %[[RATE]], %[[DIVISOR]] : f32
// CHECK: %[[SCALES:.*]] = vector.broadcast %[[SCALE]]
// CHECK: %[[CHANGE:.*]] = arith.mulf %[[SCALES]], %[[GRADIENT]]
// CHECK: %[[NEW:.*]] = arith.subf %[[WEIGHT]], %[[CHANGE]]
// CHECK: vector.store %[[NEW]],
// CHECK: memref.store %[[NEXT]], %[[SLOTS]][%[[ROW]],
// CHECK-NOT: store
// CHECK: return
module {
  embcol.table @t : tensor<24x16xf32> {
    optimizer = #embcol.row_wise_adagrad<learning_rate = 0.1, initial_accumulator_value = 0.0, epsilon = 1.0>}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x16xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x16xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// A longer one is gone through once for its sums, which keeps the gradient, and
// once for the rest: 200 = 128 + 72. Here a slot a weight stands before one a row.

// CHECK-LABEL: func.func private @embcol_update_partial_row_wise_adam_200xf32(
// CHECK: %[[SLOTS:.*]] = memref.cast {{.*}} to memref<?x201xf32>
// CHECK: %[[KEPT:.*]] = memref.alloc() {alignment = 64 : i64} : memref<200xf32>
// CHECK: %[[C200:.*]] = arith.constant 200 : index
// CHECK: memref.load %[[SLOTS]][%{{.*}}, %[[C200]]]

// CHECK: %[[FIRST:.*]] = scf.for {{.*}} -> (vector<128xf32>)
// CHECK: vector.store %[[FIRST]], %[[KEPT]][
// CHECK: %[[FIRST_SQUARE:.*]] = arith.mulf %[[FIRST]], %[[FIRST]]
// CHECK: %[[PART:.*]] = vector.reduction <add>, %[[FIRST_SQUARE]], %{{.*}} fastmath<reassoc> : vector<128xf32> into f32
// CHECK: %[[SECOND:.*]] = scf.for {{.*}} -> (vector<72xf32>)
// CHECK: vector.store %[[SECOND]], %[[KEPT]][
// CHECK: %[[SUM:.*]] = vector.reduction <add>, %{{.*}}, %[[PART]] fastmath<reassoc> : vector<72xf32> into f32
// CHECK: %[[MEAN:.*]] = arith.divf %[[SUM]],

// CHECK-NOT: scf.for
// CHECK: vector.load %[[KEPT]][{{.*}}] : memref<200xf32>, vector<128xf32>
// CHECK: vector.store {{.*}} vector<128xf32>
// CHECK: vector.store {{.*}}, %[[SLOTS]]{{.*}} vector<128xf32>
// CHECK: memref.store {{.*}}, %[[SLOTS]][%{{.*}}, %[[C200]]]
// CHECK: vector.load %[[KEPT]][{{.*}}] : memref<200xf32>, vector<72xf32>
// CHECK: vector.store {{.*}} vector<72xf32>
// CHECK: vector.store {{.*}}, %[[SLOTS]]{{.*}} vector<72xf32>
// CHECK: return
module {
  embcol.table @t : tensor<24x200xf32> {
    optimizer = #embcol.partial_row_wise_adam<learning_rate = 0.1, beta_1 = 0.5, beta_2 = 0.5, epsilon = 1.0>}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x200xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x200xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// A user's rule becomes part of the kernel, on vectors where weights are in it:
// this one has a factor that depends on the step alone.

// CHECK-LABEL: func.func private @embcol_update_custom_4xf32(
// CHECK-SAME: %[[RATE:[^ ]*]]: f32, %[[STEP:[^ ]*]]: i64, %{{[^ ]*}}: i64, %{{[^ ]*}}: index, %{{[^ ]*}}: index)
// CHECK: scf.yield
// CHECK: %[[WEIGHT:.*]] = vector.load
// CHECK: %[[MOMENT:.*]] = vector.load
// CHECK: %[[COUNT:.*]] = arith.sitofp %[[STEP]] : i64 to f32
// CHECK: %[[DECAY:.*]] = math.exp %[[COUNT]] : f32
// CHECK: %[[FACTOR:.*]] = arith.mulf %[[RATE]], %[[DECAY]] : f32
// CHECK: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : vector<4xf32>
// CHECK: %[[HALVED:.*]] = arith.mulf %[[HALF]], %[[MOMENT]] : vector<4xf32>
// CHECK: %[[NEXT:.*]] = arith.addf %[[HALVED]], %{{.*}} : vector<4xf32>
// CHECK: %[[FACTORS:.*]] = vector.broadcast %[[FACTOR]]
// CHECK: %[[CHANGE:.*]] = arith.mulf %[[FACTORS]], %[[NEXT]]
// CHECK: %[[IS_NEGATIVE:.*]] = arith.cmpf olt, %[[CHANGE]], %{{.*}} : vector<4xf32>
// CHECK: %[[CHOSEN:.*]] = arith.select %[[IS_NEGATIVE]], %[[CHANGE]], %[[NEXT]] : vector<4xi1>, vector<4xf32>
// CHECK: %[[NEW:.*]] = arith.subf %[[WEIGHT]], %[[CHOSEN]]
// CHECK: vector.store %[[NEW]],
// CHECK: vector.store %[[NEXT]],
module {
  func.func private @rule(%weight: f32, %gradient: f32, %moment: f32, %rate: f32, %step: i64) -> (f32, f32) {
    %zero = arith.constant 0.0 : f32
    %half = arith.constant 0.5 : f32
    %0 = arith.sitofp %step : i64 to f32
    %1 = math.exp %0 : f32
    %2 = arith.mulf %rate, %1 : f32
    %3 = arith.mulf %half, %moment : f32
    %4 = arith.addf %3, %gradient : f32
    %5 = arith.mulf %2, %4 : f32
    %6 = arith.cmpf olt, %5, %zero : f32
    %7 = arith.select %6, %5, %4 : f32
    %8 = arith.subf %weight, %7 : f32
    return %8, %4 : f32, f32
  }
  embcol.table @t : tensor<24x4xf32>
      {optimizer = #embcol.custom<rule = @rule, slots = {moment = 0.0}, learning_rate = 0.1>}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}
