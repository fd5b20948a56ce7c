# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps of SGD and Adagrad against plain numpy."""

import embcol
import numpy as np
import pytest
import reference
from checks import assert_same_tables, copy_tables

RATE, ACCUMULATOR = 0.3, 0.2
OPTIMIZERS = [
    embcol.SGD(RATE),
    embcol.Adagrad(RATE, initial_accumulator_value=ACCUMULATOR),
]
COMBINERS = ("sum", "mean", "sqrtn")


class Trainer:
    """What a model should hold: its tables, stepped by the reference."""

    def __init__(self, model, rates=None):
        self.model = model
        self.rates = rates or {}
        self.tables = {k: v.astype(float) for k, v in model.tables.items()}
        self.accumulators = {
            k: np.full(v.shape, ACCUMULATOR) for k, v in self.tables.items()
        }

    def step(self, drawn, gradients):
        """One step of the columns that gradients are given for."""
        sums = {}
        for column in self.model.columns:
            if column.name not in gradients:
                continue
            name = column.table_name
            total = sums.setdefault(name, reference.Gradient(self.tables[name]))
            rows, weights = drawn[column.name]
            gradient = np.asarray(gradients[column.name], np.float32)
            if column.is_sequence:
                total.add_sequence(rows, gradient, column.combiner)
            else:
                safe = column.use_safe_embedding_lookup
                total.add(rows, gradient, weights, column.combiner, safe)
        for name, total in sums.items():
            rate = self.rates.get(name, RATE)
            if isinstance(self.model.optimizer, embcol.SGD):
                self.tables[name] = reference.sgd(
                    self.tables[name], total, rate
                )
            else:
                self.tables[name], self.accumulators[name] = reference.adagrad(
                    self.tables[name], self.accumulators[name], total, rate
                )

    def check(self):
        for name, table in self.tables.items():
            np.testing.assert_allclose(
                self.model.tables[name], table, 1e-5, 1e-6, err_msg=name
            )


def identity(key, size=12):
    return embcol.categorical_column_with_identity(key, size)


def make_columns(dimension, safe=True):
    """Plain, weighted and sequence columns of each combiner; shared tables."""
    columns = []
    for combiner in COMBINERS:
        plain = identity(f"id {combiner}")
        weighted = embcol.weighted_categorical_column(plain, f"w {combiner}")
        steps = embcol.sequence_categorical_column_with_identity(
            f"steps {combiner}", 12
        )
        for column in (plain, weighted):
            columns.append(
                embcol.embedding_column(
                    column,
                    dimension,
                    combiner,
                    use_safe_embedding_lookup=safe,
                )
            )
        columns.append(
            embcol.embedding_column(
                steps, dimension, combiner, max_sequence_length=3
            )
        )
        columns += embcol.shared_embedding_columns(
            [
                identity(f"shared {combiner}"),
                embcol.weighted_categorical_column(
                    identity(f"other {combiner}"), f"w {combiner} 2"
                ),
                embcol.sequence_categorical_column_with_identity(
                    f"shared steps {combiner}", 12
                ),
            ],
            dimension,
            combiner,
            max_sequence_lengths=[0, 0, 2],
            use_safe_embedding_lookup=safe,
        )
    return columns


def splits_of(rows):
    return np.cumsum([0] + [len(row) for row in rows])


def flat(rows, dtype):
    return np.array([x for row in rows for x in row], dtype)


def draw(columns, batch, rng, low=-1):
    """Features, and for each column its rows and weights."""
    features, drawn, by_key = {}, {}, {}
    for column in columns:
        key = column.key
        if key not in by_key:
            rows = [
                rng.integers(low, column.num_buckets, rng.integers(6)).tolist()
                for _ in range(batch)
            ]
            by_key[key] = rows
            splits = splits_of(rows)
            features[key] = embcol.Ragged(flat(rows, np.int64), splits)
        rows, weights = by_key[key], None
        weight_key = getattr(
            column.categorical_column, "weight_feature_key", None
        )
        if weight_key:
            weights = [rng.uniform(-0.5, 2, len(r)).tolist() for r in rows]
            values = flat(weights, np.float32)
            features[weight_key] = embcol.Ragged(values, splits_of(rows))
        if column.is_sequence:
            rows = [[[i] for i in row] for row in rows]
        drawn[column.name] = rows, weights
    return features, drawn


def draw_gradients(columns, batch, rng):
    gradients = {}
    for column in columns:
        shape = (batch, column.dimension)
        if column.is_sequence:
            shape = (batch, column.max_sequence_length, column.dimension)
        gradients[column.name] = rng.normal(size=shape).astype(np.float32)
    return gradients


