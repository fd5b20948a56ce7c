# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients for the weights of weighted columns."""

import embcol
import numpy as np
import pytest
import reference
from checks import counting, refused

NUM_ROWS = 13


def weighted(key="id", weight_key="w", **arguments):
    return embcol.weighted_categorical_column(
        embcol.categorical_column_with_identity(key, NUM_ROWS),
        weight_key,
        **arguments,
    )


def make(columns, **arguments):
    optimizer = embcol.SGD(0.1)
    return embcol.compile(columns, optimizer=optimizer, **arguments)


def column(dimension=2, combiner="sum", categorical=None, **arguments):
    arguments.setdefault("initializer", counting)
    return embcol.embedding_column(
        categorical or weighted(), dimension, combiner, **arguments
    )


NAME = column().name


def dense(weights=((0.5, 2.0), (1.0, 3.0))):
    ids = np.array([[1, 4], [5, 1]])
    return {"id": ids, "w": np.array(weights, np.float32)}


GRADIENT = np.array([[1.0, 2.0], [3.0, -1.0]], np.float32)


def products(ids, gradient):
    """g·r of tables that count, of dimension 2."""
    table = counting((NUM_ROWS, 2), np.float64)
    return np.einsum("bed,bd->be", table[ids], gradient)


# Against finite differences


def draw_rows(random, batch, combiner, safe):
    """Ids and weights, no step away from a divisor of 0 or from being dropped."""
    weights = [0.5, 1.0, 1.5, 2.0, 3.0]
    if safe or combiner != "mean":
        weights += [-1.0]
    if safe and combiner != "sum":
        weights += [np.nan]
    lengths = random.integers(0, 6, batch)
    least = -2 if safe else 0
    return (
        [random.integers(least, NUM_ROWS, n).tolist() for n in lengths],
        [random.choice(weights, n).tolist() for n in lengths],
    )


def differences(table, ids, weights, gradient, combiner, safe):
    """Central ones of the loss, gradient · lookup, by each weight."""
    step = 2.0**-12
    found = []
    for b in range(len(ids)):
        for entry in range(len(ids[b])):
            losses = []
            for sign in (1, -1):
                moved = list(weights[b])
                moved[entry] += sign * step
                pooled = reference.pool(
                    table, [ids[b]], [moved], combiner, safe
                )
                losses.append(pooled[0] @ gradient[b])
            found.append((losses[0] - losses[1]) / (2 * step))
    return np.array(found)


def as_ragged(rows, dtype):
    splits = np.cumsum([0, *map(len, rows)])
    return embcol.Ragged(np.array(sum(rows, []), dtype), splits)


@pytest.mark.parametrize("interpreted", [False, True])
@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize("dimension", [1, 3, 16, 100, 300])
def test_finite_differences(dimension, combiner, safe, interpreted):
    random = np.random.default_rng(dimension)
    uniform = embcol.random_uniform_initializer(-1, 1)
    arguments = {"use_safe_embedding_lookup": safe, "initializer": uniform}
    model = make(
        [column(dimension, combiner, **arguments)], reference=interpreted
    )
    ids, weights = draw_rows(random, 12, combiner, safe)
    # One without entries, and one that a safe mean drops altogether.
    ids += [[], [3]]
    weights += [[], [-1.0]]
    model.lookup(
        {"id": as_ragged(ids, np.int64), "w": as_ragged(weights, "f4")}
    )
    gradient = random.normal(size=(len(ids), dimension)).astype(np.float32)
    found = model.weight_gradients({NAME: gradient})[NAME]
    table = model.tables["id_weighted_by_w"]
    expected = differences(table, ids, weights, gradient, combiner, safe)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found.values, expected, 1e-4, 3e-5 * scale)
    assert found.values.dtype == np.float32
    assert found.row_splits.tolist() == as_ragged(ids, "i8").row_splits.tolist()


def test_formulas():
    features = dense()
    dots = products(features["id"], GRADIENT)
    w = features["w"].astype(np.float64)
    total = w.sum(1, keepdims=True)
    norm = np.sqrt((w * w).sum(1, keepdims=True))
    pooled = (w * dots).sum(1, keepdims=True)
    expected = {
        "sum": dots,
        "mean": (dots - pooled / total) / total,
        "sqrtn": dots / norm - pooled * w / norm**3,
    }
    for combiner, values in expected.items():
        model = make([column(combiner=combiner)])
        model.lookup(features)
        found = model.weight_gradients({NAME: GRADIENT})[NAME]
        np.testing.assert_allclose(found, values, 1e-6)


