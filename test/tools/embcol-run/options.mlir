// RUN: embcol-run %s --print | FileCheck %s
// RUN: embcol-run - --print < %s | FileCheck %s
// RUN: embcol-run %s --function lookup --print | FileCheck %s
// RUN: embcol-run %s --print --mode serving | FileCheck %s
// RUN: embcol-run %s --print --seed 1 > %t.1
// RUN: embcol-run %s --print --seed 1 | diff %t.1 -
// RUN: embcol-run %s --print --seed 2 | not diff %t.1 - > %t.diff
// RUN: embcol-run --help | FileCheck %s --check-prefix=HELP

// There is one public function, which need not be named. It is compiled for what
// the module says; the option goes before that. Random tables depend on the seed.

// HELP: Compiles a module and calls one of its functions on arrays.
// HELP-DAG: --function=<name>
// HELP-DAG: --input=<file.npz>
// HELP-DAG: --mode=<value>
// HELP-DAG: --output=<file.npz>
// HELP-DAG: --print
// HELP-DAG: --seed=<ulong>
// HELP-DAG: --tables=<file.safetensors>

// CHECK{LITERAL}: result0 = [[2.5, 2.5, 2.5]]
// CHECK-NEXT: result1 =
module attributes {embcol.mode = #embcol.mode<training>} {
  embcol.table @halves : tensor<4x3xf32> {initializer = #embcol.constant<value = 2.5>}
  embcol.table @random : tensor<4x3xf32>
  embcol.column @half : #embcol.identity<key = "id", num_buckets = 4> -> @halves
  embcol.column @any : #embcol.identity<key = "id", num_buckets = 4> -> @random

  func.func private @ids() -> !embcol.ragged<i64> {
    %values = arith.constant dense<[1, 3]> : tensor<2xi64>
    %splits = arith.constant dense<[0, 2]> : tensor<2xi64>
    %0 = embcol.ragged_from_row_splits %values, %splits
        : tensor<2xi64>, tensor<2xi64> -> !embcol.ragged<i64>
    return %0 : !embcol.ragged<i64>
  }

  func.func @lookup() -> (tensor<?x3xf32>, tensor<?x3xf32>) {
    %ids = call @ids() : () -> !embcol.ragged<i64>
    %0 = embcol.lookup @half(%ids) : (!embcol.ragged<i64>) -> tensor<?x3xf32>
    %1 = embcol.lookup @any(%ids) : (!embcol.ragged<i64>) -> tensor<?x3xf32>
    return %0, %1 : tensor<?x3xf32>, tensor<?x3xf32>
  }
}
