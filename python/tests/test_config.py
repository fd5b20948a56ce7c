# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Clipping limits and partitions, which are arguments of models."""

import embcol
import numpy as np
import pytest

ROWS = 7


def columns():
    hour = embcol.categorical_column_with_identity("hour", ROWS)
    stops = embcol.sequence_categorical_column_with_identity("stops", ROWS)
    return [
        *embcol.shared_embedding_columns(
            [hour, stops], 3, max_sequence_lengths=[0, 2]
        ),
        embcol.embedding_column(
            embcol.weighted_categorical_column(hour, "share"), 4, "sqrtn"
        ),
    ]


def features(rng):
    return {
        "hour": rng.integers(-1, ROWS, (5, 3)),
        "share": rng.uniform(0.5, 2, (5, 3)).astype(np.float32),
        "stops": rng.integers(-1, ROWS, (5, 4)),
    }


def train(model, steps=3):
    rng = np.random.default_rng(0)
    outputs = None
    for _ in range(steps):
        outputs = model.lookup(features(rng))
        model.apply_gradients(
            {
                name: np.cos(out.values if isinstance(out, tuple) else out)
                for name, out in outputs.items()
            }
        )
    return outputs


class TestClippingLimit:
    def model(self, limit, **options):
        column = embcol.embedding_column(
            embcol.categorical_column_with_identity("hour", ROWS),
            2,
            initializer=embcol.constant_initializer(0.5),
        )
        return embcol.compile(
            [column],
            optimizer=embcol.SGD(1.0),
            clipping_limit=limit,
            **options,
        )

    def test_clips_weights_that_are_updated(self):
        model = self.model(0.25)
        table = model.tables["hour"].copy()
        table[3, 1] = np.nan
        model.tables["hour"] = table
        model.lookup({"hour": np.array([1, 2, 3])})
        gradient = np.array([[2.0, -2.0], [0.25, 0.75], [0.5, 0.5]])
        model.apply_gradients({"hour_embedding": gradient})
        table = model.tables["hour"]
        assert table[1].tolist() == [-0.25, 0.25]
        assert table[2].tolist() == [0.25, -0.25]
        # What is not updated stays, and what is no number is not hidden.
        assert table[0].tolist() == [0.5, 0.5]
        assert table[3, 0] == 0.0 and np.isnan(table[3, 1])

    def test_no_limit(self):
        model = self.model(None)
        model.lookup({"hour": np.array([1])})
        model.apply_gradients({"hour_embedding": np.array([[1e6, 0.0]])})
        assert model.tables["hour"][1, 0] < -9e5

    @pytest.mark.parametrize(
        "limit", [0, -1.0, float("nan"), float("inf"), 1e39, 1e-50, "1", True]
    )
    def test_refused(self, limit):
        # (table-C3)
        with pytest.raises(ValueError, match="clipping_limit"):
            self.model(limit)

    def test_saved(self, tmp_path):
        model = self.model(np.float32(0.25))
        model.save(tmp_path)
        assert embcol.load(tmp_path).config.clipping_limit == 0.25


@pytest.mark.parametrize("strategy", ["div", "mod"])
@pytest.mark.parametrize("num_partitions", [1, 2, 3, 7, 9])
class TestPartitions:
    def model(self, strategy, num_partitions):
        return embcol.compile(
            columns(),
            seed=3,
            partition_strategy=strategy,
            num_partitions=num_partitions,
        )

    def test_change_nothing(self, strategy, num_partitions):
        """Neither initial values nor lookups nor updates."""
        model, plain = (
            self.model(strategy, num_partitions),
            embcol.compile(columns(), seed=3),
        )
        for name in plain.tables:
            np.testing.assert_array_equal(
                model.tables[name], plain.tables[name]
            )
        found, expected = train(model), train(plain)
        for name in expected:
            for a, b in zip(found[name], expected[name]):
                np.testing.assert_array_equal(a, b)
        serving = model.to_serving()
        probe = features(np.random.default_rng(1))
        np.testing.assert_array_equal(
            serving.input_layer(probe), plain.to_serving().input_layer(probe)
        )

    def test_layout(self, strategy, num_partitions):
        model = self.model(strategy, num_partitions)
        name, *_ = model.tables
        rows = np.arange(ROWS)
        model.tables[name] = np.repeat(rows[:, np.newaxis], 3, axis=1)
        assert model.tables[name][:, 0].tolist() == rows.tolist()
        found = [p[:, 0].tolist() for p in model.tables.partitions(name)]
        if strategy == "div":
            expected = np.array_split(rows, num_partitions)
        else:
            expected = [rows[p::num_partitions] for p in range(num_partitions)]
        assert found == [part.tolist() for part in expected]

    def test_bad_ids_are_named(self, strategy, num_partitions):
        model = self.model(strategy, num_partitions)
        drawn = features(np.random.default_rng(0))
        drawn["hour"][2, 1] = ROWS
        with pytest.raises(IndexError, match=f"id {ROWS} in row 2"):
            model.lookup(drawn)

    def test_saved(self, strategy, num_partitions, tmp_path):
        model = self.model(strategy, num_partitions)
        train(model)
        model.save(tmp_path)
        again = embcol.load(tmp_path)
        assert again.config == model.config
        for name in model.tables:
            np.testing.assert_array_equal(
                again.tables[name], model.tables[name]
            )
        train(model)
        train(again)
        for name in model.tables:
            np.testing.assert_array_equal(
                again.tables[name], model.tables[name]
            )
        content = (tmp_path / "model.safetensors").read_bytes()
        last = f"/{strategy}_{num_partitions - 1}_of_{num_partitions}"
        assert (last.encode() in content) == (num_partitions > 1)


def test_mod_is_visible_in_the_program():
    model = embcol.compile(
        columns(), partition_strategy="mod", num_partitions=3
    )
    assert "strategy = mod, num_partitions = 3" in model.mlir()


@pytest.mark.parametrize("strategy", ["hash", "", None, 1, ["div"]])
def test_bad_strategy(strategy):
    # (partition-C2)
    with pytest.raises(ValueError, match="partition_strategy") as raised:
        embcol.compile(columns(), partition_strategy=strategy)
    assert 'Must be one of "mod" or "div"' in str(raised.value)


@pytest.mark.parametrize("count", [0, -1, 1.5, None, True, "2"])
def test_bad_number_of_partitions(count):
    # (partition-C1)
    with pytest.raises(ValueError, match="num_partitions"):
        embcol.compile(columns(), num_partitions=count)


def test_partitions_of_no_table():
    model = embcol.compile(columns())
    with pytest.raises(KeyError):
        model.tables.partitions("hours")


def test_a_table_called_as_its_column():
    """One shared column has the name of its table."""
    (column,) = embcol.shared_embedding_columns(
        [embcol.categorical_column_with_identity("hour", ROWS)], 2
    )
    assert column.name == column.table_name
    model = embcol.compile([column])
    assert list(model.tables) == [column.name]
    with pytest.raises(IndexError, match='column "hour_shared_embedding": id'):
        model.lookup({"hour": np.array([ROWS])})
    model.lookup({"hour": np.array([1])})
    model.apply_gradients({column.name: np.ones((1, 2))})


def test_a_key_called_as_another_column():
    make = embcol.categorical_column_with_identity
    keys = ["hour", "hour_embedding"]
    model = embcol.compile(
        [embcol.embedding_column(make(key, ROWS), 2) for key in keys]
    )
    assert sorted(model.tables) == keys
    found = model.lookup({key: np.array([1]) for key in keys})
    assert sorted(found) == ["hour_embedding", "hour_embedding_embedding"]
