# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`Model.step`: a lookup, then an update by its gradients."""

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, counting, refused

FEATURES = {"a": np.array([[1, 2], [3, -1]]), "s": np.array([[1, 2], [4, -1]])}
NAMES = ["a_embedding", "s_embedding"]


def make(mode="training", **arguments):
    a = embcol.categorical_column_with_identity("a", 6)
    s = embcol.sequence_categorical_column_with_identity("s", 6)
    columns = [
        embcol.embedding_column(a, 2, initializer=counting),
        embcol.embedding_column(
            s, 3, max_sequence_length=2, initializer=counting
        ),
    ]
    return embcol.compile(columns, mode, embcol.Adagrad(0.1), **arguments)


def make_pooled():
    columns = [
        embcol.embedding_column(
            embcol.categorical_column_with_identity(key, 6), 2
        )
        for key in "as"
    ]
    return embcol.compile(columns)


def sines(found):
    return {
        "a_embedding": np.sin(found["a_embedding"]),
        "s_embedding": np.sin(found["s_embedding"].values),
    }


class TestSteps:
    @pytest.mark.parametrize("reference", [False, True])
    def test_is_a_lookup_and_an_update(self, reference):
        model, twin = make(reference=reference), make(reference=reference)
        for count in range(1, 4):
            assert model.step(FEATURES, sines) is None
            twin.apply_gradients(sines(twin.lookup(FEATURES)))
            assert model.global_step == twin.global_step == count
            assert_same_tables(model, copy_tables(twin))

    def test_takes_what_lookup_gives(self):
        model = make()
        expected = model.lookup(FEATURES)

        def gradient_fn(found):
            assert list(found) == list(expected) == NAMES
            first, second = (found[name] for name in NAMES)
            assert np.array_equal(first, expected[NAMES[0]])
            assert isinstance(second, embcol.SequenceEmbedding)
            assert np.array_equal(second.values, expected[NAMES[1]].values)
            assert np.array_equal(second.lengths, expected[NAMES[1]].lengths)
            return sines(found)

        model.step(FEATURES, gradient_fn)
        assert model.global_step == 1

    @pytest.mark.parametrize("value", [0.5, None, (1, 2), np.ones((2, 2)), {}])
    def test_returns_the_value(self, value):
        model, twin = make(), make()
        assert (
            model.step(FEATURES, lambda found: (value, sines(found))) is value
        )
        twin.step(FEATURES, sines)
        assert_same_tables(model, copy_tables(twin))

    def test_joined_gradients(self):
        model, twin = make_pooled(), make_pooled()

        def join(found):
            return np.concatenate(list(found.values()), axis=1)

        def by_column(found):
            return {name: 2 * array for name, array in found.items()}

        model.step(FEATURES, lambda found: 2 * join(found))
        twin.step(FEATURES, by_column)
        assert model.step(FEATURES, lambda found: ("x", 2 * join(found))) == "x"
        twin.step(FEATURES, by_column)
        assert_same_tables(model, copy_tables(twin))

    def test_some_columns(self):
        model = make()
        before = copy_tables(model)
        model.step(FEATURES, lambda found: {"a_embedding": np.ones((2, 2))})
        assert not np.array_equal(model.tables["a"], before["a"])
        assert np.array_equal(model.tables["s"], before["s"])
        model.step(FEATURES, lambda found: {})
        assert model.global_step == 1

    def test_step(self):
        """Learning-rate functions are given it."""
        steps = []

        def rate(step):
            steps.append(step)
            return 0.1

        a = embcol.categorical_column_with_identity("a", 6)
        column = embcol.embedding_column(a, 2, learning_rate_fn=rate)
        model = embcol.compile([column])
        model.step(FEATURES, lambda found: np.ones((2, 2)))
        model.step(FEATURES, lambda found: np.ones((2, 2)), 7)
        model.step(FEATURES, lambda found: np.ones((2, 2)), step=np.int64(9))
        assert steps == [0, 7, 9]
        assert model.global_step == 10

    def test_lookups_in_between(self):
        """Gradients belong to the features of the step."""
        model, twin = make(), make()

        def gradient_fn(found):
            model.lookup({"a": np.array([5]), "s": np.array([5])})
            return sines(found)

        model.step(FEATURES, gradient_fn)
        twin.step(FEATURES, sines)
        assert_same_tables(model, copy_tables(twin))


class TestErrors:
    def test_serving(self):
        # (model-C7)
        with refused(make("serving"), ValueError, "serving"):
            make("serving").step(FEATURES, pytest.fail)

    @pytest.mark.parametrize("gradient_fn", [None, {}, "f", np.ones((2, 5))])
    def test_no_function(self, gradient_fn):
        # (model-C11)
        model = make()
        with refused(model, TypeError, "gradient_fn must be callable"):
            model.step(FEATURES, gradient_fn)

    @pytest.mark.parametrize(
        "returned",
        [
            None,
            5.0,
            "x",
            [{}],
            (1.0,),
            (1.0, {}, {}),
            (1.0, None),
            ({"a_embedding": np.ones((2, 2))}, 1.0),
        ],
    )
    def test_what_is_returned(self, returned):
        # (model-C11)
        model = make()
        words = ("gradient_fn must return", "tuple (value, gradients)")
        last = returned
        if isinstance(returned, tuple) and len(returned) == 2:
            last = returned[1]
        with refused(model, TypeError, *words, type(last).__name__):
            model.step(FEATURES, lambda found: returned)
        assert model.global_step == 0

    @pytest.mark.parametrize(
        ("gradients", "words"),
        [
            ({"a_embedding": np.ones((3, 2))}, ["a_embedding", "[3, 2]"]),
            ({"s_embedding": np.ones((2, 3, 3))}, ["s_embedding"]),
            ({"x_embedding": np.ones((2, 2))}, ["'x_embedding'"]),
            (np.ones((2, 5)), ["s_embedding"]),
            ({"s_embedding": (np.ones((2, 2, 3)), [2, 1])}, ["s_embedding"]),
        ],
    )
    @pytest.mark.parametrize("with_value", [False, True])
    def test_gradients(self, gradients, words, with_value):
        # (model-C8) (model-C10) (apply_gradients-C11)
        model = make()
        returned = (1.0, gradients) if with_value else gradients
        with refused(model, ValueError, *words):
            model.step(FEATURES, lambda found: returned)
        assert model.global_step == 0

    def test_gradient_fn_raises(self):
        """Nothing is updated or counted, and the model goes on."""
        model, twin = make(), make()
        for each in (model, twin):
            each.step(FEATURES, sines)

        class Stop(Exception):
            pass

        def gradient_fn(found):
            raise Stop

        with refused(model, Stop):
            model.step(FEATURES, gradient_fn)
        assert model.global_step == 1
        for each in (model, twin):
            each.step(FEATURES, sines)
        assert_same_tables(model, copy_tables(twin))

    @pytest.mark.parametrize(
        ("error", "features"),
        [
            (IndexError, {**FEATURES, "a": np.array([6, 1])}),
            (ValueError, {"a": FEATURES["a"]}),
            (TypeError, None),
        ],
    )
    def test_features(self, error, features):
        model = make()
        with refused(model, error):
            model.step(features, pytest.fail)
        assert model.global_step == 0

    @pytest.mark.parametrize("step", [-1, 2**63])
    def test_step_out_of_range(self, step):
        # (model-C9)
        model = make()
        with refused(model, ValueError, "step must be in [0, 2**63)"):
            model.step(FEATURES, sines, step)
