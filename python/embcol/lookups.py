# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups: of features, or of the ids that were made of them before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._programs import Programs
from ._specs import feature_columns, ordered_features, weight_dtypes
from ._state import Turns
from .categorical import (
    IdentityCategoricalColumn,
    WeightedCategoricalColumn,
)
from .embedding import BaseEmbeddingColumn
from .features import FeatureInput, FeatureReader, WeightForm, as_float32

__all__ = ["Ids", "Lookup", "Lookups"]


class Ids(NamedTuple):
    """What features have become before a table is looked at."""

    # Of each categorical column. A lookup of features in serving has none.
    ids: list[Any]
    # The features, of which lookups and updates take the weights.
    inputs: list[Any]
    # How each of these was given, if it is weights.
    weight_forms: list[WeightForm | None]


class Lookup(NamedTuple):
    """What was looked up, and what its gradients need besides."""

    results: list[Any]
    ids: Ids
    # How often tables had been updated.
    num_updates: int

    @property
    def batch(self) -> int:
        return self.results[0].parts[0].shape[0]


class _Joined(NamedTuple):
    """A result that no program returned."""

    parts: list[Any]


_NO_IDS = Ids([], [], [])


def _as_integers(array: Any, name: str) -> np.ndarray:
    """`array` as int64 in one block of memory."""
    array = np.asarray(array)
    # (packed_lookup-C6)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, found {array.dtype}")
    # (packed_lookup-C6)
    if array.dtype == np.uint64 and array.size and array.max() >= 2**63:
        raise ValueError(f"{name}: {array.max()} exceeds int64")
    return np.ascontiguousarray(array, np.int64)


def _packed_keys(
    columns: Sequence[BaseEmbeddingColumn],
) -> tuple[tuple[str, ...], tuple[str | None, ...]] | None:
    """The features of ids, and of their weights, in the order of the columns.

    None unless ids are what the features are, for all columns.
    """
    keys, weights = [], []
    for column in sorted(columns, key=lambda column: column.name):
        categorical, weight = column.categorical_column, None
        if isinstance(categorical, WeightedCategoricalColumn):
            weight = categorical.weight_feature_key
            if "float32" not in weight_dtypes([categorical])[weight]:
                return None
            categorical = categorical.categorical_column
        if (
            not isinstance(categorical, IdentityCategoricalColumn)
            or categorical.default_value is not None
            or column.is_sequence
            or column.embedding_lookup_device == "tpu_tensor_core"
        ):
            return None
        keys.append(categorical.key)
        weights.append(weight)
    return tuple(keys), tuple(weights)


class Lookups:
    """Runs the lookups of a model.

    Args:
      columns: the columns of the model.
      programs: its programs.
      is_training: whether lookups keep what their gradients need.
      turns: counts the updates.
    """

    def __init__(
        self,
        columns: Sequence[BaseEmbeddingColumn],
        programs: Programs,
        is_training: bool,
        turns: Turns,
    ) -> None:
        self._turns = turns
        layout = programs.layout
        self._programs = programs
        self._is_training = is_training
        self._inputs = [FeatureInput(*item) for item in layout["inputs"]]
        self._num_ids = 1 + max(ids for *_, ids, _ in layout["columns"])
        categoricals = [c.categorical_column for c in columns]
        self._readers = feature_columns(categoricals, [c.name for c in columns])
        self._weight_dtypes = weight_dtypes(categoricals)
        self._ordered = ordered_features(columns)
        self._has_sequences = any(column.is_sequence for column in columns)
        self._packed_keys = None if is_training else _packed_keys(columns)
        # Compiled now, for what is wrong with columns to come up now.
        if self._packed_keys and not programs.is_reference:
            programs.packed_lookup()
        else:
            self._packed_keys = None
            programs.main()

    def _read(self, features: Mapping[str, Any], keeps_weights: bool) -> Ids:
        """The inputs of the program; ids are still to be made of them."""
        reader = FeatureReader(
            features,
            self._readers,
            self._weight_dtypes,
            self._ordered,
            keeps_weights,
        )
        inputs = reader.read(self._inputs)
        forms = [reader.weight_forms.get(item) for item in self._inputs]
        return Ids([], inputs, forms)

    def look_up(self, features: Mapping[str, Any]) -> Lookup:
        """Looks features up; see `Model.lookup`."""
        if self._packed_keys and type(features) is dict:
            packed = self._programs.packed_lookup()
            joined = packed.look_up_features(features, *self._packed_keys)
            if joined is not None:
                updates = self._turns.num_updates
                return Lookup([_Joined([joined])], _NO_IDS, updates)
        read = self._read(features, self._is_training)
        num_updates = self._turns.num_updates
        results = self._programs.main().call("lookup", read.inputs)
        if self._is_training:
            read.ids.extend(results[-self._num_ids :])
        return Lookup(results, read, num_updates)

    def look_up_packed(
        self, values: Any, offsets: Any, weights: Any, out: Any
    ) -> np.ndarray:
        """See `Model.lookup_packed`."""
        # (packed_lookup-C8)
        if self._has_sequences:
            raise ValueError("lookup_packed takes no sequence columns")
        lookup = self._programs.packed_lookup()
        try:
            return lookup.look_up(values, offsets, weights, out)
        except TypeError:
            pass
        values = _as_integers(values, "values")
        offsets = _as_integers(offsets, "offsets")
        if weights is not None:
            weights = as_float32(np.asarray(weights), "weights")
            weights = np.ascontiguousarray(weights)
        return lookup.look_up(values, offsets, weights, out)

    def categorize(self, features: Mapping[str, Any]) -> Ids:
        """The first half of `look_up`.

        It looks at no table, so that it may run while another thread of Python
        updates them.
        """
        read = self._read(features, keeps_weights=True)
        read.ids.extend(self._programs.halves().call("categorize", read.inputs))
        return read

    def look_up_ids(self, ids: Ids) -> Lookup:
        """The other half."""
        weights = [
            value
            for item, value in zip(self._inputs, ids.inputs)
            if item.weights_of
        ]
        num_updates = self._turns.num_updates
        results = self._programs.halves().call(
            "lookup_ids", [*ids.ids, *weights]
        )
        return Lookup(results, ids, num_updates)
