# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models: compiling, starting values, tables, stages, serving, threads."""

import gc
import threading

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, counting


def identity(key, size=24):
    return embcol.categorical_column_with_identity(key, size)


def make(key="hour", dimension=4, size=24, seed=0, **arguments):
    column = embcol.embedding_column(
        identity(key, size), dimension, **arguments
    )
    return embcol.compile([column], seed=seed)


@pytest.fixture
def model():
    return make()


class TestCompile:
    def test_attributes(self):
        column = embcol.embedding_column(identity("hour"), 4)
        optimizer = embcol.SGD(0.5)
        model = embcol.compile([column], optimizer=optimizer, seed=3)
        assert isinstance(model, embcol.Model)
        assert model.columns == [column]
        assert (model.mode, model.optimizer) == ("training", optimizer)
        assert (model.seed, model.global_step) == (3, 0)

    def test_default_optimizer(self, model):
        assert model.optimizer == embcol.Adagrad(0.1)

    def test_serving_has_no_optimizer(self):
        column = embcol.embedding_column(identity("hour"), 4)
        model = embcol.compile([column], "serving", embcol.SGD(0.1))
        assert (model.mode, model.optimizer) == ("serving", None)

    def test_one_column(self):
        column = embcol.embedding_column(identity("hour"), 4)
        assert embcol.compile(column).columns == [column]

    def test_results_are_in_the_order_of_the_columns(self):
        columns = [embcol.embedding_column(identity(k), 2) for k in "cab"]
        model = embcol.compile(columns)
        found = model.lookup({key: np.array([1]) for key in "abc"})
        assert list(found) == ["c_embedding", "a_embedding", "b_embedding"]

    @pytest.mark.parametrize(
        "key", ["a b", "é", "@x", '"q"', "x\ny", "malloc", "main", "a/b", "\\"]
    )
    def test_any_key(self, key):
        found = make(key).lookup({key: np.array([1])})
        assert found[f"{key}_embedding"].shape == (1, 4)

    @pytest.mark.parametrize(
        "key", ["lookup", "apply_gradients", "learning_rate_0", "transform"]
    )
    def test_keys_that_the_compiler_uses(self, key):
        model = make(key, learning_rate_fn=lambda step: 0.5)
        found = model.lookup({key: np.array([1])})
        assert found[f"{key}_embedding"].shape == (1, 4)
        model.apply_gradients({f"{key}_embedding": np.ones((1, 4))})

    def test_keys_that_are_the_compilers_own(self):
        # (module-C7)
        with pytest.raises(ValueError, match="embcol_core_add_lookup"):
            make("embcol_core_add_lookup")

    def test_keys_like_those_of_vocabularies(self):
        words = embcol.categorical_column_with_vocabulary_list("c", ["a", "b"])
        model = embcol.compile(
            [
                embcol.embedding_column(words, 2),
                embcol.embedding_column(identity("c_vocabulary"), 3),
            ]
        )
        features = {"c": np.array(["b"]), "c_vocabulary": np.array([7])}
        found = model.lookup(features)["c_vocabulary_embedding"]
        np.testing.assert_array_equal(found, model.tables["c_vocabulary"][7:8])


