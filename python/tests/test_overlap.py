# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`overlap`: what it computes, and what it leaves behind."""

import contextlib
import threading

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, read_tensors, refused

WORDS = [f"word {i}" for i in range(40)]
OPTIMIZERS = {
    "adagrad": embcol.Adagrad(0.1),
    "adam": embcol.Adam(0.01, lazy_adam=False),
    "row_wise": embcol.RowWiseAdagrad(0.1),
}


def make_columns():
    """All kinds, in another order than that of their names."""
    word = embcol.categorical_column_with_vocabulary_list(
        "word", WORDS, num_oov_buckets=3
    )
    other = embcol.categorical_column_with_vocabulary_list(
        "other", WORDS, num_oov_buckets=3
    )
    hour = embcol.categorical_column_with_identity("hour", 24)
    weighted = embcol.weighted_categorical_column(hour, "weight")
    steps = embcol.sequence_categorical_column_with_vocabulary_list(
        "steps", WORDS[:9]
    )
    return [
        *embcol.shared_embedding_columns([word, other], 3),
        embcol.embedding_column(weighted, 5, "sqrtn"),
        embcol.embedding_column(steps, 4, max_sequence_length=2),
        embcol.embedding_column(hour, 2),
    ]


def make(optimizer="adagrad", mode="training", **arguments):
    optimizer = OPTIMIZERS[optimizer]
    return embcol.compile(make_columns(), mode, optimizer, 3, **arguments)


def draw(count=6, seed=0):
    """Batches of different sizes, one of which is empty."""
    random = np.random.default_rng(seed)
    batches = []
    for number in range(count):
        rows = 0 if number == 3 else int(random.integers(1, 40))
        words = np.array([*WORDS, "new", ""])
        batches.append(
            {
                "word": words[random.integers(0, 42, (rows, 3))],
                "other": words[random.integers(0, 42, rows)],
                "hour": random.integers(-1, 24, (rows, 2)),
                "weight": random.uniform(0, 2, (rows, 2)).astype(np.float32),
                "steps": words[random.integers(0, 42, (rows, 3))],
                "label": random.integers(0, 2, rows),
            }
        )
    return batches


def values_of(output):
    return output.values if isinstance(output, tuple) else output


def dense(found, features):
    """Gradients that depend on all that was found."""
    gradients = {}
    for name, output in found.items():
        values = values_of(output)
        labels = features["label"].reshape(-1, *[1] * (values.ndim - 1))
        gradients[name] = np.sin(values + labels)
    return gradients


def train(model, batches, stale=False):
    for batch in embcol.overlap(model, batches, stale=stale):
        batch.apply_gradients(dense(batch.found, batch.features))


def train_plainly(model, batches):
    for features in batches:
        model.apply_gradients(dense(model.lookup(features), features))


def train_staly(model, batches):
    """A simulation: each lookup is put before the update before it."""
    due = None
    for features in batches:
        found = model.lookup(features)
        mine = model._last
        if due:
            model._last = due[0]
            model.apply_gradients(due[1])
        due = (mine, dense(found, features))
    model._last = due[0]
    model.apply_gradients(due[1])


def assert_same_state(model, twin, path):
    """Tables and slots, byte for byte."""
    assert model.global_step == twin.global_step
    models = {"model": model, "twin": twin}
    for name, each in models.items():
        each.save(path / name)
    found, expected = (
        read_tensors(path / name / "model.safetensors") for name in models
    )
    assert sorted(found) == sorted(expected)
    for name, tensor in expected.items():
        assert found[name].tobytes() == tensor.tobytes(), name


@contextlib.contextmanager
def no_thread_left():
    def threads():
        """Those of loops; the ones of other tests may end meanwhile."""
        names = {thread: thread.name for thread in threading.enumerate()}
        return {t for t, name in names.items() if "embcol-overlap" in name}

    before = threads()
    yield
    assert threads() <= before


