# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Packed lookups, and lookups of features that are taken as they are."""

import copy
import pickle

import embcol
import numpy as np
import pytest
from checks import refused

ROWS = {"b": 40, "a": 7, "c": 24}


def make(mode="serving", weighted=(), **arguments):
    columns = []
    for number, (key, rows) in enumerate(ROWS.items()):
        column = embcol.categorical_column_with_identity(key, rows)
        if key in weighted:
            column = embcol.weighted_categorical_column(column, "w" + key)
        columns.append(
            embcol.embedding_column(
                column, 3 + 5 * number, ["mean", "sum", "sqrtn"][number]
            )
        )
    return embcol.compile(columns, mode, **arguments)


def draw(batch, weighted=(), seed=0, low=-1):
    """Raggeds of all columns."""
    random = np.random.default_rng(seed)
    features = {}
    for key, rows in ROWS.items():
        splits = np.concatenate([[0], random.integers(0, 5, batch).cumsum()])
        ids = random.integers(low, rows, splits[-1])
        features[key] = embcol.Ragged(ids, splits)
        if key in weighted:
            weights = random.uniform(-1, 2, len(ids)).astype(np.float32)
            features["w" + key] = embcol.Ragged(weights, splits)
    return features


def pack(features):
    """In the order of the columns' names."""
    values, offsets, weights, end = [], [[0]], [], 0
    for key in sorted(ROWS):
        feature = features[key]
        values.append(feature.values)
        offsets.append(end + feature.row_splits[1:])
        end += len(feature.values)
        ones = np.ones(len(feature.values), np.float32)
        weighted = features.get("w" + key)
        weights.append(weighted.values if weighted else ones)
    has_weights = any(key.startswith("w") for key in features)
    return (
        np.concatenate(values),
        np.concatenate(offsets).astype(np.int64),
        np.concatenate(weights) if has_weights else None,
    )


def slowly(model, features):
    """What the program finds that takes features of all kinds."""
    return model.input_layer(_Other(features))


class _Other(dict):
    """Features whose mapping is no plain dict."""


class TestResults:
    @pytest.mark.parametrize("reference", [False, True])
    @pytest.mark.parametrize("mode", ["training", "serving"])
    @pytest.mark.parametrize("weighted", [(), ("a",), ("a", "b", "c")])
    @pytest.mark.parametrize("batch", [0, 1, 9, 700])
    def test_as_input_layer(self, batch, weighted, mode, reference):
        if reference and batch > 9:
            batch = 10
        model = make(mode, weighted, reference=reference)
        features = draw(batch, weighted)
        expected = slowly(model, features)
        found = model.lookup_packed(*pack(features))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(model.input_layer(features), expected)
        by_column = model.lookup(features)
        assert list(by_column) == [column.name for column in model.columns]
        joined = [by_column[name] for name in sorted(by_column)]
        np.testing.assert_array_equal(np.concatenate(joined, 1), expected)

    @pytest.mark.parametrize("precision", ["f32", "bf16", "f16"])
    @pytest.mark.parametrize("strategy", ["div", "mod"])
    def test_tables(self, strategy, precision):
        model = make(
            precision=precision,
            partition_strategy=strategy,
            num_partitions=3,
        )
        features = draw(50)
        expected = slowly(model, features)
        found = model.lookup_packed(*pack(features))
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(model.input_layer(features), expected)

    @pytest.mark.parametrize("strategy", ["div", "mod"])
    @pytest.mark.parametrize("dtype", [np.int32, np.int64])
    @pytest.mark.parametrize("threads", [1, 3])
    def test_large_batches(self, threads, dtype, strategy):
        before = embcol.num_threads()
        embcol.set_num_threads(threads)
        try:
            model = make(partition_strategy=strategy, num_partitions=3)
            features = draw(20_000)
            values, offsets, _ = pack(features)
            found = model.lookup_packed(
                values.astype(dtype), offsets.astype(dtype)
            )
        finally:
            embcol.set_num_threads(before)
        np.testing.assert_array_equal(found, slowly(model, features))

    def test_narrow_features(self):
        model, features = make(weighted=("c",)), draw(30, ("c",))
        narrow = {
            key: (
                embcol.Ragged(value.values.astype(np.int32), value.row_splits)
                if key in ROWS
                else value
            )
            for key, value in features.items()
        }
        np.testing.assert_array_equal(
            model.input_layer(narrow), slowly(model, features)
        )

    def test_out(self):
        model, features = make(), draw(6)
        expected = model.input_layer(features)
        out = np.full(expected.shape, np.nan, np.float32)
        assert model.lookup_packed(*pack(features), out=out) is out
        np.testing.assert_array_equal(out, expected)

    @pytest.mark.parametrize(
        "convert",
        [
            list,
            lambda a: a.astype(np.int32),
            lambda a: a.astype(np.uint64),
            lambda a: np.repeat(a, 2)[::2],
        ],
    )
    def test_other_integers(self, convert):
        model, features = make(weighted=("b",)), draw(6, ("b",), low=0)
        values, offsets, weights = pack(features)
        found = model.lookup_packed(
            convert(values), convert(offsets), weights.astype(np.float64)
        )
        np.testing.assert_array_equal(found, model.input_layer(features))

    def test_sees_updates(self):
        """A serving model's tables are those that are trained."""
        model = make("training")
        serving, features = model.to_serving(), draw(6)
        before = serving.lookup_packed(*pack(features))
        model.apply_gradients(np.ones_like(model.input_layer(features)))
        found = serving.lookup_packed(*pack(features))
        assert not np.array_equal(found, before)
        np.testing.assert_array_equal(found, model.input_layer(features))

    def test_gradients_are_of_the_last_lookup(self):
        model, twin, features = make("training"), make("training"), draw(6)
        gradient = np.ones_like(model.input_layer(features))
        model.lookup_packed(*pack(draw(3, seed=1)))
        twin.input_layer(features)
        for each in (model, twin):
            each.apply_gradients(gradient)
        for name, table in twin.tables.items():
            np.testing.assert_array_equal(model.tables[name], table)


