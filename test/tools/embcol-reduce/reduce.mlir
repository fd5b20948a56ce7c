// RUN: embcol-reduce %s -reduction-tree='traversal-mode=0 test=%S/Inputs/has-weekday.sh' | FileCheck %s

// What the test does not need goes.

// CHECK: module {
// CHECK-NEXT: embcol.table @weekday : tensor<7x4xf32>
// CHECK-NEXT: }
module {
  embcol.table @weekday : tensor<7x4xf32>
  embcol.table @month : tensor<12x4xf32>
  embcol.table @hour : tensor<24x4xf32>
  embcol.column @hours : #embcol.identity<key = "hour", num_buckets = 24> -> @hour
}
