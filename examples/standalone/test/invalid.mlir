// RUN: standalone-opt %s --split-input-file --verify-diagnostics

func.func @rank(%viewed: !embcol.ragged<i64>, %offer: !embcol.ragged<i64>)
    -> tensor<?xf32> {
  // expected-error @+1 {{expected a catalog, found @shoes}}
  %0 = shop.affinity @shoes(%viewed, %offer)
      : (!embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

shop.catalog @shoes products = 1000 dimension = 8
func.func @rank(%viewed: !embcol.ragged<!embcol.string>,
                %offer: !embcol.ragged<i64>) -> tensor<?xf32> {
  // expected-error @+1 {{operand #0 must be ragged products of i64}}
  %0 = shop.affinity @shoes(%viewed, %offer)
      : (!embcol.ragged<!embcol.string>, !embcol.ragged<i64>)
      -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// expected-error @+1 {{attribute 'products' failed to satisfy constraint}}
shop.catalog @shoes products = 0 dimension = 8