class TestErrors:
    @pytest.mark.parametrize("reference", [False, True])
    def test_ids(self, reference):
        model = make(reference=reference)
        values, offsets, _ = pack(draw(6, low=0))
        row, begin = next(
            (row, begin)
            for row, begin in enumerate(offsets[6:12])
            if begin < offsets[7 + row]
        )
        values[begin] = 40
        words = 'column "b_embedding"', f"id 40 in row {row} is not in [0, 40)"
        with refused(model, IndexError, *words):
            model.lookup_packed(values, offsets)
        features = draw(6, low=0)
        features["b"].values[begin - offsets[6]] = 40
        with refused(model, IndexError, *words):
            model.input_layer(features)
        with refused(model, IndexError, *words):
            slowly(model, features)

    @pytest.mark.parametrize("reference", [False, True])
    def test_arrays_that_do_not_fit(self, reference):
        model = make(reference=reference)
        # (packed_lookup-C3)
        for count in (0, 2, 3, 5):
            with refused(model, ValueError, f"with 3 columns, found {count}"):
                model.lookup_packed([], np.zeros(count, np.int64))
        # (packed_lookup-C4)
        for offsets in ([1, 1, 1, 1], [0, 0, 0, 1], [0, 2, 1, 2]):
            with refused(model, ValueError, "offsets that ascend from 0 to"):
                model.lookup_packed([0, 0], offsets)
        # (packed_lookup-C5)
        with refused(model, ValueError, "expected 0 weights, found 2"):
            model.lookup_packed([0, 0], [0, 2, 2, 2], np.ones(2))
        weighted = make(weighted=("c",), reference=reference)
        for weights in (None, np.ones(1)):
            with refused(weighted, ValueError, "expected 2 weights, found"):
                weighted.lookup_packed([0, 0], [0, 2, 2, 2], weights)

    def test_types(self):
        model = make(weighted=("c",))
        one = np.ones(1, np.float32)
        for values, offsets, weights in (
            ([0.5], [0, 1, 1, 1], one),
            (["x"], [0, 1, 1, 1], one),
            ([[0]], [0, 1, 1, 1], one),
            ([0], [0.0, 1, 1, 1], one),
            ([0], [[0, 1, 1, 1]], one),
            ([0], [0, 1, 1, 1], [[1.0]]),
            (None, [0, 1, 1, 1], one),
        ):
            # (packed_lookup-C6)
            with refused(model, TypeError):
                model.lookup_packed(values, offsets, weights)
        # (packed_lookup-C6)
        with refused(model, ValueError, "exceeds int64"):
            model.lookup_packed(np.array([2**63], np.uint64), [0, 1, 1, 1], one)

    def test_out(self):
        model = make()
        for out in (
            np.empty((2, 24), np.float64),
            np.empty((1, 24), np.float32),
            np.empty((2, 23), np.float32),
            np.empty(48, np.float32),
        ):
            # (packed_lookup-C7)
            with refused(model, ValueError, "out must be float32 of shape"):
                model.lookup_packed([], np.zeros(7, int), out=out)
        for out in (np.empty((24, 2), np.float32).T, np.empty((2, 48))[:, ::2]):
            # (packed_lookup-C7)
            with refused(model, TypeError):
                model.lookup_packed([], np.zeros(7, int), out=out)
        out = np.empty((2, 24), np.float32)
        out.flags.writeable = False
        # (packed_lookup-C7)
        with refused(model, TypeError):
            model.lookup_packed([], np.zeros(7, int), out=out)

    def test_sequences(self):
        hours = embcol.sequence_categorical_column_with_identity("hours", 24)
        column = embcol.embedding_column(hours, 4, max_sequence_length=3)
        model = embcol.compile([column])
        # (packed_lookup-C8)
        with refused(model, ValueError, "no sequence columns"):
            model.lookup_packed([0], [0, 1])

    @pytest.mark.parametrize("reference", [False, True])
    def test_tensor_core(self, reference):
        column = embcol.embedding_column(
            embcol.categorical_column_with_identity("hour", 24),
            4,
            embedding_lookup_device="tpu_tensor_core",
            tensor_core_shape=[None, 2],
        )
        model = embcol.compile([column], reference=reference)
        # (packed_lookup-C9)
        with refused(model, ValueError, "other devices than tpu_tensor_core"):
            model.lookup_packed([0], [0, 1])


