# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Features: what is looked up, as the user has it and as programs take it.

A feature is a numpy array or `Strings` (dense: -1 and '' are missing entries), a
`Ragged` or a `SparseTensor`. A program takes ragged arrays; `FeatureReader` makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from . import _embcol
from .strings import Strings, as_strings

__all__ = [
    "FeatureInput",
    "FeatureReader",
    "Ragged",
    "SparseTensor",
    "WeightForm",
    "as_float32",
    "as_ragged",
    "check_same_rows",
]


# What lookups take as it is.
_VIEWED_DTYPES = (np.dtype(np.int64), np.dtype(np.float32))


@dataclass(frozen=True, eq=False, slots=True)
class Ragged:
    """Rows of variable length: row b is values[row_splits[b]:row_splits[b+1]].

    Args:
      values: the entries of all rows, one after another; a `Ragged` itself for
        rows of steps of entries, [batch, steps, entries], of a sequence column.
      row_splits: int64 [batch + 1], from 0 to the number of values.

    Raises:
      ValueError: if `row_splits` are no integers of that shape. Whether they
        fit the values is checked when the feature is read.

    >>> Ragged([7, 8, 9], [0, 2, 2, 3]).row(0)
    array([7, 8])
    """

    values: Any
    row_splits: np.ndarray
    _view: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.values, Ragged):
            object.__setattr__(self, "values", _as_array(self.values))
        splits = np.asarray(self.row_splits)
        # (feature-C9)
        if splits.ndim != 1 or splits.size < 1 or splits.dtype.kind not in "iu":
            raise ValueError(
                "row_splits must be integers of shape [batch + 1], found "
                f"{splits.dtype} of shape {list(splits.shape)}"
            )
        splits = np.ascontiguousarray(splits, np.int64)
        object.__setattr__(self, "row_splits", splits)
        values = self.values
        if isinstance(values, np.ndarray) and values.dtype in _VIEWED_DTYPES:
            if values.flags.c_contiguous:
                view = _embcol.RaggedView(values, splits)
                object.__setattr__(self, "_view", view)

    def __reduce__(self) -> Any:
        return Ragged, (self.values, self.row_splits)

    def __len__(self) -> int:
        return len(self.row_splits) - 1

    def row(self, index: int) -> Any:
        """A row.

        Args:
          index: its number.

        Returns:
          Its entries [entries]; of rows of steps, a list of the steps' entries.

        Raises:
          IndexError: if there is no such row.

        >>> Ragged(Ragged([7, 8, 9], [0, 2, 3]), [0, 0, 2]).row(1)
        [array([7, 8]), array([9])]
        """
        if not 0 <= index < len(self):
            raise IndexError(f"no row {index} among {len(self)}")
        begin, end = self.row_splits[index : index + 2]
        if isinstance(self.values, Ragged):
            return [self.values.row(step) for step in range(begin, end)]
        return self.values[begin:end]


@dataclass(frozen=True, eq=False)
class SparseTensor:
    """Cells by their coordinates, as TensorFlow's SparseTensor.

    Args:
      indices: int64 [cells, 2], or [cells, 3] for sequence columns: row, place
        and entry of each cell, in any order. [cells, 1] is a cell a row.
      values: [cells]. None of them is dropped.
      dense_shape: int64 [1], [2] or [3].

    Raises:
      ValueError: if the shapes do not go together, or indices or shape are no
        integers. Whether cells are inside the shape is checked when the feature
        is read.

    >>> SparseTensor([[0, 0], [2, 1]], ["AA", "UA"], [3, 2]).values
    array(['AA', 'UA'], dtype=object)
    """

    indices: np.ndarray
    values: np.ndarray
    dense_shape: np.ndarray

    def __post_init__(self) -> None:
        values = _as_array(self.values)
        shape = _as_int64(self.dense_shape, "dense_shape")
        indices = _as_int64(self.indices, "indices")
        if indices.size == 0:
            indices = indices.reshape(0, shape.size)
        # (feature-C10)
        if indices.ndim != 2 or values.shape != indices.shape[:1]:
            raise ValueError(
                "a SparseTensor has indices of shape [cells, rank] and values "
                f"of shape [cells], found {list(indices.shape)} and "
                f"{list(values.shape)}"
            )
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "indices", indices)
        object.__setattr__(self, "dense_shape", shape)


