# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models against the reference interpreter."""

import itertools

import embcol
import numpy as np
import pytest
from checks import refused

COMBINERS = ("sum", "mean", "sqrtn")
OPTIONS = {
    "clipping_limit": 0.5,
    "gradient_multiplier_fn": embcol.StepFunction("""
        func.func @decay(%step: i64) -> f32 {
          %0 = arith.sitofp %step : i64 to f32
          %1 = math.exp2 %0 : f32
          %2 = arith.constant 2.0 : f32
          %3 = arith.divf %2, %1 : f32
          return %3 : f32
        }
        """),
    "partition_strategy": "mod",
    "num_partitions": 3,
}


def make_columns(combiner, path, on_tensor_core):
    """One column of each kind; two of them share a table."""
    devices = [
        {
            "embedding_lookup_device": "tpu_tensor_core",
            "tensor_core_shape": shape,
        }
        for shape in ([None, 2], [6, 1])
    ]
    if not on_tensor_core:
        devices = [{}, {}]
    identity = embcol.categorical_column_with_identity("hour", 24)
    words = embcol.categorical_column_with_vocabulary_list(
        "carrier", ["AA", "B6", "UA"], num_oov_buckets=2
    )
    late = embcol.weighted_categorical_column(words, "late")
    path.write_bytes(b"JFK\r\nLGA\r\n EWR")
    airports = embcol.categorical_column_with_vocabulary_file("to", str(path))
    years = embcol.categorical_column_with_vocabulary_list(
        "year", [2012, 2013], default_value=0
    )
    stops = embcol.sequence_categorical_column_with_identity("stops", 24)
    shared = embcol.shared_embedding_columns(
        [identity, stops], 4, combiner, max_sequence_lengths=[0, 3]
    )
    rate = lambda step: 0.5 / (1 + step)
    return [
        *shared,
        embcol.embedding_column(late, 8, combiner, **devices[0]),
        embcol.embedding_column(
            airports, 3, combiner, learning_rate_fn=rate, **devices[1]
        ),
        embcol.embedding_column(
            years, 5, combiner, use_safe_embedding_lookup=False
        ),
    ]


def make_features(rng):
    counts = rng.integers(0, 4, 6)
    splits = np.concatenate([[0], np.cumsum(counts)])
    late = rng.uniform(-0.5, 2, splits[-1]).astype(np.float32)
    return {
        "hour": rng.integers(-1, 24, (6, 3)),
        "carrier": embcol.Ragged(
            rng.choice(["AA", "UA", "XX", ""], splits[-1]), splits
        ),
        "late": embcol.Ragged(late, splits),
        "to": rng.choice([b"JFK", b"LGA", b" EWR", b"EWR", b""], (6, 2)),
        "year": rng.integers(2011, 2015, (6, 2)),
        "stops": rng.integers(-1, 24, (6, 5)),
    }


def values_of(output):
    return output.values if isinstance(output, tuple) else output


def assert_alike(compiled, interpreted):
    for name, output in compiled.items():
        other = interpreted[name]
        assert values_of(output).dtype == values_of(other).dtype
        np.testing.assert_allclose(
            values_of(output), values_of(other), 1e-6, 1e-6, err_msg=name
        )
        if isinstance(output, tuple):
            assert output.lengths.tolist() == other.lengths.tolist()


@pytest.mark.parametrize("combiner", COMBINERS)
@pytest.mark.parametrize("optimizer", [embcol.SGD(0.1), embcol.Adagrad(0.1)])
@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["plain", "options"])
@pytest.mark.parametrize("on_tensor_core", [False, True])
def test_models_learn_alike(
    combiner, optimizer, options, on_tensor_core, tmp_path
):
    path = tmp_path / "airports.txt"
    columns = make_columns(combiner, path, on_tensor_core)
    models = [
        embcol.compile(
            columns,
            "training",
            optimizer,
            3,
            reference=reference,
            **options,
        )
        for reference in (False, True)
    ]
    rng = np.random.default_rng(5)
    for _ in range(3):
        features = make_features(rng)
        outputs = [model.lookup(features) for model in models]
        assert_alike(*outputs)
        gradients = {
            name: rng.uniform(-1, 1, values_of(output).shape)
            for name, output in outputs[0].items()
        }
        for model in models:
            model.apply_gradients(gradients)
        assert_alike(*(dict(model.tables.items()) for model in models))
    compiled, interpreted = (model.to_serving() for model in models)
    assert_alike(compiled.lookup(features), interpreted.lookup(features))


