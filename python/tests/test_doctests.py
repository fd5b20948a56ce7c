# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The examples in the docstrings."""

import doctest
import importlib
import inspect
import pkgutil

import embcol
import pytest

MODULES = sorted(
    module.name
    for module in pkgutil.iter_modules(embcol.__path__)
    if module.name != "_embcol"
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(f"embcol.{name}")
    assert doctest.testmod(module).failed == 0


def test_every_public_function_has_an_example():
    functions = {
        name: value
        for name, value in vars(embcol).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    assert "compile" in functions
    missing = [n for n, f in functions.items() if ">>>" not in f.__doc__]
    # What it does needs a saved model: test_saving.py.
    assert missing == ["load"]
