# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models: lookups and updates."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _embcol, saving
from ._specs import (
    build_module,
    check_columns,
    feature_columns,
    ordered_features,
    step_functions,
    weight_dtypes,
)
from .config import ModelConfig
from .embedding import BaseEmbeddingColumn
from .features import FeatureInput, FeatureReader, as_float32
from .initializers import Initializer
from .optimizers import Optimizer
from .step_functions import StepFunctions
from .tables import Tables

__all__ = ["Model", "SequenceEmbedding"]

_STAGES = ("embcol", "placed", "lowered", "llvm")


class SequenceEmbedding(NamedTuple):
    """The lookup of a sequence column.

    Attributes:
      values: float32 [batch, max_sequence_length, dimension].
      lengths: int64 [batch], at most max_sequence_length.
    """

    values: np.ndarray
    lengths: np.ndarray


class _Column(NamedTuple):
    """Where a column stands among the results of the lookup."""

    name: str
    dimension: int
    is_sequence: bool
    offset: int
    ids: int
    weights: int | None


def _layer_message(column: _Column) -> str:
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


class Model:
    """A compiled model; made by `compile` and `load`.

    Attributes:
      columns: the embedding columns, in the order given.
      mode: "training" or "serving".
      optimizer: the optimizer, None in serving.
      config: the further arguments of `compile`, a ModelConfig:
        `clipping_limit`, `gradient_multiplier_fn`, `partition_strategy`,
        `num_partitions`.
      tables: the tables by name: numpy views to read, assignment to write.
      global_step: the number of steps trained: the step that `apply_gradients`
        is at when it is given none.
    """

    def __init__(
        self,
        columns: Sequence[BaseEmbeddingColumn],
        mode: str,
        optimizer: Optimizer | None,
        config: ModelConfig,
        seed: int,
        core: Any = None,
        is_initialized: bool = True,
        reference: bool = False,
    ) -> None:
        self.columns = check_columns(columns)
        self.mode = mode
        self.optimizer = optimizer if mode == "training" else None
        self.config = config
        self.seed = seed
        self.global_step = 0
        self._reference = reference
        functions = step_functions(self.columns, config)
        self._functions = StepFunctions(
            functions if self.optimizer else {}, config.gradient_multiplier_fn
        )
        self._module = build_module(self.columns, mode, self.optimizer, config)
        self._core = core
        if core is None:
            self._core = self._module.create_core(seed, is_initialized)
            if is_initialized:
                self._initialize()
        self.tables = Tables(self._core)
        self._program = self._compile(self._module)
        layout = self._module.layout()
        self._lookup = layout["lookup"]
        self._inputs = [FeatureInput(*item) for item in layout["inputs"]]
        self._layout = [_Column(*item) for item in layout["columns"]]
        pooled = [c for c in self._layout if not c.is_sequence]
        self._has_pooled = bool(pooled)
        categoricals = [c.categorical_column for c in self.columns]
        self._readers = feature_columns(
            categoricals, [c.name for c in self.columns]
        )
        self._weight_dtypes = weight_dtypes(categoricals)
        self._ordered = ordered_features(self.columns)
        self._max_lengths = {
            c.name: c.max_sequence_length for c in self.columns
        }
        # For gradients of some columns alone, compiled when first asked for.
        names = frozenset(c.name for c in self._layout)
        self._updates = {names: (layout, self._program)}
        self._last: tuple[list[Any], list[Any]] | None = None

    def _compile(self, module: Any) -> Any:
        addresses = self._functions.addresses()
        return module.compile(self._core, self.mode, addresses, self._reference)

    def _initialize(self) -> None:
        """Writes the tables whose initializers are functions of Python."""
        tables = Tables(self._core)
        for column in {c.table_name: c for c in self.columns}.values():
            if isinstance(column.initializer, Initializer):
                continue
            shape = (column.num_buckets, column.dimension)
            tables[column.table_name] = column.initializer(shape, np.float32)

    # Lookups

    def _run(self, features: Mapping[str, Any]) -> list[Any]:
        is_training = self.mode == "training"
        # Gradients never belong to a lookup before one that failed.
        self._last = None
        reader = FeatureReader(
            features,
            self._readers,
            self._weight_dtypes,
            self._ordered,
            keeps_weights=is_training,
        )
        inputs = reader.read(self._inputs)
        results = self._program.call(self._lookup, inputs)
        if is_training:
            num_ids = 1 + max(column.ids for column in self._layout)
            self._last = (results[-num_ids:], inputs)
        return results

    def _sequences(self, results: list[Any]) -> dict[str, SequenceEmbedding]:
        sequences = {}
        position = int(self._has_pooled)
        for column in self._layout:
            if column.is_sequence:
                values, lengths = results[position : position + 2]
                sequences[column.name] = SequenceEmbedding(
                    values.parts[0], lengths.parts[0]
                )
                position += 2
        return sequences

    def lookup(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Looks up all columns.

        Args:
          features: by key, numpy arrays ([batch] or [batch, entries], in which
            -1 and '' are missing), `Ragged` or `SparseTensor`.

        Returns:
          By column name, float32 [batch, dimension], a view of one array of all
          pooled columns; for a sequence column a `SequenceEmbedding`.

        Raises:
          ValueError: for a feature that is missing, has another dtype or rank,
            row splits that do not fit, weights without their ids, or batches
            that differ.
          IndexError: for an id that is not a row of the column's table.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4, "sum")])
        >>> found = model.lookup({"hour": numpy.array([[7, -1], [7, 23]])})
        >>> found["hour_embedding"].shape
        (2, 4)
        """
        results = self._run(features)
        found: dict[str, Any] = dict(self._sequences(results))
        if self._has_pooled:
            joined = results[0].parts[0]
            for column in self._layout:
                if not column.is_sequence:
                    end = column.offset + column.dimension
                    found[column.name] = joined[:, column.offset : end]
        return {column.name: found[column.name] for column in self.columns}

    def input_layer(
        self,
        features: Mapping[str, Any],
        feature_columns: Sequence[BaseEmbeddingColumn] | None = None,
    ) -> np.ndarray:
        """Looks up pooled columns, joined in the order of their names.

        Args:
          features: as for `lookup`, those of all columns of the model.
          feature_columns: the columns to join, of the model's; all its pooled
            columns when left out.

        Returns:
          float32 [batch, sum of dimensions].

        Raises:
          ValueError: for a sequence column, no columns, a column twice or one
            that the model does not have, naming it; and as `lookup` does.
          IndexError: as `lookup` does.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
        >>> model.input_layer({"hour": numpy.array([7, 23])}).shape
        (2, 4)
        """
        chosen = self._choose(feature_columns, is_sequence=False)
        joined = self._run(features)[0].parts[0]
        if len(chosen) == sum(not c.is_sequence for c in self._layout):
            return joined
        slices = [joined[:, c.offset : c.offset + c.dimension] for c in chosen]
        return np.concatenate(slices, axis=1)

    def _choose(
        self,
        feature_columns: Sequence[BaseEmbeddingColumn] | None,
        is_sequence: bool,
    ) -> list[_Column]:
        """The columns of a layer, in the order of their names."""
        names = {c.name for c in self._layout if c.is_sequence == is_sequence}
        if feature_columns is not None:
            chosen = check_columns(feature_columns)
            for column in chosen:
                # (model-C4)
                if column not in self.columns:
                    raise ValueError(
                        f"column {column.name} is not one of the model's"
                    )
            names = {column.name for column in chosen}
        elif not names:
            # Those of the other kind, to name one of them.
            names = {c.name for c in self._layout}
        found = [c for c in self._layout if c.name in names]
        for column in found:
            # (model-C5)
            if column.is_sequence != is_sequence:
                raise ValueError(_layer_message(column))
        return found

    def sequence_input_layer(
        self,
        features: Mapping[str, Any],
        feature_columns: Sequence[BaseEmbeddingColumn] | None = None,
    ) -> SequenceEmbedding:
        """Looks up sequence columns, joined in the order of their names.

        Args:
          features: as for `lookup`, those of all columns of the model.
          feature_columns: the columns to join, of the model's; all its sequence
            columns when left out.

        Returns:
          Values, float32 [batch, max_sequence_length, sum of dimensions], and
          lengths, int64 [batch].

        Raises:
          ValueError: for a pooled column, no columns, a column twice or one that
            the model does not have, naming it; for columns whose sequences
            differ in length; and as `lookup` does.
          IndexError: as `lookup` does.

        >>> import embcol, numpy
        >>> hours = embcol.sequence_categorical_column_with_identity("hours", 24)
        >>> column = embcol.embedding_column(hours, 4, max_sequence_length=3)
        >>> model = embcol.compile([column])
        >>> values, lengths = model.sequence_input_layer(
        ...     {"hours": numpy.array([[7, 8], [23, -1]])})
        >>> values.shape, lengths.tolist()
        ((2, 3, 4), [2, 1])
        """
        chosen = self._choose(feature_columns, is_sequence=True)
        found = self._sequences(self._run(features))
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

    # Updates

    def apply_gradients(
        self, gradients: Mapping[str, Any], step: int | None = None
    ) -> None:
        """Updates the tables by the gradients of the last lookup's results.

        Args:
          gradients: by column name, of the shape of its values. Tables of which
            no column is named stay as they are.
          step: the global step, for learning-rate functions; the model's own
            count when left out.

        Raises:
          ValueError: for a model in serving, without a lookup before, for an
            unknown column or a gradient of another shape. Tables are as they
            were then.
          TypeError: for gradients that are no dict.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> column = embcol.embedding_column(
        ...     hour, 2, initializer=embcol.zeros_initializer())
        >>> model = embcol.compile([column], optimizer=embcol.SGD(0.5))
        >>> _ = model.lookup({"hour": numpy.array([7])})
        >>> model.apply_gradients({"hour_embedding": numpy.ones((1, 2))})
        >>> model.tables["hour"][7].tolist(), model.global_step
        ([-0.5, -0.5], 1)
        """
        # (model-C7)
        if self.mode != "training":
            raise ValueError("a model compiled for serving takes no gradients")
        # (model-C7)
        if self._last is None:
            raise ValueError("apply_gradients comes after a lookup")
        # (model-C8)
        if not isinstance(gradients, Mapping):
            raise TypeError(
                "gradients must be a dict from column names to arrays, got "
                f"{type(gradients).__name__}"
            )
        names = frozenset(gradients)
        unknown = names - {column.name for column in self._layout}
        # (model-C8)
        if unknown:
            raise ValueError(f"no column named {sorted(unknown)[0]!r}")
        if not names:
            return
        step = self.global_step if step is None else operator.index(step)
        # (model-C9)
        if not 0 <= step < 2**63:
            raise ValueError(f"step must be in [0, 2**63), got {step}")
        layout, program = self._update(names)
        ids, inputs = self._last
        arguments = [ids[position] for position in layout["gradient_ids"]]
        columns = [self._layout[i] for i in layout["gradient_columns"]]
        for column in columns:
            if column.weights is not None:
                arguments.append(inputs[column.weights])
        for column in columns:
            arguments.append(self._gradient(column, gradients[column.name]))
        arguments.append(_embcol.scalar(step))
        self._functions.evaluate(step)
        program.call(layout["apply_gradients"], arguments)
        self.global_step = step + 1

    def _update(self, names: frozenset[str]) -> tuple[Any, Any]:
        """The layout and program that take gradients of these columns."""
        if names not in self._updates:
            module = build_module(
                self.columns,
                self.mode,
                self.optimizer,
                self.config,
                sorted(names),
            )
            self._updates[names] = (module.layout(), self._compile(module))
        return self._updates[names]

    def _gradient(self, column: _Column, gradient: Any) -> Any:
        array = np.asarray(gradient)
        inner: tuple[int, ...] = (column.dimension,)
        if column.is_sequence:
            inner = (self._max_lengths[column.name], column.dimension)
        is_float = array.dtype.kind in "fiu"
        # (apply_gradients-C7) (apply_gradients-C11)
        if not is_float or array.ndim == 0 or array.shape[1:] != inner:
            expected = ", ".join(map(str, ("batch", *inner)))
            raise ValueError(
                f"gradient of column {column.name}: expected floats of shape "
                f"[{expected}], found {array.dtype} of shape "
                f"{list(array.shape)}"
            )
        converted = as_float32(array, f"gradient of column {column.name}")
        return _embcol.array(np.ascontiguousarray(converted))

    # The program

    def mlir(self, stage: str = "embcol") -> str:
        """The program as MLIR.

        Args:
          stage: "embcol", as built of the columns; "placed", with devices;
            "lowered", tensors and runtime calls; "llvm", the LLVM dialect.

        Returns:
          The text of the module.

        Raises:
          ValueError: for another stage.

        >>> import embcol
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
        >>> "embcol.table @hour : tensor<24x4xf32>" in model.mlir()
        True
        """
        if stage not in _STAGES:
            raise ValueError(f"stage must be one of {_STAGES}, got {stage!r}")
        return self._module.text(stage, self.mode)

    # Saving and serving

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model to the folder `path`, which is made if need be.

        `model.safetensors` has the tables, the optimizer's slots and, in its
        metadata, columns, optimizer and step; the words of vocabulary files are
        written beside it; `model.mlir` is the program, for other tools. What is
        at `path` already is replaced, file by file.

        Args:
          path: the folder.

        Raises:
          OSError: if something cannot be written.

        >>> import embcol, numpy, tempfile
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(folder)
        ...     again = embcol.load(folder, mode="serving")
        >>> numpy.array_equal(again.tables["hour"], model.tables["hour"])
        True
        """
        saving.save(self, os.fspath(path))

    def to_serving(self) -> Model:
        """The model compiled for serving, on the same tables.

        They are not copied: what is trained later, the serving model sees.

        Returns:
          A model in serving, with the same columns.

        Raises:
          ValueError: for a column on a device that serving does not have.

        >>> import embcol
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
        >>> model.to_serving().mode
        'serving'
        """
        model = Model(
            self.columns,
            "serving",
            None,
            self.config,
            self.seed,
            self._core,
            reference=self._reference,
        )
        model.global_step = self.global_step
        return model
