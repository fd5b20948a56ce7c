// Functions of all kinds of arguments and results.
embcol.vocabulary @carriers : !embcol.string = ["AA", "B6", "\FFA"] {num_oov_buckets = 1}
embcol.vocabulary @years : i64 = [2012, 2013] {default_value = 0}
embcol.vocabulary @tail_numbers : !embcol.string from "/nowhere/tails.txt" size 2
embcol.table @carrier : tensor<4x3xf32>
embcol.table @hour : tensor<3x2xf32>
    {partition = #embcol.partition<strategy = mod, num_partitions = 2>}
embcol.table @narrow : tensor<2x8xbf16>
embcol.column @carrier_embedding : #embcol.vocabulary_list<
    key = "carrier", vocabulary = @carriers> -> @carrier
embcol.column @hour_embedding : #embcol.identity<key = "hour", num_buckets = 3>
    -> @hour {combiner = #embcol.combiner<sum>}
embcol.column @seen_embedding : #embcol.sequence_identity<
    key = "seen", num_buckets = 3> -> @hour {max_sequence_length = 2}
embcol.column @tail_embedding : #embcol.vocabulary_file<
    key = "tail", vocabulary = @tail_numbers> -> @narrow
    {embedding_lookup_device = #embcol.device<tpu_tensor_core>,
     tensor_core_shape = array<i64: 2, 1>}

func.func @lookup(
    %carrier: !embcol.ragged<!embcol.string> {embcol.feature = "carrier"},
    %hour: !embcol.ragged<i64> {embcol.feature = "int"},
    %share: !embcol.ragged<f32> {embcol.feature = "a share"})
    -> tensor<?x5xf32> {
  %ids = embcol.categorize #embcol.vocabulary_list<
      key = "carrier", vocabulary = @carriers>(%carrier)
      : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
  %0 = embcol.lookup @carrier_embedding(%ids)
      : (!embcol.ragged<i64>) -> tensor<?x3xf32>
  %1 = embcol.lookup @hour_embedding(%hour)
      : (!embcol.ragged<i64>) -> tensor<?x2xf32>
  %joined = tensor.concat dim(1) %0, %1
      : (tensor<?x3xf32>, tensor<?x2xf32>) -> tensor<?x5xf32>
  return %joined : tensor<?x5xf32>
}

func.func @tails(%tail: !embcol.ragged<!embcol.string>) -> tensor<?x8xf32> {
  %ids = embcol.categorize #embcol.vocabulary_file<
      key = "tail", vocabulary = @tail_numbers>(%tail)
      : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
  %0 = embcol.lookup @tail_embedding(%ids)
      : (!embcol.ragged<i64>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

func.func @sequence(%seen: !embcol.ragged<i64, 2>)
    -> (tensor<?x2x2xf32>, tensor<?xi64>) {
  %0, %1 = embcol.sequence_lookup @seen_embedding(%seen)
      : (!embcol.ragged<i64, 2>) -> (tensor<?x2x2xf32>, tensor<?xi64>)
  return %0, %1 : tensor<?x2x2xf32>, tensor<?xi64>
}

func.func @categorize(%years: !embcol.ragged<i16>) -> !embcol.ragged<i64> {
  %ids = embcol.categorize #embcol.vocabulary_list<
      key = "year", vocabulary = @years>(%years)
      : (!embcol.ragged<i16>) -> !embcol.ragged<i64>
  return %ids : !embcol.ragged<i64>
}

func.func @numbers(%a: i8, %b: f32, %c: tensor<2x?xi32>) -> (i8, f32, i64) {
  %one = arith.constant 1 : index
  %size = tensor.dim %c, %one : tensor<2x?xi32>
  %count = arith.index_cast %size : index to i64
  %sum = arith.addi %a, %a : i8
  %product = arith.mulf %b, %b : f32
  return %sum, %product, %count : i8, f32, i64
}

func.func @half(%a: f32) -> f32 {
  %half = arith.constant 0.5 : f32
  %0 = arith.mulf %a, %half : f32
  return %0 : f32
}

// A name that the library has as well.
func.func private @p_half(%a: f32) -> f32 {
  return %a : f32
}

func.func @nothing() {
  return
}