def as_float32(array: np.ndarray, what: str) -> np.ndarray:
    """`array` as float32; ValueError, naming the row, for what exceeds it."""
    if array.dtype == np.float32:
        return array
    with np.errstate(over="ignore"):
        converted = array.astype(np.float32)
    exceeds = np.isinf(converted) & ~np.isinf(array)
    # (feature-C14)
    if exceeds.any():
        place = np.unravel_index(np.argmax(exceeds), array.shape)
        raise ValueError(
            f"{what}: value {array[place]} in row {int(place[0])} exceeds "
            "float32"
        )
    return converted


def _as_array(values: Any) -> np.ndarray | Strings:
    """As numpy has it, but for lists and tuples, which are as in TensorFlow.

    Floats are float32, and numbers among words are no words.
    """
    strings = as_strings(values)
    if strings is not None:
        return strings
    if not isinstance(values, (list, tuple)):
        return np.asarray(values)
    # numpy would look at all of the words, to make them equally long.
    if values and set(map(type, values)) <= {str, bytes}:
        return np.array(values, object)
    array = np.asarray(values)
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype.kind in "SU":
        # numpy writes numbers as words, and cuts zeros at the end of a word.
        return np.asarray(values, object)
    return array


def _as_int64(array: Any, what: str) -> np.ndarray:
    array = np.asarray(array)
    # (feature-C10)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(
            f"{what} of a SparseTensor must be integers, found {array.dtype}"
        )
    return np.ascontiguousarray(array, np.int64)


def _of_rank_2(sparse: SparseTensor) -> SparseTensor:
    """A SparseTensor of rank 1, a cell a row, as one of rank 2."""
    if sparse.dense_shape.shape != (1,) or sparse.indices.shape[1] != 1:
        return sparse
    indices = np.pad(sparse.indices, ((0, 0), (0, 1)))
    return SparseTensor(indices, sparse.values, [*sparse.dense_shape, 1])


def as_ragged(parts: Sequence[Any]) -> Ragged:
    """A ragged array of a program: values, then splits, the inner ones first."""
    values, *splits = parts
    for split in splits:
        values = Ragged(values, split)
    return values


def check_same_rows(column: str, ids: Ragged, weights: Ragged) -> None:
    """ValueError, naming the row, unless each id has one weight."""
    counts = np.diff(ids.row_splits), np.diff(weights.row_splits)
    # (lookup-C10)
    if len(counts[0]) != len(counts[1]):
        raise ValueError(
            f'column "{column}": ids have {len(counts[0])} rows but weights '
            f"have {len(counts[1])}"
        )
    differ = np.flatnonzero(counts[0] != counts[1])
    # (lookup-C10)
    if differ.size:
        row = differ[0]
        raise ValueError(
            f'column "{column}": row {row} has {counts[0][row]} ids but '
            f"{counts[1][row]} weights"
        )
    # (lookup-C10)
    if len(weights.values) != len(ids.values):
        raise ValueError(
            f'column "{column}": {len(ids.values)} ids but '
            f"{len(weights.values)} weights"
        )


class FeatureInput(NamedTuple):
    """A feature as a program takes it."""

    key: str
    # The feature of the ids that these weights belong to; '' for ids.
    weights_of: str
    # "int64", "string" or "float32".
    kind: str
    # "entries", "places" (which the tensor core cuts), or "steps" of entries.
    form: str

    @property
    def ragged_rank(self) -> int:
        return 1 if self.form == "entries" else 2