class TestFeatures:
    """Those that are not taken as they are mean what they ever did."""

    def test_mixed_forms(self):
        model, features = make(), draw(6)
        expected = model.input_layer(features)
        lengths = np.diff(features["a"].row_splits)
        dense = np.full((6, 5), -1)
        for row in range(6):
            dense[row, : lengths[row]] = features["a"].row(row)
        for a in (
            dense,
            embcol.Ragged(
                features["a"].values.astype(np.int32),
                features["a"].row_splits,
            ),
        ):
            found = model.input_layer({**features, "a": a})
            np.testing.assert_array_equal(found, expected)

    def test_wrong_features(self):
        weighted = ("b",)
        model, good = make(weighted=weighted), draw(6, weighted)
        splits = good["b"].row_splits
        descending = splits.copy()
        descending[1:3] = splits[2] + 1, splits[2]
        short = embcol.Ragged(good["wb"].values[:-1], splits)
        for change, error in (
            ({"b": None}, ValueError),
            ({"b": embcol.Ragged(good["b"].values, descending)}, ValueError),
            ({"b": embcol.Ragged(good["b"].values, splits[:-1])}, ValueError),
            ({"wb": short}, ValueError),
            ({"wb": good["b"]}, ValueError),
            ({"a": draw(5)["a"]}, ValueError),
            ({"a": good["wb"]}, ValueError),
        ):
            features = {**good, **change}
            with pytest.raises(error) as expected:
                slowly(model, features)
            with refused(model, error, str(expected.value)):
                model.lookup(features)
        del good["c"]
        with refused(model, ValueError, "Feature c is not in features"):
            model.lookup(good)

    def test_copies_of_raggeds(self):
        ragged = embcol.Ragged(np.array([1, 2, 3]), [0, 1, 3])
        copies = copy.copy(ragged), copy.deepcopy(ragged)
        for each in (*copies, pickle.loads(pickle.dumps(ragged))):
            assert each.row(1).tolist() == [2, 3]
            assert each.row_splits.tolist() == [0, 1, 3]

    def test_arrays_that_change(self):
        """A Ragged is a view of its arrays."""
        model, features = make(), draw(6)
        before = model.input_layer(features)
        features["a"].values[:] = (features["a"].values + 1) % 7
        found = model.input_layer(features)
        assert not np.array_equal(found, before)
        np.testing.assert_array_equal(found, slowly(model, features))
