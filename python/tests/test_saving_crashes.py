# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Saves that end halfway, and how much memory saving takes."""

import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import textwrap
import time

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables
from saving_steps import make_models, save_steps


def read_metadata(folder):
    data = (folder / "model.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header["__metadata__"]


def identify(model, folder):
    """What tells one state of one model from all others."""
    data = (folder / "model.safetensors").read_bytes()
    tensors = data[8 + int.from_bytes(data[:8], "little") :]
    digest = hashlib.sha256(tensors).hexdigest()
    return str(model.optimizer), model.global_step, digest


def check_files(folder):
    """Checks that a folder has what its model needs and nothing else."""
    files = json.loads(read_metadata(folder)["files"])
    assert sorted(os.listdir(folder)) == sorted([*files, "model.safetensors"])


def kill_while_saving(folder, seconds):
    script = pathlib.Path(__file__).with_name("saving_steps.py")
    process = subprocess.Popen(
        [sys.executable, script, folder], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"begins\n"
    time.sleep(seconds)
    process.kill()
    process.communicate()


def test_killed(tmp_path):
    """Whenever it happens, the folder has one of the models, whole."""
    first, second = make_models(tmp_path)
    folder = tmp_path / "model"
    expected = set()
    for model in save_steps([first, second], folder):
        expected.add(identify(model, folder))
    rng = random.Random(5)
    for _ in range(12):
        kill_while_saving(folder, rng.uniform(0, 0.5))
        loaded = embcol.load(folder)
        assert identify(loaded, folder) in expected
    # All that the killed ones have left goes with the next save.
    loaded.save(folder)
    check_files(folder)


@pytest.fixture
def model(tmp_path):
    model, _ = make_models(tmp_path)
    return model


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "model"


def save_into_too_little(model, folder, num_bytes):
    """Saves where no file may be larger than that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        model.save(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("num_bytes", [0, 1000, 1_000_000])
def test_no_room(model, folder, num_bytes):
    model.save(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    tables = copy_tables(model)
    model.tables["a"] = np.ones((50_000, 16))
    with pytest.raises(OSError, match="model.safetensors.*too large"):
        save_into_too_little(model, folder, num_bytes)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert_same_tables(embcol.load(folder), tables)
    model.save(folder)
    assert embcol.load(folder).tables["a"].min() == 1


def test_no_room_for_the_first_save(model, folder):
    with pytest.raises(OSError):
        save_into_too_little(model, folder, 100)
    assert not os.listdir(folder)


def leave_from_a_crash(folder, tmp_path):
    """What a save leaves that was killed before it wrote any table."""
    _, other = make_models(tmp_path)
    other.save(tmp_path / "other")
    for path in (tmp_path / "other").iterdir():
        name = path.name
        if name == "model.safetensors":
            name += ".17f0.tmp"
        shutil.copy(path, folder / name)


def test_what_a_crash_leaves_goes(model, folder, tmp_path):
    model.save(folder)
    leave_from_a_crash(folder, tmp_path)
    (folder / "model.safetensors.1f.tmp").write_bytes(b"half a header")
    (folder / f"{'0' * 16}-words.txt.1f.tmp").write_bytes(b"half a word")
    model.save(folder)
    check_files(folder)


def test_what_was_replaced_goes_later(model, folder, tmp_path):
    """Also if a save is killed after it has replaced the tables."""
    _, other = make_models(tmp_path)
    model.save(folder)
    replaced = {path.name: path.read_bytes() for path in folder.iterdir()}
    other.save(folder)
    check_files(folder)
    del replaced["model.safetensors"]
    for name, content in replaced.items():
        (folder / name).write_bytes(content)
    other.save(folder)
    check_files(folder)


def test_other_files_stay(model, folder, tmp_path):
    """Whatever their names are like, and whatever metadata say of them."""
    names = [
        "notes.txt",
        "notes.tmp",
        "model.mlir",
        "model.safetensors.tmp",
        f"{'0' * 16}-words.txt",
    ]
    model.save(folder)
    for name in names:
        (folder / name).write_text("mine")
    (tmp_path / "outside").write_text("mine")
    path = folder / "model.safetensors"
    data = path.read_bytes()
    files = read_metadata(folder)["files"]
    named = ["../outside", "notes.txt", "model.safetensors"]
    edited = json.dumps(json.loads(files) + named)
    old, new = (json.dumps(text).encode() for text in (files, edited))
    size = int.from_bytes(data[:8], "little") + len(new) - len(old)
    path.write_bytes(size.to_bytes(8, "little") + data[8:].replace(old, new))
    embcol.load(folder)
    _, other = make_models(tmp_path)
    other.save(folder)
    for name in names:
        assert (folder / name).read_text() == "mine"
    assert (tmp_path / "outside").read_text() == "mine"


def test_damaged_files_are_written_again(model, folder):
    model.save(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for path in before:
        path.write_bytes(path.read_bytes()[:-1])
    model.save(folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_the_program_is_for_other_tools(model, folder):
    """Tables can be read without it."""
    model.save(folder)
    os.remove(folder / read_metadata(folder)["module"])
    assert_same_tables(embcol.load(folder), copy_tables(model))


def test_models_that_were_saved_file_by_file(model, folder):
    """As was done before metadata named files."""
    model.save(folder)
    module = folder / read_metadata(folder)["module"]
    module.rename(folder / "model.mlir")
    path = folder / "model.safetensors"
    data = path.read_bytes()
    for key in ("files", "module", "replaced"):
        # Of the same length, so that nothing else changes.
        data = data.replace(
            f'"{key}":'.encode(), f'"{"x" * len(key)}":'.encode()
        )
    path.write_bytes(data)
    vocabularies = set(folder.glob("*-ab.txt"))
    assert_same_tables(embcol.load(folder), copy_tables(model))
    (folder / "model.safetensors.1f.tmp").write_bytes(data)
    with pytest.raises(OSError):
        save_into_too_little(model, folder, 0)
    assert set(folder.iterdir()) == {path, folder / "model.mlir", *vocabularies}
    assert_same_tables(embcol.load(folder), copy_tables(model))


MEMORY = """
    import sys

    import embcol
    import numpy as np

    ROWS = 1_000_000


    def read_memory(key):
        with open("/proc/self/status") as file:
            (line,) = (line for line in file if line.startswith(key))
        return int(line.split()[1]) / 1024


    def grown_by(function):
        # The most memory from now on.
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = read_memory("VmRSS")
        result = function()
        return read_memory("VmHWM") - before, result


    def make_model(rows):
        column = embcol.categorical_column_with_identity("a", rows)
        return embcol.compile(
            [embcol.embedding_column(column, 32)],
            optimizer=embcol.AdagradMomentum(0.1, 0.9),
        )


    folder = sys.argv[1]
    # Whatever saving, loading and compiling need the first time.
    make_model(24).save(folder)
    embcol.load(folder)
    model = make_model(ROWS)
    table = 3 * 4 * 32 * ROWS / 2**20
    saving, _ = grown_by(lambda: model.save(folder))
    del model
    loading, model = grown_by(lambda: embcol.load(folder))
    assert saving < 64, saving
    assert table - 1 < loading < table + 64, loading
    assert model.lookup({"a": np.array([[ROWS - 1]])})
"""


def test_no_table_is_copied(tmp_path):
    """The most memory that is used, of some 370 MiB of tables and slots."""
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEMORY), tmp_path / "model"],
        check=True,
    )
