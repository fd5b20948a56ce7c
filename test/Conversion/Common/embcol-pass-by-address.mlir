// RUN: embcol-opt %s -embcol-pass-by-address | FileCheck %s

// Descriptors are loaded where they are used first, and results are stored as
// soon as they are there, where the members of a struct are.

// CHECK-LABEL: func.func @several(
// CHECK-SAME:    %[[RESULTS:.*]]: !llvm.ptr, %[[A:.*]]: !llvm.ptr, %[[STEP:.*]]: i32, %[[B:.*]]: !llvm.ptr)
// CHECK-SAME:    attributes {llvm.emit_c_interface} {
// CHECK:         call @work
// CHECK:         %[[LOADED:.*]] = llvm.load %[[A]] : !llvm.ptr -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
// CHECK-NEXT:    %[[IDS:.*]] = builtin.unrealized_conversion_cast %[[LOADED]]
// CHECK-NEXT:    %[[PLACE0:.*]] = llvm.getelementptr %[[RESULTS]][0] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK-NEXT:    %[[STORED:.*]] = builtin.unrealized_conversion_cast %[[IDS]]
// CHECK-NEXT:    llvm.store %[[STORED]], %[[PLACE0]]
// CHECK:         %[[ID:.*]] = memref.load %[[IDS]]
// CHECK-NEXT:    %[[PLACE2:.*]] = llvm.getelementptr %[[RESULTS]][48]
// CHECK-NEXT:    llvm.store %[[ID]], %[[PLACE2]] : i64
// CHECK:         llvm.load %[[B]]
// CHECK:         llvm.getelementptr %[[RESULTS]][56]
// CHECK:         %[[PLACE1:.*]] = llvm.getelementptr %[[RESULTS]][40]
// CHECK-NEXT:    llvm.store %[[STEP]], %[[PLACE1]] : i32
// CHECK-NEXT:    return
func.func private @work()
func.func @several(%a: memref<?xi64>, %step: i32, %b: memref<?x4xf32>)
    -> (memref<?xi64>, i32, i64, memref<?x4xf32>)
    attributes {llvm.emit_c_interface} {
  func.call @work() : () -> ()
  %c0 = arith.constant 0 : index
  %id = memref.load %a[%c0] : memref<?xi64>
  return %a, %step, %id, %b : memref<?xi64>, i32, i64, memref<?x4xf32>
}

// Within a region counts where that is.

// CHECK-LABEL: func.func @nested(
// CHECK-SAME:    %[[RESULT:.*]]: !llvm.ptr, %[[A:.*]]: !llvm.ptr, %{{.*}}: i1) attributes
// CHECK:         llvm.load %[[A]]
// CHECK:         %[[PLACE:.*]] = llvm.getelementptr %[[RESULT]][0]
// CHECK:         llvm.store %{{.*}}, %[[PLACE]]
// CHECK-NEXT:    scf.if
// CHECK:         return
func.func @nested(%a: memref<?xf32>, %condition: i1) -> memref<?xf32>
    attributes {llvm.emit_c_interface} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  scf.if %condition {
    memref.store %zero, %a[%c0] : memref<?xf32>
  }
  return %a : memref<?xf32>
}

// A single number is returned.

// CHECK-LABEL: func.func @number(
// CHECK-SAME:    %[[A:.*]]: !llvm.ptr) -> f32
// CHECK:         return %{{.*}} : f32
func.func @number(%a: memref<?xf32>) -> f32 attributes {llvm.emit_c_interface} {
  %c0 = arith.constant 0 : index
  %0 = memref.load %a[%c0] : memref<?xf32>
  return %0 : f32
}

// The first block is where all can use a descriptor.

// CHECK-LABEL: func.func @blocks(
// CHECK-SAME:    %[[A:.*]]: !llvm.ptr) attributes
// CHECK-NEXT:    llvm.load %[[A]]
// CHECK:         cf.br
func.func @blocks(%a: memref<?xf32>) attributes {llvm.emit_c_interface} {
  cf.br ^next
^next:
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  memref.store %zero, %a[%c0] : memref<?xf32>
  return
}

// Left alone: what others call, and what has no C interface.

// CHECK-LABEL: func.func @called(%{{.*}}: memref<?xf32>) -> memref<?xf32>
func.func @called(%a: memref<?xf32>) -> memref<?xf32>
    attributes {llvm.emit_c_interface} {
  return %a : memref<?xf32>
}
// CHECK-LABEL: func.func @caller(%{{.*}}: memref<?xf32>) -> memref<?xf32>
func.func @caller(%a: memref<?xf32>) -> memref<?xf32> {
  %0 = func.call @called(%a) : (memref<?xf32>) -> memref<?xf32>
  return %0 : memref<?xf32>
}