class WeightForm(NamedTuple):
    """How weights were given, for what belongs to them to be returned likewise.

    Attributes:
      shape: of an array, or of the values of a SparseTensor; None for a Ragged.
      layout: how the cells became ragged; None for a Ragged, whose cells are.
    """

    shape: tuple[int, ...] | None
    layout: Any

    def restore(self, ragged: Any) -> Any:
        """A ragged result of a program in this form; cells not in it are 0."""
        values, *splits = ragged.parts
        if self.shape is None:
            return Ragged(values, splits[-1].copy())
        cells = np.zeros(self.shape, np.float32)
        cells.reshape(-1)[self.layout.order()] = values
        return cells


def _form_of(feature: Any) -> type:
    """Which of the forms a feature has. `Strings` are an array."""
    return np.ndarray if isinstance(feature, Strings) else type(feature)


def _row_of(feature: Any, position: int) -> int:
    """The row of the batch that cell number `position` of a feature is in."""
    if isinstance(feature, SparseTensor):
        return int(feature.indices[position, 0])
    if isinstance(feature, Ragged):
        if isinstance(feature.values, Ragged):
            position = _row_of(feature.values, position)
        return int(np.searchsorted(feature.row_splits, position, "right")) - 1
    return position // (feature.size // len(feature))


class FeatureReader:
    """Reads the features of one call.

    Args:
      features: by key, numpy arrays, `Ragged` or `SparseTensor`.
      columns: the names of the columns that read a feature, by its key, for
        error messages.
      weight_dtypes: the dtypes that a weight feature may have, by its key.
      ordered: the features whose sparse cells must stand in order, those of
        lookups that are not safe.
      keeps_weights: whether what is read must outlive the user's arrays.

    Attributes:
      weight_forms: the forms of the weights that were read.
    """

    def __init__(
        self,
        features: Mapping[str, Any],
        columns: Mapping[str, Sequence[str]],
        weight_dtypes: Mapping[str, Sequence[str]],
        ordered: Collection[str] = (),
        keeps_weights: bool = False,
    ) -> None:
        # (feature-C1)
        if not isinstance(features, Mapping):
            raise TypeError(
                "features must be a dict from feature names to arrays, found "
                f"{type(features).__name__}"
            )
        self._features = features
        self._columns = columns
        self._weight_dtypes = weight_dtypes
        self._ordered = ordered
        self._keeps_weights = keeps_weights
        # How the ids of a feature were made ragged: their weights go with them.
        self._layouts: dict[tuple[str, int], Any] = {}
        self.weight_forms: dict[FeatureInput, WeightForm] = {}

    def read(self, inputs: Sequence[FeatureInput]) -> list[Any]:
        """The arguments of a program that takes these inputs."""
        values = []
        for item in inputs:
            if item.weights_of:
                values.append(self._read_weights(item))
            else:
                values.append(self._read_ids(item))
        return values

    def read_strings(self, key: str, array: np.ndarray) -> Any:
        """A tensor of strings, of any rank, none of which is dropped."""
        item = FeatureInput(key, "", "string", "entries")
        cells = self._cells(item, array, array)
        return _embcol.string_tensor(cells, list(array.shape))

    def _feature(self, key: str) -> Any:
        # (feature-C2)
        if key not in self._features:
            raise ValueError(
                f"Feature {key} is not in features.{self._of_columns(key)}"
            )
        feature = self._features[key]
        if isinstance(feature, SparseTensor):
            return _of_rank_2(feature)
        if isinstance(feature, Ragged):
            return feature
        # (feature-C8)
        if isinstance(feature, np.ma.MaskedArray):
            raise self._error(
                key, "masked arrays are not taken; fill the mask with -1 or ''"
            )
        try:
            array = _as_array(feature)
        # (feature-C3)
        except ValueError as error:
            raise self._error(key, str(error)) from None
        # (feature-C3)
        if array.ndim == 0:
            raise ValueError(
                f"Feature {key} cannot have rank 0."
                f" Give it at least a batch axis.{self._of_columns(key)}"
            )
        return array

    def _of_columns(self, key: str) -> str:
        names = ", ".join(self._columns.get(key, ()))
        return f" (column {names})" if names else ""

    def _error(self, key: str, message: str) -> ValueError:
        return ValueError(f"feature {key}: {message}{self._of_columns(key)}")

    # Ids

    def _read_ids(self, item: FeatureInput) -> Any:
        feature = self._feature(item.key)
        if isinstance(feature, Ragged):
            return self._ragged(item, feature, self._cells)
        array = feature.values if isinstance(feature, SparseTensor) else feature
        cells = self._cells(item, array, feature)
        layout = self._layout(item, feature, cells)
        return layout.gather(cells)

    def _check_rank(self, item: FeatureInput, shape: Sequence[int]) -> None:
        # The runtime knows the rank of entries and of steps.
        # (feature-C4)
        if item.form == "places" and len(shape) > 2:
            raise ValueError(f"expected rank 1 to 2, found shape {list(shape)}")

    def _layout(self, item: FeatureInput, feature: Any, cells: Any) -> Any:
        try:
            if isinstance(feature, SparseTensor):
                self._check_rank(item, feature.dense_shape)
                layout = _embcol.RaggedLayout.from_coo(
                    feature.indices,
                    feature.dense_shape,
                    item.ragged_rank,
                    item.form != "steps" and item.key in self._ordered,
                )
            else:
                self._check_rank(item, feature.shape)
                # Unsigned integers have no -1.
                is_padded = feature.dtype.kind != "u"
                layout = _embcol.RaggedLayout.from_dense(
                    cells, list(feature.shape), item.ragged_rank, is_padded
                )
        except (MemoryError, ValueError) as error:
            described = self._error(item.key, str(error))
            raise type(error)(str(described)) from None
        self._layouts[item.key, item.ragged_rank] = layout
        return layout

    def _cells(
        self, item: FeatureInput, array: np.ndarray, feature: Any
    ) -> Any:
        """The cells of ids in row-major order, as the program has them.

        `array` has the cells of `feature`, which tells the row of each.
        """
        wants_string = item.kind == "string"
        kind = array.dtype.kind
        if wants_string and isinstance(array, Strings):
            return self._offsets(item.key, array)
        if wants_string and kind in "SU":
            native = array.astype(array.dtype.newbyteorder("="), copy=False)
            try:
                return _embcol.strings_from_array(
                    np.ascontiguousarray(native), kind == "U"
                )
            except TypeError:
                return self._strings(item.key, array, feature)
        if wants_string and (kind in "OT" or array.size == 0):
            return self._strings(item.key, array, feature)
        if not wants_string and (kind in "iu" or array.size == 0):
            return _embcol.array(self._integers(item.key, array, feature))
        # (feature-C5)
        wanted = "strings" if wants_string else "integers"
        raise self._error(
            item.key, f"expected {wanted}, found dtype {array.dtype}"
        )

    def _offsets(self, key: str, strings: Strings) -> Any:
        try:
            return _embcol.strings_from_offsets(strings.data, strings.offsets)
        # (feature-C17)
        except ValueError as error:
            raise self._error(key, str(error)) from None

    def _strings(self, key: str, array: np.ndarray, feature: Any) -> Any:
        try:
            if array.dtype.kind == "O":
                return _embcol.strings_from_object_array(
                    np.ascontiguousarray(array)
                )
            return _embcol.strings_from_list(array.ravel().tolist())
        except (TypeError, UnicodeEncodeError):
            pass
        # (feature-C7)
        for position, cell in enumerate(array.ravel().tolist()):
            try:
                _embcol.strings_from_list([cell])
            except (TypeError, UnicodeEncodeError) as error:
                row = _row_of(feature, position)
                raise self._error(
                    key,
                    f"expected strings, found {cell!r} in row {row}: {error}",
                ) from None

    def _integers(
        self, key: str, array: np.ndarray, feature: Any
    ) -> np.ndarray:
        if not array.size:
            return np.zeros(0, np.int64)
        if array.dtype == np.uint64:
            largest = array.max()
            # (feature-C6)
            if largest > np.iinfo(np.int64).max:
                row = _row_of(feature, int(np.argmax(array)))
                raise self._error(
                    key, f"value {largest} in row {row} exceeds int64"
                )
        return np.ascontiguousarray(array, np.int64).reshape(-1)

    # Ragged features

    def _ragged(self, item: FeatureInput, feature: Ragged, cells: Any) -> Any:
        inner = None
        values = feature.values
        if isinstance(values, Ragged):
            # (feature-C4)
            if item.form != "steps":
                raise self._error(
                    item.key, "expected rank 2, found a Ragged of rank 3"
                )
            inner, values = values.row_splits, values.values
        # (feature-C9)
        if isinstance(values, Ragged) or values.ndim != 1:
            raise self._error(
                item.key, "expected the values of a Ragged to have rank 1"
            )
        if item.ragged_rank == 2 and inner is None:
            # Each value is a step of its own.
            inner = np.arange(len(values) + 1)
        return _embcol.ragged(
            cells(item, values, feature), inner, feature.row_splits
        )

    # Weights

    def _read_weights(self, item: FeatureInput) -> Any:
        weights = self._feature(item.key)
        ids = self._feature(item.weights_of)
        forms = [_form_of(feature).__name__ for feature in (ids, weights)]
        # (feature-C12)
        if forms[0] != forms[1]:
            raise self._error(
                item.key,
                f"weights must have the form of the ids of {item.weights_of}, "
                f"{forms[0]}, found {forms[1]}",
            )
        if isinstance(weights, Ragged):
            self.weight_forms[item] = WeightForm(None, None)
            return self._ragged(item, weights, self._weight_cells)
        if isinstance(weights, SparseTensor):
            self._check_same(item, "indices", ids.indices, weights.indices)
            self._check_same(
                item, "dense_shape", ids.dense_shape, weights.dense_shape
            )
            array = weights.values
        # (feature-C12)
        elif weights.shape != ids.shape:
            raise self._error(
                item.key,
                f"weights must have the shape of the ids of {item.weights_of}, "
                f"{list(ids.shape)}, found {list(weights.shape)}",
            )
        else:
            array = weights
        cells = self._weight_cells(item, array, weights)
        layout = self._layouts[item.weights_of, item.ragged_rank]
        self.weight_forms[item] = WeightForm(array.shape, layout)
        return layout.gather(cells)

    def _check_same(
        self, item: FeatureInput, what: str, ids: Any, weights: Any
    ) -> None:
        # (feature-C12)
        if ids.shape != weights.shape:
            raise self._error(
                item.key,
                f"weights must have the {what} of the ids of {item.weights_of},"
                f" of shape {list(ids.shape)}, found {list(weights.shape)}",
            )
        # (feature-C12)
        if ids.ndim == 1 and not np.array_equal(ids, weights):
            raise self._error(
                item.key,
                f"weights must have the {what} of the ids of {item.weights_of},"
                f" {ids.tolist()}, found {weights.tolist()}",
            )
        # (feature-C12)
        if not np.array_equal(ids, weights):
            place = int(np.argmax(np.any(ids != weights, axis=1)))
            raise self._error(
                item.key,
                f"weights must have the {what} of the ids of {item.weights_of};"
                f" cell {place} is at {weights[place].tolist()} instead of "
                f"{ids[place].tolist()}",
            )

    def _weight_cells(
        self, item: FeatureInput, array: np.ndarray, feature: Any
    ) -> Any:
        expected = self._weight_dtypes[item.key]
        # (feature-C13)
        if array.dtype.name not in expected:
            raise self._error(
                item.key,
                f"Bad dtype, expected {' or '.join(expected)}, but got "
                f"{array.dtype.name}",
            )
        try:
            converted = as_float32(array.reshape(-1), "weights")
        except ValueError as error:
            raise self._error(item.key, str(error)) from None
        convert = np.array if self._keeps_weights else np.ascontiguousarray
        return _embcol.array(convert(converted))
