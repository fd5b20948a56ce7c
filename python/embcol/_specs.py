# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the compiler takes of columns: their specifications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import _embcol
from ._optimizer_base import KINDS
from .categorical import (
    CategoricalColumn,
    IdentityCategoricalColumn,
    SequenceCategoricalColumn,
    VocabularyListCategoricalColumn,
    WeightedCategoricalColumn,
)
from .config import ModelConfig
from .embedding import BaseEmbeddingColumn, SharedEmbeddingColumn
from .initializers import Constant, RandomUniform, TruncatedNormal
from .optimizers import Optimizer
from .rules import CustomOptimizer
from .step_functions import StepFunction, is_same_function

__all__ = [
    "build_module",
    "build_transform",
    "check_columns",
    "feature_columns",
    "ordered_features",
    "step_functions",
    "weight_dtypes",
]


def check_columns(columns: Any) -> list[BaseEmbeddingColumn]:
    """Checks what concerns several columns, and returns them as a list."""
    if isinstance(columns, (BaseEmbeddingColumn, CategoricalColumn)):
        columns = [columns]
    # (model-C1)
    if not isinstance(columns, Iterable):
        raise TypeError(
            f"columns must be a list of embedding columns, got {columns!r}"
        )
    columns = list(columns)
    # (model-C1)
    if not columns:
        raise ValueError("columns must not be empty.")
    for column in columns:
        # (model-C1)
        if not isinstance(column, BaseEmbeddingColumn):
            raise ValueError(
                "Items of columns must be embedding columns. Wrap a "
                "categorical column with embedding_column. Given: "
                f"{column!r}"
            )
    names: set[str] = set()
    for column in columns:
        # (column-C6)
        if column.name in names:
            raise ValueError(f"Duplicate column name found: {column.name}")
        names.add(column.name)
    for name in [*names, *(column.table_name for column in columns)]:
        # (module-C7)
        if name.startswith("embcol_"):
            raise ValueError(
                f"{name!r} begins with 'embcol_', as what the compiler makes"
            )
    by_table: dict[str, BaseEmbeddingColumn] = {}
    for column in columns:
        first = by_table.setdefault(column.table_name, column)
        _check_same_table(first, column)
    return columns


def _check_same_table(
    first: BaseEmbeddingColumn, other: BaseEmbeddingColumn
) -> None:
    if first is other:
        return
    shares = isinstance(first, SharedEmbeddingColumn) and (
        getattr(other, "shared_embedding_collection_id", None)
        == first.shared_embedding_collection_id
    )
    # (model-C2)
    if not shares:
        raise ValueError(
            f"columns {first.name!r} and {other.name!r} have different tables "
            f"of one name, {first.table_name!r}"
        )
    for attribute in ("dimension", "num_buckets", "initializer"):
        mine, theirs = getattr(first, attribute), getattr(other, attribute)
        # (model-C2)
        if mine != theirs:
            raise ValueError(
                f"columns {first.name!r} and {other.name!r} share table "
                f"{first.table_name!r} but differ in {attribute}: {mine!r} "
                f"and {theirs!r}"
            )


def _as_bytes(word: str) -> bytes:
    return word.encode("utf-8", "surrogateescape")


def _vocabulary(column: CategoricalColumn) -> Any:
    if isinstance(column, IdentityCategoricalColumn):
        return None
    is_string = column.dtype == "string"
    tokens, file = None, ""
    if isinstance(column, VocabularyListCategoricalColumn):
        tokens = list(column.vocabulary_list)
        if is_string:
            tokens = [_as_bytes(word) for word in tokens]
    else:
        file = column.vocabulary_file
    return _embcol.vocabulary(
        tokens,
        is_string,
        file,
        column.vocabulary_size,
        column.num_oov_buckets,
        # Any negative default stands for unknown.
        max(column.default_value, -1),
    )


def _categorical(column: CategoricalColumn) -> Any:
    weight_key, is_sequence = "", column.is_sequence
    if isinstance(column, WeightedCategoricalColumn):
        weight_key = column.weight_feature_key
        column = column.categorical_column
    if isinstance(column, SequenceCategoricalColumn):
        column = column.categorical_column
    is_identity = isinstance(column, IdentityCategoricalColumn)
    return _embcol.categorical_column(
        column.key,
        is_sequence,
        _vocabulary(column),
        column.num_buckets if is_identity else 0,
        column.default_value if is_identity else None,
        weight_key,
    )


def _embedding(column: BaseEmbeddingColumn) -> Any:
    shape = column.tensor_core_shape
    if shape is not None:
        shape = [-1 if size is None else size for size in shape]
    return _embcol.embedding_column(
        column.name,
        _categorical(column.categorical_column),
        column.table_name,
        column.combiner,
        column.max_sequence_length,
        column.embedding_lookup_device,
        shape,
        column.use_safe_embedding_lookup,
    )


def _initializer(initializer: Any) -> tuple[str, float, float]:
    if isinstance(initializer, TruncatedNormal):
        return "truncated_normal", initializer.mean, initializer.stddev
    if isinstance(initializer, Constant):
        return "constant", initializer.value, 0.0
    if isinstance(initializer, RandomUniform):
        return "uniform", initializer.minval, initializer.maxval
    return "supplied", 0.0, 0.0


def step_functions(
    columns: Sequence[BaseEmbeddingColumn], config: ModelConfig
) -> dict[str, Callable[[int], Any]]:
    """The distinct functions of the step, by a name for each."""
    taken = {c.name for c in columns} | {c.table_name for c in columns}
    given = [(c.learning_rate_fn, "learning_rate") for c in columns]
    given.append((config.gradient_multiplier_fn, "gradient_multiplier"))
    functions: dict[str, Callable[[int], Any]] = {}
    for function, stem in given:
        if function is None or _name_of(functions, function):
            continue
        number = len(functions)
        while f"{stem}_{number}" in taken:
            number += 1
        name = f"{stem}_{number}"
        taken.add(name)
        functions[name] = function
    return functions


