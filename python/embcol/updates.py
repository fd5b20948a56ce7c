# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients as the user has them, and as programs take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _embcol
from ._programs import CompiledModule, Programs
from .embedding import BaseEmbeddingColumn
from .features import as_float32
from .layers import Layers, PlacedColumn
from .lookups import Lookup

__all__ = ["NoGradients", "Update", "Updates"]


class NoGradients(TypeError):
    """What should be gradients is none."""


class Update(NamedTuple):
    """A call of `apply_gradients` that lacks its last argument, the step."""

    compiled: CompiledModule
    arguments: list[Any]

    def run(self, step: int) -> None:
        """Updates the tables."""
        arguments = [*self.arguments, _embcol.scalar(step)]
        self.compiled.call("apply_gradients", arguments)


class Updates:
    """Makes updates of gradients, and gradients for weights.

    Args:
      columns: the columns of the model.
      layers: of the model.
      programs: likewise.
    """

    def __init__(
        self,
        columns: Sequence[BaseEmbeddingColumn],
        layers: Layers,
        programs: Programs,
    ) -> None:
        self._layers = layers
        self._programs = programs
        # Of a row of each column's gradient.
        self._shapes: dict[str, tuple[int, ...]] = {}
        for column in columns:
            shape: tuple[int, ...] = (column.dimension,)
            if column.is_sequence:
                shape = (column.max_sequence_length, *shape)
            self._shapes[column.name] = shape

    def make(self, lookup: Lookup, gradients: Any) -> Update | None:
        """The update by the gradients of a lookup; None if there are none."""
        names = self._names(gradients)
        if not names:
            return None
        compiled = self._programs.of_gradients(names)
        columns = self._columns(compiled)
        arguments = self._arguments(compiled, columns, lookup, gradients)
        return Update(compiled, arguments)

    def weight_gradients(
        self, lookup: Lookup, gradients: Any
    ) -> dict[str, Any]:
        """See `Model.weight_gradients`."""
        names = self._names(gradients)
        weighted = [c for c in self._layers.placed if c.weights is not None]
        names = names.intersection(column.name for column in weighted)
        if not names:
            return {}
        compiled = self._programs.of_weight_gradients(names)
        columns = self._columns(compiled)
        arguments = self._arguments(compiled, columns, lookup, gradients)
        results = compiled.call("weight_gradients", arguments)
        return {
            column.name: lookup.ids.weight_forms[column.weights].restore(result)
            for column, result in zip(columns, results)
        }

    def _names(self, gradients: Any) -> frozenset[str]:
        """The names of the columns that gradients are given for."""
        is_array = not isinstance(gradients, Mapping)
        # (model-C8)
        if is_array and not hasattr(gradients, "__array__"):
            raise NoGradients(
                "gradients must be a dict from column names to arrays, or the "
                "gradient of what input_layer gives, got "
                f"{type(gradients).__name__}"
            )
        names = frozenset(column.name for column in self._layers.placed)
        if is_array:
            return names
        # (model-C8)
        for name in gradients:
            if name not in names:
                raise ValueError(f"no column named {name!r}")
        return frozenset(gradients)

    def _columns(self, compiled: CompiledModule) -> list[PlacedColumn]:
        positions = compiled.layout["gradient_columns"]
        return [self._layers.placed[position] for position in positions]

    def _arguments(
        self,
        compiled: CompiledModule,
        columns: Sequence[PlacedColumn],
        lookup: Lookup,
        gradients: Any,
    ) -> list[Any]:
        """Ids, weights and gradients of these columns, as programs take them."""
        positions = compiled.layout["gradient_ids"]
        ids, inputs, _ = lookup.ids
        arguments = [ids[position] for position in positions]
        for column in columns:
            if column.weights is not None:
                arguments.append(inputs[column.weights])
        is_array = not isinstance(gradients, Mapping)
        make = self._of_array if is_array else self._of_dict
        arrays = make(gradients, columns, lookup.batch)
        return arguments + [_embcol.array(array) for array in arrays]

    def _of_array(
        self, gradients: Any, columns: Sequence[PlacedColumn], batch: int
    ) -> list[np.ndarray]:
        """The arguments of a joined gradient of all columns."""
        placed = self._layers.placed
        for column in placed:
            # (model-C10)
            if column.is_sequence:
                raise ValueError(
                    f"the gradient of sequence column {column.name} is no part "
                    "of an array for all columns; give a dict from column "
                    "names to arrays"
                )
        width = sum(column.dimension for column in placed)
        # (model-C10)
        array = _check("gradients", np.asarray(gradients), (batch, width))
        if array.dtype == np.float32 and len(columns) == len(placed):
            return [np.ascontiguousarray(array)]
        parts = {
            c.name: array[:, c.offset : c.offset + c.dimension] for c in columns
        }
        return self._of_dict(parts, columns, batch)

    def _of_dict(
        self,
        gradients: Mapping[str, Any],
        columns: Sequence[PlacedColumn],
        batch: int,
    ) -> list[np.ndarray]:
        """The arguments of gradients by column: those of pooled ones joined."""
        pooled, sequences = {}, []
        for column in columns:
            what = f"gradient of column {column.name}"
            try:
                array = np.asarray(gradients[column.name])
            except ValueError as error:
                raise ValueError(f"{what}: {error}") from None
            # (apply_gradients-C7) (apply_gradients-C11)
            # (weight_gradients-C5) (weight_gradients-C7)
            _check(what, array, (batch, *self._shapes[column.name]))
            array = as_float32(array, what)
            if column.is_sequence:
                sequences.append(np.ascontiguousarray(array))
            else:
                pooled[column.name] = array
        return (
            [_join(list(pooled.values())), *sequences] if pooled else sequences
        )


def _check(what: str, array: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    if array.dtype.kind not in "fiu" or array.shape != shape:
        raise ValueError(
            f"{what}: expected floats of shape {list(shape)}, found "
            f"{array.dtype} of shape {list(array.shape)}"
        )
    return array


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """[batch, width] of float32 arrays; the array that they are slices of.

    Where they are no slices, one after another, of such an array, they are
    copied.
    """
    if len(arrays) == 1:
        return np.ascontiguousarray(arrays[0])
    whole = arrays[0].base
    if not isinstance(whole, np.ndarray) or whole.dtype != np.float32:
        return np.concatenate(arrays, axis=1)
    width = sum(array.shape[1] for array in arrays)
    is_whole = whole.flags.c_contiguous
    is_whole = is_whole and whole.shape == (len(arrays[0]), width)
    place = _address(whole)
    for array in arrays:
        is_whole = is_whole and array.strides == whole.strides
        is_whole = is_whole and _address(array) == place
        place += array.shape[1] * whole.itemsize
    return whole if is_whole else np.concatenate(arrays, axis=1)
