# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programs written in MLIR, called from Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from . import _embcol
from ._arguments import MODES
from ._state import State
from .features import FeatureInput, FeatureReader, Ragged, as_ragged
from .tables import Tables

__all__ = ["Program"]


class _Argument(NamedTuple):
    name: str
    # "ragged", "tensor" or "scalar".
    form: str
    # numpy's name of the elements' type, or "string".
    element: str
    # The ragged rank, or the number of axes.
    rank: int


class Program:
    """A module of MLIR, compiled for this machine.

    Args:
      source: the text of the module: embcol IR, and what it is lowered to.
      mode: "training" or "serving".
      seed: seeds the initializers of the tables.
      reference: runs on the reference interpreter: slow, for checking.

    Attributes:
      tables: the tables by name: numpy views to read, assignment to write.
      function_names: the names of the functions that can be called.

    Raises:
      ValueError: for a module that does not parse, verify or compile, with the
        place in its text.
      OSError: for a vocabulary file that cannot be read.
      MemoryError: for tables that do not fit.

    >>> program = Program('''
    ...   embcol.table @hour : tensor<24x2xf32>
    ...       {initializer = #embcol.constant<value = 0.5>}
    ...   embcol.column @hour_embedding : #embcol.identity<
    ...       key = "hour", num_buckets = 24> -> @hour
    ...   func.func @lookup(
    ...       %hour: !embcol.ragged<i64> {embcol.feature = "hour"})
    ...       -> tensor<?x2xf32> {
    ...     %0 = embcol.lookup @hour_embedding(%hour)
    ...         : (!embcol.ragged<i64>) -> tensor<?x2xf32>
    ...     return %0 : tensor<?x2xf32>
    ...   }''')
    >>> program.call("lookup", {"hour": [7, -1]})[0].tolist()
    [[0.5, 0.5], [0.0, 0.0]]
    """

    def __init__(
        self,
        source: str,
        mode: str = "serving",
        seed: int = 0,
        reference: bool = False,
    ) -> None:
        # (module-C9)
        if mode not in MODES:
            raise ValueError(f"mode must be one of {MODES}, got {mode!r}")
        module = _embcol.parse_program(source, "program")
        core = module.create_core(seed, True)
        self._program = module.compile(core, mode, {}, reference)
        self.tables = Tables(State(core))
        self.function_names = self._program.function_names()

    def call(self, function: str, arguments: Mapping[str, Any]) -> list[Any]:
        """Calls a function.

        Args:
          function: its name.
          arguments: by the attribute `embcol.feature` of an argument, or by
            "arg" and its position: for a ragged array a `Ragged`, or, where its
            elements are strings or i64, any feature; for a tensor an array; for
            a scalar a number.

        Returns:
          The results: numpy arrays, `Ragged` for ragged arrays. Strings are
          bytes.

        Raises:
          KeyError: if there is no such function.
          ValueError: for an argument that is missing or has another type.
          IndexError: for an id that is not a row of a table.

        >>> program = Program("func.func @same(%x: tensor<?xf32>)"
        ...     " -> tensor<?xf32> { return %x : tensor<?xf32> }")
        >>> program.call("same", {"arg0": [0.5, 1]})[0].tolist()
        [0.5, 1.0]
        """
        signature, results = self._program.signature(function)
        reader = FeatureReader(arguments, {}, {})
        values = [
            self._value(_Argument(*item), arguments, reader)
            for item in signature
        ]
        found = self._program.call(function, values)
        return [
            _result(form, element, value.parts)
            for (form, element, _), value in zip(results, found)
        ]

    @staticmethod
    def _value(
        argument: _Argument, arguments: Mapping[str, Any], reader: FeatureReader
    ) -> Any:
        name, form, element, rank = argument
        if form == "ragged" and element in ("int64", "string"):
            row = "entries" if rank == 1 else "steps"
            return reader.read([FeatureInput(name, "", element, row)])[0]
        # (feature-C2)
        if name not in arguments:
            raise ValueError(f"argument {name} is missing")
        given = arguments[name]
        if form == "ragged":
            # (feature-C15)
            if not isinstance(given, Ragged):
                raise ValueError(f"argument {name}: expected a Ragged")
            return _narrow_ragged(given, argument)
        array = np.asarray(given)
        if element == "string":
            return reader.read_strings(name, array)
        return _embcol.array(_convert(array, argument))


def _convert(array: np.ndarray, argument: _Argument) -> np.ndarray:
    kinds = "fiu" if argument.element == "float32" else "iu"
    # (feature-C15)
    if array.dtype.kind not in kinds and array.size:
        raise ValueError(
            f"argument {argument.name}: expected {argument.element}, found "
            f"{array.dtype}"
        )
    converted = np.array(array, argument.element, order="C")
    # (feature-C15)
    if argument.element != "float32" and not np.array_equal(converted, array):
        raise ValueError(
            f"argument {argument.name}: a value exceeds {argument.element}"
        )
    return converted


def _narrow_ragged(ragged: Ragged, argument: _Argument) -> Any:
    inner, values = None, ragged.values
    if isinstance(values, Ragged):
        inner, values = values.row_splits, values.values
    cells = _embcol.array(_convert(np.asarray(values).reshape(-1), argument))
    return _embcol.ragged(cells, inner, ragged.row_splits)


def _result(form: str, element: str, parts: list[np.ndarray]) -> Any:
    if element == "string":
        content, offsets = parts[0].tobytes(), parts[1]
        strings = np.array(
            [content[a:b] for a, b in zip(offsets[:-1], offsets[1:])], object
        )
        parts = [strings, *parts[2:]]
    if form == "ragged":
        return as_ragged(parts)
    return parts[0][()] if form == "scalar" else parts[0]
