# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients that hold an infinity or not a number."""

import numpy as np
import pytest

import embcol

NAN, INFINITY = np.nan, np.inf


def make_model(**arguments):
    hour = embcol.categorical_column_with_identity("hour", 24)
    hours = embcol.sequence_categorical_column_with_identity("hours", 24)
    day = embcol.categorical_column_with_identity("day", 7)
    zeros = embcol.zeros_initializer()
    return embcol.compile(
        [
            embcol.embedding_column(hour, 2, "sum", initializer=zeros),
            embcol.embedding_column(
                hours, 2, max_sequence_length=2, initializer=zeros
            ),
            embcol.embedding_column(day, 3, initializer=zeros),
        ],
        optimizer=embcol.SGD(1.0),
        **arguments,
    )


FEATURES = {
    "hour": embcol.Ragged([1, 2, 1], [0, 2, 2, 3]),
    "hours": embcol.Ragged([4, 5, 6], [0, 2, 2, 3]),
    "day": np.array([3, 3, 4]),
}


def make_gradients(values, column="hour_embedding"):
    """Ones, but for `values` by their places in a column's."""
    gradients = {
        "hour_embedding": np.ones((3, 2)),
        "hours_embedding": np.ones((3, 2, 2)),
        "day_embedding": np.ones((3, 3)),
    }
    for place, value in values.items():
        gradients[column][place] = value
    return gradients


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize(
    "column, place, value, message",
    [
        ("hour_embedding", (0, 1), NAN, "row 0 is not finite: nan at 1"),
        ("hour_embedding", (2, 0), -INFINITY, "row 2 is not finite: -inf at 0"),
        (
            "hours_embedding",
            (0, 1, 1),
            INFINITY,
            "row 0 is not finite: inf at 1",
        ),
        ("day_embedding", (1, 2), NAN, "row 1 is not finite: nan at 2"),
    ],
)
def test_refused(reference, column, place, value, message):
    # (apply_gradients-C14)
    model = make_model(reference=reference)
    model.lookup(FEATURES)
    with pytest.raises(ValueError) as error:
        model.apply_gradients(make_gradients({place: value}, column))
    assert str(error.value) == f'column "{column}": the gradient of {message}'
    assert all(not table.any() for table in model.tables.values())
    assert model.global_step == 0
    counted = {column.removesuffix("_embedding"): 1}
    assert model.nonfinite_gradients == {
        "hour": 0,
        "hours": 0,
        "day": 0,
        **counted,
    }


@pytest.mark.parametrize("reference", [False, True])
def test_skipped(reference):
    model = make_model(nonfinite_gradients="skip", reference=reference)
    expected = make_model(reference=reference)
    for step in range(1, 3):
        model.lookup(FEATURES)
        model.apply_gradients(make_gradients({(0, 1): NAN, (0, 0): INFINITY}))
        # As though the row had no entries.
        expected.lookup({**FEATURES, "hour": embcol.Ragged([1], [0, 0, 0, 1])})
        expected.apply_gradients(make_gradients({}))
        for name, table in expected.tables.items():
            np.testing.assert_array_equal(model.tables[name], table)
        assert model.nonfinite_gradients["hour"] == step
    assert model.global_step == 2
    assert model.tables["hour"][:3].tolist() == [[0, 0], [-2, -2], [0, 0]]


@pytest.mark.parametrize("reference", [False, True])
def test_what_reaches_no_row_is_not_looked_at(reference):
    model = make_model(reference=reference)
    model.lookup(FEATURES)
    model.apply_gradients(make_gradients({(1, 0): NAN}))
    model.lookup(FEATURES)
    # A step that is not there.
    model.apply_gradients(make_gradients({(2, 1): NAN}, "hours_embedding"))
    assert not any(model.nonfinite_gradients.values())


def test_saved(tmp_path):
    model = make_model(nonfinite_gradients="skip")
    model.save(tmp_path)
    again = embcol.load(tmp_path)
    again.lookup(FEATURES)
    again.apply_gradients(make_gradients({(0, 1): NAN}))
    # What this model has counted.
    assert again.nonfinite_gradients["hour"] == 1
    assert model.nonfinite_gradients["hour"] == 0


def test_option():
    # (apply_gradients-C15)
    for wrong in ("ignore", None, True, ["skip"]):
        with pytest.raises(ValueError, match="nonfinite_gradients must be one"):
            make_model(nonfinite_gradients=wrong)
    assert (
        make_model(nonfinite_gradients="refuse").config == make_model().config
    )
    assert (
        "nonfinite_gradients<skip>"
        in make_model(nonfinite_gradients="skip").mlir()
    )
