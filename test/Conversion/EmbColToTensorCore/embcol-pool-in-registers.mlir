// RUN: embcol-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(embcol-pool-in-registers,canonicalize,cse))" \
// RUN:   | FileCheck %s

#row = affine_map<(b, k) -> (b)>
#place = affine_map<(b, k) -> (b, k)>
#none = affine_map<(b, k) -> ()>
#of_place = affine_map<(b, k, d) -> (b, k)>
#of_column = affine_map<(b, k, d) -> (b, d)>

// Padding, gathering and what else is reduced become one nest of loops. Rows of
// 12 are vectors of 8 and 4. What is summed of all rows is a value of both loops.

// CHECK-LABEL: func.func @pooled(
// CHECK-SAME: %[[ROWS:.*]]: memref<24x12xf32>, %[[IDS:.*]]: tensor<?xi64>, %[[STARTS:.*]]: tensor<?xi64>, %[[OUT:.*]]: tensor<?x12xf32>, %[[COUNT:.*]]: tensor<i64>)
// CHECK-DAG: %[[C5:.*]] = arith.constant 5 : index
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : index
// CHECK-DAG: %[[C16:.*]] = arith.constant 16 : index
// CHECK-DAG: %[[ZEROS8:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK-DAG: %[[ZEROS4:.*]] = arith.constant dense<0.000000e+00> : vector<4xf32>
// CHECK: %[[TABLE:.*]] = bufferization.to_tensor %[[ROWS]]
// CHECK: %[[NONE:.*]] = tensor.extract %[[COUNT]][] : tensor<i64>
// CHECK: scf.for %[[B:.*]] = %{{.*}} iter_args(%[[O:.*]] = %[[OUT]], %[[N:.*]] = %[[NONE]]) -> (tensor<?x12xf32>, i64)
// CHECK: %[[START:.*]] = tensor.extract %[[STARTS]][%[[B]]]
// CHECK: %[[SUMS:.*]]:3 = scf.for %[[K:.*]] = %{{.*}} to %[[C5]] {{.*}} iter_args(%[[S8:.*]] = %[[ZEROS8]], %[[S4:.*]] = %[[ZEROS4]], %[[M:.*]] = %[[N]]) -> (vector<8xf32>, vector<4xf32>, i64)
// CHECK: %[[AT:.*]] = arith.addi %{{.*}}, %[[K]] : index
// CHECK: %[[ID:.*]] = tensor.extract %[[IDS]][%[[AT]]]
// CHECK: arith.addi %[[M]], %[[ID]]
// CHECK: %[[IS_ROW:.*]] = arith.cmpi ult, %[[ID]],
// CHECK: %[[ROW:.*]] = arith.index_cast %[[ID]]
// CHECK: scf.if %[[IS_ROW]] -> (vector<8xf32>, vector<4xf32>)
// CHECK: arith.addi %{{.*}}, %[[C16]] : index
// CHECK: arith.minui
// CHECK: memref.prefetch %[[ROWS]][%{{.*}}, %{{.*}}], read, locality<3>, data
// CHECK: %[[V8:.*]] = vector.transfer_read %[[TABLE]][%[[ROW]], %{{.*}}]{{.*}} {in_bounds = [true]} : tensor<24x12xf32>, vector<8xf32>
// CHECK: arith.addf %[[S8]], %[[V8]] : vector<8xf32>
// CHECK: %[[V4:.*]] = vector.transfer_read %[[TABLE]][%[[ROW]], %[[C8]]]{{.*}} : tensor<24x12xf32>, vector<4xf32>
// CHECK: arith.addf %[[S4]], %[[V4]] : vector<4xf32>
// CHECK: else
// CHECK-NEXT: scf.yield %[[S8]], %[[S4]]
// CHECK: %[[FIRST:.*]] = vector.transfer_write %[[SUMS]]#0, %[[O]]
// CHECK: %[[SECOND:.*]] = vector.transfer_write %[[SUMS]]#1, %[[FIRST]]
// CHECK: scf.yield %[[SECOND]], %[[SUMS]]#2
// CHECK-NOT: linalg.generic
func.func @pooled(%memory: memref<24x12xf32>, %ids: tensor<?xi64>, %starts: tensor<?xi64>,
                  %out: tensor<?x12xf32>, %count: tensor<i64>) -> (tensor<?x12xf32>, tensor<i64>) {
  %c0 = arith.constant 0 : index
  %c24 = arith.constant 24 : i64
  %zero = arith.constant 0.0 : f32
  %batch = tensor.dim %starts, %c0 : tensor<?xi64>
  %rows = bufferization.to_tensor %memory restrict : memref<24x12xf32> to tensor<24x12xf32>
  %empty = tensor.empty(%batch) : tensor<?x5xi64>
  %padded = linalg.generic {indexing_maps = [#row, #place], iterator_types = ["parallel", "parallel"]}
      ins(%starts : tensor<?xi64>) outs(%empty : tensor<?x5xi64>) {
  ^bb0(%start: i64, %unused: i64):
    %k = linalg.index 1 : index
    %first = arith.index_cast %start : i64 to index
    %at = arith.addi %first, %k : index
    %id = tensor.extract %ids[%at] : tensor<?xi64>
    linalg.yield %id : i64
  } -> tensor<?x5xi64>
  %zeros = linalg.fill ins(%zero : f32) outs(%out : tensor<?x12xf32>) -> tensor<?x12xf32>
  %pooled = linalg.generic {
      indexing_maps = [#of_place, #of_column], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%padded : tensor<?x5xi64>) outs(%zeros : tensor<?x12xf32>)
      attrs = {embcol.prefetch = #embcol.prefetch<
          max_row_bytes = 64, is_large = false, distance = 16, locality = 3>} {
  ^bb0(%id: i64, %sum: f32):
    %is_row = arith.cmpi ult, %id, %c24 : i64
    %row = arith.index_cast %id : i64 to index
    %d = linalg.index 2 : index
    %value = tensor.extract %rows[%row, %d] : tensor<24x12xf32>
    %added = arith.addf %sum, %value : f32
    %next = arith.select %is_row, %added, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?x12xf32>
  %counted = linalg.generic {indexing_maps = [#place, #none], iterator_types = ["reduction", "reduction"]}
      ins(%padded : tensor<?x5xi64>) outs(%count : tensor<i64>) {
  ^bb0(%id: i64, %sum: i64):
    %next = arith.addi %sum, %id : i64
    linalg.yield %next : i64
  } -> tensor<i64>
  return %pooled, %counted : tensor<?x12xf32>, tensor<i64>
}

// -----

#place = affine_map<(b, k) -> (b, k)>
#of_place = affine_map<(b, k, d) -> (b, k)>
#of_column = affine_map<(b, k, d) -> (b, d)>

// Rows that are not read along the last axis, and padded ids that something else
// uses, are left as they are.

// CHECK-LABEL: func.func @left
// CHECK-COUNT-4: linalg.generic
// CHECK-NOT: scf.for
func.func @left(%rows: tensor<24x12xf32>, %out: tensor<?x12xf32>, %empty: tensor<?x5xi64>)
    -> (tensor<?x12xf32>, tensor<?x12xf32>, tensor<?x5xi64>) {
  %c2 = arith.constant 2 : index
  %c0 = arith.constant 0 : i64
  %a = linalg.generic {indexing_maps = [#place], iterator_types = ["parallel", "parallel"]}
      outs(%empty : tensor<?x5xi64>) {
  ^bb0(%unused: i64):
    linalg.yield %c0 : i64
  } -> tensor<?x5xi64>
  %b = linalg.generic {indexing_maps = [#place], iterator_types = ["parallel", "parallel"]}
      outs(%empty : tensor<?x5xi64>) {
  ^bb0(%unused: i64):
    %k = linalg.index 1 : index
    %id = arith.index_cast %k : index to i64
    linalg.yield %id : i64
  } -> tensor<?x5xi64>
  %halved = linalg.generic {
      indexing_maps = [#of_place, #of_column], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%a : tensor<?x5xi64>) outs(%out : tensor<?x12xf32>) {
  ^bb0(%id: i64, %sum: f32):
    %row = arith.index_cast %id : i64 to index
    %d = linalg.index 2 : index
    %half = arith.divui %d, %c2 : index
    %value = tensor.extract %rows[%row, %half] : tensor<24x12xf32>
    %added = arith.addf %sum, %value : f32
    linalg.yield %added : f32
  } -> tensor<?x12xf32>
  %used = linalg.generic {
      indexing_maps = [#of_place, #of_column], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%b : tensor<?x5xi64>) outs(%out : tensor<?x12xf32>) {
  ^bb0(%id: i64, %sum: f32):
    %row = arith.index_cast %id : i64 to index
    %d = linalg.index 2 : index
    %value = tensor.extract %rows[%row, %d] : tensor<24x12xf32>
    %added = arith.addf %sum, %value : f32
    linalg.yield %added : f32
  } -> tensor<?x12xf32>
  return %halved, %used, %b : tensor<?x12xf32>, tensor<?x12xf32>, tensor<?x5xi64>
}
