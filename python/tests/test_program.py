# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programs written in MLIR."""

import embcol
import numpy as np
import pytest

SOURCE = """
  embcol.table @hour : tensor<4x2xf32>
  embcol.column @hours : #embcol.weighted<categorical = #embcol.identity<
      key = "hour", num_buckets = 4>, weight_key = "share"> -> @hour
      {combiner = #embcol.combiner<sum>}
  func.func @lookup(%hour: !embcol.ragged<i64> {embcol.feature = "hour"},
                    %share: !embcol.ragged<f32> {embcol.feature = "share"})
      -> tensor<?x2xf32> {
    %0 = embcol.lookup @hours(%hour, %share)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
  func.func @words(%cells: tensor<?x?x!embcol.string>)
      -> !embcol.ragged<!embcol.string, 2> {
    %0 = embcol.ragged_from_dense %cells
        : (tensor<?x?x!embcol.string>) -> !embcol.ragged<!embcol.string, 2>
    return %0 : !embcol.ragged<!embcol.string, 2>
  }
  func.func @narrow(%x: !embcol.ragged<i16>, %y: tensor<2xi32>, %n: i64)
      -> (!embcol.ragged<i16>, tensor<2xi32>, i64) {
    return %x, %y, %n : !embcol.ragged<i16>, tensor<2xi32>, i64
  }
"""


@pytest.fixture(scope="module", params=["training", "serving"])
def program(request):
    return embcol.Program(SOURCE, mode=request.param)


def test_lookup(program):
    splits = [0, 2, 2]
    features = {
        "hour": embcol.Ragged([3, 1], splits),
        "share": embcol.Ragged([0.5, 2.0], splits),
    }
    (found,) = program.call("lookup", features)
    rows = program.tables["hour"]
    expected = np.stack([0.5 * rows[3] + 2.0 * rows[1], np.zeros(2)])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_functions_and_tables(program):
    assert program.function_names == ["lookup", "narrow", "words"]
    assert list(program.tables) == ["hour"]


def test_strings(program):
    cells = np.array([["a", "", "bc"], ["", "", ""]])
    (words,) = program.call("words", {"arg0": cells})
    assert words.row_splits.tolist() == [0, 3, 3]
    assert words.values.row_splits.tolist() == [0, 1, 1, 2]
    assert words.values.values.tolist() == [b"a", b"bc"]


def test_narrow_integers_and_scalars(program):
    arguments = {"arg0": embcol.Ragged([1, -2], [0, 2]), "arg1": [3, 4]}
    ragged, tensor, scalar = program.call("narrow", {**arguments, "arg2": 5})
    assert ragged.values.dtype == np.int16
    assert ragged.row(0).tolist() == [1, -2]
    assert (tensor.tolist(), scalar) == ([3, 4], 5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"arg0": [1]}, "arg0: expected a Ragged"),
        ({"arg0": embcol.Ragged([40000], [0, 1])}, "arg0: .* exceeds int16"),
        ({"arg1": [0.5, 1.0]}, "arg1: expected int32, found float"),
        ({"arg1": [1, 2, 3]}, "arg1.*shape"),
        ({"arg2": [1]}, "arg2"),
    ],
)
def test_wrong_arguments(program, change, words):
    # (feature-C15)
    arguments = {"arg0": embcol.Ragged([1], [0, 1]), "arg1": [3, 4], "arg2": 5}
    with pytest.raises(ValueError, match=words):
        program.call("narrow", {**arguments, **change})


def test_missing_arguments_and_functions(program):
    # (feature-C2)
    with pytest.raises(ValueError, match="argument arg2 is missing"):
        program.call(
            "narrow", {"arg0": embcol.Ragged([1], [0, 1]), "arg1": [3, 4]}
        )
    with pytest.raises(ValueError, match="hour is not in features"):
        program.call("lookup", {})
    with pytest.raises(KeyError, match="nothing"):
        program.call("nothing", {})


def test_id_out_of_range(program):
    # (lookup-C8)
    features = {
        "hour": embcol.Ragged([1, 4], [0, 1, 2]),
        "share": embcol.Ragged([1.0, 1.0], [0, 1, 2]),
    }
    with pytest.raises(IndexError, match=r'column "hours": id 4 in row 1'):
        program.call("lookup", features)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("embcol.table", "program.*:1:"),
        ("embcol.table @t : tensor<0x2xf32>", "positive number of rows"),
    ],
)
def test_wrong_programs(source, words):
    # (module-C9)
    with pytest.raises(ValueError, match=words):
        embcol.Program(source)
    with pytest.raises(ValueError, match="mode"):
        embcol.Program(SOURCE, mode="testing")


