// RUN: embcol-opt %s -split-input-file -convert-embcol-to-embedding-core -cse | FileCheck %s

// The gradients of all tables are added before any is applied. Columns that
// share a table share its update.

// CHECK-LABEL: module @two_tables
module @two_tables {
  // CHECK-DAG: memref.global @hours.table : memref<1xi8>
  // CHECK-DAG: memref.global @days.table : memref<1xi8>
  embcol.table @hours : tensor<24x4xf32>
      {optimizer = #embcol.adagrad<learning_rate = 0.1, initial_accumulator_value = 0.1>}
  embcol.table @days : tensor<7x8xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
  embcol.column @departure : #embcol.identity<key = "departure", num_buckets = 24> -> @hours
  embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
      {combiner = #embcol.combiner<sqrtn>, use_safe_embedding_lookup = false}
  embcol.column @arrivals
      : #embcol.sequence_identity<key = "arrivals", num_buckets = 24> -> @hours
      {combiner = #embcol.combiner<sum>, max_sequence_length = 5}

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: %[[HOURS_RATE:[^ ]*]]: f32, %[[DAYS_RATE:[^ ]*]]: f32, %[[STEP:[^ ]*]]: i64)
  // CHECK: %[[HOURS_TABLE:.*]] = memref.get_global @hours.table
  // CHECK: %[[ADAGRAD:.*]] = constant @embcol_update_adagrad_4xf32
  // CHECK-DAG: %[[I0:.*]] = arith.constant 0 : i64
  // CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
  // CHECK: %[[HOURS_TABLE_CAST:.*]] = memref.cast %[[HOURS_TABLE]] :
  // CHECK: %[[HOURS:.*]] = call @embcol_core_begin_update_f32(%[[HOURS_TABLE_CAST]], %[[ADAGRAD]], %[[HOURS_RATE]], %[[STEP]], %[[I0]], %[[I0]], %[[ONE]])
  // CHECK: %[[I1:.*]] = arith.constant 1 : i64
  // What follows the update: column, steps, combiner, safe.
  // CHECK: call @embcol_core_add_gradients(%[[HOURS]], %[[I0]], %[[I1]], %[[I1]], %[[I1]],
  // CHECK: %[[DAYS_TABLE:.*]] = memref.get_global @days.table
  // CHECK: %[[SGD:.*]] = constant @embcol_update_sgd_8xf32
  // CHECK: %[[DAYS_TABLE_CAST:.*]] = memref.cast %[[DAYS_TABLE]] :
  // CHECK: %[[DAYS:.*]] = call @embcol_core_begin_update_f32(%[[DAYS_TABLE_CAST]], %[[SGD]], %[[DAYS_RATE]], %[[STEP]],
  // CHECK: %[[I2:.*]] = arith.constant 2 : i64
  // CHECK: call @embcol_core_add_gradients(%[[DAYS]], %[[I1]], %[[I1]], %[[I2]], %[[I0]],
  // CHECK: %[[I5:.*]] = arith.constant 5 : i64
  // CHECK: call @embcol_core_cut_sequence(%[[I5]],
  // CHECK: %[[FLAT:.*]] = memref.collapse_shape %{{.*}} {{\[}}[0, 1], [2]] : memref<?x5x4xf32> into memref<?x4xf32>
  // CHECK: %[[FLAT_CAST:.*]] = memref.cast %[[FLAT]] :
  // CHECK: call @embcol_core_add_gradients(%[[HOURS]], %[[I2]], %[[I5]], %[[I0]], %[[I1]], {{.*}}, %[[FLAT_CAST]])
  // CHECK: call @embcol_core_apply_updates()
  // CHECK-NOT: call
  // CHECK: return
  func.func @f(%departure: !embcol.ragged<i64>, %day: !embcol.ragged<i64>,
               %arrivals: !embcol.ragged<i64, 2>, %d_departure: tensor<?x4xf32>,
               %d_day: tensor<?x8xf32>, %d_arrivals: tensor<?x5x4xf32>,
               %hours_rate: f32, %days_rate: f32, %step: i64) {
    embcol.apply_gradients [@departure, @day, @arrivals]
        ids(%departure, %day, %arrivals
            : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64, 2>)
        gradients(%d_departure, %d_day, %d_arrivals
            : tensor<?x4xf32>, tensor<?x8xf32>, tensor<?x5x4xf32>)
        learning_rates(%hours_rate, %days_rate) step(%step)
    return
  }
}

// -----

// Weights go to the weighted columns, in their order.

// CHECK-LABEL: module @weighted
module @weighted {
  embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
  embcol.column @plain : #embcol.identity<key = "plain", num_buckets = 24> -> @hours
  embcol.column @hour : #embcol.weighted<
      categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours

  // CHECK-LABEL: func.func @f
  // CHECK-SAME: %[[SHARE:[^ ]*]]: !embcol.ragged<f32>
  // CHECK: %[[SHARE_PARTS:.*]]:2 = builtin.unrealized_conversion_cast %[[SHARE]]
  // CHECK: %[[NONE:.*]] = memref.alloca() : memref<0xf32>
  // CHECK: %[[NONE_CAST:.*]] = memref.cast %[[NONE]] :
  // CHECK: call @embcol_core_add_gradients({{.*}}, %[[NONE_CAST]], %{{[^,]*}}) :
  // CHECK: call @embcol_core_check_weights
  // CHECK: %[[WEIGHTS:.*]] = bufferization.to_buffer %[[SHARE_PARTS]]#0
  // CHECK: %[[WEIGHTS_CAST:.*]] = memref.cast %[[WEIGHTS]] :
  // CHECK: call @embcol_core_add_gradients({{.*}}, %[[WEIGHTS_CAST]], %{{[^,]*}}) :
  func.func @f(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>, %gradient: tensor<?x4xf32>,
               %rate: f32, %step: i64) {
    embcol.apply_gradients [@plain, @hour]
        ids(%ids, %ids : !embcol.ragged<i64>, !embcol.ragged<i64>)
        weights(%share : !embcol.ragged<f32>)
        gradients(%gradient, %gradient : tensor<?x4xf32>, tensor<?x4xf32>)
        learning_rates(%rate) step(%step)
    return
  }
}

// -----

// The kernel sums the gradients of a row from all its entries and applies the
// rule, tile by tile; rows and slots are read and written in place. The slots of
// a row lie behind one another, so this works on 300 = 2 * 128 + 44 of each: a loop
// over the full tiles, then the rest.

// CHECK-LABEL: func.func private @embcol_update_adagrad_300xf32(
// CHECK-SAME: %[[ROWS_BUFFER:[^ ]*]]: memref<?x?xf32, {{.*}}>, %[[SLOTS_BUFFER:[^ ]*]]: memref<?x?xf32, {{.*}}>, %[[UNIQUE:[^ ]*]]: memref<?xi64, {{.*}}>, %[[SEGMENTS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[SOURCES:[^ ]*]]: memref<?xi64, {{.*}}>, %[[OFFSETS:[^ ]*]]: memref<?xi64, {{.*}}>, %[[SCALES:[^ ]*]]: memref<?xf32, {{.*}}>, %[[GRADIENTS:[^ ]*]]: memref<?xf32, {{.*}}>, %[[RATE:[^ ]*]]: f32, %{{[^ ]*}}: i64, %{{[^ ]*}}: i64, %[[BEGIN:[^ ]*]]: index, %[[END:[^ ]*]]: index) attributes {llvm.linkage = #llvm.linkage<internal>}
// CHECK-DAG: %[[ROWS:.*]] = memref.cast %[[ROWS_BUFFER]] : {{.*}} to memref<?x300xf32>
// CHECK-DAG: %[[SLOTS:.*]] = memref.cast %[[SLOTS_BUFFER]] : {{.*}} to memref<?x300xf32>
// CHECK: scf.for %[[POSITION:.*]] = %[[BEGIN]] to %[[END]]
// Never past the last row of the call:
// CHECK: %[[AHEAD:.*]] = arith.minsi
// CHECK: memref.load %[[UNIQUE]][%[[AHEAD]]]
// CHECK: %[[ROW_AHEAD:.*]] = arith.index_cast
// CHECK: memref.load %[[UNIQUE]][%[[POSITION]]]
// CHECK: %[[ROW:.*]] = arith.index_cast
// CHECK: memref.load %[[SEGMENTS]][%[[POSITION]]]
// CHECK: %[[FIRST_ENTRY:.*]] = arith.index_cast
// CHECK: memref.load %[[SEGMENTS]][
// CHECK: %[[LAST_ENTRY:.*]] = arith.index_cast
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C256:.*]] = arith.constant 256 : index
// CHECK-DAG: %[[C128:.*]] = arith.constant 128 : index