class TestInitializers:
    @pytest.mark.parametrize("dimension", [1, 16, 64])
    def test_default(self, dimension):
        table = make(size=20_000, dimension=dimension).tables["hour"]
        stddev = 1 / np.sqrt(dimension)
        assert np.abs(table).max() <= 2 * stddev * (1 + 1e-6)
        assert np.abs(table).max() > 1.9 * stddev
        # What is left of a standard deviation of 1 by the cut.
        assert table.std() == pytest.approx(0.8796 * stddev, rel=0.02)
        assert abs(table.mean()) < 0.02 * stddev

    def test_truncated_normal(self):
        initializer = embcol.truncated_normal_initializer(3.0, 0.5)
        table = make(size=5000, initializer=initializer).tables["hour"]
        assert table.min() >= 2 and table.max() <= 4
        assert table.mean() == pytest.approx(3, rel=0.01)
        assert table.std() == pytest.approx(0.44, rel=0.03)

    def test_uniform(self):
        initializer = embcol.random_uniform_initializer(-1.0, 3.0)
        table = make(size=5000, initializer=initializer).tables["hour"]
        assert -1 <= table.min() < -0.99 and 2.99 < table.max() < 3
        assert table.mean() == pytest.approx(1, abs=0.03)
        assert table.std() == pytest.approx(4 / np.sqrt(12), rel=0.02)

    @pytest.mark.parametrize(
        ("initializer", "value"),
        [
            (embcol.constant_initializer(-0.1), np.float32(-0.1)),
            (embcol.zeros_initializer(), 0),
            (embcol.ones_initializer(), 1),
            (embcol.random_uniform_initializer(0.5, 0.5), 0.5),
        ],
    )
    def test_constant(self, initializer, value):
        table = make(initializer=initializer).tables["hour"]
        np.testing.assert_array_equal(table, np.full((24, 4), value))

    def test_function(self):
        calls = []

        def initializer(shape, dtype):
            calls.append((tuple(shape), np.dtype(dtype)))
            return counting(shape, dtype)

        table = make(initializer=initializer).tables["hour"]
        assert calls == [((24, 4), np.dtype(np.float32))]
        np.testing.assert_array_equal(table, counting((24, 4), np.float32))

    def test_function_of_a_shared_table_is_called_once(self):
        calls = []

        def initializer(shape, dtype):
            calls.append(shape)
            return np.zeros(shape, dtype)

        columns = embcol.shared_embedding_columns(
            [identity("a"), identity("b")], 4, initializer=initializer
        )
        embcol.compile(columns)
        assert len(calls) == 1

    @pytest.mark.parametrize(
        "values", [np.zeros((4, 24)), np.zeros(24), 0.0, np.zeros((24, 4, 1))]
    )
    def test_function_of_another_shape(self, values):
        # (initializer-C5)
        with pytest.raises(ValueError, match=r"hour .*\[24, 4\]"):
            make(initializer=lambda shape, dtype: values)

    @pytest.mark.parametrize("dtype", ["U1", complex, object])
    def test_function_of_another_dtype(self, dtype):
        # (initializer-C5)
        with pytest.raises(ValueError, match="hour .*float32"):
            make(initializer=lambda shape, _: np.zeros(shape, dtype))


class TestSeeds:
    def test_same_seed_same_tables(self):
        assert_same_tables(make(seed=7), copy_tables(make(seed=7)))

    def test_other_seed_other_tables(self):
        tables = [make(seed=seed).tables["hour"] for seed in (0, 1, 2**63)]
        assert not np.isclose(tables[0], tables[1]).any()
        assert not np.isclose(tables[0], tables[2]).any()

    def test_other_tables_differ(self):
        columns = [embcol.embedding_column(identity(k), 4) for k in "ab"]
        model = embcol.compile(columns)
        assert not np.isclose(model.tables["a"], model.tables["b"]).any()

    def test_table_depends_on_its_name_alone(self):
        columns = [
            embcol.embedding_column(identity(k), 4) for k in ("x", "hour")
        ]
        table = embcol.compile(columns).tables["hour"]
        np.testing.assert_array_equal(table, make().tables["hour"])


class TestTables:
    def test_mapping(self):
        columns = [embcol.embedding_column(identity(k), 4) for k in "ba"]
        tables = embcol.compile(columns).tables
        assert sorted(tables) == ["a", "b"] and len(tables) == 2
        assert "a" in tables and "a_embedding" not in tables
        with pytest.raises(KeyError, match="c"):
            tables["c"]

    def test_views(self, model):
        view = model.tables["hour"]
        assert (view.shape, view.dtype) == ((24, 4), np.float32)
        model.tables["hour"] = counting((24, 4), np.float32)
        np.testing.assert_array_equal(view, counting((24, 4), np.float32))
        found = model.lookup({"hour": np.array([3])})["hour_embedding"]
        np.testing.assert_array_equal(found, view[3:4])

    def test_views_cannot_be_written(self, model):
        before = copy_tables(model)
        view = model.tables["hour"]
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            np.add(view, 1, out=view)
        assert_same_tables(model, before)

    def test_views_outlive_the_model(self, model):
        view = model.tables["hour"]
        copy = view.copy()
        del model
        gc.collect()
        np.testing.assert_array_equal(view, copy)

    def test_results_are_copies(self, model):
        found = model.lookup({"hour": np.array([3])})["hour_embedding"]
        copy = found.copy()
        model.tables["hour"] = np.zeros((24, 4))
        np.testing.assert_array_equal(found, copy)

    @pytest.mark.parametrize("dtype", [np.float64, np.int8, np.float16])
    def test_assignment_of_other_numbers(self, model, dtype):
        model.tables["hour"] = counting((24, 4), dtype)
        expected = counting((24, 4), np.float32)
        np.testing.assert_array_equal(model.tables["hour"], expected)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (np.zeros((24, 5)), "[24, 5]"),
            (np.zeros((4, 24)), "[4, 24]"),
            (np.zeros(4), "[4]"),
            (0.0, "[]"),
            (np.zeros((24, 4), complex), "complex128"),
            (np.zeros((24, 4), bool), "bool"),
            (np.full((24, 4), "a"), "U1"),
        ],
    )
    def test_bad_assignment(self, model, values, words):
        # (initializer-C5)
        before = copy_tables(model)
        with pytest.raises(ValueError) as raised:
            model.tables["hour"] = values
        assert "hour" in str(raised.value) and words in str(raised.value)
        assert_same_tables(model, before)

    def test_assignment_to_no_table(self, model):
        with pytest.raises(KeyError, match="day"):
            model.tables["day"] = np.zeros((24, 4))


