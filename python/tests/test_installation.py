# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`pip install .` makes a package that works away from the source."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import embcol
assert embcol.__file__.startswith(sys.argv[1]), embcol.__file__
hour = embcol.categorical_column_with_identity("hour", 24)
model = embcol.compile([embcol.embedding_column(hour, 4)])
print(model.lookup({"hour": [7, 8]})["hour_embedding"].shape)
"""


def test_pip_install(tmp_path):
    # What has been compiled already is found by the compiler cache.
    cache = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, env={**os.environ, **cache})
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert found.stdout == "(2, 4)\n"
