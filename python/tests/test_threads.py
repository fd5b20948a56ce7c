# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Threads: their number, and that results do not depend on it."""

import os
import subprocess
import sys

import embcol
import numpy as np
import pytest

COMBINERS = ("sum", "mean", "sqrtn")


@pytest.fixture(autouse=True)
def same_number_afterwards():
    number = embcol.num_threads()
    yield
    embcol.set_num_threads(number)


def train():
    """Lookups and tables, as bytes, of a model large enough for threads."""
    columns = []
    for combiner in COMBINERS:
        ids = embcol.categorical_column_with_identity(combiner, 20_000)
        columns.append(embcol.embedding_column(ids, 19, combiner))
    words = [f"word {i}" for i in range(500)]
    steps = embcol.sequence_categorical_column_with_vocabulary_list(
        "steps", words, num_oov_buckets=50
    )
    columns.append(embcol.embedding_column(steps, 8, max_sequence_length=6))
    model = embcol.compile(columns, seed=5)
    rng = np.random.default_rng(0)
    results = []
    for _ in range(2):
        ids = (rng.pareto(0.5, (2000, 9)) % 20_000).astype(np.int64)
        features = dict.fromkeys(COMBINERS, ids)
        features["steps"] = np.array(words + ["new"])[
            rng.integers(0, 501, (2000, 8))
        ]
        found = model.lookup(features)
        gradients = {}
        for name, values in found.items():
            values = getattr(values, "values", values)
            results.append(values.tobytes())
            gradients[name] = np.sin(values * 100)
        model.apply_gradients(gradients)
    return results + [table.tobytes() for table in model.tables.values()]


def test_results_do_not_depend_on_the_number():
    results = []
    for number in (1, 2, 3, 7):
        embcol.set_num_threads(number)
        assert embcol.num_threads() == number
        results.append(train())
    for result in results[1:]:
        assert result == results[0]


def test_number_may_change_between_steps():
    column = embcol.embedding_column(
        embcol.categorical_column_with_identity("id", 5000), 16
    )
    model = embcol.compile([column])
    ids = np.random.default_rng(0).integers(0, 5000, (3000, 5))
    expected = model.lookup({"id": ids})[column.name].tobytes()
    for number in (3, 1, 4, 2):
        embcol.set_num_threads(number)
        assert model.lookup({"id": ids})[column.name].tobytes() == expected


@pytest.mark.parametrize("number", [0, -1])
def test_bad_number(number):
    before = embcol.num_threads()
    with pytest.raises(ValueError, match=f"at least 1, not {number}"):
        embcol.set_num_threads(number)
    assert embcol.num_threads() == before


@pytest.mark.parametrize("number", ["2", 1.5, None])
def test_no_number(number):
    with pytest.raises(TypeError):
        embcol.set_num_threads(number)


@pytest.mark.parametrize("number", [1, 3])
def test_environment(number):
    environment = {**os.environ, "EMBCOL_NUM_THREADS": str(number)}
    path = os.path.dirname(os.path.dirname(embcol.__file__))
    environment["PYTHONPATH"] = path
    code = "import embcol; print(embcol.num_threads())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == [str(number)]
