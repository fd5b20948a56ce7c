# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables of a model as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .features import as_float32

__all__ = ["Tables"]


class Tables(Mapping):
    """The tables of a model by name: numpy views [rows, dimension].

    Reading gives a view that cannot be written; assignment writes.
    """

    def __init__(self, core: Any) -> None:
        self._core = core

    def __getitem__(self, name: str) -> np.ndarray:
        rows = self._core.rows(name)
        rows.flags.writeable = False
        return rows

    def __setitem__(self, name: str, values: Any) -> None:
        rows = self._core.rows(name)
        values = np.asarray(values)
        if values.shape != rows.shape:
            raise ValueError(
                f"table {name} has shape {list(rows.shape)}, found "
                f"{list(values.shape)}"
            )
        if values.dtype.kind not in "fiu":
            raise ValueError(
                f"table {name} holds float32, found {values.dtype}"
            )
        rows[...] = as_float32(values, f"table {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.table_names())

    def __len__(self) -> int:
        return len(self._core.table_names())