class TestResults:
    @pytest.mark.parametrize("reference", [False, True])
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_exact(self, optimizer, reference, tmp_path):
        model = make(optimizer, reference=reference)
        twin = make(optimizer, reference=reference)
        batches = draw()
        with no_thread_left():
            train(model, batches)
        train_plainly(twin, batches)
        assert_same_state(model, twin, tmp_path)

    @pytest.mark.parametrize("reference", [False, True])
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_stale(self, optimizer, reference, tmp_path):
        model = make(optimizer, reference=reference)
        twin = make(optimizer, reference=reference)
        batches = draw()
        with no_thread_left():
            train(model, batches, stale=True)
        train_staly(twin, batches)
        assert_same_state(model, twin, tmp_path)

    def test_staleness_differs(self):
        """The two are not one: batches share rows."""
        model, twin = make(), make()
        train(model, draw(), stale=True)
        train(twin, draw())
        assert not np.array_equal(model.tables["hour"], twin.tables["hour"])

    def test_stale_is_one_step_old(self):
        """A lookup sees the updates of all batches but the one before it."""
        hour = embcol.categorical_column_with_identity("hour", 2)
        column = embcol.embedding_column(
            hour, 1, initializer=embcol.zeros_initializer()
        )
        for stale, expected in (
            (False, [0, -1, -2, -3, -4]),
            (True, [0, 0, -1, -2, -3]),
        ):
            model = embcol.compile([column], optimizer=embcol.SGD(1.0))
            seen = []
            features = [{"hour": np.array([1])}] * 5
            for batch in embcol.overlap(model, features, stale=stale):
                seen.append(batch.input_layer()[0, 0])
                batch.apply_gradients(np.ones((1, 1)))
            assert seen == expected
            assert model.tables["hour"][1, 0] == -5

    @pytest.mark.parametrize("stale", [False, True])
    def test_batches(self, stale):
        """They have what the model's own functions give."""
        model, batches = make(), draw()
        loop = embcol.overlap(model, iter(batches), stale=stale)
        for features, batch in zip(batches, loop, strict=True):
            assert isinstance(batch, embcol.Batch)
            assert batch.features is features
            found = model.lookup(features)
            assert list(batch.found) == list(found)
            for name, output in found.items():
                assert np.array_equal(
                    values_of(batch.found[name]), values_of(output)
                )
            assert batch.found is batch.found
            joined = model.input_layer(features)
            assert np.array_equal(batch.input_layer(), joined)
            chosen = [model.columns[0]]
            assert np.array_equal(
                batch.input_layer(chosen), model.input_layer(features, chosen)
            )
            layer = batch.sequence_input_layer()
            expected = model.sequence_input_layer(features)
            assert np.array_equal(layer.values, expected.values)
            assert np.array_equal(layer.lengths, expected.lengths)
            # (model-C5)
            with pytest.raises(ValueError, match="steps_embedding"):
                batch.input_layer([model.columns[3]])

    @pytest.mark.parametrize("stale", [False, True])
    def test_steps(self, stale):
        """Counted as ever, and given to functions of the step."""
        steps = []

        def rate(step):
            steps.append(step)
            return 0.1

        hour = embcol.categorical_column_with_identity("hour", 24)
        column = embcol.embedding_column(hour, 2, learning_rate_fn=rate)
        model = embcol.compile([column])
        for number, batch in enumerate(
            embcol.overlap(model, draw(4), stale=stale)
        ):
            step = 9 if number == 1 else None
            batch.apply_gradients(batch.input_layer(), step)
        assert steps == [0, 9, 10, 11]
        assert model.global_step == 12

    @pytest.mark.parametrize("stale", [False, True])
    def test_serving(self, stale):
        model = make()
        serving, batches = model.to_serving(), draw()
        with no_thread_left():
            loop = embcol.overlap(serving, batches, stale=stale)
            for features, batch in zip(batches, loop, strict=True):
                expected = serving.input_layer(features)
                assert np.array_equal(batch.input_layer(), expected)
                # (model-C7)
                with refused(serving, ValueError, "serving"):
                    batch.apply_gradients({})

    def test_serving_while_training(self):
        """A stale lookup of the one keeps the update of the other waiting."""
        model, twin = make(), make()
        batches = draw()
        serving = embcol.overlap(model.to_serving(), batches, stale=True)
        for features, batch in zip(batches, serving):
            model.apply_gradients(dense(model.lookup(features), features))
        train_plainly(twin, batches)
        assert_same_tables(model, copy_tables(twin))

    @pytest.mark.parametrize("stale", [False, True])
    def test_weight_gradients(self, stale):
        """Of the tables as the lookup saw them, which a stale one's are not."""
        model, batches = make(), draw()
        loop = embcol.overlap(model, batches, stale=stale)
        for number, (features, batch) in enumerate(zip(batches, loop)):
            gradients = dense(batch.found, features)
            if stale and number:
                # (model-C12)
                with refused(model, ValueError, "weight_gradients"):
                    batch.weight_gradients(gradients)
            else:
                found = batch.weight_gradients(gradients)
                model.lookup(features)
                expected = model.weight_gradients(gradients)
                assert list(found) == list(expected) and len(found) == 1
                for name, array in expected.items():
                    assert np.array_equal(found[name], array)
            batch.apply_gradients(gradients)
            # (model-C12)
            with refused(model, ValueError, "before apply_gradients"):
                batch.weight_gradients(gradients)

    @pytest.mark.parametrize("stale", [False, True])
    def test_runs_ahead(self, stale):
        """The next batch is prepared while the body works on this one."""
        model, taken = make(), threading.Semaphore(0)
        threads = set()

        def features():
            for batch in draw():
                threads.add(threading.get_ident())
                taken.release()
                yield batch

        count = 0
        for _ in embcol.overlap(model, features(), stale=stale):
            count += 1
            # This batch was taken, and so was, unless it is the last, the next.
            if count < 6:
                assert taken.acquire(timeout=60)
        assert count == 6
        assert threading.get_ident() not in threads and len(threads) == 1


