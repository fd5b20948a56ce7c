// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu | FileCheck %s \
// RUN:   --implicit-check-not=embcol.ragged --implicit-check-not=unrealized_conversion_cast

// Ragged arrays go through the structured control flow as their parts.

// CHECK-LABEL: func.func @branch
// CHECK-SAME: (%[[IS_PADDED:.*]]: i1, %[[CELLS:.*]]: tensor<?x3xi64>, %[[VALUES:.*]]: tensor<?xi64>, %[[SPLITS:.*]]: tensor<?xi64>)
// CHECK: %[[RESULT:.*]]:2 = scf.if %[[IS_PADDED]] -> (tensor<?xi64>, tensor<?xi64>) {
// CHECK: call @embcol_core_ragged_from_dense_integer(
// CHECK: scf.yield %{{.*}}, %{{.*}} : tensor<?xi64>, tensor<?xi64>
// CHECK: } else {
// CHECK: call @embcol_core_check_splits(
// CHECK: scf.yield %[[VALUES]], %[[SPLITS]] : tensor<?xi64>, tensor<?xi64>
// CHECK: return %[[RESULT]]#0, %[[RESULT]]#1
func.func @branch(%is_padded: i1, %cells: tensor<?x3xi64>, %values: tensor<?xi64>,
                  %splits: tensor<?xi64>) -> !embcol.ragged<i64> {
  %0 = scf.if %is_padded -> !embcol.ragged<i64> {
    %1 = embcol.ragged_from_dense %cells : (tensor<?x3xi64>) -> !embcol.ragged<i64>
    scf.yield %1 : !embcol.ragged<i64>
  } else {
    %1 = embcol.ragged_from_row_splits %values, %splits
        : tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64>
    scf.yield %1 : !embcol.ragged<i64>
  }
  return %0 : !embcol.ragged<i64>
}

// -----

func.func private @next(!embcol.ragged<!embcol.string, 2>) -> !embcol.ragged<!embcol.string, 2>

// CHECK-LABEL: func.func @loop
// CHECK-SAME: %[[BYTES:[^ ]*]]: tensor<?xi8>, %[[OFFSETS:[^ ]*]]: tensor<?xi64>, %[[INNER:[^ ]*]]: tensor<?xi64>, %[[OUTER:[^ ]*]]: tensor<?xi64>)
// CHECK: %[[RESULT:.*]]:4 = scf.for {{.*}} iter_args(%[[A:.*]] = %[[BYTES]], %[[B:.*]] = %[[OFFSETS]], %[[C:.*]] = %[[INNER]], %[[D:.*]] = %[[OUTER]])
// CHECK: %[[NEXT:.*]]:4 = func.call @next(%[[A]], %[[B]], %[[C]], %[[D]])
// CHECK: scf.yield %[[NEXT]]#0, %[[NEXT]]#1, %[[NEXT]]#2, %[[NEXT]]#3
// CHECK: return %[[RESULT]]#0, %[[RESULT]]#1, %[[RESULT]]#2, %[[RESULT]]#3
func.func @loop(%n: index, %tokens: !embcol.ragged<!embcol.string, 2>)
    -> !embcol.ragged<!embcol.string, 2> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%before = %tokens)
      -> !embcol.ragged<!embcol.string, 2> {
    %after = func.call @next(%before)
        : (!embcol.ragged<!embcol.string, 2>) -> !embcol.ragged<!embcol.string, 2>
    scf.yield %after : !embcol.ragged<!embcol.string, 2>
  }
  return %0 : !embcol.ragged<!embcol.string, 2>
}