@pytest.mark.parametrize("reference", [False, True])
def test_batches_that_are_joined(reference):
    """Tensors are not known to have one batch before they are joined."""
    # (feature-C16) (grouped_lookup-C9)
    program = embcol.Program(
        """
        embcol.table @t : tensor<4x2xf32>
            {initializer = #embcol.constant<value = 1.0>}
        embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
        func.func @join(%a: tensor<?xi64>, %b: tensor<?xi64>)
            -> tensor<?x4xf32> {
          %0 = embcol.ragged_from_dense %a
              : (tensor<?xi64>) -> !embcol.ragged<i64>
          %1 = embcol.ragged_from_dense %b
              : (tensor<?xi64>) -> !embcol.ragged<i64>
          %2 = embcol.lookup @c(%0)
              : (!embcol.ragged<i64>) -> tensor<?x2xf32>
          %3 = embcol.lookup @c(%1)
              : (!embcol.ragged<i64>) -> tensor<?x2xf32>
          %4 = tensor.concat dim(1) %2, %3
              : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
          return %4 : tensor<?x4xf32>
        }
        """,
        reference=reference,
    )

    def join(first, second):
        arguments = {"arg0": np.ones(first, int), "arg1": np.ones(second, int)}
        return program.call("join", arguments)[0]

    assert join(2, 2).tolist() == [[1.0] * 4] * 2
    for first, second in ((3, 1), (1, 3), (1, 100_000)):
        words = f"batches of {first} and {second} rows cannot be joined"
        with pytest.raises(ValueError, match=words):
            join(first, second)


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize("mode", ["training", "serving"])
@pytest.mark.parametrize("batch", [0, 1, 3, 3000])
def test_joined_lookups_are_the_separate_ones(mode, batch, reference):
    """Bit for bit, though they are looked up as one."""
    if reference and batch > 3:
        batch = 50
    lookups = """
          %0 = embcol.lookup @a(%a)
              : (!embcol.ragged<i64>) -> tensor<?x32xf32>
          %1 = embcol.lookup @b(%a, %w)
              : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x5xf32>
          %2 = embcol.lookup @c(%c)
              : (!embcol.ragged<i64>) -> tensor<?x5xf32>
    """
    arguments = """
        (%a: !embcol.ragged<i64>, %w: !embcol.ragged<f32>,
         %c: !embcol.ragged<i64>)
    """
    program = embcol.Program(
        f"""
        embcol.table @wide : tensor<9x32xf32>
        embcol.table @narrow : tensor<9x5xf32>
        embcol.column @a : #embcol.identity<key = "a", num_buckets = 9>
            -> @wide {{combiner = #embcol.combiner<sum>}}
        embcol.column @b : #embcol.weighted<
            categorical = #embcol.identity<key = "a", num_buckets = 9>,
            weight_key = "w"> -> @narrow
        embcol.column @c : #embcol.identity<key = "c", num_buckets = 9>
            -> @narrow {{combiner = #embcol.combiner<sqrtn>,
                         use_safe_embedding_lookup = false}}
        func.func @joined{arguments} -> tensor<?x42xf32> {{
          {lookups}
          %3 = tensor.concat dim(1) %0, %1, %2
              : (tensor<?x32xf32>, tensor<?x5xf32>, tensor<?x5xf32>)
              -> tensor<?x42xf32>
          return %3 : tensor<?x42xf32>
        }}
        func.func @separate{arguments}
            -> (tensor<?x32xf32>, tensor<?x5xf32>, tensor<?x5xf32>) {{
          {lookups}
          return %0, %1, %2
              : tensor<?x32xf32>, tensor<?x5xf32>, tensor<?x5xf32>
        }}
        """,
        mode=mode,
        reference=reference,
    )
    rng = np.random.default_rng(batch)
    splits = np.arange(batch + 1, dtype=np.int64) * 2
    a = rng.integers(-1, 9, 2 * batch)
    c = rng.integers(0, 9, 2 * batch)
    w = rng.uniform(-1, 2, 2 * batch).astype(np.float32)
    features = {
        f"arg{i}": embcol.Ragged(values, splits)
        for i, values in enumerate((a, w, c))
    }
    (joined,) = program.call("joined", features)
    separate = program.call("separate", features)
    np.testing.assert_array_equal(joined, np.concatenate(separate, axis=1))
