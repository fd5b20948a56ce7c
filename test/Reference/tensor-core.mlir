// Columns on the tensor core, compiled and interpreted. Row r of the table is
// [r + 1, 10 * (r + 1)].
//
// DEFINE: %{inputs} = %S/../tools/embcol-run/Inputs
// DEFINE: %{run} = %{python} %{inputs}/both.py embcol-run %s --tables %t.safetensors --input %t.npz --print
// RUN: %{python} %{inputs}/arrays.py %t.safetensors \
// RUN:   "hours=float32([[1, 10], [2, 20], [3, 30]])"

// Rows are cut by place, whatever stands behind.
//
// RUN: %{python} %{inputs}/arrays.py %t.npz "hour.values=[0, 1, 7, -1, 2, 2]" \
// RUN:   "hour.row_splits=[0, 3, 6, 6]"
// RUN: %{run} --function lookup | FileCheck %s --check-prefix=LOOKUP
// RUN: %{run} --function lookup --mode training | FileCheck %s --check-prefix=LOOKUP
// LOOKUP{LITERAL}: result0 = [[3, 30], [3, 30], [0, 0]]

// RUN: %{python} %{inputs}/arrays.py %t.npz "hour=[[0, 7], [1, 1]]"
// RUN: not %{run} --function lookup 2>&1 | FileCheck %s --check-prefix=ID
// (lookup-C8)
// ID: embcol-run: column "cut": id 7 in row 0 is not in [0, 3)

// The batch that tensor_core_shape says.
//
// RUN: %{python} %{inputs}/arrays.py %t.npz "hour=[[0, 1], [1, 1]]"
// RUN: not %{run} --function fixed 2>&1 | FileCheck %s --check-prefix=BATCH
// (device-C9)
// BATCH: embcol-run: column "one": expected a batch of 1 rows, as tensor_core_shape says, found 2

// The weights of what is cut have the gradient 0. Of the numbers 1 and 3 with the
// weights 1 and 3 the mean is 2.5, and the gradients are (1 - 2.5) / 4, (3 - 2.5) / 4.
//
// RUN: %{python} %{inputs}/arrays.py %t.npz "hour.values=[0, 2, 7, 1]" \
// RUN:   "hour.row_splits=[0, 3, 4]" "share.values=float32([1, 3, 5, 7])" \
// RUN:   "share.row_splits=[0, 3, 4]" "gradient=float32([[1, 0], [1, 1]])"
// RUN: %{run} --function weight_gradients | FileCheck %s --check-prefix=WEIGHTS
// WEIGHTS{LITERAL}: result0.row_splits = [0, 3, 4]
// WEIGHTS{LITERAL}: result0.values = [-0.375, 0.125, 0, 0]

embcol.table @hours : tensor<3x2xf32>
embcol.column @cut : #embcol.identity<key = "hour", num_buckets = 3> -> @hours {
    combiner = #embcol.combiner<sum>,
    embedding_lookup_device = #embcol.device<tpu_tensor_core>,
    tensor_core_shape = array<i64: -1, 2>}
embcol.column @one : #embcol.identity<key = "hour", num_buckets = 3> -> @hours {
    embedding_lookup_device = #embcol.device<tpu_tensor_core>,
    tensor_core_shape = array<i64: 1, 2>}
embcol.column @shared : #embcol.weighted<
    categorical = #embcol.identity<key = "hour", num_buckets = 3>, weight_key = "share"> -> @hours {
    embedding_lookup_device = #embcol.device<tpu_tensor_core>,
    tensor_core_shape = array<i64: -1, 2>}

func.func @lookup(%hour: !embcol.ragged<i64> {embcol.feature = "hour"}) -> tensor<?x2xf32> {
  %0 = embcol.lookup @cut(%hour) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

func.func @weight_gradients(
    %hour: !embcol.ragged<i64> {embcol.feature = "hour"},
    %share: !embcol.ragged<f32> {embcol.feature = "share"},
    %gradient: tensor<?x2xf32> {embcol.feature = "gradient"}) -> !embcol.ragged<f32> {
  %0 = embcol.weight_gradients @shared(%hour, %share, %gradient)
      : (!embcol.ragged<i64>, !embcol.ragged<f32>, tensor<?x2xf32>) -> !embcol.ragged<f32>
  return %0 : !embcol.ragged<f32>
}

func.func @fixed(%hour: !embcol.ragged<i64> {embcol.feature = "hour"}) -> tensor<?x2xf32> {
  %0 = embcol.lookup @one(%hour) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