// CHECK: scf.for %[[OFFSET:.*]] = %[[C0]] to %[[C256]] step %[[C128]] {
// CHECK: memref.prefetch %[[ROWS]][%[[ROW_AHEAD]], %[[OFFSET]]], read
// CHECK-COUNT-7: memref.prefetch %[[ROWS]][%[[ROW_AHEAD]], {{.*}}], read
// CHECK: memref.prefetch %[[SLOTS]][%[[ROW_AHEAD]], %[[OFFSET]]], read
// CHECK-COUNT-7: memref.prefetch %[[SLOTS]][%[[ROW_AHEAD]], {{.*}}], read
// CHECK-NOT: memref.prefetch
// CHECK: %[[SUM:.*]] = scf.for %[[ENTRY:.*]] = %[[FIRST_ENTRY]] to %[[LAST_ENTRY]] {{.*}} iter_args(%[[PARTIAL:.*]] = %{{.*}}) -> (vector<128xf32>)
// CHECK: memref.load %[[SOURCES]][%[[ENTRY]]]
// CHECK: %[[SOURCE:.*]] = arith.index_cast
// CHECK: %[[SCALE:.*]] = memref.load %[[SCALES]][%[[SOURCE]]]
// CHECK: memref.load %[[OFFSETS]][%[[SOURCE]]]
// CHECK: %[[ROW_BEGIN:.*]] = arith.index_cast
// CHECK: %[[BEGINS:.*]] = arith.addi %[[ROW_BEGIN]], %[[OFFSET]]
// CHECK: %[[GRADIENT:.*]] = vector.load %[[GRADIENTS]][%[[BEGINS]]]
// CHECK: %[[FACTOR:.*]] = vector.broadcast %[[SCALE]]
// CHECK: math.fma %[[FACTOR]], %[[GRADIENT]], %[[PARTIAL]]
// CHECK: %[[WEIGHT:.*]] = vector.load %[[ROWS]][%[[ROW]], %[[OFFSET]]]
// CHECK: %[[ACCUMULATOR:.*]] = vector.load %[[SLOTS]][%[[ROW]], %[[OFFSET]]]
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[SUM]], %[[SUM]]
// CHECK: %[[NEXT:.*]] = arith.addf %[[ACCUMULATOR]], %[[SQUARE]]
// CHECK: %[[RATES:.*]] = vector.broadcast %[[RATE]]
// CHECK: %[[SCALED:.*]] = arith.mulf %[[RATES]], %[[SUM]]
// CHECK: %[[ROOT:.*]] = math.sqrt %[[NEXT]]
// CHECK: %[[CHANGE:.*]] = arith.divf %[[SCALED]], %[[ROOT]]
// CHECK: %[[NEW:.*]] = arith.subf %[[WEIGHT]], %[[CHANGE]]
// CHECK: vector.store %[[NEW]], %[[ROWS]][%[[ROW]], %[[OFFSET]]]
// CHECK: vector.store %[[NEXT]], %[[SLOTS]][%[[ROW]], %[[OFFSET]]]
// CHECK-NEXT: }