class TestBodies:
    @pytest.mark.parametrize("stale", [False, True])
    def test_no_gradients(self, stale, tmp_path):
        """Of some batches, or of none."""
        model, twin = make(), make()
        batches = draw()
        before = copy_tables(model)
        with no_thread_left():
            for batch in embcol.overlap(model, batches, stale=stale):
                assert batch.found
        assert_same_tables(model, before)
        assert model.global_step == 0
        loop = embcol.overlap(model, batches, stale=stale)
        for number, batch in enumerate(loop):
            if number % 2:
                batch.apply_gradients(dense(batch.found, batch.features))
        # No batch is updated just after another: nothing is stale that counts.
        for number, features in enumerate(batches):
            if number % 2:
                train_plainly(twin, [features])
        assert_same_state(model, twin, tmp_path)
        assert model.global_step == 3

    @pytest.mark.parametrize("stale", [False, True])
    @pytest.mark.parametrize("is_held", [False, True])
    def test_break(self, stale, is_held):
        model, twin = make(), make()
        batches = draw()
        with no_thread_left():
            loop = embcol.overlap(model, iter(batches), stale=stale)
            held = [loop] if is_held else []
            for batch in loop:
                batch.apply_gradients(dense(batch.found, batch.features))
                break
            if is_held:
                held.pop().close()
            del loop
        train_plainly(twin, batches[:1])
        # The model goes on as ever.
        for each in (model, twin):
            train_plainly(each, batches[2:])
        assert_same_tables(model, copy_tables(twin))

    @pytest.mark.parametrize("stale", [False, True])
    def test_body_raises(self, stale):
        model = make()
        with no_thread_left():
            with refused(model, ZeroDivisionError):
                for batch in embcol.overlap(model, draw(), stale=stale):
                    1 / 0
        assert model.global_step == 0

    @pytest.mark.parametrize("stale", [False, True])
    def test_model_in_the_body(self, stale, tmp_path):
        """It may be looked up, saved and, by the last lookup, updated."""
        model, twin = make(), make()
        batches = draw()
        for batch in embcol.overlap(model, batches, stale=stale):
            model.apply_gradients(dense(batch.found, batch.features))
            for inner in embcol.overlap(model, batches[:2], stale=stale):
                assert inner.found
            model.save(tmp_path / "saved")
        train(twin, batches, stale=stale)
        assert_same_state(model, twin, tmp_path)

    @pytest.mark.parametrize("stale", [False, True])
    def test_lookup_in_the_body(self, stale):
        """Gradients of a batch are the batch's nevertheless."""
        model, twin = make(), make()
        batches = draw()
        for batch in embcol.overlap(model, batches, stale=stale):
            model.lookup(batches[0])
            batch.apply_gradients(dense(batch.found, batch.features))
        train(twin, batches, stale=stale)
        assert_same_tables(model, copy_tables(twin))

    @pytest.mark.parametrize("stale", [False, True])
    def test_assignment_in_the_body(self, stale):
        """A lookup that must not see it has ended before."""
        hour = embcol.categorical_column_with_identity("hour", 1)
        model = embcol.compile([embcol.embedding_column(hour, 1)])
        model.tables["hour"] = [[0]]
        seen = []
        features = [{"hour": np.array([0])}] * 4
        for batch in embcol.overlap(model, features, stale=stale):
            seen.append(batch.input_layer()[0, 0])
            model.tables["hour"] = [[len(seen)]]
        assert seen == ([0, 0, 1, 2] if stale else [0, 1, 2, 3])

    def test_one_after_another(self):
        """A second epoch, by the same program."""
        model, twin = make(), make()
        for _ in range(2):
            train(model, draw())
            train_plainly(twin, draw())
        assert_same_tables(model, copy_tables(twin))

    def test_never_started(self):
        with no_thread_left():
            loop = embcol.overlap(make(), draw())
            del loop


