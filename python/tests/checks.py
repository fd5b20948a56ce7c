# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What tests of models have in common."""

import contextlib
import json

import embcol
import numpy as np
import pytest


def counting(shape, dtype):
    """An initializer: 1, 2, 3, ..."""
    return np.arange(1, 1 + np.prod(shape), dtype=dtype).reshape(shape)


def lookup_one(column, features, mode="training"):
    """The lookup of a column in a model of its own."""
    return embcol.compile([column], mode=mode).lookup(features)[column.name]


def read_tensors(path):
    """The tensors of a file in the safetensors format; bfloat16 as its bits."""
    dtypes = {
        "F32": np.float32,
        "F16": np.float16,
        "BF16": np.uint16,
        "U8": np.uint8,
    }
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(
            data[start + entry["data_offsets"][0] :],
            dtypes[entry["dtype"]],
            int(np.prod(entry["shape"])),
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }


def copy_tables(model):
    return {name: np.array(table) for name, table in model.tables.items()}


def assert_same_tables(model, tables):
    """Checks that the tables are, byte for byte, those of a copy."""
    assert sorted(model.tables) == sorted(tables)
    for name, table in tables.items():
        assert model.tables[name].tobytes() == table.tobytes(), name


@contextlib.contextmanager
def refused(model, error, *words):
    """Expects an error that has these words and leaves all tables alone."""
    tables = copy_tables(model)
    with pytest.raises(error) as raised:
        yield
    for word in words:
        assert word in str(raised.value)
    assert_same_tables(model, tables)
