# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Strings in Arrow's layout, which programs take as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _embcol

__all__ = ["Strings", "as_strings"]


@dataclass(frozen=True, eq=False, slots=True)
class Strings:
    """Strings in one block: string i is data[offsets[i]:offsets[i + 1]].

    This is Arrow's layout, and what programs take: nothing is copied. A feature
    can be `Strings`, one a row, and so can the values of a `Ragged` or a
    `SparseTensor`. Arrays with `__arrow_c_array__`, as pyarrow's, are taken
    likewise.

    Args:
      data: the bytes of all strings, in UTF-8: bytes, or any other buffer of
        them.
      offsets: int32 or int64 [strings + 1], which do not decrease.

    Raises:
      TypeError: if `data` is no buffer of bytes.
      ValueError: if `offsets` are not of that type and shape. Whether they fit
        the data is checked when a feature is read.

    >>> carriers = Strings(b"AAUAB6", [0, 2, 4, 6])
    >>> carriers[1], len(carriers), carriers[1:].tolist()
    (b'UA', 3, [b'UA', b'B6'])
    """

    data: np.ndarray
    offsets: np.ndarray

    def __post_init__(self) -> None:
        view = memoryview(self.data)
        # (feature-C17)
        if view.itemsize != 1 or not view.c_contiguous:
            raise TypeError(
                "data of Strings must be bytes, one after another, found items "
                f"of {view.itemsize} bytes, of shape {list(view.shape)}"
            )
        offsets = np.asarray(self.offsets)
        # (feature-C17)
        if offsets.ndim != 1 or offsets.size < 1 or offsets.dtype.kind != "i":
            raise ValueError(
                "offsets of Strings must be int32 or int64 of shape "
                f"[strings + 1], found {offsets.dtype} of shape "
                f"{list(offsets.shape)}"
            )
        dtype = np.int32 if offsets.dtype.itemsize <= 4 else np.int64
        data = np.frombuffer(view, np.int8) if view.nbytes else _NO_BYTES
        object.__setattr__(self, "data", data)
        object.__setattr__(
            self, "offsets", np.ascontiguousarray(offsets, dtype)
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of strings, as a shape."""
        return (len(self),)

    @property
    def ndim(self) -> int:
        """1."""
        return 1

    @property
    def size(self) -> int:
        """The number of strings."""
        return len(self)

    @property
    def dtype(self) -> np.dtype:
        """What numpy has for them: objects."""
        return np.dtype(object)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int | slice) -> bytes | Strings:
        if isinstance(index, slice):
            begin, end, step = index.indices(len(self))
            if step != 1:
                raise IndexError("Strings are sliced in steps of 1")
            return Strings(self.data, self.offsets[begin : max(begin, end) + 1])
        if not -len(self) <= index < len(self):
            raise IndexError(f"no string {index} among {len(self)}")
        index %= len(self)
        begin, end = self.offsets[index : index + 2]
        return self.data[begin:end].tobytes()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = np.empty(len(self), object)
        array[:] = self.tolist()
        return array if dtype is None else array.astype(dtype)

    def tolist(self) -> list[bytes]:
        """The strings.

        Returns:
          Each as bytes.

        >>> Strings(b"AAUA", [0, 2, 2, 4]).tolist()
        [b'AA', b'', b'UA']
        """
        content, offsets = self.data.tobytes(), self.offsets.tolist()
        return [content[a:b] for a, b in zip(offsets[:-1], offsets[1:])]


_NO_BYTES = np.zeros(0, np.int8)


def as_strings(values: Any) -> Strings | None:
    """`Strings`, also of Arrow; None if these are none."""
    if isinstance(values, Strings):
        return values
    if not hasattr(type(values), "__arrow_c_array__"):
        return None
    found = _embcol.arrow_strings(values)
    return None if found is None else Strings(*found)
