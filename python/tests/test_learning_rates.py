# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Learning rates that are functions of the step."""

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, refused

ZEROS = embcol.zeros_initializer()


class Rate:
    """Records the steps that it is called with."""

    def __init__(self, function):
        self.function = function
        self.steps = []

    def __call__(self, step):
        self.steps.append(step)
        return self.function(step)


def make(rates, optimizer=embcol.SGD(100.0)):
    """Columns a, b, ... with these rates, None for the optimizer's."""
    columns = [
        embcol.embedding_column(
            embcol.categorical_column_with_identity(key, 4),
            2,
            initializer=ZEROS,
            learning_rate_fn=rate,
        )
        for key, rate in zip("abcd", rates)
    ]
    return embcol.compile(columns, optimizer=optimizer)


def train(model, step=None, keys=None):
    names = [column.key for column in model.columns]
    model.lookup({key: np.array([1]) for key in names})
    gradients = {f"{key}_embedding": np.ones((1, 2)) for key in keys or names}
    model.apply_gradients(gradients, step)


def change(model, key):
    return -float(model.tables[key][1, 0])


def test_rate_of_the_step():
    model = make([lambda step: 1.0 / (1 + step)])
    for step in range(4):
        train(model)
        expected = sum(1.0 / (1 + s) for s in range(step + 1))
        assert change(model, "a") == pytest.approx(expected, 1e-6)


def test_rate_of_adagrad():
    optimizer = embcol.Adagrad(100.0, initial_accumulator_value=0.5)
    model = make([lambda step: 0.25 * step], optimizer)
    train(model, step=3)
    assert change(model, "a") == pytest.approx(0.75 / np.sqrt(1.5), 1e-6)


def test_called_with_the_step():
    rate = Rate(lambda step: 1.0)
    model = make([rate])
    train(model)
    train(model)
    train(model, step=10)
    train(model)
    train(model, step=np.int64(7))
    assert rate.steps == [0, 1, 10, 11, 7]
    assert all(type(step) is int for step in rate.steps)
    assert model.global_step == 8


def test_once_a_step_for_each_distinct_function():
    shared, own = Rate(lambda step: 0.5), Rate(lambda step: 2.0)
    model = make([shared, own, shared, None])
    train(model, step=5)
    assert shared.steps == [5] and own.steps == [5]
    changes = [change(model, key) for key in "abcd"]
    assert changes == [0.5, 2.0, 0.5, 100.0]


def test_shared_table_once():
    rate = Rate(lambda step: 0.5)
    columns = embcol.shared_embedding_columns(
        [embcol.categorical_column_with_identity(key, 4) for key in "ab"],
        2,
        initializer=ZEROS,
        learning_rate_fn=rate,
    )
    model = embcol.compile(columns, optimizer=embcol.SGD(1.0))
    model.lookup({"a": np.array([1]), "b": np.array([1])})
    model.apply_gradients({column.name: np.ones((1, 2)) for column in columns})
    assert rate.steps == [0]
    assert change(model, columns[0].table_name) == 1.0


@pytest.mark.parametrize(
    "value", [0.25, 1, 0.0, np.float32(0.25), np.float64(0.25), np.array(0.25)]
)
def test_kinds_of_numbers(value):
    model = make([lambda step: value])
    train(model)
    assert change(model, "a") == float(value)


def test_methods_are_functions():
    class Schedule:
        def rate(self, step):
            return 0.5

    schedule = Schedule()
    model = make([schedule.rate, schedule.rate])
    train(model)
    assert change(model, "a") == change(model, "b") == 0.5


def test_functions_need_not_be_hashable():
    class Schedule:
        __hash__ = None

        def __call__(self, step):
            return 0.5

    schedule = Schedule()
    model = make([schedule, schedule])
    train(model)
    assert change(model, "a") == change(model, "b") == 0.5


class TestFailing:
    """A rate that cannot be used leaves tables and step as they were."""

    @pytest.mark.parametrize(
        "value", [float("nan"), float("inf"), -float("inf"), 1e39]
    )
    def test_not_finite(self, value):
        # (apply_gradients-C12)
        bad = Rate(lambda step: value if step == 1 else 0.5)
        model = make([lambda step: 0.5, bad], embcol.Adagrad(1.0))
        train(model)
        with refused(model, ValueError, "learning_rate_fn", "step 1"):
            train(model)
        assert model.global_step == 1

    @pytest.mark.parametrize("value", ["fast", None, [0.1, 0.2]])
    def test_no_number(self, value):
        # (apply_gradients-C12)
        model = make([lambda step: value])
        with refused(model, (TypeError, ValueError), "learning_rate_fn"):
            train(model)
        assert model.global_step == 0

    def test_raising(self):
        class OutOfRates(Exception):
            pass

        def rate(step):
            raise OutOfRates("none left")

        model = make([lambda step: 0.5, rate])
        with refused(model, OutOfRates, "none left"):
            train(model)
        assert model.global_step == 0

    def test_next_step_is_as_if_nothing_had_been(self):
        """Accumulators, too, stay as they were."""
        values = [0.5, float("nan"), 0.5]
        model = make([lambda step: values.pop(0)], embcol.Adagrad(1.0))
        twin = make([lambda step: 0.5], embcol.Adagrad(1.0))
        train(model)
        with pytest.raises(ValueError):
            train(model)
        train(model)
        train(twin)
        train(twin)
        assert_same_tables(model, copy_tables(twin))
