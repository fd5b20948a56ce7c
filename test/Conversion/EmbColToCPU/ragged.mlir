// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s

// Splits are checked from the inside out: the inner ones against the values, the
// outer ones against the inner ones.

// CHECK-LABEL: func.func @row_splits
// CHECK-SAME: (%[[VALUES:.*]]: tensor<?xi64>, %[[INNER:.*]]: tensor<?xi64>, %[[OUTER:.*]]: tensor<?xi64>)
// CHECK: %[[NUM_VALUES:.*]] = tensor.dim %[[VALUES]]
// CHECK: %[[INNER_BUFFER:.*]] = bufferization.to_buffer %[[INNER]] read_only
// CHECK: %[[NUM_VALUES_I64:.*]] = arith.index_cast %[[NUM_VALUES]]
// CHECK: %[[INNER_CAST:.*]] = memref.cast %[[INNER_BUFFER]] :
// CHECK: call @embcol_core_check_splits(%[[INNER_CAST]], %[[NUM_VALUES_I64]])
// CHECK: %[[NUM_INNER:.*]] = tensor.dim %[[INNER]]
// CHECK: %[[NUM_STEPS:.*]] = arith.subi %[[NUM_INNER]], %{{.*}}
// CHECK: %[[OUTER_BUFFER:.*]] = bufferization.to_buffer %[[OUTER]] read_only
// CHECK: %[[NUM_STEPS_I64:.*]] = arith.index_cast %[[NUM_STEPS]]
// CHECK: %[[OUTER_CAST:.*]] = memref.cast %[[OUTER_BUFFER]] :
// CHECK: call @embcol_core_check_splits(%[[OUTER_CAST]], %[[NUM_STEPS_I64]])
// CHECK: return %[[VALUES]], %[[INNER]], %[[OUTER]]
func.func @row_splits(%values: tensor<?xi64>, %inner: tensor<?xi64>, %outer: tensor<?xi64>)
    -> !embcol.ragged<i64, 2> {
  %0 = embcol.ragged_from_row_splits %values, %inner, %outer
      : tensor<?xi64>, tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64, 2>
  return %0 : !embcol.ragged<i64, 2>
}

// -----

// CHECK-LABEL: func.func @row_splits_of_strings
// CHECK-SAME: (%[[BYTES:.*]]: tensor<?xi8>, %[[OFFSETS:.*]]: tensor<?xi64>, %[[SPLITS:.*]]: tensor<?xi64>)
// CHECK: %[[NUM_OFFSETS:.*]] = tensor.dim %[[OFFSETS]]
// CHECK: %[[NUM_STRINGS:.*]] = arith.subi %[[NUM_OFFSETS]], %{{.*}}
// CHECK: %[[NUM_STRINGS_I64:.*]] = arith.index_cast %[[NUM_STRINGS]]
// CHECK: call @embcol_core_check_splits(%{{.*}}, %[[NUM_STRINGS_I64]])
// CHECK: return %[[BYTES]], %[[OFFSETS]], %[[SPLITS]]
func.func @row_splits_of_strings(%values: tensor<?x!embcol.string>, %splits: tensor<?xi64>)
    -> !embcol.ragged<!embcol.string> {
  %0 = embcol.ragged_from_row_splits %values, %splits
      : tensor<?x!embcol.string>, tensor<?xi64> -> !embcol.ragged<!embcol.string>
  return %0 : !embcol.ragged<!embcol.string>
}

// -----

// Sizes that are known are forgotten: ragged arrays have none. They are checked
// like others.

// CHECK-LABEL: func.func @row_splits_of_known_sizes
// CHECK-SAME: (%[[VALUES:.*]]: tensor<3xi64>, %[[SPLITS:.*]]: tensor<5xi64>) -> (tensor<?xi64>, tensor<?xi64>)
// CHECK-DAG: %[[VALUES_CAST:.*]] = tensor.cast %[[VALUES]] : tensor<3xi64> to tensor<?xi64>
// CHECK-DAG: %[[SPLITS_CAST:.*]] = tensor.cast %[[SPLITS]] : tensor<5xi64> to tensor<?xi64>
// CHECK: call @embcol_core_check_splits(
// CHECK: return %[[VALUES_CAST]], %[[SPLITS_CAST]]
func.func @row_splits_of_known_sizes(%values: tensor<3xi64>, %splits: tensor<5xi64>)
    -> !embcol.ragged<i64> {
  %0 = embcol.ragged_from_row_splits %values, %splits
      : tensor<3xi64>, tensor<5xi64> -> !embcol.ragged<i64>
  return %0 : !embcol.ragged<i64>
}