@pytest.mark.parametrize("reference", [False, True])
def test_errors_are_those_of_compiled_models(hour, reference):
    model = embcol.compile(
        [embcol.embedding_column(hour, 4)], reference=reference
    )
    with refused(model, IndexError, "id 31 in row 1 is not in [0, 24)"):
        model.lookup({"hour": np.array([7, 31])})
    model.lookup({"hour": np.array([7, 2])})
    with refused(model, ValueError, "shape [2, 4], found float64 of shape [1"):
        model.apply_gradients({"hour_embedding": np.ones((1, 4))})


@pytest.mark.parametrize("reference", [False, True])
def test_columns_run_on_the_tensor_core(hour, reference):
    column = embcol.embedding_column(
        hour,
        2,
        "sum",
        embedding_lookup_device="tpu_tensor_core",
        tensor_core_shape=[None, 2],
    )
    model = embcol.compile(
        [column], "training", embcol.SGD(1), reference=reference
    )
    table = np.arange(48, dtype=np.float32).reshape(24, 2)
    model.tables["hour"] = table
    features = {"hour": np.array([[1, 3, 5], [7, -1, -1]])}
    expected = [table[1] + table[3], table[7]]
    for either in (model, model.to_serving()):
        found = either.lookup(features)["hour_embedding"]
        assert found.tolist() == np.array(expected).tolist()
    model.lookup(features)
    model.apply_gradients({"hour_embedding": np.ones((2, 2))})
    changed = np.flatnonzero((model.tables["hour"] != table).any(axis=1))
    assert changed.tolist() == [1, 3, 7]


def lookup_on_tensor_core(column, width, features, **options):
    """The sums of a column on the tensor core; row i of the table is 2**i."""
    embedding = embcol.embedding_column(
        column,
        1,
        "sum",
        embedding_lookup_device="tpu_tensor_core",
        tensor_core_shape=[None, width],
        **options,
    )
    for mode, reference in itertools.product(
        ("training", "serving"), (False, True)
    ):
        model = embcol.compile([embedding], mode, reference=reference)
        (name,) = model.tables
        rows = column.num_buckets
        model.tables[name] = 2.0 ** np.arange(rows)[:, np.newaxis]
        found = model.lookup(features)[embedding.name][:, 0].tolist()
    return found


