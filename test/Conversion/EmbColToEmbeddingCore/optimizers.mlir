// RUN: embcol-opt %s -split-input-file -convert-embcol-to-embedding-core -cse | FileCheck %s

// What an optimizer's options put around its rule, in this order, on either side
// of it. All of its numbers are constants of the kernel.

// CHECK-LABEL: module @options
module @options {
  embcol.table @hours : tensor<24x4xf32> {
    optimizer = #embcol.sgd<learning_rate = 0.1>,
    optimizer_options = #embcol.optimizer_options<
        clip_weight_min = -2.5, clip_weight_max = 1.5, clip_gradient_min = -0.5, clip_gradient_max = 4.0,
        weight_decay_factor = 0.25, multiply_weight_decay_factor_by_learning_rate = true>}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours

  // CHECK-LABEL: func.func private @embcol_update_sgd_4xf32(
  // CHECK-SAME: %[[RATE:[^ ]*]]: f32, %{{[^ ]*}}: i64, %{{[^ ]*}}: i64, %{{[^ ]*}}: index, %{{[^ ]*}}: index)
  // CHECK: %[[SUM:.*]] = scf.for {{.*}} -> (vector<4xf32>)
  // CHECK: scf.yield
  // CHECK: %[[WEIGHT:.*]] = vector.load
  // CHECK: %[[LEAST:.*]] = arith.constant dense<-5.000000e-01> : vector<4xf32>
  // CHECK: %[[ABOVE:.*]] = arith.maximumf %[[SUM]], %[[LEAST]]
  // CHECK: %[[MOST:.*]] = arith.constant dense<4.000000e+00> : vector<4xf32>
  // CHECK: %[[GRADIENT:.*]] = arith.minimumf %[[ABOVE]], %[[MOST]]
  // What is the same for all of the row is a scalar.
  // CHECK: %[[QUARTER:.*]] = arith.constant 2.500000e-01 : f32
  // CHECK: %[[FACTOR:.*]] = arith.mulf %[[QUARTER]], %[[RATE]] : f32
  // CHECK: %[[FACTORS:.*]] = vector.broadcast %[[FACTOR]]
  // CHECK: %[[DECAY:.*]] = arith.mulf %[[FACTORS]], %[[WEIGHT]]
  // CHECK: %[[DECAYED:.*]] = arith.subf %[[WEIGHT]], %[[DECAY]]
  // CHECK: %[[RATES:.*]] = vector.broadcast %[[RATE]]
  // CHECK: %[[CHANGE:.*]] = arith.mulf %[[RATES]], %[[GRADIENT]]
  // CHECK: %[[NEW:.*]] = arith.subf %[[DECAYED]], %[[CHANGE]]
  // CHECK: arith.constant dense<-2.500000e+00>
  // CHECK: %[[NEW_ABOVE:.*]] = arith.maximumf %[[NEW]],
  // CHECK: arith.constant dense<1.500000e+00>
  // CHECK: %[[WITHIN:.*]] = arith.minimumf %[[NEW_ABOVE]],
  // CHECK: vector.store %[[WITHIN]]
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// Without accumulation each entry is an update of its own.

// CHECK-LABEL: func.func private @embcol_update_sgd_4xf32(
// CHECK: memref.prefetch
// CHECK: scf.for %[[ENTRY:[^ ]*]] =
// CHECK-NOT: scf.for
// CHECK: math.fma
// CHECK: vector.store
// CHECK-NEXT: }
// CHECK-NEXT: }
// CHECK-NEXT: return
module {
  embcol.table @hours : tensor<24x4xf32> {
    optimizer = #embcol.sgd<learning_rate = 0.1>,
    optimizer_options = #embcol.optimizer_options<use_gradient_accumulation = false>}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// Tables share a kernel where its code is the same: learning rates and initial
// values are not in it. Nothing is left of what the code is made from.

// CHECK-LABEL: module @kernels
// CHECK-DAG: func.func private @embcol_update_adam_4xf32(
// CHECK-DAG: func.func private @embcol_update_adam_4xf32_1(
// CHECK-DAG: func.func private @embcol_update_adagrad_4xf32(
// CHECK-NOT: func.func private @embcol_update
// CHECK: func.func @f
// CHECK: %[[ADAM:.*]] = constant @embcol_update_adam_4xf32 :
// CHECK: call @embcol_core_begin_update_f32(%{{[^,]*}}, %[[ADAM]],
// CHECK: %[[OTHER_ADAM:.*]] = constant @embcol_update_adam_4xf32_1 :
// CHECK: call @embcol_core_begin_update_f32(%{{[^,]*}}, %[[OTHER_ADAM]],
// CHECK: call @embcol_core_begin_update_f32(%{{[^,]*}}, %[[ADAM]],
// CHECK: %[[ADAGRAD:.*]] = constant @embcol_update_adagrad_4xf32 :
// CHECK: call @embcol_core_begin_update_f32(%{{[^,]*}}, %[[ADAGRAD]],
// CHECK: call @embcol_core_begin_update_f32(%{{[^,]*}}, %[[ADAGRAD]],
// CHECK-NOT: func.func private @embcol_update
module @kernels {
  embcol.table @a : tensor<24x4xf32>
      {optimizer = #embcol.adam<learning_rate = 0.1, beta_1 = 0.9, beta_2 = 0.99, epsilon = 0.1>}
  embcol.table @b : tensor<24x4xf32>
      {optimizer = #embcol.adam<learning_rate = 0.1, beta_1 = 0.8, beta_2 = 0.99, epsilon = 0.1>}
  embcol.table @c : tensor<24x4xf32>
      {optimizer = #embcol.adam<learning_rate = 0.2, beta_1 = 0.9, beta_2 = 0.99, epsilon = 0.1, lazy_adam = false>}
  embcol.table @d : tensor<24x4xf32>
      {optimizer = #embcol.adagrad<learning_rate = 0.2, initial_accumulator_value = 0.1>}
  embcol.table @e : tensor<24x4xf32>
      {optimizer = #embcol.adagrad<learning_rate = 0.3, initial_accumulator_value = 0.2>}
  embcol.column @in_a : #embcol.identity<key = "x", num_buckets = 24> -> @a
  embcol.column @in_b : #embcol.identity<key = "x", num_buckets = 24> -> @b
  embcol.column @in_c : #embcol.identity<key = "x", num_buckets = 24> -> @c
  embcol.column @in_d : #embcol.identity<key = "x", num_buckets = 24> -> @d
  embcol.column @in_e : #embcol.identity<key = "x", num_buckets = 24> -> @e
  func.func @f(%i: !embcol.ragged<i64>, %g: tensor<?x4xf32>, %r: f32, %step: i64) {
    embcol.apply_gradients [@in_a, @in_b, @in_c, @in_d, @in_e]
        ids(%i, %i, %i, %i, %i : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>,
            !embcol.ragged<i64>, !embcol.ragged<i64>)
        gradients(%g, %g, %g, %g, %g : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>,
                  tensor<?x4xf32>, tensor<?x4xf32>)
        learning_rates(%r, %r, %r, %r, %r) step(%step)
    return
  }
}

// -----

// An optimizer that is not lazy updates all rows, which the runtime is told.

// CHECK-LABEL: module @not_lazy
// CHECK: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK: call @embcol_core_begin_update_f32({{.*}}, %[[ONE]], %{{[^,]*}}, %{{[^,]*}})
module @not_lazy {
  embcol.table @hours : tensor<24x4xf32> {
    optimizer = #embcol.adam<learning_rate = 0.1, beta_1 = 0.9, beta_2 = 0.99, epsilon = 0.1, lazy_adam = false>}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// What becomes of gradients that are not finite, the runtime is told.

// CHECK-LABEL: module @skipping
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : i64
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK: call @embcol_core_begin_update_f32({{.*}}, %[[ZERO]], %[[ONE]], %{{[^,]*}})
module @skipping {
  embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
        {nonfinite_gradients = #embcol.nonfinite_gradients<skip>}
    return
  }
}