# The forms of weights


def test_dense_with_missing_entries():
    model = make([column()])
    ids = np.array([[-1, 4, 1], [5, -1, -1], [-1, -1, -1]])
    model.lookup({"id": ids, "w": np.full((3, 3), 0.5, np.float32)})
    gradient = np.vstack([GRADIENT, [[9, 9]]])
    found = model.weight_gradients({NAME: gradient})[NAME]
    expected = np.where(ids >= 0, products(np.maximum(ids, 0), gradient), 0)
    np.testing.assert_array_equal(found, expected)


def test_one_entry_a_row():
    model = make([column()])
    model.lookup({"id": [4, 2], "w": [0.5, 2.0]})
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    expected = products(np.array([[4], [2]]), GRADIENT)[:, 0]
    assert found.shape == (2,)
    np.testing.assert_array_equal(found, expected)


def test_strings():
    words = embcol.categorical_column_with_vocabulary_list(
        "id", ["a", "b", "c"], num_oov_buckets=1
    )
    words = embcol.weighted_categorical_column(words, "w")
    model = make([column(categorical=words)])
    model.lookup(
        {
            "id": np.array([["b", "", "?"], ["", "c", "a"]]),
            "w": np.ones((2, 3), np.float32),
        }
    )
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    dots = products(np.array([[1, 0, 3], [0, 2, 0]]), GRADIENT)
    dots[[0, 1], [1, 0]] = 0
    np.testing.assert_array_equal(found, dots)


def test_sparse_cells_in_any_order():
    model = make([column()])
    places = [[1, 3], [0, 1], [1, 0], [0, 0], [1, 3]]
    ids = np.array([4, 2, 7, 1, 11])
    shape = [3, 5]
    model.lookup(
        {
            "id": embcol.SparseTensor(places, ids, shape),
            "w": embcol.SparseTensor(places, np.ones(5, np.float32), shape),
        }
    )
    gradient = np.vstack([GRADIENT, [[9, 9]]])
    found = model.weight_gradients({NAME: gradient})[NAME]
    rows = np.array(places)[:, 0]
    expected = products(ids[:, None], gradient[rows])[:, 0]
    np.testing.assert_array_equal(found, expected)


def test_ragged():
    model = make([column()])
    splits = np.array([0, 0, 3])
    weights = embcol.Ragged(np.ones(3, np.float32), splits)
    model.lookup({"id": embcol.Ragged([4, 2, 7], splits), "w": weights})
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    expected = products(np.array([[0, 0, 0], [4, 2, 7]]), GRADIENT)[1]
    np.testing.assert_array_equal(found.values, expected)
    assert found.row_splits.tolist() == [0, 0, 3]
    # It has its own.
    splits[:] = 0
    assert found.row_splits.tolist() == [0, 0, 3]


@pytest.mark.parametrize("batch", [0, 2])
def test_no_entries(batch):
    model = make([column()])
    ids, weights = np.zeros((batch, 0), int), np.zeros((batch, 0), np.float32)
    model.lookup({"id": ids, "w": weights})
    found = model.weight_gradients({NAME: np.ones((batch, 2))})[NAME]
    assert found.shape == (batch, 0)


def test_weights_of_another_dtype():
    model = make([column(categorical=weighted(dtype=np.float64))])
    features = dense()
    model.lookup({**features, "w": features["w"].astype(np.float64)})
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, products(features["id"], GRADIENT))


@pytest.mark.parametrize("reference", [False, True])
def test_places_of_the_tensor_core(reference):
    arguments = {
        "embedding_lookup_device": "tpu_tensor_core",
        "tensor_core_shape": [None, 2],
    }
    model = make([column(**arguments)], reference=reference)
    ids = np.array([[1, -1, 4], [5, 1, 2]])
    model.lookup({"id": ids, "w": np.ones((2, 3), np.float32)})
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    expected = products(np.maximum(ids, 0), GRADIENT)
    expected[[0, 0, 1], [1, 2, 2]] = 0
    np.testing.assert_array_equal(found, expected)
    splits = [0, 1, 4]
    model.lookup(
        {
            "id": embcol.Ragged([1, 5, 1, 2], splits),
            "w": embcol.Ragged(np.ones(4, np.float32), splits),
        }
    )
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    np.testing.assert_array_equal(
        found.values, [expected[0, 0], *expected[1, :2], 0]
    )


# Columns


