# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Machine code that is kept on disk, and reports of compiling."""

import os
import subprocess
import sys
from itertools import product

import embcol
import numpy as np
import pytest

IDS = np.array([[7, 3], [8, -1]])


def compile_model(dimension=4, mode="training", **arguments):
    hour = embcol.categorical_column_with_identity("hour", 24)
    column = embcol.embedding_column(hour, dimension)
    return embcol.compile([column], mode, **arguments)


def look_up(model):
    return model.input_layer({"hour": IDS})


def cached(model):
    return [report.is_cached for report in model.compile_report()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBCOL_CACHE_DIR", str(tmp_path))
    return tmp_path / "code"


def code_files(folder):
    return sorted(folder.glob("llvmcache-*"))


def test_code_is_found_again(folder):
    first, second = compile_model(), compile_model()
    assert (cached(first), cached(second)) == ([False], [True])
    np.testing.assert_array_equal(look_up(first), look_up(second))
    for model in (first, second):
        model.apply_gradients(np.ones((2, 4)))
    np.testing.assert_array_equal(look_up(first), look_up(second))


def test_tables_are_each_model_s_own(folder):
    """Code is bound to memory when it is loaded."""
    first, second = compile_model(seed=1), compile_model(seed=2)
    assert cached(second) == [True]
    assert not np.array_equal(look_up(first), look_up(second))
    mean = second.tables["hour"][[7, 3]].mean(0)
    np.testing.assert_allclose(look_up(second)[0], mean, rtol=1e-6)


def test_other_programs_have_other_code(folder):
    compile_model()
    for arguments in (
        {"dimension": 5},
        {"mode": "serving"},
        {"optimizer": embcol.Adagrad(0.2)},
        {"precision": "bf16"},
    ):
        assert cached(compile_model(**arguments)) == [False]
        assert cached(compile_model(**arguments)) == [True]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:99] + bytes([data[99] ^ 1]) + data[100:],
        lambda data: data[:-16] + bytes(16),
    ],
)
def test_damaged_files_count_for_nothing(folder, damage):
    expected = look_up(compile_model())
    (file,) = code_files(folder)
    data = file.read_bytes()
    file.write_bytes(damage(data))
    model = compile_model()
    assert cached(model) == [False]
    np.testing.assert_array_equal(look_up(model), expected)
    # It is replaced.
    assert file.read_bytes() == data
    assert cached(compile_model()) == [True]


def test_nothing_is_kept_without_a_directory(folder, monkeypatch):
    monkeypatch.setenv("EMBCOL_CACHE_DIR", "")
    assert cached(compile_model()) == cached(compile_model()) == [False]
    assert not folder.exists()


def test_a_directory_that_cannot_be_made(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("in the way")
    monkeypatch.setenv("EMBCOL_CACHE_DIR", str(file))
    model = compile_model()
    assert cached(model) == [False] and look_up(model).shape == (2, 4)


PROGRAM = """
import sys, numpy, embcol
for dimension in range(1, 6):
    hour = embcol.categorical_column_with_identity("hour", 24)
    column = embcol.embedding_column(
        hour, dimension, initializer=embcol.ones_initializer())
    model = embcol.compile([column])
    assert (model.input_layer({"hour": numpy.arange(24)}) == 1).all()
"""


def test_processes_share_it(folder):
    environment = {**os.environ, "EMBCOL_CACHE_DIR": str(folder.parent)}
    processes = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment)
        for _ in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert len([f for f in code_files(folder) if f.stat().st_size]) == 5


class TestReport:
    def test_programs(self, folder):
        model = compile_model()
        (report,) = model.compile_report()
        assert isinstance(report, embcol.ProgramReport)
        # A kernel of lookups, and one of updates.
        assert (report.name, report.num_kernels) == ("model", 2)
        assert 0 < report.seconds < 600
        model.lookup_packed([7], [0, 1])
        (batch,) = embcol.overlap(model, [{"hour": IDS}])
        names = [report.name for report in model.compile_report()]
        assert names == ["model", "packed_lookup", "halves"]
        again = compile_model().compile_report()
        assert again[0].num_kernels == 2 and again[0].is_cached

    def test_a_kernel_a_signature(self, folder):
        column = embcol.categorical_column_with_identity
        model = embcol.compile(
            [
                embcol.embedding_column(column(f"{i}", 24), [4, 8][i % 2])
                for i in range(10)
            ],
            "serving",
        )
        (report,) = model.compile_report()
        assert (report.name, report.num_kernels) == ("packed_lookup", 2)

    def test_reference(self):
        (report,) = compile_model(reference=True).compile_report()
        assert (report.num_kernels, report.is_cached) == (0, False)


TUNED = (
    "[#embcol.prefetch<max_row_bytes = 64, is_large = false, distance = 3, "
    "locality = 1>]\n"
)


def test_tuning(folder, tmp_path, monkeypatch):
    """Programs of another tuning are others, and compute the same."""
    path = tmp_path / "tuning.mlir"
    path.write_text(TUNED)
    plain = compile_model()
    monkeypatch.setenv("EMBCOL_TUNING", str(path))
    tuned = compile_model()
    assert cached(tuned) == [False]
    assert cached(compile_model()) == [True]
    np.testing.assert_array_equal(look_up(plain), look_up(tuned))
    monkeypatch.setenv("EMBCOL_TUNING", "")
    assert cached(compile_model()) == [True]


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "No such file or directory"),
        ("[", "expected attribute value"),
        ("16", "expected an array of #embcol.prefetch"),
        ("[16]", "expected an array of #embcol.prefetch"),
        (TUNED.replace("3", "65"), "expected a distance from 1 to 64"),
    ],
)
def test_wrong_tuning(content, words, tmp_path, monkeypatch):
    path = tmp_path / "tuning.mlir"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("EMBCOL_TUNING", str(path))
    # (module-C12)
    with pytest.raises((ValueError, OSError), match=words) as error:
        compile_model()
    assert str(path) in str(error.value)


@pytest.mark.parametrize("mode", ["training", "serving"])
def test_compiling_on_several_threads(folder, mode):
    """Kernels are divided over threads, and mean what one thread makes."""

    def run(threads):
        embcol.set_num_threads(threads)
        kinds = list(product((1, 3, 8, 130), ("sum", "mean", "sqrtn")))
        features = {f"{d}{combiner}": IDS for d, combiner in kinds}
        categorical = embcol.categorical_column_with_identity
        columns = [
            embcol.embedding_column(
                categorical(f"{dimension}{combiner}", 24), dimension, combiner
            )
            for dimension, combiner in kinds
        ]
        model = embcol.compile(columns, mode)
        if mode == "training":
            model.input_layer(features)
            model.apply_gradients(np.ones((2, 426)))
        return model, model.input_layer(features)

    before = embcol.num_threads()
    try:
        _, expected = run(1)
        for path in code_files(folder):
            path.unlink()
        model, found = run(4)
        assert not any(cached(model))
        again, loaded = run(1)
        assert all(cached(again))
    finally:
        embcol.set_num_threads(before)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(loaded, expected)
