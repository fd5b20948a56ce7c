# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables of a model as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ._state import State
from .features import as_float32

__all__ = ["TableDifference", "Tables"]

# What FBGEMM pads rows to on GPUs.
_ROW_ALIGNMENT = 16


class TableDifference(NamedTuple):
    """How far the weights of a table are from those that they were made of.

    Attributes:
      maximum: the greatest difference, a float.
      row: the first row that has it.
      root_mean_square: the root of the mean of the squares of all differences.
    """

    maximum: float
    row: int
    root_mean_square: float


class Tables(Mapping):
    """The tables of a model by name: numpy arrays [rows, dimension].

    Reading gives a view that cannot be written, or a copy of a table whose
    rows are not float32 (`precision`) or whose partitions take turns at rows
    (`partition_strategy` "mod"); assignment writes, and rounds to the nearest,
    or quantizes.
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

    def quantized_rows(self, name: str) -> np.ndarray:
        """The rows of a quantized table as they are in memory.

        A row is a scale and a bias, two f16, then the weights: unsigned
        integers q of 8 bits, or of 4, of two in a byte the first in the low
        bits. They stand for scale * q + bias. So `split_embedding_weights` with
        `split_scale_shifts=False` has them of FBGEMM's
        IntNBitTableBatchedEmbeddingBagsCodegen on CPUs.

        Args:
          name: the name of the table.

        Returns:
          uint8 [rows, 4 + dimension], or [rows, 4 + (dimension + 1) // 2], which
          cannot be written: a view, or a copy where partitions take turns.

        Raises:
          KeyError: if there is no table of this name.
          ValueError: for a table that is not quantized.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile(
        ...     [embcol.embedding_column(hour, 3)], mode="serving",
        ...     precision="int4")
        >>> model.tables["hour"] = numpy.tile([1.0, 16.0, 4.0], (24, 1))
        >>> model.tables.quantized_rows("hour")[0].tolist()
        [0, 60, 0, 60, 240, 3]
        """
        self._check_quantized(name)
        rows = self._core.quantized_rows(name).view(np.uint8)
        positions = self._core.positions(name)
        if positions is not None:
            rows = rows[positions]
        rows.flags.writeable = False
        return rows

    def assign_quantized_rows(self, name: str, rows: Any) -> None:
        """Writes a quantized table as `quantized_rows` gives it.

        Args:
          name: the name of the table.
          rows: uint8, of the shape that `quantized_rows` has, or each row padded
            to a multiple of 16 bytes, as FBGEMM's are on GPUs.

        Raises:
          KeyError: if there is no table of this name.
          ValueError: for a table that is not quantized, another shape or dtype,
            or a scale or bias that is not finite, naming the row. The table is
            as it was then.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile(
        ...     [embcol.embedding_column(hour, 3)], mode="serving",
        ...     precision="int4")
        >>> rows = numpy.array([[0, 60, 0, 60, 240, 3]] * 24, numpy.uint8)
        >>> model.tables.assign_quantized_rows("hour", rows)
        >>> model.tables["hour"][7].tolist()
        [1.0, 16.0, 4.0]
        """
        self._check_quantized(name)
        num_rows, row_bytes = self._core.quantized_rows(name).shape
        rows = np.asarray(rows)
        padded = -(-row_bytes // _ROW_ALIGNMENT) * _ROW_ALIGNMENT
        # (table-C12)
        if rows.dtype != np.uint8 or rows.shape not in (
            (num_rows, row_bytes),
            (num_rows, padded),
        ):
            raise ValueError(
                f"table {name} takes uint8 of shape {[num_rows, row_bytes]}, "
                f"found {rows.dtype} of shape {list(rows.shape)}"
            )
        converted = np.ascontiguousarray(rows).view(np.int8)
        with self._state.lock:
            self._state.turns.update(
                lambda: self._core.write_quantized_rows(name, converted)
            )

    def _check_quantized(self, name: str) -> None:
        # (table-C12)
        if not self._core.is_quantized(name):
            raise ValueError(f"table {name} is not quantized")

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.table_names())

    def __len__(self) -> int:
        return len(self._core.table_names())