@pytest.mark.parametrize("dimension", [1, 19, 130])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "adagrad"])
def test_steps(optimizer, dimension):
    """Several steps; the ids of a batch repeat within rows and over them."""
    columns = make_columns(dimension)
    model = embcol.compile(columns, optimizer=optimizer)
    trainer = Trainer(model)
    rng = np.random.default_rng(dimension)
    for batch in (7, 1, 0, 23):
        features, drawn = draw(columns, batch, rng)
        model.lookup(features)
        gradients = draw_gradients(columns, batch, rng)
        model.apply_gradients(gradients)
        trainer.step(drawn, gradients)
        trainer.check()
    assert model.global_step == 4


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "adagrad"])
def test_unsafe(optimizer):
    columns = make_columns(5, safe=False)
    model = embcol.compile(columns, optimizer=optimizer)
    trainer = Trainer(model)
    rng = np.random.default_rng(1)
    features, drawn = draw(columns, 11, rng, low=0)
    model.lookup(features)
    gradients = draw_gradients(columns, 11, rng)
    model.apply_gradients(gradients)
    trainer.step(drawn, gradients)
    trainer.check()


def make_one(optimizer=OPTIMIZERS[0], dimension=2, size=6, **arguments):
    column = embcol.embedding_column(
        identity("id", size),
        dimension,
        "sum",
        initializer=embcol.zeros_initializer(),
        **arguments,
    )
    return embcol.compile([column], optimizer=optimizer)


def test_sgd_by_hand():
    model = make_one()
    model.lookup({"id": np.array([[1, 1], [1, 4]])})
    model.apply_gradients({"id_embedding": [[1.0, 2.0], [10.0, 20.0]]})
    expected = np.zeros((6, 2))
    expected[1] = -RATE * np.array([12, 24])
    expected[4] = -RATE * np.array([10, 20])
    np.testing.assert_allclose(model.tables["id"], expected, 1e-6)


def test_adagrad_by_hand():
    """Gradients of a row are summed first, then squared."""
    model = make_one(OPTIMIZERS[1])
    model.lookup({"id": np.array([[1, 1], [1, 4]])})
    model.apply_gradients({"id_embedding": [[1.0, 2.0], [10.0, 20.0]]})
    expected = np.zeros((6, 2))
    for row, gradient in ((1, np.array([12, 24])), (4, np.array([10, 20]))):
        expected[row] = -RATE * gradient / np.sqrt(ACCUMULATOR + gradient**2)
    np.testing.assert_allclose(model.tables["id"], expected, 1e-6)


def test_many_rows():
    """More rows than are counted or shared out at a time."""
    model = make_one(OPTIMIZERS[1], dimension=9, size=200_000)
    trainer = Trainer(model)
    rng = np.random.default_rng(2)
    ids = np.concatenate(
        [rng.integers(0, 200_000, 3000), rng.integers(0, 5, 1000)]
    )
    gradient = rng.normal(size=(4000, 9)).astype(np.float32)
    model.lookup({"id": ids})
    model.apply_gradients({"id_embedding": gradient})
    trainer.step(
        {"id_embedding": (ids[:, None].tolist(), None)},
        {"id_embedding": gradient},
    )
    trainer.check()


class TestSubset:
    def test_tables_not_named_stay(self):
        columns = make_columns(3)
        model = embcol.compile(columns, optimizer=OPTIMIZERS[1])
        trainer = Trainer(model)
        rng = np.random.default_rng(0)
        names = [column.name for column in columns]
        for chosen in (names[:1], names[2:5], names[1::2], names[::-1]):
            features, drawn = draw(columns, 6, rng)
            model.lookup(features)
            gradients = draw_gradients(columns, 6, rng)
            gradients = {name: gradients[name] for name in chosen}
            before = copy_tables(model)
            model.apply_gradients(gradients)
            trainer.step(drawn, gradients)
            trainer.check()
            used = {c.table_name for c in columns if c.name in chosen}
            for name in model.tables:
                same = np.array_equal(before[name], model.tables[name])
                assert same == (name not in used)

    def test_none(self):
        model = make_one()
        model.lookup({"id": np.array([1])})
        before = copy_tables(model)
        model.apply_gradients({})
        assert_same_tables(model, before)


