// RUN: embcol-opt %s -convert-embcol-to-cpu=use-threads | FileCheck %s
// RUN: embcol-opt %s -convert-embcol-to-cpu | FileCheck %s --check-prefix=PLACE

// CHECK-LABEL: func.func @lookup(
// CHECK:         %[[KERNEL:.*]] = constant @embcol_lookup_mean_4xf32_safe
// CHECK:         call @embcol_core_add_lookup_f32(%{{.*}}, %{{.*}}, %[[KERNEL]],
// CHECK:         call @embcol_core_run_lookups()
// CHECK-NOT:     call @embcol_lookup
// PLACE-LABEL: func.func @lookup(
// PLACE-NOT:     call @embcol_core_run_lookups
// PLACE:         call @embcol_lookup_mean_4xf32_safe(
embcol.table @hour : tensor<24x4xf32>
embcol.column @hours : #embcol.identity<key = "hour", num_buckets = 24> -> @hour
    {embedding_lookup_device = #embcol.device<cpu>}
func.func @lookup(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hours(%ids) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
