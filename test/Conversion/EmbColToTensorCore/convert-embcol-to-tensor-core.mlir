// RUN: embcol-opt %s -convert-embcol-to-tensor-core=check-ids=false -canonicalize -cse -verify-each \
// RUN:   | FileCheck %s

// Lookups in place, as ops on tensors: nothing is called, and ids that are no
// rows are left out.

embcol.table @hours : tensor<24x4xf32>
embcol.column @sum : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: -1, 3>}
embcol.column @mean : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: 8, 3>}
embcol.column @unsafe : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {combiner = #embcol.combiner<sqrtn>, use_safe_embedding_lookup = false,
     embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: -1, 3>}
embcol.column @wide : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {combiner = #embcol.combiner<sum>, embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: -1, 5000>}
embcol.column @elsewhere : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<cpu>}

// CHECK-NOT: func.func private
// CHECK: memref.global @hours.rows : memref<24x4xf32>
// CHECK-NOT: func.func private

// Ids are cut and padded to 3 places, rows gathered, masked and reduced.

// CHECK-LABEL: func.func @look_up_sum
// CHECK-DAG: %[[NONE:.*]] = arith.constant -1 : i64
// CHECK-DAG: %[[WIDTH:.*]] = arith.constant 3 : i64
// CHECK-DAG: %[[NUM_ROWS:.*]] = arith.constant 24 : i64
// CHECK: %[[PARTS:.*]]:2 = builtin.unrealized_conversion_cast %{{.*}} : !embcol.ragged<i64> to tensor<?xi64>, tensor<?xi64>
// CHECK: %[[OUT:.*]] = tensor.empty(%[[N:.*]]) : tensor<?x4xf32>
// CHECK: %[[ROWS:.*]] = bufferization.to_tensor %{{.*}} restrict : memref<24x4xf32> to tensor<24x4xf32>
// CHECK: %[[IDS:.*]] = arith.select %{{.*}}, %{{.*}}, %[[PARTS]]#0 : tensor<?xi64>
// CHECK: %[[STARTS:.*]] = tensor.extract_slice %[[PARTS]]#1[0] [%[[N]]] [1]
// CHECK: %[[NEXT:.*]] = tensor.extract_slice %[[PARTS]]#1[1] [%[[N]]] [1]
// CHECK: %[[ENDS:.*]] = linalg.generic {{.*}} ins(%[[STARTS]], %[[NEXT]] :
// CHECK: arith.minsi %{{.*}}, %[[WIDTH]]
// CHECK: %[[ZEROS:.*]] = linalg.fill
// CHECK: %[[PADDED:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[STARTS]], %[[ENDS]] : tensor<?xi64>, tensor<?xi64>) outs(%{{.*}} : tensor<?x3xi64>)
// CHECK: ^bb0(%[[START:.*]]: i64, %[[END:.*]]: i64, %{{.*}}: i64):
// CHECK: %[[POSITION:.*]] = arith.addi %[[START]], %{{.*}} : i64
// CHECK: %[[IS_ENTRY:.*]] = arith.cmpi slt, %[[POSITION]], %[[END]]
// CHECK: %[[ID:.*]] = tensor.extract %[[IDS]]
// CHECK: arith.select %[[IS_ENTRY]], %[[ID]], %[[NONE]] : i64
// CHECK: %[[POOLED:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "parallel"]} ins(%[[PADDED]] : tensor<?x3xi64>) outs(%[[ZEROS]] : tensor<?x4xf32>)
// CHECK-SAME: embcol.prefetch = #embcol.prefetch<
// CHECK: ^bb0(%[[ID:.*]]: i64, %[[SUM:.*]]: f32):
// CHECK: %[[IS_ROW:.*]] = arith.cmpi ult, %[[ID]], %[[NUM_ROWS]]
// CHECK: %[[VALUE:.*]] = tensor.extract %[[ROWS]]
// CHECK: %[[ADDED:.*]] = arith.addf %[[SUM]], %[[VALUE]]
// CHECK: arith.select %[[IS_ROW]], %[[ADDED]], %[[SUM]] : f32
// CHECK: %[[INSERTED:.*]] = tensor.insert_slice %[[POOLED]] into %[[OUT]][0, 0] [%[[N]], 4] [1, 1]
// CHECK: return %[[INSERTED]]
func.func @look_up_sum(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @sum(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Weights are padded along, those of a safe lookup count where they are
// positive.

// CHECK-LABEL: func.func @look_up_mean
// CHECK: %[[PADDED:.*]]:2 = linalg.generic {{.*}} outs(%{{.*}}, %{{.*}} : tensor<?x3xi64>, tensor<?x3xf32>)
// CHECK: %[[POOLED:.*]] = linalg.generic {{.*}} ins(%[[PADDED]]#0, %[[PADDED]]#1 : tensor<?x3xi64>, tensor<?x3xf32>) outs(%{{.*}} : tensor<?x4xf32>)
// CHECK: ^bb0(%{{.*}}: i64, %[[WEIGHT:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK: %[[IS_POSITIVE:.*]] = arith.cmpf ogt, %[[WEIGHT]],
// CHECK: %[[IS_KEPT:.*]] = arith.andi %{{.*}}, %[[IS_POSITIVE]]
// CHECK: %[[ADDED:.*]] = math.fma %[[WEIGHT]], %{{.*}}, %[[SUM]]
// CHECK: arith.select %[[IS_KEPT]], %[[ADDED]], %[[SUM]]
// CHECK: %[[NORM:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[PADDED]]#0, %[[PADDED]]#1 :
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: %[[DIVISORS:.*]] = linalg.generic {{.*}} ins(%[[NORM]] : tensor<?xf64>)
// CHECK: linalg.generic {{.*}} ins(%[[DIVISORS]] : tensor<?xf32>) outs(%[[POOLED]] : tensor<?x4xf32>)
// CHECK: arith.cmpf oeq
// CHECK: arith.divf
func.func @look_up_mean(%ids: !embcol.ragged<i64>, %share: !embcol.ragged<f32>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @mean(%ids, %share)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// A place may have several entries: of a row 3 are taken, and then 3 in each
// further turn.

// CHECK-LABEL: func.func @look_up_unsafe
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
// CHECK: %[[PARTS:.*]]:3 = builtin.unrealized_conversion_cast %{{.*}} : !embcol.ragged<i64, 2> to
// CHECK: arith.minsi
// CHECK: %[[STARTS:.*]] = linalg.generic
// CHECK: tensor.extract %[[PARTS]]#1
// CHECK: %[[ENDS:.*]] = linalg.generic
// CHECK: tensor.extract %[[PARTS]]#1
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[STARTS]], %[[ENDS]] :
// CHECK-NOT: arith.cmpf ogt
// CHECK: %[[LONGEST:.*]] = linalg.generic {{.*}}iterator_types = ["reduction"]} ins(%[[STARTS]], %[[ENDS]] :
// CHECK: arith.maxsi
// CHECK: scf.for %[[TURN:.*]] = %[[C3]] to %{{.*}} step %[[C3]] iter_args(%{{.*}}, %{{.*}}) -> (tensor<?x4xf32>, tensor<?xf64>)
// CHECK: arith.index_cast %[[TURN]]
// CHECK: scf.yield
// CHECK: math.sqrt %{{.*}} : f64
func.func @look_up_unsafe(%ids: !embcol.ragged<i64, 2>, %share: !embcol.ragged<f32, 2>)
    -> tensor<?x4xf32> {
  %0 = embcol.lookup @unsafe(%ids, %share)
      : (!embcol.ragged<i64, 2>, !embcol.ragged<f32, 2>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// So it is with rows of very many places.

// CHECK-LABEL: func.func @look_up_wide
// CHECK-DAG: arith.constant 5000 : i64
// CHECK: outs(%{{.*}} : tensor<?x1024xi64>)
// CHECK: scf.for %{{.*}} to %{{.*}} step %{{.*}} iter_args
func.func @look_up_wide(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @wide(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Lookups that are one write their slices of one tensor.

// CHECK-LABEL: func.func @grouped
// CHECK: %[[OUT:.*]] = tensor.empty(%{{.*}}) : tensor<?x8xf32>
// CHECK: tensor.extract_slice %[[OUT]][0, 0]
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %{{.*}} into %[[OUT]][0, 0]
// CHECK: tensor.extract_slice %[[FIRST]][0, 4]
// CHECK: %[[SECOND:.*]] = tensor.insert_slice %{{.*}} into %[[FIRST]][0, 4]
// CHECK: return %[[SECOND]]
func.func @grouped(%ids: !embcol.ragged<i64>, %others: !embcol.ragged<i64>) -> tensor<?x8xf32> {
  %0 = embcol.grouped_lookup [@sum, @sum]
      ids(%ids, %others : !embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @look_up_elsewhere
// CHECK-NEXT: embcol.lookup @elsewhere
func.func @look_up_elsewhere(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @elsewhere(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
