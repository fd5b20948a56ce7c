embcol.table @hour : tensor<24x4xf32>
embcol.column @hour_embedding : #embcol.identity<key = "hour", num_buckets = 24>
    -> @hour
func.func @lookup(%ids: !embcol.ragged<i64>) -> tensor<?x4xf32> {
  %0 = embcol.lookup @hour_embedding(%ids)
      : (!embcol.ragged<i64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
