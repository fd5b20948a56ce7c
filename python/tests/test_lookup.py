# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of the seven kinds, in both modes, against plain numpy."""

import embcol
import numpy as np
import pytest
import reference

DIMENSIONS = (1, 3, 8, 10, 16, 100, 130, 300)
COMBINERS = ("sum", "mean", "sqrtn")
PLAIN = ("identity", "list", "file", "weighted")
SEQUENCES = ("sequence_identity", "sequence_list", "sequence_file")
WORDS = [f"word {i}" for i in range(20)]
MAX_LENGTH = 4


def make_categorical(kind, key, path):
    if kind == "identity":
        return embcol.categorical_column_with_identity(key, len(WORDS))
    if kind == "list":
        return embcol.categorical_column_with_vocabulary_list(key, WORDS)
    if kind == "file":
        return embcol.categorical_column_with_vocabulary_file(key, path)
    if kind == "weighted":
        return embcol.weighted_categorical_column(
            make_categorical("list", key, path), f"{key} weights"
        )
    if kind == "sequence_identity":
        return embcol.sequence_categorical_column_with_identity(key, len(WORDS))
    if kind == "sequence_list":
        return embcol.sequence_categorical_column_with_vocabulary_list(
            key, WORDS
        )
    return embcol.sequence_categorical_column_with_vocabulary_file(key, path)


def make_columns(dimension, path):
    """A column for each kind and combiner."""
    columns = {}
    for kind in PLAIN + SEQUENCES:
        for combiner in COMBINERS:
            categorical = make_categorical(kind, f"{kind} {combiner}", path)
            columns[kind, combiner] = embcol.embedding_column(
                categorical,
                dimension,
                combiner,
                max_sequence_length=MAX_LENGTH if kind in SEQUENCES else 0,
            )
    return columns


@pytest.fixture(scope="module", params=DIMENSIONS)
def models(request, tmp_path_factory):
    """The columns, the training model and the serving model of its tables."""
    path = tmp_path_factory.mktemp("vocabulary") / "words.txt"
    path.write_text("\n".join(WORDS))
    columns = make_columns(request.param, path)
    model = embcol.compile(list(columns.values()), seed=request.param)
    return columns, model, model.to_serving()


def draw_steps(rng, batch):
    """Rows of steps of ids; those below 0 are to be dropped."""
    rows = []
    for _ in range(batch):
        steps = [
            rng.choice(np.r_[-2, : len(WORDS)], rng.integers(4)).tolist()
            for _ in range(rng.integers(7))
        ]
        while steps and not steps[-1]:
            steps.pop()
        rows.append(steps)
    return rows


def to_tokens(kind, ids):
    """Ids as the feature of the column holds them."""
    if "identity" in kind:
        return np.array(ids, np.int64)
    words = [WORDS[i] if i >= 0 else "unknown" for i in ids]
    return np.array(words, "U8")


def splits_of(rows):
    return np.cumsum([0] + [len(row) for row in rows])


class Dense:
    """Arrays, in which missing entries stand between the others."""

    @staticmethod
    def make(rows, tokens, rank):
        sizes = [max(map(len, rows), default=0)]
        if rank == 3:
            steps = [step for row in rows for step in row]
            sizes.append(max(map(len, steps), default=0))
        missing = -1 if tokens.dtype.kind == "i" else ""
        array = np.full([len(rows), *sizes], missing, tokens.dtype)
        for place, token in zip(Sparse.places(rows, rank), tokens):
            array[place] = token
        return array


class Ragged:
    """Values and splits."""

    @staticmethod
    def make(rows, tokens, rank):
        if rank == 2:
            return embcol.Ragged(tokens, splits_of(rows))
        inner = splits_of([step for row in rows for step in row])
        return embcol.Ragged(embcol.Ragged(tokens, inner), splits_of(rows))


class Sparse:
    """Cells in any order."""

    @staticmethod
    def places(rows, rank):
        if rank == 2:
            return [(b, e) for b, r in enumerate(rows) for e in range(len(r))]
        return [
            (b, s, e)
            for b, row in enumerate(rows)
            for s, step in enumerate(row)
            for e in range(len(step))
        ]

    @staticmethod
    def make(rows, tokens, rank):
        order = np.random.default_rng(5).permutation(len(tokens))
        places = np.array(Sparse.places(rows, rank), np.int64)
        return embcol.SparseTensor(
            places.reshape(-1, rank)[order],
            tokens[order],
            [len(rows), 20, 4][:rank],
        )


