// RUN: embcol-opt %s -embcol-serving | FileCheck %s --implicit-check-not=embcol.
// RUN: embcol-opt %s -canonicalize -convert-embcol-to-cpu \
// RUN:   | FileCheck %s --check-prefix=CONVERT --implicit-check-not=unrealized_conversion_cast

// Canonicalization makes a select of an if that only chooses; that goes through
// the conversion as well.

// CHECK-LABEL: llvm.func @choose(
// CHECK-LABEL: llvm.func @_mlir_ciface_choose(
// CONVERT-LABEL: func.func @choose(
// CONVERT: return %{{.*}}, %{{.*}} : tensor<?xi64>, tensor<?xi64>
func.func @choose(%condition: i1, %a: !embcol.ragged<i64>, %b: !embcol.ragged<i64>)
    -> !embcol.ragged<i64> {
  %0 = scf.if %condition -> !embcol.ragged<i64> {
    scf.yield %a : !embcol.ragged<i64>
  } else {
    scf.yield %b : !embcol.ragged<i64>
  }
  return %0 : !embcol.ragged<i64>
}
