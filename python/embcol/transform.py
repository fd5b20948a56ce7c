# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What categorical columns make of features."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ._specs import build_transform, feature_columns, weight_dtypes
from .categorical import CategoricalColumn, VocabularyFileCategoricalColumn
from .features import (
    FeatureInput,
    FeatureReader,
    Ragged,
    as_ragged,
    check_same_rows,
)

__all__ = ["Transformed", "transform"]


class Transformed(NamedTuple):
    """The ids of a categorical column, and the weights of a weighted one."""

    ids: Ragged
    weights: Ragged | None


class _Prepared(NamedTuple):
    """What transforming features by a column takes, but for the features."""

    column: CategoricalColumn
    # What its vocabulary file was when the program read it.
    file: tuple[int, ...] | None
    program: Any
    inputs: list[FeatureInput]
    weights: Mapping[str, list[str]]


# Those used last, by the identity of the column, which they keep alive.
_MAX_KEPT = 4
_kept: dict[int, _Prepared] = {}
_lock = threading.Lock()

# A file that changed less long ago may change again without a trace.
_SETTLING_NS = 2_000_000_000


def _file_of(column: CategoricalColumn) -> tuple[int, ...] | None:
    """What tells a vocabulary file from what it was; None if nothing does."""
    while hasattr(column, "categorical_column"):
        column = column.categorical_column
    if not isinstance(column, VocabularyFileCategoricalColumn):
        return ()
    try:
        info = os.stat(column.vocabulary_file)
    except OSError:
        return None
    changed = max(info.st_mtime_ns, info.st_ctime_ns)
    if time.time_ns() - changed < _SETTLING_NS:
        return None
    return (info.st_size, info.st_ino, info.st_mtime_ns, info.st_ctime_ns)


def _prepare(column: CategoricalColumn) -> _Prepared:
    file = _file_of(column)
    with _lock:
        found = _kept.pop(id(column), None)
        if found is not None and file is not None and found.file == file:
            _kept[id(column)] = found
            return found
    module = build_transform(column)
    program = module.compile(module.create_core(0, True), "serving", {})
    inputs = [FeatureInput(*item) for item in module.layout()["inputs"]]
    weights = weight_dtypes([column])
    for key in weights:
        inputs.append(FeatureInput(key, column.key, "float32", "entries"))
    prepared = _Prepared(column, file, program, inputs, weights)
    if file is not None:
        with _lock:
            _kept[id(column)] = prepared
            while len(_kept) > _MAX_KEPT:
                del _kept[next(iter(_kept))]
    return prepared


def transform(
    categorical_column: CategoricalColumn, features: Mapping[str, Any]
) -> Transformed:
    """The ids that a categorical column makes of a feature, and its weights.

    What a column compiles to is kept for the next call with the same column.

    Args:
      categorical_column: a categorical column of any kind.
      features: as for `Model.lookup`.

    Returns:
      `ids`, a `Ragged` of int64, of rank 3 (batch, steps, entries) for a
      sequence column: -1 for unknown tokens. `weights`, a `Ragged` of float32
      split as the ids are, for a weighted column, else None.

    Raises:
      TypeError: if `categorical_column` is none, or `features` no dict.
      ValueError: for a feature that is missing or cannot be read, or weights
        that are not where the ids are.

    >>> import embcol
    >>> carrier = embcol.categorical_column_with_vocabulary_list(
    ...     "carrier", ["AA", "UA"], num_oov_buckets=1)
    >>> embcol.transform(carrier, {"carrier": ["UA", "", "XX"]}).ids.row(2).tolist()
    [2]
    """
    # (categorical-C2)
    if not isinstance(categorical_column, CategoricalColumn):
        raise TypeError(
            "transform takes a categorical column, got "
            f"{categorical_column!r}"
        )
    _, _, program, inputs, weights = _prepare(categorical_column)
    reader = FeatureReader(
        features,
        feature_columns([categorical_column], [categorical_column.name]),
        weights,
    )
    values = reader.read(inputs)
    ids = as_ragged(program.call("transform", values[:1])[0].parts)
    if not weights:
        return Transformed(ids, None)
    weighted = as_ragged(values[1].parts)
    check_same_rows(categorical_column.name, ids, weighted)
    return Transformed(ids, weighted)