def _name_of(functions: Mapping[str, Any], function: Any) -> str:
    for name, other in functions.items():
        if is_same_function(other, function):
            return name
    return ""


def _tables(
    columns: Sequence[BaseEmbeddingColumn], functions: Mapping[str, Any]
) -> list[Any]:
    tables: dict[str, BaseEmbeddingColumn] = {}
    for column in columns:
        first = tables.setdefault(column.table_name, column)
        # (model-C2)
        if functions and not is_same_function(
            first.learning_rate_fn, column.learning_rate_fn
        ):
            raise ValueError(
                f"columns {first.name!r} and {column.name!r} share table "
                f"{column.table_name!r} but differ in learning_rate_fn"
            )
    return [
        _embcol.embedding_table(
            name,
            column.num_buckets,
            column.dimension,
            *_initializer(column.initializer),
            _name_of(functions, column.learning_rate_fn),
        )
        for name, column in tables.items()
    ]


def _optimizer(optimizer: Optimizer | None) -> str | None:
    if optimizer is None:
        return None
    for kind, cls in KINDS.items():
        if type(optimizer) is cls:
            fields = optimizer.rule_fields()
            if cls is CustomOptimizer:
                fields["slots"] = dict(optimizer.slots)
            return _attribute(kind, fields)
    # (optimizer-C2)
    raise TypeError(
        "optimizer must be one of embcol's, found "
        f"{type(optimizer).__name__}"
    )


def _optimizer_options(
    optimizer: Optimizer | None, clipping_limit: float | None
) -> str | None:
    """What updates do besides the rule; None for nothing."""
    if optimizer is None:
        return None
    fields = dict(optimizer.common_fields())
    limits = fields.pop("clipvalue", (None, None))
    if not isinstance(limits, tuple):
        limits = (-limits, limits)
    fields["clip_gradient_min"], fields["clip_gradient_max"] = limits
    if clipping_limit is not None:
        least = max(
            fields.get("clip_weight_min", -clipping_limit), -clipping_limit
        )
        most = min(
            fields.get("clip_weight_max", clipping_limit), clipping_limit
        )
        if least > most:
            raise ValueError(
                f"clipping_limit {clipping_limit} leaves no weights: those of "
                f"{optimizer!r} are beyond it"
            )
        fields["clip_weight_min"], fields["clip_weight_max"] = least, most
    fields = {name: v for name, v in fields.items() if v is not None}
    return _attribute("optimizer_options", fields) if fields else None


def _attribute(name: str, fields: Mapping[str, Any]) -> str:
    return f"#embcol.{name}<{_values(fields)}>"


def _values(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {_value(v)}" for key, v in fields.items())


def _value(value: bool | float | str | Mapping[str, float]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"{{{_values(value)}}}"
    if isinstance(value, str):
        # A rule, whose text the compiler is given beside this.
        return "@rule"
    # All digits of a float, and the point that MLIR wants in one.
    return f"{value:.17e}"


def build_module(
    columns: Sequence[BaseEmbeddingColumn],
    mode: str,
    optimizer: Optimizer | None,
    config: ModelConfig,
    gradient_columns: Sequence[str] | None = None,
    kind: str = "model",
) -> Any:
    """A module of a model; with the columns that gradients are given for.

    By its kind, it has the functions of the "model", "weight_gradients" alone,
    or the two "halves" of the lookup.
    """
    functions = {} if optimizer is None else step_functions(columns, config)
    return _embcol.build_model(
        mode,
        _optimizer(optimizer),
        _optimizer_options(optimizer, config.clipping_limit),
        optimizer.rule if isinstance(optimizer, CustomOptimizer) else "",
        _tables(columns, functions),
        [_embedding(column) for column in columns],
        None if gradient_columns is None else list(gradient_columns),
        _name_of(functions, config.gradient_multiplier_fn),
        config.nonfinite_gradients,
        config.partition_strategy,
        config.num_partitions,
        config.precision,
        config.stochastic_rounding,
        {
            name: function.source
            for name, function in functions.items()
            if isinstance(function, StepFunction)
        },
        kind,
    )


def build_transform(column: CategoricalColumn) -> Any:
    """The module that makes ids of a categorical column's tokens."""
    return _embcol.build_transform(_categorical(column))


def weight_dtypes(
    columns: Sequence[CategoricalColumn],
) -> Mapping[str, list[str]]:
    """The dtypes that weight features may have, by key."""
    dtypes: dict[str, list[str]] = {}
    for column in columns:
        if isinstance(column, WeightedCategoricalColumn):
            known = dtypes.setdefault(column.weight_feature_key, [])
            if column.dtype not in known:
                known.append(column.dtype)
    return dtypes


def feature_columns(
    columns: Sequence[CategoricalColumn], names: Sequence[str]
) -> Mapping[str, list[str]]:
    """The names of the columns that read a feature, by its key."""
    readers: dict[str, list[str]] = {}
    for column, name in zip(columns, names):
        readers.setdefault(column.key, []).append(name)
        if isinstance(column, WeightedCategoricalColumn):
            readers.setdefault(column.weight_feature_key, []).append(name)
    return readers


def ordered_features(columns: Sequence[BaseEmbeddingColumn]) -> set[str]:
    """The features of the pooled columns whose lookup is not safe."""
    return {
        column.key
        for column in columns
        if not column.use_safe_embedding_lookup and not column.is_sequence
    }