class TestPlaces:
    """The tensor core cuts by place, and looks at nothing past it."""

    def test_sparse(self, hour):
        feature = embcol.SparseTensor(
            [[2, 0], [0, 3], [0, 0], [0, 1], [0, 1]], [5, 99, 1, 2, 3], [3, 4]
        )
        found = lookup_on_tensor_core(hour, 2, {"hour": feature})
        assert found == [2**1 + 2**2 + 2**3, 0, 2**5]

    def test_dense(self, hour):
        feature = np.array([[1, -1, 4, 99], [-1, -1, -1, 3], [5, 6, 7, -1]])
        for dtype in (np.int64, np.int32, np.int8):
            features = {"hour": feature.astype(dtype)}
            found = lookup_on_tensor_core(hour, 2, features)
            assert found == [2**1, 0, 2**5 + 2**6]

    def test_ragged(self, hour):
        feature = embcol.Ragged([1, 2, 3, 4], [0, 3, 3, 4])
        found = lookup_on_tensor_core(hour, 2, {"hour": feature})
        assert found == [2**1 + 2**2, 0, 2**4]

    def test_batches(self, hour):
        """One program serves batches of all sizes."""
        column = embcol.embedding_column(
            hour,
            8,
            embedding_lookup_device="tpu_tensor_core",
            tensor_core_shape=[None, 3],
        )
        model = embcol.compile([column], seed=1)
        table = model.tables["hour"]
        for batch in (0, 1, 7, 4096):
            ids = np.random.default_rng(batch).integers(0, 24, (batch, 5))
            found = model.input_layer({"hour": ids})
            expected = table[ids[:, :3]].mean(axis=1)
            np.testing.assert_allclose(found, expected, 1e-5, 1e-6)

    def test_vocabulary_and_weights(self, carrier):
        late = embcol.weighted_categorical_column(carrier, "late")
        features = {
            "carrier": np.array([["UA", "", "AA"], ["?", "B6", "AA"]]),
            "late": np.array([[2, 3, 4], [0, 0.5, 8]], np.float32),
        }
        found = lookup_on_tensor_core(late, 2, features)
        assert found == [2 * 2**2, 0.5 * 2**1]

    def test_unsafe(self, hour):
        feature = embcol.SparseTensor([[0, 0], [0, 5]], [1, -1], [1, 9])
        options = {"use_safe_embedding_lookup": False}
        features = {"hour": feature}
        assert lookup_on_tensor_core(hour, 5, features, **options) == [2]
        with pytest.raises(IndexError, match="id -1 in row 0"):
            lookup_on_tensor_core(hour, 6, features, **options)

    @pytest.mark.parametrize(
        "feature",
        [
            np.zeros((1, 2, 3), np.int64),
            embcol.SparseTensor([[0, 0, 0]], [1], [1, 1, 1]),
            embcol.Ragged(embcol.Ragged([1], [0, 1]), [0, 1]),
        ],
    )
    def test_rank_3(self, hour, feature):
        # (feature-C4)
        with pytest.raises(ValueError, match="feature hour: expected rank"):
            lookup_on_tensor_core(hour, 2, {"hour": feature})

    @pytest.mark.parametrize("reference", [False, True])
    def test_beside_the_other_devices(self, hour, reference):
        """Columns of one feature take it as each of them needs it."""
        place = embcol.embedding_column(
            hour,
            2,
            embedding_lookup_device="tpu_tensor_core",
            tensor_core_shape=[None, 1],
        )
        whole, *_ = embcol.shared_embedding_columns([hour], 2)
        model = embcol.compile([place, whole], reference=reference)
        model.tables["hour"] = model.tables["hour_shared_embedding"]
        found = model.lookup({"hour": np.array([[3, 4]])})
        table = model.tables["hour"]
        np.testing.assert_array_equal(found[place.name][0], table[3])
        np.testing.assert_allclose(
            found[whole.name][0], table[3:5].mean(axis=0), 1e-6
        )


@pytest.mark.parametrize("reference", [False, True])
def test_batch_of_the_tensor_core(hour, reference):
    # (device-C9)
    column = embcol.embedding_column(
        hour,
        2,
        embedding_lookup_device="tpu_tensor_core",
        tensor_core_shape=[2, 2],
    )
    model = embcol.compile([column], reference=reference)
    with refused(
        model,
        ValueError,
        'column "hour_embedding": expected a batch of 2 rows, as '
        "tensor_core_shape says, found 3",
    ):
        model.lookup({"hour": np.array([1, 2, 3])})


def test_programs_run_alike():
    source = """
      embcol.table @hour : tensor<24x2xf32>
      embcol.column @hours : #embcol.identity<
          key = "hour", num_buckets = 24> -> @hour
      func.func @lookup(%hour: !embcol.ragged<i64> {embcol.feature = "hour"})
          -> tensor<?x2xf32> {
        %0 = embcol.lookup @hours(%hour)
            : (!embcol.ragged<i64>) -> tensor<?x2xf32>
        return %0 : tensor<?x2xf32>
      }
    """
    features = {"hour": np.array([[7, -1], [3, 4]])}
    compiled, interpreted = (
        embcol.Program(source, seed=2, reference=reference).call(
            "lookup", features
        )
        for reference in (False, True)
    )
    np.testing.assert_allclose(compiled, interpreted, 1e-6)
