# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Columns and optimizers as plain dictionaries, which JSON can write.

Python functions are not written; those of MLIR are. A column that had an
initializer of the user's own comes back with `initializers.Supplied` in its
place; one that had a `learning_rate_fn` is given it again when it is read.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from . import initializers, optimizers
from ._arguments import as_tuple
from ._optimizer_base import KINDS, OPTIONAL_FIELDS
from .categorical import (
    CategoricalColumn,
    IdentityCategoricalColumn,
    SequenceCategoricalColumn,
    VocabularyFileCategoricalColumn,
    VocabularyListCategoricalColumn,
    WeightedCategoricalColumn,
)
from .config import ModelConfig
from .embedding import (
    BaseEmbeddingColumn,
    EmbeddingColumn,
    SharedEmbeddingColumn,
)
from .step_functions import StepFunction

__all__ = [
    "MissingLearningRateFn",
    "config_from_dict",
    "config_to_dict",
    "from_dict",
    "optimizer_from_dict",
    "optimizer_to_dict",
    "to_dict",
]

VERSION = 1

_CATEGORICAL_KINDS = {
    "identity": IdentityCategoricalColumn,
    "vocabulary_list": VocabularyListCategoricalColumn,
    "vocabulary_file": VocabularyFileCategoricalColumn,
    "weighted": WeightedCategoricalColumn,
    "sequence": SequenceCategoricalColumn,
}
_EMBEDDING_KINDS = {
    "embedding": EmbeddingColumn,
    "shared_embedding": SharedEmbeddingColumn,
}
_INITIALIZER_KINDS = {
    "truncated_normal": initializers.TruncatedNormal,
    "constant": initializers.Constant,
    "random_uniform": initializers.RandomUniform,
    "supplied": initializers.Supplied,
}

PathHook = Callable[[str], str | os.PathLike]


@dataclasses.dataclass(frozen=True, slots=True)
class MissingLearningRateFn:
    """Stands for a learning-rate function that was not given again.

    It says that the column was trained with one, and cannot train without.
    """

    column_name: str

    def __call__(self, step: Any) -> float:
        raise ValueError(_missing_message([self.column_name]))


