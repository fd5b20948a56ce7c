# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What users call is documented: arguments, results, errors and an example."""

import doctest
import importlib
import inspect
import pkgutil
import re

import embcol
import pytest
from embcol.tables import Tables

# Classes whose instances come from functions, or that only hold fields.
MADE_BY_FUNCTIONS = {
    "Batch",
    "CategoricalColumn",
    "EmbeddingColumn",
    "ProgramReport",
    "SequenceEmbedding",
    "SharedEmbeddingColumn",
    "TableDifference",
    "Transformed",
}


def public_callables():
    """By name, all that users call, and the names of its parameters."""
    found = {}
    for name in embcol.__all__:
        value = getattr(embcol, name)
        if inspect.isclass(value):
            if name not in MADE_BY_FUNCTIONS and name != "Model":
                found[name] = value
            found.update(public_methods(name, value))
        else:
            found[name] = value
    found.update(public_methods("Tables", Tables))
    return found


def public_methods(class_name, cls):
    return {
        f"{class_name}.{name}": method
        for name, method in vars(cls).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


CALLABLES = public_callables()
MODULES = sorted(
    module.name
    for module in pkgutil.iter_modules(embcol.__path__)
    if module.name != "_embcol"
)


def parameters(function):
    names = inspect.signature(function).parameters
    return [name for name in names if name != "self"]


def section(docstring, title):
    """The text below a title; empty where there is no such section."""
    match = re.search(
        rf"^( *){title}:\n((?:\1 +.*\n|\n)*)", docstring + "\n", re.M
    )
    return match.group(2) if match else ""


@pytest.mark.parametrize("name", CALLABLES)
def test_arguments(name):
    function = CALLABLES[name]
    described = section(function.__doc__, "Args")
    for parameter in parameters(function):
        assert re.search(rf"\b{parameter}\b.*:", described), parameter


@pytest.mark.parametrize("name", CALLABLES)
def test_errors(name):
    function = CALLABLES[name]
    raises = section(function.__doc__, "Raises")
    assert raises or not parameters(function)


@pytest.mark.parametrize("name", CALLABLES)
def test_results(name):
    function = CALLABLES[name]
    returns_nothing = inspect.signature(function).return_annotation == "None"
    is_class = inspect.isclass(function)
    assert is_class or returns_nothing or section(function.__doc__, "Returns")


@pytest.mark.parametrize("name", CALLABLES)
def test_example(name):
    assert ">>> " in CALLABLES[name].__doc__


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(f"embcol.{name}")
    assert doctest.testmod(module).failed == 0
