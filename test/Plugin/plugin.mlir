// RUN: mlir-opt --load-dialect-plugin=%{plugin} %s | FileCheck %s --check-prefix=PARSED
// RUN: mlir-opt --load-dialect-plugin=%{plugin} --load-pass-plugin=%{plugin} \
// RUN:   --pass-pipeline='builtin.module(embcol-assign-devices{mode=serving},convert-embcol-to-cpu)' %s \
// RUN:   | FileCheck %s --check-prefix=LOWERED
// RUN: mlir-opt --load-dialect-plugin=%{plugin} --load-pass-plugin=%{plugin} \
// RUN:   --pass-pipeline='builtin.module(embcol-serving)' %s | FileCheck %s --check-prefix=LLVM
// RUN: mlir-opt --load-dialect-plugin=%{plugin} -emit-bytecode %s \
// RUN:   | mlir-opt --load-dialect-plugin=%{plugin} | FileCheck %s --check-prefix=PARSED

// A stock mlir-opt knows the dialect, the passes and the pipelines.

// PARSED: embcol.table @hour : tensor<24x4xf32>
// PARSED: embcol.lookup @hours(%{{.*}})
// LOWERED: func.func private @embcol_lookup_mean_4xf32_safe
// LLVM: llvm.func @_mlir_ciface_lookup
embcol.table @hour : tensor<24x4xf32>
embcol.column @hours : #embcol.identity<key = "hour", num_buckets = 24> -> @hour
func.func @lookup(%hour: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hours(%hour) : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