def _missing_message(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return (
        f"learning_rate_fn of {listed} is a Python function, which is not "
        "saved: give it again, as learning_rate_fns={column name: function}."
    )


def _write_function(function: Any) -> str | bool:
    """The text of a function; of Python's, whether there is one."""
    if isinstance(function, StepFunction):
        return function.source
    return function is not None


def _field_names(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


def _kind_of(value: Any, kinds: Mapping[str, type]) -> str | None:
    for kind, cls in kinds.items():
        if type(value) is cls:
            return kind
    return None


def _write(kind: str, value: Any) -> dict[str, Any]:
    """The fields of a value whose fields are plain already."""
    fields = {name: getattr(value, name) for name in _field_names(type(value))}
    return {"kind": kind, **fields}


def _read_fields(
    saved: Any,
    kinds: Mapping[str, type],
    where: str,
    optional: Container[str] = (),
) -> tuple[type, dict[str, Any]]:
    """The class that `saved` is of, and its fields.

    None may be missing, but for those that are optional.
    """
    if not isinstance(saved, Mapping):
        raise ValueError(f"{where} must be a dictionary. Got {saved!r}.")
    fields = dict(saved)
    kind = fields.pop("kind", None)
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(
            f"kind of {where} must be one of {', '.join(kinds)}. Got {kind!r}."
        )
    expected = _field_names(kinds[kind])
    for name in expected:
        if name not in fields and name not in optional:
            raise ValueError(f"{where}, of kind {kind}, has no {name!r}.")
    for name in fields:
        if name not in expected:
            raise ValueError(f"{where}, of kind {kind}, has an odd {name!r}.")
    return kinds[kind], fields


def _read_plain(saved: Any, kinds: Mapping[str, type], where: str) -> Any:
    """The reverse of `_write`."""
    cls, fields = _read_fields(saved, kinds, where)
    return cls(**fields)


class _Paths:
    """Rewrites paths with the user's function, called once for each."""

    def __init__(self, rewrite: PathHook | None) -> None:
        self._rewrite = rewrite
        self._rewritten: dict[str, str] = {}

    def __getitem__(self, path: str) -> str:
        if self._rewrite is None:
            return path
        if path not in self._rewritten:
            self._rewritten[path] = os.fspath(self._rewrite(path))
        return self._rewritten[path]


class _Writer:
    """Writes columns."""

    def __init__(self, vocabulary_path: PathHook | None) -> None:
        self._paths = _Paths(vocabulary_path)

    def categorical(self, column: CategoricalColumn) -> dict[str, Any]:
        """A categorical column, with the one inside it."""
        kind = _kind_of(column, _CATEGORICAL_KINDS)
        fields = _write(kind, column)
        if kind in ("weighted", "sequence"):
            inner = column.categorical_column
            fields["categorical_column"] = self.categorical(inner)
        if kind == "vocabulary_list":
            fields["vocabulary_list"] = list(column.vocabulary_list)
        if kind == "vocabulary_file":
            fields["vocabulary_file"] = self._paths[column.vocabulary_file]
        return fields

    def embedding(self, column: BaseEmbeddingColumn) -> dict[str, Any]:
        """An embedding column, less its functions."""
        fields = _write(_kind_of(column, _EMBEDDING_KINDS), column)
        fields["categorical_column"] = self.categorical(
            column.categorical_column
        )
        kind = _kind_of(column.initializer, _INITIALIZER_KINDS)
        if kind is None:
            fields["initializer"] = {"kind": "supplied"}
        else:
            fields["initializer"] = _write(kind, column.initializer)
        fields["learning_rate_fn"] = _write_function(column.learning_rate_fn)
        if column.tensor_core_shape is not None:
            fields["tensor_core_shape"] = list(column.tensor_core_shape)
        return fields

    def column(self, column: Any) -> dict[str, Any]:
        """A column of either kind."""
        if _kind_of(column, _EMBEDDING_KINDS):
            return self.embedding(column)
        if _kind_of(column, _CATEGORICAL_KINDS):
            return self.categorical(column)
        raise TypeError(f"cannot save {column!r}: it is no column of embcol.")


class _Reader:
    """Reads columns, and remembers which functions it has used."""

    def __init__(
        self,
        vocabulary_path: PathHook | None,
        learning_rate_fns: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._paths = _Paths(vocabulary_path)
        self._learning_rate_fns = learning_rate_fns
        self.used: set[str] = set()

    def categorical(self, saved: Any, where: str) -> CategoricalColumn:
        """A categorical column, with the one inside it."""
        cls, fields = _read_fields(saved, _CATEGORICAL_KINDS, where)
        if "categorical_column" in fields:
            fields["categorical_column"] = self.categorical(
                fields["categorical_column"], f"categorical_column of {where}"
            )
        if "vocabulary_file" in fields:
            path = fields["vocabulary_file"]
            fields["vocabulary_file"] = self._paths[path]
        return cls(**fields)

    def embedding(self, saved: Any, where: str) -> BaseEmbeddingColumn:
        """An embedding column, with its learning-rate function if given."""
        cls, fields = _read_fields(saved, _EMBEDDING_KINDS, where)
        fields["categorical_column"] = self.categorical(
            fields["categorical_column"], f"categorical_column of {where}"
        )
        fields["initializer"] = _read_plain(
            fields["initializer"], _INITIALIZER_KINDS, f"initializer of {where}"
        )
        function = fields.pop("learning_rate_fn")
        column = cls(**fields)
        if not function:
            return column
        if isinstance(function, str):
            function = StepFunction(function)
        else:
            function = self._learning_rate_fn(column)
        return dataclasses.replace(column, learning_rate_fn=function)

    def _learning_rate_fn(self, column: BaseEmbeddingColumn) -> Any:
        """The function given for a column, or for the table it shares."""
        for name in (column.name, column.table_name):
            if self._learning_rate_fns.get(name) is not None:
                self.used.add(name)
                return self._learning_rate_fns[name]
        return MissingLearningRateFn(column.name)

    def column(self, saved: Any, where: str) -> Any:
        """A column of either kind."""
        kind = saved.get("kind") if isinstance(saved, Mapping) else None
        if kind in tuple(_CATEGORICAL_KINDS):
            return self.categorical(saved, where)
        return self.embedding(saved, where)


def to_dict(
    columns: Iterable[CategoricalColumn | BaseEmbeddingColumn],
    vocabulary_path: PathHook | None = None,
) -> dict[str, Any]:
    """Columns as a dictionary that `json.dumps` takes.

    Args:
      columns: a list of embedding or categorical columns.
      vocabulary_path: a function from the path of a vocabulary file to the
        path to write in its place, called once for each file: the place to
        copy the file. Without one, paths are written as they are.

    Raises:
      TypeError: if something in the list is no column.

    >>> from .columns import categorical_column_with_identity
    >>> to_dict([categorical_column_with_identity("hour", 24)])["columns"]
    [{'kind': 'identity', 'key': 'hour', 'num_buckets': 24, \
'default_value': None}]
    """
    writer = _Writer(vocabulary_path)
    columns = as_tuple(columns, "columns")
    written = [writer.column(column) for column in columns]
    return {"version": VERSION, "columns": written}


def from_dict(
    saved: Mapping[str, Any],
    learning_rate_fns: Mapping[str, Callable[..., Any]] | None = None,
    vocabulary_path: PathHook | None = None,
    training: bool = True,
) -> list[CategoricalColumn | BaseEmbeddingColumn]:
    """The columns that `to_dict` wrote, in the same order.

    They equal those that were written, except for functions. Columns that
    shared a table share one again.

    Args:
      saved: what `to_dict` returned, also after JSON wrote and read it.
      learning_rate_fns: the function of each column that was written with one,
        by the name of the column or of the table.
      vocabulary_path: a function from the path that was written to the path to
        read, called once for each file.
      training: whether each of those functions must be given. If not, a column
        without has one that raises the same error when a step is trained.

    Raises:
      ValueError: naming the columns whose functions are missing; naming a
        function that belongs to no column; or if `saved` is not what `to_dict`
        returns, and as for making the columns.
      OSError: if a vocabulary file is missing or cannot be read.

    >>> from .columns import categorical_column_with_identity, embedding_column
    >>> hour = categorical_column_with_identity("hour", 24)
    >>> columns = [embedding_column(hour, 8)]
    >>> from_dict(to_dict(columns)) == columns
    True
    """
    if not isinstance(saved, Mapping) or saved.get("version") != VERSION:
        version = saved.get("version") if isinstance(saved, Mapping) else saved
        raise ValueError(
            f"version of the saved columns must be {VERSION}. Got {version!r}."
        )
    if not isinstance(saved.get("columns"), (list, tuple)):
        raise ValueError("the saved columns have no list 'columns'.")
    if learning_rate_fns is None:
        learning_rate_fns = {}
    if not isinstance(learning_rate_fns, Mapping):
        raise TypeError(
            "learning_rate_fns must be a dictionary from column names to "
            f"functions. Got {learning_rate_fns!r}."
        )
    reader = _Reader(vocabulary_path, learning_rate_fns)
    columns = [
        reader.column(column, f"saved column {position}")
        for position, column in enumerate(saved["columns"])
    ]
    _check_learning_rate_fns(columns, learning_rate_fns, reader.used, training)
    return columns


def _check_learning_rate_fns(
    columns: Iterable[Any],
    given: Mapping[str, Any],
    used: set[str],
    training: bool,
) -> None:
    """Refuses functions that belong to no column, and missing ones."""
    for name in given:
        if name not in used:
            raise ValueError(
                f"learning_rate_fns has {name!r}, but no column or table of "
                "this name was saved with a learning_rate_fn."
            )
    missing = [
        column.name
        for column in columns
        if isinstance(column, BaseEmbeddingColumn)
        and isinstance(column.learning_rate_fn, MissingLearningRateFn)
    ]
    if training and missing:
        raise ValueError(_missing_message(missing))


def optimizer_to_dict(optimizer: optimizers.Optimizer) -> dict[str, Any]:
    """An optimizer as a dictionary that `json.dumps` takes.

    Raises:
      TypeError: if it is none.

    >>> optimizer_to_dict(optimizers.SGD(0.5))
    {'kind': 'sgd', 'learning_rate': 0.5}
    """
    kind = _kind_of(optimizer, KINDS)
    if kind is None:
        raise TypeError(f"cannot save {optimizer!r}: it is no optimizer.")
    fields = {**optimizer.rule_fields(), **optimizer.common_fields()}
    return {"kind": kind, **fields}


def optimizer_from_dict(saved: Mapping[str, Any]) -> optimizers.Optimizer:
    """The optimizer that `optimizer_to_dict` wrote.

    Raises:
      ValueError: if `saved` is not what `optimizer_to_dict` returns.

    >>> optimizer_from_dict({"kind": "sgd", "learning_rate": 0.5})
    SGD(learning_rate=0.5)
    """
    where = "the saved optimizer"
    cls, fields = _read_fields(saved, KINDS, where, OPTIONAL_FIELDS)
    return cls(**fields)


def config_to_dict(config: ModelConfig) -> dict[str, Any]:
    """A model's configuration as a dictionary that `json.dumps` takes.

    >>> config_to_dict(ModelConfig(clipping_limit=2.0))
    {'clipping_limit': 2.0, 'gradient_multiplier_fn': False, \
'partition_strategy': 'div', 'num_partitions': 1, 'precision': 'f32', \
'stochastic_rounding': False, 'nonfinite_gradients': 'refuse'}
    """
    fields = {name: getattr(config, name) for name in _field_names(ModelConfig)}
    fields["gradient_multiplier_fn"] = _write_function(
        config.gradient_multiplier_fn
    )
    return fields


def config_from_dict(
    saved: Mapping[str, Any], gradient_multiplier_fn: Any, training: bool
) -> ModelConfig:
    """The configuration that `config_to_dict` wrote.

    Args:
      saved: what `config_to_dict` returned, also after JSON wrote and read it.
      gradient_multiplier_fn: the function, if it was written with a Python one.
      training: whether that function must be given.

    Raises:
      ValueError: if it is missing, or given to a model that has none; or if
        `saved` is not what `config_to_dict` returns.
    """
    if not isinstance(saved, Mapping):
        raise ValueError(f"the saved config must be a dict. Got {saved!r}.")
    _, fields = _read_fields(
        {**saved, "kind": "config"},
        {"config": ModelConfig},
        "the saved config",
        # What models that were saved before there was a choice do not say.
        optional=("precision", "stochastic_rounding", "nonfinite_gradients"),
    )
    function = fields["gradient_multiplier_fn"]
    is_python = function is True
    if gradient_multiplier_fn is not None and not is_python:
        raise ValueError(
            "gradient_multiplier_fn was given, but the model was saved without "
            "a Python function of this name."
        )
    if is_python and gradient_multiplier_fn is None and training:
        raise ValueError(
            "gradient_multiplier_fn is a Python function, which is not saved: "
            "give it again."
        )
    fields["gradient_multiplier_fn"] = gradient_multiplier_fn
    if isinstance(function, str):
        fields["gradient_multiplier_fn"] = StepFunction(function)
    return ModelConfig(**fields)
