# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a lookup gives, by column and joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._specs import check_columns
from .embedding import BaseEmbeddingColumn
from .lookups import Lookup

__all__ = ["Layers", "PlacedColumn", "SequenceEmbedding"]


class SequenceEmbedding(NamedTuple):
    """The lookup of a sequence column.

    Attributes:
      values: float32 [batch, max_sequence_length, dimension].
      lengths: int64 [batch], at most max_sequence_length.
    """

    values: np.ndarray
    lengths: np.ndarray


class PlacedColumn(NamedTuple):
    """Where a column stands among the results of the lookup."""

    name: str
    dimension: int
    is_sequence: bool
    offset: int
    ids: int
    weights: int | None


def _slice(column: PlacedColumn) -> tuple[slice, slice]:
    """Where a pooled column is in the joined result."""
    end = column.offset + column.dimension
    return slice(None), slice(column.offset, end)


def _layer_message(column: PlacedColumn) -> str:
    """What is wrong with a column in the layer of the other kind."""
    if column.is_sequence:
        return (
            f"In embedding_column: {column.name}. categorical_column must not "
            "be of type SequenceCategoricalColumn. Use sequence_input_layer "
            "for sequence columns."
        )
    return (
        f"In embedding_column: {column.name}. categorical_column must be of "
        "type SequenceCategoricalColumn to use sequence_input_layer. Use "
        "input_layer for other columns."
    )


class Layers:
    """Makes layers of the results of lookups.

    Args:
      columns: the columns of the model.
      layout: of the model's module.

    Attributes:
      placed: the columns in the order of their names.
      pooled: those of them that are no sequences.
    """

    def __init__(
        self, columns: Sequence[BaseEmbeddingColumn], layout: Mapping[str, Any]
    ) -> None:
        self._columns = columns
        self.placed = [PlacedColumn(*item) for item in layout["columns"]]
        self.pooled = [c for c in self.placed if not c.is_sequence]
        self._names = [column.name for column in columns]
        slices = {column.name: _slice(column) for column in self.placed}
        # In the order of the user's columns.
        self._slices = [slices[name] for name in self._names]

    def by_column(self, lookup: Lookup) -> dict[str, Any]:
        """See `Model.lookup`."""
        if len(self.pooled) == len(self._names):
            joined = lookup.results[0].parts[0]
            return dict(zip(self._names, map(joined.__getitem__, self._slices)))
        found: dict[str, Any] = dict(self._sequences(lookup))
        if self.pooled:
            joined = lookup.results[0].parts[0]
            for column in self.pooled:
                found[column.name] = joined[_slice(column)]
        return {name: found[name] for name in self._names}

    def _sequences(self, lookup: Lookup) -> dict[str, SequenceEmbedding]:
        sequences = {}
        position = int(bool(self.pooled))
        for column in self.placed:
            if column.is_sequence:
                values, lengths = lookup.results[position : position + 2]
                sequences[column.name] = SequenceEmbedding(
                    values.parts[0], lengths.parts[0]
                )
                position += 2
        return sequences

    def choose(
        self,
        feature_columns: Sequence[BaseEmbeddingColumn] | None,
        is_sequence: bool,
    ) -> list[PlacedColumn]:
        """The columns of a layer, in the order of their names."""
        if feature_columns is None and not is_sequence and self.pooled:
            return self.pooled
        names = {c.name for c in self.placed if c.is_sequence == is_sequence}
        if feature_columns is not None:
            chosen = check_columns(feature_columns)
            for column in chosen:
                # (model-C4)
                if column not in self._columns:
                    raise ValueError(
                        f"column {column.name} is not one of the model's"
                    )
            names = {column.name for column in chosen}
        elif not names:
            # Those of the other kind, to name one of them.
            names = {c.name for c in self.placed}
        found = [c for c in self.placed if c.name in names]
        for column in found:
            # (model-C5)
            if column.is_sequence != is_sequence:
                raise ValueError(_layer_message(column))
        return found

    def join(
        self, lookup: Lookup, chosen: Sequence[PlacedColumn]
    ) -> np.ndarray:
        """See `Model.input_layer`."""
        joined = lookup.results[0].parts[0]
        if len(chosen) == len(self.pooled):
            return joined
        return np.concatenate([joined[_slice(c)] for c in chosen], axis=1)

    def join_sequences(
        self, lookup: Lookup, chosen: Sequence[PlacedColumn]
    ) -> SequenceEmbedding:
        """See `Model.sequence_input_layer`."""
        found = self._sequences(lookup)
        sequences = {column.name: found[column.name] for column in chosen}
        (first, (values, lengths)), *others = sequences.items()
        for name, other in others:
            # (model-C6)
            if other.values.shape[1] != values.shape[1]:
                raise ValueError(
                    f"columns {first} and {name} have max_sequence_length "
                    f"{values.shape[1]} and {other.values.shape[1]}"
                )
            # (model-C6)
            if not np.array_equal(other.lengths, lengths):
                row = int(np.argmax(other.lengths != lengths))
                raise ValueError(
                    f"columns {first} and {name} have sequences of lengths "
                    f"{lengths[row]} and {other.lengths[row]} in row {row}"
                )
        joined = [sequence.values for sequence in sequences.values()]
        return SequenceEmbedding(np.concatenate(joined, axis=2), lengths)