// -----

// The runtime checks that there are as many weights as cells, axis by axis, and
// finds which cells stay; cells and weights are gathered by it. The cells stay as
// narrow as they are.

// CHECK-LABEL: func.func @dense
// CHECK-SAME: (%[[CELLS:.*]]: tensor<?x3xi32>, %[[WEIGHTS:.*]]: tensor<?x3xf32>)
// CHECK: %[[BATCH:.*]] = tensor.dim %[[CELLS]]
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[CELLS]] {{\[}}[0, 1]]
// CHECK: %[[PER_ROW:.*]] = arith.muli %[[BATCH]], %{{.*}}
// CHECK: %[[NUM_CELLS:.*]] = arith.muli %[[PER_ROW]], %{{.*}}
// CHECK: %[[NUM_SPLITS:.*]] = arith.addi %[[BATCH]], %{{.*}}
// CHECK: %[[SPLITS:.*]] = memref.alloc(%[[NUM_SPLITS]])
// CHECK: %[[ORDER:.*]] = memref.alloc(%[[NUM_CELLS]])
// CHECK: %[[NUM_VALUES:.*]] = tensor.dim %[[FLAT]]
// CHECK: %[[NUM_CELLS_I64:.*]] = arith.index_cast %[[NUM_CELLS]]
// CHECK: %[[NUM_VALUES_I64:.*]] = arith.index_cast %[[NUM_VALUES]]
// CHECK: call @embcol_core_check_size(%[[NUM_CELLS_I64]], %[[NUM_VALUES_I64]])
// CHECK: %[[WEIGHTS_BATCH:.*]] = tensor.dim %[[WEIGHTS]], %{{.*}}
// CHECK: %[[BATCH_I64:.*]] = arith.index_cast %[[BATCH]]
// CHECK: %[[WEIGHTS_BATCH_I64:.*]] = arith.index_cast %[[WEIGHTS_BATCH]]
// CHECK: call @embcol_core_check_size(%[[BATCH_I64]], %[[WEIGHTS_BATCH_I64]])
// CHECK: %[[ENTRIES_I64:.*]] = arith.index_cast
// CHECK: call @embcol_core_check_size(%[[ENTRIES_I64]], %{{.*}})
// CHECK: %[[FLAT_WEIGHTS:.*]] = tensor.collapse_shape %[[WEIGHTS]]
// CHECK: %[[WIDE:.*]] = linalg.generic {{.*}} ins(%[[FLAT]] : tensor<?xi32>)
// CHECK: arith.extsi
// CHECK: %[[WIDE_BUFFER:.*]] = bufferization.to_buffer %[[WIDE]] read_only
// CHECK: %[[PADDED:.*]] = arith.constant 1 : i64
// CHECK: %[[WIDE_CAST:.*]] = memref.cast %[[WIDE_BUFFER]] :
// CHECK: %[[SPLITS_CAST:.*]] = memref.cast %[[SPLITS]] :
// CHECK: %[[ORDER_CAST:.*]] = memref.cast %[[ORDER]] :
// CHECK: call @embcol_core_ragged_from_dense_integer(%[[WIDE_CAST]], %[[PADDED]], %[[BATCH_I64]], %[[ENTRIES_I64]], %{{.*}}, %{{.*}}, %[[SPLITS_CAST]], %[[ORDER_CAST]])
// CHECK: %[[SPLITS_RESULT:.*]] = bufferization.to_tensor %[[SPLITS]]
// CHECK: %[[LAST:.*]] = tensor.extract %[[SPLITS_RESULT]]
// CHECK: %[[NUM_KEPT:.*]] = arith.index_cast %[[LAST]] : i64 to index
// CHECK: %[[ORDER_RESULT:.*]] = bufferization.to_tensor %[[ORDER]]
// CHECK: %[[KEPT:.*]] = tensor.extract_slice %[[ORDER_RESULT]][0] [%[[NUM_KEPT]]] [1]
// CHECK: %[[VALUES:.*]] = linalg.generic {{.*}} ins(%[[KEPT]] : {{.*}}) outs(%{{.*}} : tensor<?xi32>)
// CHECK: ^bb0(%[[CELL:.*]]: i64,
// CHECK: %[[POSITION:.*]] = arith.index_cast %[[CELL]] : i64 to index
// CHECK: tensor.extract %[[FLAT]][%[[POSITION]]]
// CHECK: %[[KEPT_WEIGHTS:.*]] = linalg.generic {{.*}} ins(%[[KEPT]] : {{.*}}) outs(%{{.*}} : tensor<?xf32>)
// CHECK: tensor.extract %[[FLAT_WEIGHTS]]
// CHECK: return %[[VALUES]], %[[SPLITS_RESULT]], %[[KEPT_WEIGHTS]], %[[SPLITS_RESULT]]
func.func @dense(%cells: tensor<?x3xi32>, %weights: tensor<?x3xf32>)
    -> (!embcol.ragged<i32>, !embcol.ragged<f32>) {
  %0, %1 = embcol.ragged_from_dense %cells weights %weights
      : (tensor<?x3xi32>, tensor<?x3xf32>) -> (!embcol.ragged<i32>, !embcol.ragged<f32>)
  return %0, %1 : !embcol.ragged<i32>, !embcol.ragged<f32>
}

