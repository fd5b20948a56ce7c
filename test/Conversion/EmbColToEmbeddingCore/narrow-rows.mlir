// RUN: embcol-opt %s -split-input-file -convert-embcol-to-embedding-core -cse | FileCheck %s

// Narrow rows are widened where they are loaded, computed with in f32, beside slots
// of f32, and rounded where they are stored: to nearest, ties to even. Not a number
// keeps a bit that is not cut.

// CHECK-LABEL: func.func private @embcol_update_adagrad_4xbf16(
// CHECK-SAME: %{{[^ ]*}}: memref<?x?xbf16, {{.*}}>, %{{[^ ]*}}: memref<?x?xf32,
// CHECK: %[[ROWS:.*]] = memref.cast {{.*}} to memref<?x4xbf16>
// CHECK: %[[SLOTS:.*]] = memref.cast {{.*}} to memref<?x4xf32>
// CHECK: %[[GRADIENT:.*]] = scf.for {{.*}} -> (vector<4xf32>)
// CHECK: %[[ROW:.*]] = vector.load %[[ROWS]][{{.*}}] : memref<?x4xbf16>, vector<4xbf16>
// CHECK: %[[ROW_BITS:.*]] = arith.bitcast %[[ROW]]
// CHECK: %[[WIDE:.*]] = arith.extui %[[ROW_BITS]]
// CHECK: %[[SIXTEEN:.*]] = arith.constant dense<16> : vector<4xi32>
// CHECK: %[[UPPER:.*]] = arith.shli %[[WIDE]], %[[SIXTEEN]]
// CHECK: %[[WEIGHT:.*]] = arith.bitcast %[[UPPER]] : vector<4xi32> to vector<4xf32>
// CHECK: %[[NEW:.*]] = arith.subf %[[WEIGHT]], %{{.*}} : vector<4xf32>
// CHECK: %[[BITS:.*]] = arith.bitcast %[[NEW]] : vector<4xf32> to vector<4xi32>
// CHECK: %[[KEPT:.*]] = arith.shrui %[[BITS]], %[[SIXTEEN]]
// CHECK: %[[ONE:.*]] = arith.constant dense<1>
// CHECK: %[[IS_ODD:.*]] = arith.andi %[[KEPT]], %[[ONE]]
// CHECK: %[[BELOW_HALF:.*]] = arith.constant dense<32767>
// CHECK: %[[HALF:.*]] = arith.addi %[[BELOW_HALF]], %[[IS_ODD]]
// CHECK: %[[ROUNDED:.*]] = arith.addi %[[BITS]], %[[HALF]]
// CHECK: %[[IS_NAN:.*]] = arith.cmpf uno, %[[NEW]], %[[NEW]]
// CHECK: %[[QUIET_BIT:.*]] = arith.constant dense<4194304>
// CHECK: %[[QUIET:.*]] = arith.ori %[[BITS]], %[[QUIET_BIT]]
// CHECK: %[[NEXT:.*]] = arith.select %[[IS_NAN]], %[[QUIET]], %[[ROUNDED]]
// CHECK: %[[CUT:.*]] = arith.shrui %[[NEXT]], %[[SIXTEEN]]
// CHECK: %[[NARROW:.*]] = arith.trunci %[[CUT]] : vector<4xi32> to vector<4xi16>
// CHECK: %[[STORED:.*]] = arith.bitcast %[[NARROW]] : vector<4xi16> to vector<4xbf16>
// CHECK: vector.store %[[STORED]], %[[ROWS]]
// CHECK: vector.store %{{.*}}, %[[SLOTS]]
// CHECK: call @embcol_core_begin_update_bf16(
module @nearest {
  embcol.table @t : tensor<24x4xbf16> {
    optimizer = #embcol.adagrad<learning_rate = 0.1, initial_accumulator_value = 0.1>}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// The bits of a row come from the seed of the step and the row, by SplitMix64, and
// those of a weight from these and its place in the row. They are added to what is
// cut.

// CHECK-LABEL: func.func private @embcol_update_sgd_4xbf16_stochastic(
// CHECK-SAME: f32, %{{[^ ]*}}: i64, %[[SEED:[^ ]*]]: i64, %{{[^ ]*}}: index, %{{[^ ]*}}: index)
// CHECK: %[[ROW:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK: %[[COUNT:.*]] = arith.addi %[[ROW]], %[[ONE]]
// CHECK: %[[GAMMA:.*]] = arith.constant -7046029254386353131 : i64
// CHECK: %[[STEPS:.*]] = arith.muli %[[COUNT]], %[[GAMMA]]
// CHECK: arith.addi %[[SEED]], %[[STEPS]]
// CHECK: arith.constant -4658895280553007687 : i64
// CHECK: arith.constant -7723592293110705685 : i64
// CHECK: %[[ROW_SEED:.*]] = arith.xori
// The first update of the row in the step, and the only one:
// CHECK: %[[UPDATE:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK: %[[UPDATE_COUNT:.*]] = arith.addi %[[UPDATE]], %[[ONE]]
// CHECK: %[[UPDATE_STEPS:.*]] = arith.muli %[[UPDATE_COUNT]], %[[GAMMA]]
// CHECK: arith.addi %[[ROW_SEED]], %[[UPDATE_STEPS]]
// CHECK: %[[NEW:.*]] = arith.subf {{.*}} : vector<4xf32>
// CHECK: arith.trunci %{{.*}} : i64 to i32
// CHECK: vector.broadcast %{{.*}} : i32 to vector<4xi32>
// CHECK: arith.constant dense<[-1640531527, 1013904242, -626627285, 2027808484]> : vector<4xi32>
// CHECK: arith.constant dense<-2048144789> : vector<4xi32>
// CHECK: arith.constant dense<-1028477387> : vector<4xi32>
// CHECK: %[[RANDOM:.*]] = arith.xori {{.*}} : vector<4xi32>
// CHECK: %[[BITS:.*]] = arith.bitcast %[[NEW]] : vector<4xf32> to vector<4xi32>
// CHECK: %[[ALL:.*]] = arith.constant dense<65535>
// CHECK: %[[UPPER:.*]] = arith.shrui %[[RANDOM]],
// CHECK: %[[ADDED:.*]] = arith.subi %[[ALL]], %[[UPPER]]
// CHECK: arith.addi %[[BITS]], %[[ADDED]]
// CHECK: vector.store {{.*}} vector<4xbf16>
module @stochastic {
  embcol.table @t : tensor<24x4xbf16> {optimizer = #embcol.sgd<learning_rate = 0.1>, stochastic_rounding}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// Where each entry is an update, each draws anew. Where partitions take turns at
// rows, it is the row that counts and not its place. f16 are multiples of the last
// place. Tables of any size share a kernel.

// CHECK-LABEL: module @entries
// CHECK: func.func private @embcol_update_sgd_4xf16_stochastic(
// CHECK: %[[ROWS:.*]] = memref.cast {{.*}} to memref<?x4xf16>
// CHECK: %[[NUM_ROWS:.*]] = memref.dim %[[ROWS]],
// CHECK: %[[THREE:.*]] = arith.constant 3 : index
// CHECK: arith.divui %[[NUM_ROWS]], %[[THREE]]
// CHECK: %[[ROW:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK: arith.addi %[[ROW]],
// CHECK: scf.for %[[ENTRY:[^ ]*]] = %[[FIRST:[^ ]*]] to
// CHECK: %[[NUMBER:.*]] = arith.subi %[[ENTRY]], %[[FIRST]]
// CHECK: %[[UPDATE:.*]] = arith.index_cast %[[NUMBER]] : index to i64
// CHECK: arith.addi %[[UPDATE]],
// CHECK: %[[LOADED:.*]] = vector.load %[[ROWS]]
// CHECK: %[[WEIGHT:.*]] = arith.extf %[[LOADED]] : vector<4xf16> to vector<4xf32>
// CHECK: %[[NEW:.*]] = arith.subf %[[WEIGHT]],
// CHECK: %[[MAGNITUDE:.*]] = math.absf %[[NEW]]
// CHECK: %[[UNITS:.*]] = arith.mulf %[[MAGNITUDE]],
// CHECK: %[[WHOLE:.*]] = math.floor %[[UNITS]]
// CHECK: %[[FRACTION:.*]] = arith.subf %[[UNITS]], %[[WHOLE]]
// CHECK: %[[DRAW:.*]] = arith.mulf
// CHECK: %[[IS_UP:.*]] = arith.cmpf olt, %[[DRAW]], %[[FRACTION]]
// CHECK: %[[NEXT:.*]] = arith.addf %[[WHOLE]],
// CHECK: %[[ROUNDED:.*]] = arith.select %[[IS_UP]], %[[NEXT]], %[[WHOLE]]
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[ROUNDED]],
// CHECK: %[[SIGNED:.*]] = math.copysign %[[PRODUCT]], %[[NEW]]
// CHECK: %[[IS_IN_RANGE:.*]] = arith.cmpf olt, %[[MAGNITUDE]],
// CHECK: %[[RESULT:.*]] = arith.select %[[IS_IN_RANGE]], %[[SIGNED]], %[[NEW]]
// CHECK: %[[NARROW:.*]] = arith.truncf %[[RESULT]] : vector<4xf32> to vector<4xf16>
// CHECK: vector.store %[[NARROW]], %[[ROWS]]
// CHECK-LABEL: func.func @f
// CHECK: %[[KERNEL:.*]] = constant @embcol_update_sgd_4xf16_stochastic
// CHECK: call @embcol_core_begin_update_f16(%{{[^,]*}}, %[[KERNEL]],
// CHECK: call @embcol_core_begin_update_f16(%{{[^,]*}}, %[[KERNEL]],
module @entries {
  embcol.table @t : tensor<24x4xf16> {
    optimizer = #embcol.sgd<learning_rate = 0.1>, stochastic_rounding,
    optimizer_options = #embcol.optimizer_options<use_gradient_accumulation = false>,
    partition = #embcol.partition<strategy = mod, num_partitions = 3>}
  embcol.table @other : tensor<7x4xf16> {
    optimizer = #embcol.sgd<learning_rate = 0.1>, stochastic_rounding,
    optimizer_options = #embcol.optimizer_options<use_gradient_accumulation = false>,
    partition = #embcol.partition<strategy = mod, num_partitions = 3>}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 24> -> @t
  embcol.column @d : #embcol.identity<key = "d", num_buckets = 7> -> @other
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@c, @d] ids(%ids, %ids : !embcol.ragged<i64>, !embcol.ragged<i64>)
        gradients(%gradient, %gradient : tensor<?x4xf32>, tensor<?x4xf32>)
        learning_rates(%rate, %rate) step(%step)
    return
  }
}