// CHECK: memref.prefetch %[[ROWS]][%[[ROW_AHEAD]], %[[C256]]], read
// CHECK-COUNT-3: memref.prefetch %[[ROWS]][
// CHECK-COUNT-4: memref.prefetch %[[SLOTS]][
// CHECK-NOT: memref.prefetch
// CHECK: scf.for {{.*}} = %[[FIRST_ENTRY]] to %[[LAST_ENTRY]] {{.*}} -> (vector<44xf32>)
// CHECK: vector.store {{.*}}, %[[ROWS]][%[[ROW]], %[[C256]]] : memref<?x300xf32>, vector<44xf32>
// CHECK: vector.store {{.*}}, %[[SLOTS]][%[[ROW]], %[[C256]]] : memref<?x300xf32>, vector<44xf32>
// CHECK-NOT: vector.store
// CHECK: return
module {
  embcol.table @words : tensor<24x300xf32>
      {optimizer = #embcol.adagrad<learning_rate = 0.1, initial_accumulator_value = 0.1>}
  embcol.column @word : #embcol.identity<key = "word", num_buckets = 24> -> @words
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x300xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@word] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x300xf32>) learning_rates(%rate) step(%step)
    return
  }
}

// -----

// CHECK-LABEL: func.func private @embcol_update_sgd_4xf32(
// CHECK-SAME: %[[RATE:[^ ]*]]: f32
// CHECK: %[[ROWS:.*]] = memref.cast
// CHECK: %[[SUM:.*]] = scf.for {{.*}} -> (vector<4xf32>)
// CHECK: %[[WEIGHT:.*]] = vector.load %[[ROWS]][
// CHECK: %[[RATES:.*]] = vector.broadcast %[[RATE]]
// CHECK: %[[CHANGE:.*]] = arith.mulf %[[RATES]], %[[SUM]]
// CHECK: %[[NEW:.*]] = arith.subf %[[WEIGHT]], %[[CHANGE]]
// CHECK: vector.store %[[NEW]], %[[ROWS]][
// CHECK-NOT: vector.store
// CHECK: return
module {
  embcol.table @hours : tensor<24x4xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
  embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
  func.func @f(%ids: !embcol.ragged<i64>, %gradient: tensor<?x4xf32>, %rate: f32, %step: i64) {
    embcol.apply_gradients [@hour] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x4xf32>) learning_rates(%rate) step(%step)
    return
  }
}