// -----

// CHECK-LABEL: func.func @dense_of_known_size
// CHECK-SAME: (%[[CELLS:.*]]: tensor<4x3xi64>) -> (tensor<?xi64>, tensor<?xi64>)
// CHECK-DAG: arith.constant 4 : index
// CHECK-DAG: arith.constant 3 : index
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[CELLS]] {{\[}}[0, 1]] : tensor<4x3xi64> into tensor<12xi64>
// CHECK: tensor.cast %[[FLAT]] : tensor<12xi64> to tensor<?xi64>
// CHECK: call @embcol_core_ragged_from_dense_integer(
func.func @dense_of_known_size(%cells: tensor<4x3xi64>) -> !embcol.ragged<i64> {
  %0 = embcol.ragged_from_dense %cells : (tensor<4x3xi64>) -> !embcol.ragged<i64>
  return %0 : !embcol.ragged<i64>
}

// -----

// Unsigned integers have no padding.

// CHECK-LABEL: func.func @dense_unsigned
// CHECK: arith.extui
// CHECK: %[[NOT_PADDED:.*]] = arith.constant 0 : i64
// CHECK: call @embcol_core_ragged_from_dense_integer(%{{.*}}, %[[NOT_PADDED]],
func.func @dense_unsigned(%cells: tensor<?xui16>) -> !embcol.ragged<ui16> {
  %0 = embcol.ragged_from_dense %cells : (tensor<?xui16>) -> !embcol.ragged<ui16>
  return %0 : !embcol.ragged<ui16>
}

// -----

// Batch, steps and entries of a tensor of strings: dynamic sizes come with it.

