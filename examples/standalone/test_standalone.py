# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The example as its README builds it, on an embcol that is installed."""

import os
import pathlib
import re
import subprocess
import sys

import embcol

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# The package is in the folder that is built, beside the libraries.
BUILD = pathlib.Path(embcol.__file__).parents[2]


def test_the_commands_of_the_readme(tmp_path):
    readme = (pathlib.Path(__file__).parent / "README.md").read_text("utf-8")
    commands = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)[1]
    for written, path in [
        ("$PWD/build/venv/bin/python", sys.executable),
        ("$PWD/build/install", tmp_path / "install"),
        ("build/install", tmp_path / "install"),
        ("build/standalone", tmp_path / "standalone"),
        ("build/release", BUILD),
    ]:
        assert written in commands
        commands = commands.replace(written, str(path))
    # What has been compiled already is found by the compiler cache, wherever
    # the folder of the test is.
    cache = {
        "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
        "CCACHE_BASEDIR": str(tmp_path),
        "CCACHE_NOHASHDIR": "1",
    }
    run = subprocess.run(
        ["bash", "-euc", commands],
        cwd=SOURCE,
        env={**os.environ, **cache},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert re.search(r"Passed: *3 ", run.stdout), run.stdout
    program = (tmp_path / "standalone" / "rank.mlir").read_text("utf-8")
    assert "llvm.func @rank" in program
    assert not re.search(r"\b(shop|embcol)\.\w+ @", program)
