// RUN: embcol-run %s --print | FileCheck %s
// RUN: embcol-opt %s -embcol-assign-devices=mode=training | FileCheck %s --check-prefix=MODE
// RUN: embcol-opt %s -embcol-serving

// A program need not use the dialect.

// CHECK: result0 = 2.5
// MODE: module attributes {embcol.mode = #embcol.mode<training>}
func.func @f() -> f32 {
  %0 = arith.constant 2.5 : f32
  return %0 : f32
}
