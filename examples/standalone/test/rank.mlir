// Down to the LLVM dialect, by the pipeline of embcol.
//
// RUN: standalone-opt %s --convert-shop-to-embcol --embcol-serving | FileCheck %s
//
// CHECK-NOT: {{(shop|embcol|linalg|func)\.[a-z]}}
// CHECK: llvm.func @rank
// CHECK-NOT: {{ (shop|embcol|linalg|func)\.[a-z]}}
//
// And what it answers. Each of three customers is offered a bag of shoes.
//
// RUN: standalone-opt %s --convert-shop-to-embcol -o %t.mlir
// RUN: %{python} -c "import numpy, sys; numpy.savez(sys.argv[1], \
// RUN:   viewed=numpy.array([[3, 999], [7, -1], [-1, -1]]), \
// RUN:   offer=numpy.array([[1, -1], [1, 2], [5, 6]]))" %t.npz
// RUN: embcol-run %t.mlir --input %t.npz --print | FileCheck %s --check-prefix=RUN-IT
//
// RUN-IT: result0 = [2, 4, 0]

shop.catalog @shoes products = 1000 dimension = 8 {
  initializer = #embcol.constant<value = 0.5>}

func.func @rank(%viewed: !embcol.ragged<i64> {embcol.feature = "viewed"},
                %offer: !embcol.ragged<i64> {embcol.feature = "offer"})
    -> tensor<?xf32> {
  %0 = shop.affinity @shoes(%viewed, %offer)
      : (!embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
