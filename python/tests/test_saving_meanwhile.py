# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Saving while other threads train, save and load: one step, whole."""

from concurrent.futures import ThreadPoolExecutor

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, read_tensors

OPTIMIZERS = [
    embcol.SGD(0.1),
    embcol.Adagrad(0.1),
    embcol.FTRL(0.1),
    embcol.Adam(0.1),
    embcol.Adam(0.1, lazy_adam=False),
    embcol.RowWiseAdagrad(0.1),
    embcol.LAMB(0.1),
]


def make_model(optimizer, rows=150_000, **arguments):
    """Two tables, of which the first is saved in several pieces."""
    columns = [
        embcol.embedding_column(
            embcol.categorical_column_with_identity(key, count), dimension
        )
        for key, count, dimension in (("a", rows, 16), ("b", 1000, 3))
    ]
    return embcol.compile(columns, optimizer=optimizer, **arguments)


def train(model, batch=64):
    """A step that depends on its number alone."""
    rng = np.random.default_rng(model.global_step)
    rows = len(model.tables["a"])
    values = model.lookup(
        {
            "a": rng.integers(0, rows, (batch, 4)),
            "b": rng.integers(0, 1000, (batch, 2)),
        }
    )
    model.apply_gradients({n: np.cos(9 * v) for n, v in values.items()})


def run_while(busy, function):
    """Calls a function again and again while another thread is busy."""
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(busy)
        function()
        while not future.done():
            function()
        return future.result()


def save_often(model, folder, times=3):
    for number in range(times):
        model.save(folder / str(number))


def check_saved(folder, model, times=3):
    """Each model in a folder is what `model` is after as many steps."""
    for number in range(times):
        loaded = embcol.load(folder / str(number))
        while model.global_step < loaded.global_step:
            train(model)
        model.save(folder / "expected")
        found, expected = (
            read_tensors(folder / name / "model.safetensors")
            for name in (str(number), "expected")
        )
        assert list(found) == list(expected)
        for name, tensor in expected.items():
            assert found[name].tobytes() == tensor.tobytes(), name
    return loaded


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("strategy", ["div", "mod"])
def test_training_goes_on(tmp_path, optimizer, strategy):
    options = {"partition_strategy": strategy, "num_partitions": 3}
    model = make_model(optimizer, **options)
    run_while(lambda: save_often(model, tmp_path), lambda: train(model))
    loaded = check_saved(tmp_path, make_model(optimizer, **options))
    # From there with the same bits.
    while loaded.global_step < model.global_step:
        train(loaded)
    assert_same_tables(loaded, copy_tables(model))


@pytest.mark.parametrize("precision", ["bf16", "f16"])
def test_narrow_rows(tmp_path, precision):
    options = {"precision": precision, "stochastic_rounding": True}
    model = make_model(embcol.Adagrad(0.1), **options)
    run_while(lambda: save_often(model, tmp_path), lambda: train(model))
    loaded = check_saved(tmp_path, make_model(embcol.Adagrad(0.1), **options))
    while loaded.global_step < model.global_step:
        train(loaded)
    assert_same_tables(loaded, copy_tables(model))


def test_on_the_reference_interpreter(tmp_path):
    optimizer = embcol.Adagrad(0.1)
    model = make_model(optimizer, rows=50, reference=True)

    def step():
        train(model, batch=2)

    run_while(lambda: save_often(model, tmp_path), step)
    expected = make_model(optimizer, rows=50, reference=True)
    for number in range(3):
        loaded = embcol.load(tmp_path / str(number))
        while expected.global_step < loaded.global_step:
            train(expected, batch=2)
        assert_same_tables(loaded, copy_tables(expected))


def test_by_the_model_that_serves(tmp_path):
    """It knows the step of the tables that it shares."""
    model = make_model(embcol.Adagrad(0.1))
    serving = model.to_serving()
    run_while(lambda: save_often(serving, tmp_path), lambda: train(model))
    assert serving.global_step == model.global_step
    expected = make_model(embcol.Adagrad(0.1))
    for number in range(3):
        loaded = embcol.load(tmp_path / str(number))
        while expected.global_step < loaded.global_step:
            train(expected)
        assert_same_tables(loaded, copy_tables(expected))


def test_assignments(tmp_path):
    model = make_model(embcol.SGD(0.1))
    values = iter(range(10**9))

    def assign():
        model.tables["a"] = np.full((150_000, 16), next(values), np.float32)

    assign()
    run_while(lambda: save_often(model, tmp_path), assign)
    for number in range(3):
        table = embcol.load(tmp_path / str(number)).tables["a"]
        assert np.all(table == table[0, 0])


def test_saves_of_one_model_take_turns(tmp_path):
    model = make_model(embcol.Adagrad(0.1))
    folders = [tmp_path / name for name in "xyz"]

    def save():
        with ThreadPoolExecutor(3) as executor:
            list(executor.map(lambda f: save_often(model, f), folders))

    run_while(save, lambda: train(model))
    expected = make_model(embcol.Adagrad(0.1))
    steps = {}
    for folder in folders:
        for number in range(3):
            loaded = embcol.load(folder / str(number))
            steps[loaded.global_step] = copy_tables(loaded)
    for step, tables in sorted(steps.items()):
        while expected.global_step < step:
            train(expected)
        assert_same_tables(expected, tables)


def test_saves_to_one_folder(tmp_path):
    """The last one counts, and nothing is left of the others."""
    folder = tmp_path / "model"
    models = [
        make_model(embcol.SGD(0.1), rows=100),
        make_model(embcol.Adagrad(0.1), rows=200),
    ]
    with ThreadPoolExecutor(2) as executor:
        list(executor.map(lambda m: [m.save(folder) for _ in "1234"], models))
    rows = len(embcol.load(folder).tables["a"])
    assert rows in (100, 200)
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 2 and names[0].endswith("-model.mlir")


def test_loads_from_a_folder_that_is_saved_to(tmp_path):
    """Each is one of the saved models, whole."""
    folder = tmp_path / "model"
    models = {}
    for words in ("ab", "cde"):
        file = tmp_path / words
        file.write_text("\n".join(words))
        column = embcol.categorical_column_with_vocabulary_file("w", file)
        models[len(words)] = embcol.compile(
            [embcol.embedding_column(column, 2)], seed=len(words)
        )

    def save():
        for _ in range(20):
            for model in models.values():
                model.save(folder)

    def load():
        loaded = embcol.load(folder, mode="serving")
        expected = models[loaded.seed]
        assert_same_tables(loaded, copy_tables(expected))
        for word in "abcde":
            feature = {"w": np.array([word])}
            np.testing.assert_array_equal(
                loaded.input_layer(feature), expected.input_layer(feature)
            )

    models[2].save(folder)
    run_while(save, load)