// CHECK-LABEL: func.func @dense_strings
// CHECK-SAME: (%[[BYTES:.*]]: tensor<?xi8>, %[[OFFSETS:.*]]: tensor<?xi64>, %[[BATCH:.*]]: index, %[[ENTRIES:.*]]: index)
// CHECK: %[[THREE:.*]] = arith.constant 3 : index
// CHECK: %[[NUM_STEPS:.*]] = arith.muli %[[BATCH]], %[[THREE]]
// CHECK: %[[NUM_CELLS:.*]] = arith.muli %[[NUM_STEPS]], %[[ENTRIES]]
// CHECK: %[[NUM_INNER:.*]] = arith.addi %[[NUM_STEPS]], %{{.*}}
// CHECK: %[[INNER:.*]] = memref.alloc(%[[NUM_INNER]])
// CHECK: %[[NUM_OUTER:.*]] = arith.addi %[[BATCH]], %{{.*}}
// CHECK: %[[OUTER:.*]] = memref.alloc(%[[NUM_OUTER]])
// CHECK: %[[ORDER:.*]] = memref.alloc(%[[NUM_CELLS]])
// CHECK: %[[NUM_OFFSETS:.*]] = tensor.dim %[[OFFSETS]]
// CHECK: %[[NUM_STRINGS:.*]] = arith.subi %[[NUM_OFFSETS]], %{{.*}}
// CHECK: %[[NUM_CELLS_I64:.*]] = arith.index_cast %[[NUM_CELLS]]
// CHECK: %[[NUM_STRINGS_I64:.*]] = arith.index_cast %[[NUM_STRINGS]]
// CHECK: call @embcol_core_check_size(%[[NUM_CELLS_I64]], %[[NUM_STRINGS_I64]])
// CHECK-DAG: %[[INNER_CAST:.*]] = memref.cast %[[INNER]] :
// CHECK-DAG: %[[OUTER_CAST:.*]] = memref.cast %[[OUTER]] :
// CHECK-DAG: %[[ORDER_CAST:.*]] = memref.cast %[[ORDER]] :
// CHECK: call @embcol_core_ragged_from_dense_string({{.*}}, %[[INNER_CAST]], %[[OUTER_CAST]], %[[ORDER_CAST]])
// CHECK: %[[OUTER_RESULT:.*]] = bufferization.to_tensor %[[OUTER]]
// CHECK: %[[INNER_RESULT:.*]] = bufferization.to_tensor %[[INNER]]
// CHECK: %[[INNER_CUT:.*]] = tensor.extract_slice %[[INNER_RESULT]]
// CHECK: call @embcol_core_gather_strings(
// CHECK: %[[BYTES_RESULT:.*]] = bufferization.to_tensor %{{.*}} : memref<?xi8>
// CHECK: %[[OFFSETS_RESULT:.*]] = bufferization.to_tensor
// CHECK: return %[[BYTES_RESULT]], %[[OFFSETS_RESULT]], %[[INNER_CUT]], %[[OUTER_RESULT]]
func.func @dense_strings(%cells: tensor<?x3x?x!embcol.string>)
    -> !embcol.ragged<!embcol.string, 2> {
  %0 = embcol.ragged_from_dense %cells
      : (tensor<?x3x?x!embcol.string>) -> !embcol.ragged<!embcol.string, 2>
  return %0 : !embcol.ragged<!embcol.string, 2>
}

// -----

// The batch is 0 after an error, so that nothing is sized by what is no batch.
// There have to be as many values and weights as cells.

// CHECK-LABEL: func.func @coo
// CHECK-SAME: (%[[INDICES:.*]]: tensor<?x2xi64>, %[[VALUES:.*]]: tensor<?xi64>, %[[SHAPE:.*]]: tensor<2xi64>, %[[WEIGHTS:.*]]: tensor<?xf32>)
// CHECK: %[[INDICES_BUFFER:.*]] = bufferization.to_buffer %[[INDICES]] read_only
// CHECK: %[[SHAPE_BUFFER:.*]] = bufferization.to_buffer %[[SHAPE]] read_only
// CHECK: %[[SHAPE_CAST:.*]] = memref.cast %[[SHAPE_BUFFER]] :
// CHECK: %[[BATCH:.*]] = call @embcol_core_coo_batch(%[[SHAPE_CAST]])
// CHECK: %[[BATCH_INDEX:.*]] = arith.index_cast %[[BATCH]] : i64 to index
// CHECK: %[[NUM_CELLS:.*]] = memref.dim %[[INDICES_BUFFER]]
// CHECK: %[[NUM_VALUES:.*]] = tensor.dim %[[VALUES]]
// CHECK: %[[NUM_CELLS_I64:.*]] = arith.index_cast %[[NUM_CELLS]]
// CHECK: %[[NUM_VALUES_I64:.*]] = arith.index_cast %[[NUM_VALUES]]
// CHECK: call @embcol_core_check_size(%[[NUM_CELLS_I64]], %[[NUM_VALUES_I64]])
// CHECK: %[[NUM_WEIGHTS:.*]] = tensor.dim %[[WEIGHTS]]
// CHECK: %[[NUM_WEIGHTS_I64:.*]] = arith.index_cast %[[NUM_WEIGHTS]]
// CHECK: call @embcol_core_check_size(%[[NUM_CELLS_I64]], %[[NUM_WEIGHTS_I64]])
// CHECK: %[[NUM_SPLITS:.*]] = arith.addi %[[BATCH_INDEX]], %{{.*}}
// CHECK: %[[SPLITS:.*]] = memref.alloc(%[[NUM_SPLITS]])
// CHECK: %[[ORDER:.*]] = memref.alloc(%[[NUM_CELLS]])
// CHECK: %[[INDICES_CAST:.*]] = memref.cast %[[INDICES_BUFFER]] :
// CHECK-DAG: %[[SPLITS_CAST:.*]] = memref.cast %[[SPLITS]] :
// CHECK-DAG: %[[ORDER_CAST:.*]] = memref.cast %[[ORDER]] :
// CHECK: call @embcol_core_ragged_from_coo(%[[INDICES_CAST]], %[[SHAPE_CAST]], %{{.*}}, %[[SPLITS_CAST]], %[[ORDER_CAST]])
// CHECK-NOT: call
// CHECK: linalg.generic
// CHECK: tensor.extract %[[VALUES]]
// CHECK: linalg.generic
// CHECK: tensor.extract %[[WEIGHTS]]
func.func @coo(%indices: tensor<?x2xi64>, %values: tensor<?xi64>, %shape: tensor<2xi64>,
               %weights: tensor<?xf32>) -> (!embcol.ragged<i64>, !embcol.ragged<f32>) {
  %0, %1 = embcol.ragged_from_coo %indices, %values, %shape weights %weights
      : (tensor<?x2xi64>, tensor<?xi64>, tensor<2xi64>, tensor<?xf32>)
      -> (!embcol.ragged<i64>, !embcol.ragged<f32>)
  return %0, %1 : !embcol.ragged<i64>, !embcol.ragged<f32>
}