class Stop(Exception):
    pass


def failing(batches, number):
    yield from batches[:number]
    raise Stop


class TestErrors:
    """They come up at their batch, after the updates of those before it."""

    @pytest.mark.parametrize("number", [0, 1, 3])
    @pytest.mark.parametrize("stale", [False, True])
    @pytest.mark.parametrize(
        ("error", "change"),
        [
            (Stop, None),
            (ValueError, lambda features: features.pop("word")),
            (IndexError, lambda features: features.update(hour=[[24, 24]])),
            (
                ValueError,
                lambda features: features.update(weight=np.ones((1, 2))),
            ),
        ],
    )
    def test_surface_at_their_batch(self, error, change, number, stale):
        model, twin, batches = make(), make(), draw()[4:] + draw()[:4]
        if change:
            rows = {key: array[:1] for key, array in batches[number].items()}
            change(rows)
            batches[number] = rows
            features = batches
        else:
            features = failing(batches, number)
        count = 0
        with no_thread_left(), pytest.raises(error):
            for batch in embcol.overlap(model, features, stale=stale):
                batch.apply_gradients(dense(batch.found, batch.features))
                count += 1
        assert count == model.global_step == number
        if number:
            train(twin, batches[:number], stale=stale)
        assert_same_tables(model, copy_tables(twin))
        # Gradients do not go to the batch before.
        with refused(model, ValueError, "after a lookup"):
            model.apply_gradients({})
        for each in (model, twin):
            train_plainly(each, draw()[-1:])
        assert_same_tables(model, copy_tables(twin))

    @pytest.mark.parametrize("reference", [False, True])
    @pytest.mark.parametrize("stale", [False, True])
    def test_words_are_those_of_lookup(self, stale, reference):
        model, good = make(reference=reference), draw()[0]
        rows = {key: array[:2] for key, array in good.items()}
        for change in (
            {"hour": np.array([[1, 2], [24, 3]])},
            {"hour": np.array([[1, 2]])},
            {"word": np.array([1, 2])},
            {"weight": np.ones((2, 2), np.float64)},
            {"weight": embcol.Ragged(np.ones(1, np.float32), [0, 1, 1])},
            {"word": np.array(["word 1"] * 3)},
        ):
            features = {**rows, **change}
            with pytest.raises((ValueError, IndexError)) as expected:
                model.lookup(features)
            with refused(model, expected.type, str(expected.value)):
                list(embcol.overlap(model, [features], stale=stale))

    @pytest.mark.parametrize("stale", [False, True])
    def test_gradients(self, stale):
        """A bad one leaves tables alone, and the loop can go on."""
        model, twin = make(), make()
        batches = draw()
        for batch in embcol.overlap(model, batches, stale=stale):
            bad = np.ones((99, 2))
            with refused(model, ValueError, "hour_embedding"):
                batch.apply_gradients({"hour_embedding": bad})
            with refused(model, TypeError, "gradients"):
                batch.apply_gradients(None)
            batch.apply_gradients(dense(batch.found, batch.features))
        train(twin, batches, stale=stale)
        assert_same_tables(model, copy_tables(twin))

    @pytest.mark.parametrize("stale", [False, True])
    def test_batch_of_the_past(self, stale):
        # (overlap-C2)
        model = make()
        loop = embcol.overlap(model, draw(2), stale=stale)
        first = next(loop)
        second = next(loop)
        with refused(model, ValueError, "before the loop goes on"):
            first.apply_gradients(dense(first.found, first.features))
        second.apply_gradients(dense(second.found, second.features))
        with pytest.raises(StopIteration):
            next(loop)
        with refused(model, ValueError, "before the loop goes on"):
            second.apply_gradients(dense(second.found, second.features))

    @pytest.mark.parametrize(
        ("model", "features", "word"),
        [
            (None, [], "NoneType"),
            (make, [], "function"),
            ("model", None, "NoneType"),
            ("model", draw()[0], "dict"),
            ("model", 5, "int"),
        ],
    )
    def test_arguments(self, model, features, word):
        # (overlap-C1)
        model = make() if model == "model" else model
        with pytest.raises(TypeError, match=f"overlap takes .*{word}"):
            embcol.overlap(model, features)
