// RUN: embcol-opt %s -embcol-fuse-lookups | FileCheck %s

embcol.table @hours : tensor<24x4xf32>
embcol.table @days : tensor<7x8xf32> {optimizer = #embcol.sgd<learning_rate = 0.1>}
embcol.column @hour : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 24>, weight_key = "share"> -> @hours
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
embcol.column @day : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
embcol.column @near : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {embedding_lookup_device = #embcol.device<cpu>}
embcol.column @far : #embcol.identity<key = "day", num_buckets = 7> -> @days
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>, tensor_core_shape = array<i64: -1, 3>}
embcol.column @nowhere : #embcol.identity<key = "day", num_buckets = 7> -> @days

// Looked up where they are joined, once the ids of all are there.

// CHECK-LABEL: func.func @joined
// CHECK-SAME: (%[[A:.*]]: !embcol.ragged<i64>, %[[W:.*]]: !embcol.ragged<f32>, %[[B:.*]]: !embcol.ragged<i32>)
// CHECK-NEXT: %[[IDS:.*]] = embcol.categorize {{.*}}(%[[B]])
// CHECK-NEXT: %[[JOINED:.*]] = embcol.grouped_lookup [@hour, @day] ids(%[[A]], %[[IDS]] : !embcol.ragged<i64>, !embcol.ragged<i64>) weights(%[[W]] : !embcol.ragged<f32>) -> tensor<?x12xf32>
// CHECK-NEXT: return %[[JOINED]]
func.func @joined(%a: !embcol.ragged<i64>, %w: !embcol.ragged<f32>, %b: !embcol.ragged<i32>)
    -> tensor<?x12xf32> {
  %0 = embcol.lookup @hour(%a, %w)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x4xf32>
  %ids = embcol.categorize #embcol.identity<key = "day", num_buckets = 7>(%b)
      : (!embcol.ragged<i32>) -> !embcol.ragged<i64>
  %1 = embcol.lookup @day(%ids) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %2 = tensor.concat dim(1) %0, %1 : (tensor<?x4xf32>, tensor<?x8xf32>) -> tensor<?x12xf32>
  return %2 : tensor<?x12xf32>
}

// The same lookup may be joined twice.

// CHECK-LABEL: func.func @twice
// CHECK-NEXT: embcol.grouped_lookup [@day, @day] ids(%[[A:.*]], %[[A]] :
// CHECK-NEXT: return
func.func @twice(%a: !embcol.ragged<i64>) -> tensor<?x16xf32> {
  %0 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %1 = tensor.concat dim(1) %0, %0 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

// What is not a lookup, and what is on another device, parts the others.

// CHECK-LABEL: func.func @parted
// CHECK-SAME: (%{{.*}}: !embcol.ragged<i64>, %[[GIVEN:.*]]: tensor<?x8xf32>)
// CHECK-DAG: %[[ALONE:.*]] = embcol.lookup @day
// CHECK-DAG: %[[CORE:.*]] = embcol.grouped_lookup [@day, @day]
// CHECK-DAG: %[[CPU:.*]] = embcol.grouped_lookup [@near, @near]
// CHECK: tensor.concat dim(1) %[[CORE]], %[[CPU]], %[[GIVEN]], %[[ALONE]] : (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x48xf32>
func.func @parted(%a: !embcol.ragged<i64>, %given: tensor<?x8xf32>) -> tensor<?x48xf32> {
  %0 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %1 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %2 = embcol.lookup @near(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %3 = embcol.lookup @near(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %4 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %5 = tensor.concat dim(1) %0, %1, %2, %3, %given, %4
      : (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>,
         tensor<?x8xf32>) -> tensor<?x48xf32>
  return %5 : tensor<?x48xf32>
}

// Those on the tensor core, too, of ids with places or without.

// CHECK-LABEL: func.func @places
// CHECK-SAME: (%[[A:.*]]: !embcol.ragged<i64>, %[[B:.*]]: !embcol.ragged<i64, 2>)
// CHECK-NEXT: embcol.grouped_lookup [@far, @far] ids(%[[A]], %[[B]] : !embcol.ragged<i64>, !embcol.ragged<i64, 2>)
// CHECK-NEXT: return
func.func @places(%a: !embcol.ragged<i64>, %b: !embcol.ragged<i64, 2>) -> tensor<?x16xf32> {
  %0 = embcol.lookup @far(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %1 = embcol.lookup @far(%b) : (!embcol.ragged<i64, 2>) -> tensor<?x8xf32>
  %2 = tensor.concat dim(1) %0, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  return %2 : tensor<?x16xf32>
}

// CHECK-LABEL: func.func @not_fused
// CHECK-NOT: embcol.grouped_lookup
// CHECK: return
func.func @not_fused(%a: !embcol.ragged<i64>, %condition: i1)
    -> (tensor<?x8xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>,
        tensor<?x16xf32>) {
  // No device yet.
  %3 = embcol.lookup @nowhere(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %4 = embcol.lookup @nowhere(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %5 = tensor.concat dim(1) %3, %4 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  // Another use.
  %6 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %7 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %8 = tensor.concat dim(1) %6, %7 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  // Another axis.
  %9 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %10 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %11 = tensor.concat dim(0) %9, %10 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  // Another block.
  %12 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %13 = scf.if %condition -> tensor<?x16xf32> {
    %14 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
    %15 = tensor.concat dim(1) %12, %14 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
    scf.yield %15 : tensor<?x16xf32>
  } else {
    scf.yield %8 : tensor<?x16xf32>
  }
  return %6, %5, %8, %11, %13
      : tensor<?x8xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x16xf32>
}

// No lookup moves past an update, be it called.

// CHECK-LABEL: func.func @updates
// CHECK-COUNT-2: embcol.lookup @day
// CHECK: embcol.apply_gradients
// CHECK: embcol.grouped_lookup [@day, @day]
// CHECK: call @update
// CHECK: tensor.concat dim(1)
func.func @updates(%a: !embcol.ragged<i64>, %g: tensor<?x8xf32>, %rate: f32, %step: i64)
    -> tensor<?x32xf32> {
  %0 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %1 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  embcol.apply_gradients [@day] ids(%a : !embcol.ragged<i64>) gradients(%g : tensor<?x8xf32>)
      learning_rates(%rate) step(%step)
  %2 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %3 = embcol.lookup @day(%a) : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  %4 = tensor.concat dim(1) %2, %3 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  func.call @update(%a, %g, %rate, %step) : (!embcol.ragged<i64>, tensor<?x8xf32>, f32, i64) -> ()
  %5 = tensor.concat dim(1) %4, %0, %1
      : (tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x32xf32>
  return %5 : tensor<?x32xf32>
}
func.func private @update(!embcol.ragged<i64>, tensor<?x8xf32>, f32, i64)