class TestGradients:
    """Arrays of any layout and real dtype are gradients."""

    wide = np.arange(48, dtype=np.float64).reshape(4, 12)

    @pytest.mark.parametrize(
        "gradient",
        [
            wide[::2, 3:9:3],
            wide[3:1:-1, 7:5:-1],
            np.asfortranarray(wide[:2, :2]),
            np.ones((4, 2))[:2].T.copy().T,
            np.broadcast_to(np.array([3.0, 4.0]), (2, 2)),
            wide[:2, :2].astype(np.float16),
            wide[:2, :2].astype(">f4"),
            wide[:2, :2].astype(np.int32),
            [[1, 2.5], [3, 4]],
        ],
    )
    def test_layouts(self, gradient):
        model = make_one()
        model.lookup({"id": np.array([5, 2])})
        model.apply_gradients({"id_embedding": gradient})
        expected = np.zeros((6, 2))
        expected[[5, 2]] = -RATE * np.asarray(gradient, np.float64)
        np.testing.assert_allclose(model.tables["id"], expected, 1e-6)

    def test_sequence_layout(self):
        steps = embcol.sequence_categorical_column_with_identity("s", 9)
        column = embcol.embedding_column(
            steps,
            2,
            max_sequence_length=3,
            initializer=embcol.zeros_initializer(),
        )
        model = embcol.compile([column], optimizer=embcol.SGD(1.0))
        model.lookup({"s": np.array([[1, -1, 2, 3], [4, -1, -1, -1]])})
        gradient = np.arange(12.0).reshape(2, 3, 2).transpose(1, 0, 2).copy()
        gradient = gradient.transpose(1, 0, 2)
        model.apply_gradients({"s_embedding": gradient})
        expected = np.zeros((9, 2))
        expected[1], expected[2] = -gradient[0, 0], -gradient[0, 2]
        expected[4] = -gradient[1, 0]
        np.testing.assert_array_equal(model.tables["s"], expected)

    def test_arguments_are_not_written(self):
        model = make_one(OPTIMIZERS[1])
        ids, gradient = np.array([5, 2]), np.ones((2, 2), np.float32)
        model.lookup({"id": ids})
        model.apply_gradients({"id_embedding": gradient})
        np.testing.assert_array_equal(ids, [5, 2])
        np.testing.assert_array_equal(gradient, np.ones((2, 2)))


class TestLastLookup:
    """Gradients belong to the last lookup, as it was."""

    def test_later_lookup_counts(self):
        model = make_one()
        model.lookup({"id": np.array([1, 1, 1])})
        model.lookup({"id": np.array([2])})
        model.apply_gradients({"id_embedding": [[1.0, 1.0]]})
        assert np.flatnonzero(model.tables["id"].any(1)).tolist() == [2]

    def test_twice(self):
        model = make_one()
        model.lookup({"id": np.array([2])})
        for _ in range(2):
            model.apply_gradients({"id_embedding": [[1.0, 1.0]]})
        np.testing.assert_allclose(model.tables["id"][2], -2 * RATE)

    def test_ids_reused_by_the_caller(self):
        model = make_one()
        ids = np.array([[1, 2]], np.int64)
        model.lookup({"id": ids})
        ids[:] = 4
        model.apply_gradients({"id_embedding": [[1.0, 1.0]]})
        assert np.flatnonzero(model.tables["id"].any(1)).tolist() == [1, 2]

    def test_splits_reused_by_the_caller(self):
        model = make_one()
        splits = np.array([0, 1, 2], np.int64)
        model.lookup({"id": embcol.Ragged(np.array([1, 2]), splits)})
        splits[:] = 0
        model.apply_gradients({"id_embedding": [[1.0, 1.0], [2.0, 2.0]]})
        np.testing.assert_allclose(model.tables["id"][1], -RATE)
        np.testing.assert_allclose(model.tables["id"][2], -2 * RATE)

    def test_weights_reused_by_the_caller(self):
        column = embcol.embedding_column(
            embcol.weighted_categorical_column(identity("id"), "w"),
            1,
            "sum",
            initializer=embcol.zeros_initializer(),
        )
        model = embcol.compile([column], optimizer=embcol.SGD(1.0))
        weights = np.full((1, 2), 2.0, np.float32)
        model.lookup({"id": np.array([[1, 2]]), "w": weights})
        weights[:] = 100
        model.apply_gradients({column.name: [[1.0]]})
        table = model.tables[column.table_name]
        np.testing.assert_array_equal(table[[1, 2]], [[-2.0], [-2.0]])


def test_gradients_after_a_lookup_that_failed():
    """They do not go to the lookup before it."""
    column = embcol.categorical_column_with_identity("x", 5)
    model = embcol.compile([embcol.embedding_column(column, 2)])
    for error, features in ((IndexError, {"x": [99]}), (ValueError, {})):
        model.lookup({"x": np.array([1])})
        with pytest.raises(error):
            model.lookup(features)
        with pytest.raises(ValueError, match="after a lookup"):
            model.apply_gradients({"x_embedding": np.ones((1, 2))})
