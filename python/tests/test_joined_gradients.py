# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients of all columns in one array."""

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, counting, refused

FEATURES = {
    "b": np.array([[1, 2], [3, -1], [2, 2]]),
    "a": np.array([5, 1, 5]),
    "w": np.array([[0.5, 2], [1, 1], [3, 0.25]], np.float32),
    "c": np.array(["x", "z", ""]),
}
DIMENSIONS = {"a": 3, "b": 2, "b_weighted_by_w": 1, "c": 4}
WIDTH = sum(DIMENSIONS.values())


def make_columns():
    """In another order than that of their names."""
    b = embcol.categorical_column_with_identity("b", 6)
    categoricals = [
        embcol.categorical_column_with_vocabulary_list("c", ["x", "y", "z"]),
        embcol.weighted_categorical_column(b, "w"),
        embcol.categorical_column_with_identity("a", 6),
        b,
    ]
    return [
        embcol.embedding_column(c, DIMENSIONS[c.name], initializer=counting)
        for c in categoricals
    ]


def make(**arguments):
    model = embcol.compile(
        make_columns(), optimizer=embcol.Adagrad(0.1), **arguments
    )
    model.lookup(FEATURES)
    return model


def draw(dtype=np.float32):
    random = np.random.default_rng(0)
    return random.normal(size=(3, WIDTH)).astype(dtype)


def cut(joined):
    """The dict of its slices, by column."""
    slices, offset = {}, 0
    for name, dimension in sorted(DIMENSIONS.items()):
        slices[f"{name}_embedding"] = joined[:, offset : offset + dimension]
        offset += dimension
    return slices


def copies(slices):
    return {name: array.copy() for name, array in slices.items()}


def passed(model, gradients):
    """The joined gradient that the program is given."""
    update = model._updates.make(model._last, gradients)
    return update.arguments[-1].parts[0]


class TestForms:
    """All are the same to the tables."""

    @pytest.mark.parametrize("reference", [False, True])
    @pytest.mark.parametrize(
        "form",
        [
            lambda joined: joined,
            cut,
            lambda joined: copies(cut(joined)),
            lambda joined: joined.astype(np.float64),
            lambda joined: np.asfortranarray(joined),
            lambda joined: np.pad(joined, ((1, 0), (2, 1)))[1:, 2:-1],
            lambda joined: cut(np.pad(joined, ((0, 0), (2, 1)))[:, 2:-1]),
            lambda joined: cut(joined.astype(np.float64)),
        ],
    )
    def test_same_tables(self, form, reference):
        model, twin = make(reference=reference), make(reference=reference)
        for step in range(3):
            joined = draw() * (step + 1)
            model.apply_gradients(form(joined))
            twin.apply_gradients(copies(cut(joined)))
        assert model.global_step == 3
        assert_same_tables(model, copy_tables(twin))

    def test_column_by_column(self):
        """As if each column were trained alone."""
        joined = draw()
        model = make()
        model.apply_gradients(joined)
        for column in make_columns():
            alone = embcol.compile([column], optimizer=embcol.Adagrad(0.1))
            alone.lookup(FEATURES)
            name = column.name
            alone.apply_gradients(np.ascontiguousarray(cut(joined)[name]))
            table = column.table_name
            assert np.array_equal(model.tables[table], alone.tables[table])

    def test_gradient_of_input_layer(self):
        """The columns stand where `input_layer` has them."""
        model = embcol.compile(make_columns(), optimizer=embcol.SGD(1.0))
        found = model.input_layer(FEATURES)
        model.apply_gradients(found)
        assert (
            model.tables["a"][5].tolist()
            == (
                # Two rows of the batch, each with the row's weights.
                -counting((6, 3), np.float32)[5]
            ).tolist()
        )

    def test_what_has_an_array(self):
        """Arrays of other packages are read as numpy reads them."""

        class Tensor:
            def __array__(self, dtype=None, copy=None):
                return draw()

        model, twin = make(), make()
        model.apply_gradients(Tensor())
        twin.apply_gradients(draw())
        assert_same_tables(model, copy_tables(twin))

    def test_one_column(self):
        hour = embcol.categorical_column_with_identity("hour", 24)
        column = embcol.embedding_column(hour, 2, initializer=counting)
        model = embcol.compile([column], optimizer=embcol.SGD(1.0))
        model.lookup({"hour": np.array([7])})
        model.apply_gradients(np.array([[1.0, 2.0]]))
        assert model.tables["hour"][7].tolist() == [14.0, 14.0]

    @pytest.mark.parametrize("reference", [False, True])
    def test_some_columns(self, reference):
        """Their gradients are joined without the others'."""
        model, twin = make(reference=reference), make(reference=reference)
        slices = cut(draw())
        del slices["b_embedding"]
        model.apply_gradients(slices)
        for name, gradient in slices.items():
            twin.apply_gradients({name: gradient}, step=0)
        assert_same_tables(model, copy_tables(twin))

    def test_beside_sequences(self):
        """Sequences have gradients of their own."""
        steps = embcol.sequence_categorical_column_with_identity("s", 6)
        sequence = embcol.embedding_column(steps, 2, max_sequence_length=2)
        features = {**FEATURES, "s": np.array([[1, 2], [3, -1], [3, 3]])}
        gradients = cut(draw())
        gradients["s_embedding"] = np.arange(12.0).reshape(3, 2, 2)

        def train(columns):
            model = embcol.compile(columns, optimizer=embcol.SGD(1.0))
            model.lookup(features)
            model.apply_gradients({c.name: gradients[c.name] for c in columns})
            return model

        both = train([*make_columns(), sequence])
        for alone in (train(make_columns()), train([sequence])):
            for name, table in alone.tables.items():
                assert np.array_equal(both.tables[name], table)

    def test_empty_batch(self):
        model = embcol.compile(make_columns(), optimizer=embcol.SGD(1.0))
        empty = {key: feature[:0] for key, feature in FEATURES.items()}
        model.lookup(empty)
        before = copy_tables(model)
        model.apply_gradients(np.zeros((0, WIDTH)))
        model.apply_gradients(cut(np.zeros((0, WIDTH), np.float32)))
        assert_same_tables(model, before)


