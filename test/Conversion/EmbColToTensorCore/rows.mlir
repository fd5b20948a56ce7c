// RUN: embcol-opt %s -convert-embcol-to-tensor-core=check-ids=false -canonicalize -cse -split-input-file | FileCheck %s

// Rows of partitions that take turns are found by their positions.

embcol.table @hours : tensor<24x4xf32> {partition = #embcol.partition<strategy = mod, num_partitions = 5>}
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
// CHECK-LABEL: func.func @mod
// CHECK: %[[POSITIONS:.*]] = linalg.generic
// CHECK: arith.remui
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[POSITIONS]] : tensor<?xi64>
func.func @mod(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// Narrow rows are widened as they are read.

embcol.table @hours : tensor<24x4xbf16>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
// CHECK-LABEL: func.func @narrow
// CHECK: %[[ROWS:.*]] = bufferization.to_tensor %{{.*}} restrict : memref<24x4xbf16> to tensor<24x4xbf16>
// CHECK: %[[VALUE:.*]] = tensor.extract %[[ROWS]]
// CHECK: arith.extf %[[VALUE]] : bf16 to f32
func.func @narrow(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// Of quantized rows the header has scale and bias, and a byte an integer or two.

embcol.table @hours : tensor<24x4x!embcol.quantized<i4>>
embcol.column @hour : #embcol.identity<key = "hour", num_buckets = 24> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
// CHECK-LABEL: func.func @quantized
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[C15:.*]] = arith.constant 15 : i32
// CHECK: %[[ROWS:.*]] = bufferization.to_tensor %{{.*}} restrict : memref<24x6xi8> to tensor<24x6xi8>
// CHECK: %[[COLUMN:.*]] = linalg.index 2
// CHECK: %[[BYTE:.*]] = arith.divui %[[COLUMN]], %[[C2]]
// CHECK: %[[PLACE:.*]] = arith.addi %[[BYTE]], %[[C4]]
// CHECK: tensor.extract %[[ROWS]][%[[ROW:.*]], %[[PLACE]]]
// CHECK: %[[INTEGER:.*]] = arith.andi %{{.*}}, %[[C15]]
// CHECK: %[[VALUE:.*]] = arith.uitofp %[[INTEGER]] : i32 to f32
// CHECK: arith.bitcast %{{.*}} : i16 to f16
// CHECK: math.fma %{{.*}}, %[[VALUE]], %{{.*}} : f32
func.func @quantized(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hour(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
