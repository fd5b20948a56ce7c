// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu | FileCheck %s

// Tables that caches hold are prefetched into the first level.

embcol.table @small : tensor<100x32xf32>
embcol.column @c : #embcol.identity<key = "c", num_buckets = 100> -> @small
    {embedding_lookup_device = #embcol.device<cpu>}
// CHECK-LABEL: func.func private @embcol_lookup_mean_32xf32_safe(
// CHECK: arith.constant 16 : index
// CHECK: memref.prefetch %{{.*}}, read, locality<3>, data
func.func @small_lookup(%ids: !embcol.ragged<i64>) -> tensor<?x32xf32> {
  %0 = embcol.lookup @c(%ids) : (!embcol.ragged<i64>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

// Others into the second, and further ahead: all of a program count, but for
// what is small itself.

embcol.table @first : tensor<600000x32xf32>
embcol.table @second : tensor<500000x32xf32>
embcol.table @small : tensor<100x32xf32>
embcol.column @a : #embcol.identity<key = "a", num_buckets = 600000> -> @first
    {embedding_lookup_device = #embcol.device<cpu>}
embcol.column @b : #embcol.identity<key = "b", num_buckets = 100> -> @small
    {embedding_lookup_device = #embcol.device<cpu>}
// CHECK-LABEL: func.func private @embcol_lookup_mean_32xf32_safe(
// CHECK: memref.prefetch %{{.*}}, read, locality<3>, data
// CHECK-LABEL: func.func private @embcol_lookup_mean_32xf32_safe_large(
// CHECK: arith.constant 32 : index
// CHECK: memref.prefetch %{{.*}}, read, locality<2>, data
func.func @lookups(%a: !embcol.ragged<i64>, %b: !embcol.ragged<i64>)
    -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %0 = embcol.lookup @a(%a) : (!embcol.ragged<i64>) -> tensor<?x32xf32>
  %1 = embcol.lookup @b(%b) : (!embcol.ragged<i64>) -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// As the module says: the first that is for so many bytes, in a table as large.

// CHECK-NOT: embcol.prefetch
module attributes {embcol.prefetch = [
    #embcol.prefetch<max_row_bytes = 64, is_large = false, distance = 5, locality = 1>,
    #embcol.prefetch<max_row_bytes = 128, is_large = true, distance = 6, locality = 1>,
    #embcol.prefetch<max_row_bytes = 128, is_large = false, distance = 7, locality = 2>,
    #embcol.prefetch<max_row_bytes = 256, is_large = false, distance = 9, locality = 0>]} {
  embcol.table @table : tensor<100x32xf32>
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 100> -> @table
      {embedding_lookup_device = #embcol.device<cpu>}
  // CHECK-LABEL: func.func private @embcol_lookup_mean_32xf32_safe(
  // CHECK: arith.constant 7 : index
  // CHECK: memref.prefetch %{{.*}}, read, locality<2>, data
  func.func @told(%ids: !embcol.ragged<i64>) -> tensor<?x32xf32> {
    %0 = embcol.lookup @c(%ids) : (!embcol.ragged<i64>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}