class TestServing:
    def test_shares_the_tables(self, model):
        serving = model.to_serving()
        assert (serving.mode, serving.optimizer) == ("serving", None)
        assert serving.columns == model.columns
        features = {"hour": np.array([[1, 2], [3, -1]])}
        for _ in range(2):
            found = model.lookup(features)["hour_embedding"]
            served = serving.lookup(features)["hour_embedding"]
            np.testing.assert_array_equal(found, served)
            model.apply_gradients({"hour_embedding": np.ones((2, 4))})
        assert_same_tables(model, copy_tables(serving))

    def test_outlives_the_model(self, model):
        expected = model.tables["hour"][:2].copy()
        serving = model.to_serving()
        del model
        gc.collect()
        found = serving.lookup({"hour": np.array([0, 1])})["hour_embedding"]
        np.testing.assert_array_equal(found, expected)

    def test_from_many_threads(self):
        serving = make(size=1000, dimension=16).to_serving()
        ids = np.random.default_rng(0).integers(0, 1000, (8, 500, 7))
        expected = [serving.lookup({"hour": i})["hour_embedding"] for i in ids]
        found = [None] * len(ids)
        bad = []

        def run(i):
            for _ in range(10):
                found[i] = serving.lookup({"hour": ids[i]})["hour_embedding"]
                try:
                    serving.lookup({"hour": np.array([i, 1000 + i])})
                except IndexError as error:
                    bad.append(f"id {1000 + i} in row 1" in str(error))

        threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bad == [True] * 80
        for mine, theirs in zip(found, expected):
            np.testing.assert_array_equal(mine, theirs)


class TestStages:
    @pytest.mark.parametrize(
        ("stage", "has", "has_not"),
        [
            (
                "embcol",
                ["embcol.mode<training>", "embcol.table @hour", "24x4xf32"]
                + ["embcol.column @hour_embedding", "embcol.categorize"]
                + [
                    "embcol.lookup",
                    "embcol.apply_gradients",
                    "#embcol.adagrad",
                ],
                ["embedding_lookup_device"],
            ),
            (
                "placed",
                ["embcol.lookup", "#embcol.device<tpu_embedding_core>"],
                ["device<cpu>"],
            ),
            (
                "lowered",
                [
                    "func.func @lookup",
                    "@embcol_core_add_lookup",
                    "vector<4xf32>",
                ]
                + ["@embcol_core_apply_update", "func.func @apply_gradients"],
                ["embcol.lookup", "llvm.func", "!embcol."],
            ),
            (
                "llvm",
                ["llvm.func @lookup", "llvm.func @apply_gradients"],
                ["embcol.lookup", " func.func", "scf.for", "!embcol."],
            ),
        ],
    )
    def test_training(self, model, stage, has, has_not):
        text = model.mlir(stage)
        for words in has:
            assert words in text
        for words in has_not:
            assert words not in text

    def test_serving(self, model):
        serving = model.to_serving()
        assert "embcol.mode<serving>" in serving.mlir()
        assert "#embcol.device<cpu>" in serving.mlir("placed")
        assert "@embcol_core_run_lookups" in serving.mlir("lowered")
        for stage in ("embcol", "placed", "lowered", "llvm"):
            text = serving.mlir(stage)
            assert "apply_gradients" not in text and "@lookup" in text

    def test_default_is_the_first(self, model):
        assert model.mlir() == model.mlir("embcol")

    def test_unknown(self, model):
        with pytest.raises(ValueError, match="stage .*'linalg'"):
            model.mlir("linalg")


def test_values_that_exceed_float32():
    # (feature-C14)
    model = make("hour")
    before = model.tables["hour"].copy()
    values = np.zeros(before.shape)
    values[3, 1] = 1e300
    with pytest.raises(ValueError, match="hour.*1e[+]300 in row 3"):
        model.tables["hour"] = values
    np.testing.assert_array_equal(model.tables["hour"], before)