def several():
    """A plain column, a sequence, and three that share weights or a table."""
    stops = embcol.sequence_categorical_column_with_identity("stops", NUM_ROWS)
    other = embcol.categorical_column_with_identity("other", NUM_ROWS)
    shared = embcol.shared_embedding_columns(
        [weighted("x", "w"), weighted("id", "v")],
        2,
        "sum",
        initializer=counting,
    )
    return [
        *shared,
        embcol.embedding_column(stops, 3, max_sequence_length=2),
        embcol.embedding_column(other, 4),
        column(),
    ]


def features_of_several():
    ids = dense()["id"]
    return {
        **dense(),
        "v": np.ones((2, 2), np.float32),
        "x": ids + 1,
        "stops": ids,
        "other": ids,
    }


def gradients_of_several(model):
    """Of the pooled columns of two weights those of `GRADIENT`."""
    return {
        c.name: (
            np.ones((2, 2, 3))
            if c.is_sequence
            else GRADIENT if c.dimension == 2 else np.ones((2, c.dimension))
        )
        for c in model.columns
    }


def test_those_of_weighted_columns_among_the_named():
    model = make(several())
    features = features_of_several()
    model.lookup(features)
    gradients = gradients_of_several(model)
    found = model.weight_gradients(gradients)
    dots = products(features["id"], GRADIENT)
    expected = {
        "id_weighted_by_v_shared_embedding": dots,
        "id_weighted_by_w_embedding": dots,
        "x_weighted_by_w_shared_embedding": products(features["x"], GRADIENT),
    }
    assert sorted(found) == sorted(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
        alone = model.weight_gradients({name: gradients[name]})
        assert list(alone) == [name]
        np.testing.assert_array_equal(alone[name], values)
    assert model.weight_gradients({"other_embedding": np.ones((2, 4))}) == {}
    assert model.weight_gradients({}) == {}


def test_joined_gradients():
    model = make([c for c in several() if not c.is_sequence])
    found = model.lookup(features_of_several())
    gradients = gradients_of_several(model)
    joined = np.concatenate([gradients[name] for name in sorted(found)], axis=1)
    expected = model.weight_gradients(gradients)
    for dtype in (np.float32, np.float64):
        again = model.weight_gradients(joined.astype(dtype))
        assert sorted(again) == sorted(expected)
        for name, values in expected.items():
            np.testing.assert_array_equal(again[name], values)


def test_slices_of_a_gradient():
    model = make([column(), column(categorical=weighted("x"))])
    model.lookup({**dense(), "x": dense()["id"]})
    joined = np.hstack([GRADIENT, 2 * GRADIENT])
    names = [c.name for c in model.columns]
    slices = {names[0]: joined[:, :2], names[1]: joined[:, 2:]}
    found = model.weight_gradients(slices)
    dots = products(dense()["id"], GRADIENT)
    np.testing.assert_array_equal(found[names[0]], dots)
    np.testing.assert_array_equal(found[names[1]], 2 * dots)


# Steps


def test_neither_multiplier_nor_optimizer_has_a_part():
    custom = embcol.optimizer(
        lambda w, g, rate: w - rate * g, learning_rate=0.5
    )
    for optimizer in (embcol.SGD(0.5, clip_weight_max=1.0), custom):
        model = embcol.compile(
            [column(learning_rate_fn=lambda step: 0.5)],
            optimizer=optimizer,
            gradient_multiplier_fn=lambda step: 8.0,
            partition_strategy="mod",
            num_partitions=4,
        )
        model.lookup(dense())
        before = np.array(model.tables["id_weighted_by_w"])
        found = model.weight_gradients({NAME: GRADIENT})[NAME]
        np.testing.assert_array_equal(found, products(dense()["id"], GRADIENT))
        np.testing.assert_array_equal(model.tables["id_weighted_by_w"], before)
        assert model.global_step == 0


def test_training_of_weights():
    """Weights that start apart from those that made the targets come to them."""
    random = np.random.default_rng(0)
    uniform = embcol.random_uniform_initializer(-1, 1)
    model = make([column(4, initializer=uniform)])
    ids = random.integers(0, NUM_ROWS, (20, 3))
    table = np.array(model.tables["id_weighted_by_w"])
    target = np.einsum("be,bed->bd", random.uniform(0, 2, (20, 3)), table[ids])
    weights = np.ones((20, 3), np.float32)

    def gradient(found):
        error = found[NAME] - target
        weight_gradients = model.weight_gradients({NAME: error})[NAME]
        weights[...] -= 0.2 * weight_gradients
        return (error**2).sum(), {NAME: 0 * error}

    losses = [
        model.step({"id": ids, "w": weights}, gradient) for _ in range(300)
    ]
    assert losses[-1] < 0.01 * losses[0]


def test_of_a_model_that_was_loaded(tmp_path):
    model = make(several())
    model.save(tmp_path)
    for again in (model, embcol.load(tmp_path)):
        again.lookup(features_of_several())
        found = again.weight_gradients({NAME: GRADIENT})[NAME]
        np.testing.assert_array_equal(found, products(dense()["id"], GRADIENT))


def test_same_for_any_number_of_threads():
    random = np.random.default_rng(1)
    uniform = embcol.random_uniform_initializer(-1, 1)
    model = make(
        [
            column(dimension, combiner, weighted(combiner), initializer=uniform)
            for dimension, combiner in (
                (1, "sum"),
                (37, "mean"),
                (300, "sqrtn"),
            )
        ]
    )
    ids = random.integers(-1, NUM_ROWS, (2000, 5))
    features = {"sum": ids, "mean": ids, "sqrtn": ids}
    features["w"] = random.normal(size=ids.shape).astype(np.float32)
    before = embcol.num_threads()
    found = []
    try:
        for count in (1, 2, 3):
            embcol.set_num_threads(count)
            outputs = model.lookup(features)
            found.append(model.weight_gradients(outputs))
    finally:
        embcol.set_num_threads(before)
    for other in found[1:]:
        for name, values in found[0].items():
            assert np.any(values)
            np.testing.assert_array_equal(other[name], values)


# Errors


def test_refused_in_serving():
    # (model-C7)
    model = make([column()]).to_serving()
    model.lookup(dense())
    with refused(model, ValueError, "serving takes no gradients"):
        model.weight_gradients({NAME: GRADIENT})


def test_refused_without_a_lookup():
    model = make([column()])
    # (model-C7)
    with refused(model, ValueError, "weight_gradients comes after a lookup"):
        model.weight_gradients({NAME: GRADIENT})
    model.lookup(dense())
    with pytest.raises(ValueError):
        model.lookup({"id": [7]})
    with refused(model, ValueError, "weight_gradients comes after a lookup"):
        model.weight_gradients({NAME: GRADIENT})


def test_refused_after_an_update():
    model = make([column()])
    model.lookup(dense())
    with pytest.raises(ValueError):
        model.apply_gradients({NAME: GRADIENT[:1]})
    model.apply_gradients({})
    # Nothing has changed yet.
    expected = model.weight_gradients({NAME: GRADIENT})[NAME]
    model.apply_gradients({NAME: np.zeros_like(GRADIENT)})
    # (model-C12)
    with refused(model, ValueError, "weight_gradients comes before apply_grad"):
        model.weight_gradients({NAME: GRADIENT})
    model.lookup(dense())
    found = model.weight_gradients({NAME: GRADIENT})[NAME]
    np.testing.assert_array_equal(found, expected)
    for name, rows in model.tables.items():
        model.tables[name] = rows
    # (model-C12)
    with refused(model, ValueError, "or an assignment changes the tables"):
        model.weight_gradients({NAME: GRADIENT})


def test_refused_gradients():
    model = make(several())
    model.lookup(features_of_several())
    # (model-C8)
    with refused(model, TypeError, "must be a dict from column names", "list"):
        model.weight_gradients([GRADIENT])
    with refused(model, ValueError, "no column named 'nobody'"):
        model.weight_gradients({NAME: GRADIENT, "nobody": GRADIENT})
    # (model-C10)
    with refused(model, ValueError, "gradient of sequence column stops"):
        model.weight_gradients(np.ones((2, 10), np.float32))
    # (weight_gradients-C5) (weight_gradients-C7)
    for gradient in (GRADIENT[:1], GRADIENT[:, :1], GRADIENT[0], GRADIENT > 0):
        with refused(
            model, ValueError, NAME, "expected floats of shape [2, 2]"
        ):
            model.weight_gradients({NAME: gradient})
    with refused(model, ValueError, NAME, "row 1 exceeds float32"):
        model.weight_gradients({NAME: np.array([[0, 0], [1e39, 0]])})
    joined = make([column()])
    joined.lookup(dense())
    # (model-C10)
    with refused(joined, ValueError, "expected floats of shape [2, 2]"):
        joined.weight_gradients(np.ones((2, 3), np.float32))