// -----

// CHECK-LABEL: func.func @coo_of_known_size
// CHECK-SAME: (%[[INDICES:.*]]: tensor<7x2xi64>, %[[VALUES:.*]]: tensor<7xi32>, %{{.*}}: tensor<2xi64>) -> (tensor<?xi32>, tensor<?xi64>)
// CHECK: %[[BUFFER:.*]] = bufferization.to_buffer %[[INDICES]] read_only : tensor<7x2xi64> to memref<7x2xi64>
// CHECK: memref.cast %[[BUFFER]] : memref<7x2xi64> to memref<?x?xi64,
// CHECK: tensor.extract %[[VALUES]][{{.*}}] : tensor<7xi32>
func.func @coo_of_known_size(%indices: tensor<7x2xi64>, %values: tensor<7xi32>,
                             %shape: tensor<2xi64>) -> !embcol.ragged<i32> {
  %0 = embcol.ragged_from_coo %indices, %values, %shape
      : (tensor<7x2xi64>, tensor<7xi32>, tensor<2xi64>) -> !embcol.ragged<i32>
  return %0 : !embcol.ragged<i32>
}

// -----

// Steps are counted first, to know how many inner splits there will be.

// CHECK-LABEL: func.func @coo_sequence
// CHECK: %[[NUM_STEPS:.*]] = call @embcol_core_count_coo_steps(
// CHECK: %[[NUM_STEPS_INDEX:.*]] = arith.index_cast %[[NUM_STEPS]] : i64 to index
// CHECK: %[[NUM_INNER:.*]] = arith.addi %[[NUM_STEPS_INDEX]], %{{.*}}
// CHECK: %[[INNER:.*]] = memref.alloc(%[[NUM_INNER]])
// CHECK: %[[INNER_CAST:.*]] = memref.cast %[[INNER]] :
// CHECK: call @embcol_core_ragged_from_coo(%{{.*}}, %{{.*}}, %[[INNER_CAST]],
// CHECK: call @embcol_core_gather_strings(
func.func @coo_sequence(%indices: tensor<?x3xi64>, %values: tensor<?x!embcol.string>,
                        %shape: tensor<3xi64>) -> !embcol.ragged<!embcol.string, 2> {
  %0 = embcol.ragged_from_coo %indices, %values, %shape
      : (tensor<?x3xi64>, tensor<?x!embcol.string>, tensor<3xi64>)
      -> !embcol.ragged<!embcol.string, 2>
  return %0 : !embcol.ragged<!embcol.string, 2>
}