def flatten(rows):
    """The ids of each row, of all its steps."""
    return [[i for step in row for i in step] for row in rows]


def draw_features(form, batch, seed=0):
    """Features for all columns, and what was drawn for each."""
    rng = np.random.default_rng(seed)
    features, drawn = {}, {}
    for kind in PLAIN + SEQUENCES:
        for combiner in COMBINERS:
            key, rows, weights = f"{kind} {combiner}", draw_steps(rng, batch), 0
            rank = 3
            ids = [i for row in flatten(rows) for i in row]
            if kind in PLAIN:
                rows, rank = flatten(rows), 2
            features[key] = form.make(rows, to_tokens(kind, ids), rank)
            if kind == "weighted":
                weights = [rng.uniform(-0.5, 2, len(r)).tolist() for r in rows]
                values = np.array(sum(weights, []), np.float32)
                if form is Dense:
                    padded = np.zeros(features[key].shape, np.float32)
                    padded[features[key] != ""] = values
                    features[f"{key} weights"] = padded
                else:
                    features[f"{key} weights"] = form.make(rows, values, 2)
            drawn[kind, combiner] = rows, weights
    return features, drawn


def expect(columns, table, drawn, kind, combiner):
    rows, weights = drawn[kind, combiner]
    if kind in SEQUENCES:
        return reference.sequence(table, rows, MAX_LENGTH, combiner)
    weights = weights if kind == "weighted" else None
    return reference.pool(table, rows, weights, combiner)


@pytest.mark.parametrize("batch", [0, 1, 23])
@pytest.mark.parametrize("form", [Dense, Ragged, Sparse])
def test_kinds(models, form, batch):
    columns, training, serving = models
    features, drawn = draw_features(form, batch, seed=batch)
    found, served = training.lookup(features), serving.lookup(features)
    assert list(found) == list(served) == [c.name for c in columns.values()]
    for (kind, combiner), column in columns.items():
        table = training.tables[column.table_name]
        expected = expect(columns, table, drawn, kind, combiner)
        if kind not in SEQUENCES:
            expected = (expected,)
            mine, theirs = (found[column.name],), (served[column.name],)
        else:
            mine, theirs = found[column.name], served[column.name]
            assert mine.lengths.dtype == np.int64
        for e, m, t in zip(expected, mine, theirs):
            assert m.shape == t.shape == e.shape
            np.testing.assert_allclose(m, e, 1e-5, 1e-6, err_msg=column.name)
            np.testing.assert_allclose(t, m, 1e-6, 1e-6, err_msg=column.name)


def test_dtypes_of_results(models):
    _, training, serving = models
    features, _ = draw_features(Ragged, 3)
    for model in (training, serving):
        for value in model.lookup(features).values():
            values = getattr(value, "values", value)
            assert values.dtype == np.float32


def test_forms_agree(models):
    _, training, serving = models
    for model in (training, serving):
        results = []
        for form in (Dense, Ragged, Sparse):
            features, _ = draw_features(form, 23)
            results.append(model.lookup(features))
        for name, first in results[0].items():
            for other in results[1:]:
                np.testing.assert_array_equal(
                    np.asarray(getattr(first, "values", first)),
                    np.asarray(getattr(other[name], "values", other[name])),
                )


def test_long_rows():
    """More entries than are prefetched, summed or shared out at a time."""
    column = embcol.embedding_column(
        embcol.categorical_column_with_identity("id", 1000), 19, "sum"
    )
    model = embcol.compile([column], seed=3)
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 400, 300)
    ids = [rng.integers(0, 1000, length) for length in lengths]
    feature = embcol.Ragged(np.concatenate(ids), splits_of(ids))
    expected = np.zeros((300, 19))
    for row, row_ids in enumerate(ids):
        expected[row] = model.tables["id"][row_ids].sum(0, dtype=np.float64)
    found = model.lookup({"id": feature})[column.name]
    np.testing.assert_allclose(found, expected, 1e-5, 2e-5)
