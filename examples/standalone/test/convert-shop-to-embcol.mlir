// RUN: standalone-opt %s --convert-shop-to-embcol --split-input-file | FileCheck %s

// CHECK-LABEL: module
// CHECK: embcol.table @shoes : tensor<1000x8xf32>
// CHECK: embcol.column @shoes_viewed
// CHECK-SAME: #embcol.identity<key = "viewed", num_buckets = 1000> -> @shoes
// CHECK: embcol.column @shoes_offer
// CHECK-SAME: #embcol.identity<key = "offer", num_buckets = 1000> -> @shoes
// CHECK-SAME: combiner = #embcol.combiner<sum>
shop.catalog @shoes products = 1000 dimension = 8

// CHECK-LABEL: func @rank
// CHECK-SAME: (%[[VIEWED:.*]]: !embcol.ragged<i64>, %[[OFFER:.*]]: !embcol.ragged<i64>)
func.func @rank(%viewed: !embcol.ragged<i64>, %offer: !embcol.ragged<i64>)
    -> tensor<?xf32> {
  // CHECK: %[[A:.*]] = embcol.lookup @shoes_viewed(%[[VIEWED]])
  // CHECK: %[[B:.*]] = embcol.lookup @shoes_offer(%[[OFFER]])
  // CHECK: linalg.generic
  // CHECK-SAME: ins(%[[A]], %[[B]] : tensor<?x8xf32>, tensor<?x8xf32>)
  %0 = shop.affinity @shoes(%viewed, %offer)
      : (!embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A name that is taken.

// CHECK-LABEL: module
// CHECK: embcol.table @hats : tensor<3x2xf32>
// CHECK-SAME: initializer = #embcol.constant<value = 5.000000e-01>
// CHECK: embcol.column @hats_viewed_0
shop.catalog @hats products = 3 dimension = 2 {
  initializer = #embcol.constant<value = 0.5>}
func.func private @hats_viewed()
