# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables of a model as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ._state import State
from .features import as_float32

__all__ = ["Tables"]


class Tables(Mapping):
    """The tables of a model by name: numpy arrays [rows, dimension].

    Reading gives a view that cannot be written, or a copy of a table whose
    rows are not float32 (`precision`) or whose partitions take turns at rows
    (`partition_strategy` "mod"); assignment writes, and rounds to the nearest.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._core = state.core

    def __getitem__(self, name: str) -> np.ndarray:
        rows = self._core.rows(name)
        positions = self._core.positions(name)
        if positions is not None:
            rows = rows[positions]
        rows.flags.writeable = False
        return rows

    def __setitem__(self, name: str, values: Any) -> None:
        shape = self._core.shape(name)
        values = np.asarray(values)
        # (initializer-C5)
        if values.shape != shape:
            raise ValueError(
                f"table {name} has shape {list(shape)}, found "
                f"{list(values.shape)}"
            )
        # (initializer-C5)
        if values.dtype.kind not in "fiu":
            raise ValueError(
                f"table {name} holds float32, found {values.dtype}"
            )
        converted = np.ascontiguousarray(as_float32(values, f"table {name}"))
        with self._state.lock:
            self._state.turns.update(
                lambda: self._core.write_rows(name, converted)
            )

    def partitions(self, name: str) -> list[np.ndarray]:
        """The partitions of a table as they are in memory.

        Args:
          name: the name of the table.

        Returns:
          An array [rows of the partition, dimension] for each of them, which
          cannot be written: a view, or a copy if rows are not float32.

        Raises:
          KeyError: if there is no table of this name.

        >>> import embcol
        >>> hour = embcol.categorical_column_with_identity("hour", 5)
        >>> model = embcol.compile(
        ...     [embcol.embedding_column(hour, 1)],
        ...     partition_strategy="mod", num_partitions=2)
        >>> model.tables["hour"] = [[0], [1], [2], [3], [4]]
        >>> [p[:, 0].tolist() for p in model.tables.partitions("hour")]
        [[0.0, 2.0, 4.0], [1.0, 3.0]]
        """
        rows = self._core.rows(name)
        rows.flags.writeable = False
        starts = self._core.partition_starts(name)
        return [rows[a:b] for a, b in zip(starts[:-1], starts[1:])]

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.table_names())

    def __len__(self) -> int:
        return len(self._core.table_names())
