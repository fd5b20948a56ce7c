# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The example as its README runs it, against what Python answers."""

import pathlib
import re
import subprocess
import sys

import embcol
import numpy as np
import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# The package is in the folder that is built, beside the tools.
BUILD = pathlib.Path(embcol.__file__).parents[2]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The folder that the commands of the README make, and what they print."""
    folder = tmp_path_factory.mktemp("serving-c")
    readme = (pathlib.Path(__file__).parent / "README.md").read_text("utf-8")
    commands = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)[1]
    commands = commands.replace("build/venv/bin/python", sys.executable)
    commands = commands.replace("build/release", str(BUILD))
    commands = commands.replace("build/serving-c", str(folder))
    run = subprocess.run(
        ["bash", "-euc", commands],
        cwd=SOURCE,
        check=True,
        capture_output=True,
        text=True,
    )
    return folder, run.stdout


def serve(folder, *flights):
    return subprocess.run(
        [folder / "serve", folder / "model.safetensors", *flights],
        capture_output=True,
        text=True,
    )


def vectors(printed):
    return np.array(
        [line.split(": ")[1].split() for line in printed.splitlines()],
        np.float32,
    )


def test_the_commands_of_the_readme_print_what_python_has(example):
    folder, printed = example
    assert [line.split(":")[0] for line in printed.splitlines()] == [
        "UA 7",
        "DL 23",
    ]
    expected = embcol.load(folder).input_layer(
        {"carrier": np.array(["UA", "DL"]), "hour": np.array([7, 23])}
    )
    np.testing.assert_array_equal(vectors(printed), expected)


def test_all_flights_are_what_python_looks_up(example):
    folder, _ = example
    carriers = np.array(["AA", "B6", "UA", "DL", "Ünited"])
    hours = np.array([0, 7, 23, 12, 1])
    flights = [word for pair in zip(carriers, hours) for word in map(str, pair)]
    found = (
        embcol.load(folder)
        .to_serving()
        .lookup({"carrier": carriers, "hour": hours})
    )
    served = vectors(serve(folder, *flights).stdout)
    np.testing.assert_array_equal(served[:, :4], found["carrier_embedding"])
    np.testing.assert_array_equal(served[:, 4:], found["hour_embedding"])


def test_no_flights_are_an_empty_batch(example):
    folder, _ = example
    run = serve(folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_errors_are_those_of_python(example):
    folder, _ = example
    features = {"carrier": np.array(["UA"]), "hour": np.array([31])}
    with pytest.raises(IndexError) as error:
        embcol.load(folder).lookup(features)
    run = serve(folder, "UA", "31")
    assert run.returncode == 1
    assert run.stderr == f"serve: {error.value}\n"


def test_tables_saved_later_are_served(example, tmp_path):
    folder, _ = example
    model = embcol.load(folder)
    model.tables["hour"] = np.arange(48).reshape(24, 2)
    model.save(tmp_path)
    run = subprocess.run(
        [folder / "serve", tmp_path / "model.safetensors", "UA", "7"],
        capture_output=True,
        text=True,
    )
    np.testing.assert_array_equal(vectors(run.stdout)[0, 4:], [14, 15])


def test_the_library_has_no_compiler_in_it(example):
    folder, _ = example
    run = subprocess.run(
        ["ldd", folder / "libflights.so"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "libstdc++" in run.stdout
    assert not re.search("LLVM|MLIR|python", run.stdout)