class TestCopies:
    """Gradients that are in one block of memory are used where they are."""

    @pytest.mark.parametrize("form", [lambda joined: joined, cut])
    def test_none(self, form):
        model, joined = make(), draw()
        given = passed(model, form(joined))
        assert given.ctypes.data == joined.ctypes.data
        assert given.shape == joined.shape

    @pytest.mark.parametrize(
        "form",
        [
            lambda joined: copies(cut(joined)),
            lambda joined: cut(np.asfortranarray(joined)),
            lambda joined: cut(np.pad(joined, ((0, 0), (0, 1)))),
            lambda joined: cut(np.pad(joined, ((0, 1), (0, 0)))[:-1]),
            lambda joined: {
                **cut(joined),
                "c_embedding": cut(joined.copy())["c_embedding"],
            },
        ],
    )
    def test_one(self, form):
        model, joined = make(), draw()
        given = passed(model, form(joined))
        assert not np.shares_memory(given, joined)
        assert np.array_equal(given, joined)

    def test_slices_in_another_order(self):
        """Equal shapes do not make a slice another's."""
        columns = [
            embcol.embedding_column(
                embcol.categorical_column_with_identity(key, 6), 2
            )
            for key in "ab"
        ]
        model = embcol.compile(columns)
        model.lookup(FEATURES)
        joined = draw()[:, :4].copy()
        swapped = {"b_embedding": joined[:, :2], "a_embedding": joined[:, 2:]}
        expected = joined[:, [2, 3, 0, 1]]
        assert np.array_equal(passed(model, swapped), expected)
        flipped = joined[::-1]
        slices = {"a_embedding": flipped[:, :2], "b_embedding": flipped[:, 2:]}
        assert np.array_equal(passed(model, slices), flipped)


class TestErrors:
    @pytest.mark.parametrize(
        "shape", [(3, WIDTH - 1), (2, WIDTH), (3,), (3, WIDTH, 1), ()]
    )
    def test_shape(self, shape):
        # (model-C10)
        model = make()
        words = (f"[3, {WIDTH}]", str(list(shape)))
        with refused(model, ValueError, "gradients", *words):
            model.apply_gradients(np.ones(shape))
        assert model.global_step == 0

    @pytest.mark.parametrize("dtype", ["c8", "?", "U1", object])
    def test_dtype(self, dtype):
        # (model-C10)
        gradient = np.ones((3, WIDTH)).astype(dtype)
        model = make()
        with refused(model, ValueError, "gradients", str(gradient.dtype)):
            model.apply_gradients(gradient)

    def test_sequences(self):
        # (model-C10)
        steps = embcol.sequence_categorical_column_with_identity("s", 6)
        sequence = embcol.embedding_column(steps, 2, max_sequence_length=2)
        model = embcol.compile([*make_columns(), sequence])
        model.lookup({**FEATURES, "s": np.array([1, 2, 3])})
        with refused(model, ValueError, "s_embedding", "dict"):
            model.apply_gradients(draw())

    def test_exceeding_float32(self):
        # (feature-C14)
        gradient = draw(np.float64)
        gradient[1, DIMENSIONS["a"]] = 1e300
        model = make()
        with refused(model, ValueError, "b_embedding", "1e+300", "row 1"):
            model.apply_gradients(gradient)

    @pytest.mark.parametrize("gradients", [[[1.0]], "x", 5, None])
    def test_no_array(self, gradients):
        # (model-C8)
        with refused(make(), TypeError, type(gradients).__name__):
            make().apply_gradients(gradients)
