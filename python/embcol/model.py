# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models: lookups and updates."""

from __future__ import annotations

import dataclasses
import functools
import operator
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import saving
from ._programs import ProgramReport, Programs
from ._specs import build_module, check_columns, step_functions
from ._state import State
from .config import QUANTIZED, ModelConfig
from .embedding import BaseEmbeddingColumn
from .initializers import Initializer
from .layers import Layers, SequenceEmbedding
from .lookups import Lookup, Lookups
from .optimizers import Optimizer
from .step_functions import StepFunctions
from .tables import TableDifference, Tables
from .updates import NoGradients, Updates

__all__ = ["Model"]

_STAGES = ("embcol", "placed", "lowered", "llvm")


class Model:
    """A compiled model; made by `compile` and `load`.

    Attributes:
      columns: the embedding columns, in the order given.
      mode: "training" or "serving".
      optimizer: the optimizer, None in serving.
      config: the further arguments of `compile`, a ModelConfig:
        `clipping_limit`, `gradient_multiplier_fn`, `partition_strategy`,
        `num_partitions`, `precision`, `stochastic_rounding`,
        `nonfinite_gradients`.
      tables: the tables by name: float32 arrays to read, assignment to write.
      conversion_report: for each table of a model that `to_serving` made with a
        precision, a `TableDifference`: how far its weights are from those that
        they were made of. Empty for all other models.
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
        state: State | None = None,
        is_initialized: bool = True,
        reference: bool = False,
        source: State | None = None,
    ) -> None:
        # (table-C11)
        if mode == "training" and config.precision in QUANTIZED:
            raise ValueError(
                f"precision {config.precision} is for serving, and not trained"
            )
        self.columns = check_columns(columns)
        self.mode = mode
        self.optimizer = optimizer if mode == "training" else None
        self.config = config
        self.seed = seed
        self._reference = reference
        functions = step_functions(self.columns, config)
        self._functions = StepFunctions(
            functions if self.optimizer else {}, config.gradient_multiplier_fn
        )
        build = functools.partial(
            build_module, self.columns, mode, self.optimizer, config
        )
        self._module = build()
        is_initialized &= state is None and source is None
        self._state = state or State(
            self._module.create_core(
                seed, is_initialized, source.core if source else None
            )
        )
        self.tables = Tables(self._state)
        self.conversion_report: dict[str, TableDifference] = {}
        if source is not None:
            self._convert(source)
        if is_initialized:
            self._initialize()
        self._programs = Programs(
            build,
            self._module,
            self._state.core,
            mode,
            self._functions,
            reference,
        )
        self._layers = Layers(self.columns, self._programs.layout)
        self._lookups = Lookups(
            self.columns,
            self._programs,
            mode == "training",
            self._state.turns,
        )
        self._updates = Updates(self.columns, self._layers, self._programs)
        # What gradients belong to.
        self._last: Lookup | None = None

    def _initialize(self) -> None:
        """Writes the tables whose initializers are functions of Python."""
        for column in {c.table_name: c for c in self.columns}.values():
            if isinstance(column.initializer, Initializer):
                continue
            shape = (column.num_buckets, column.dimension)
            self.tables[column.table_name] = column.initializer(
                shape, np.float32
            )

    def _convert(self, source: State) -> None:
        """Writes all tables from those of another model."""
        with source.lock:
            found = source.core.convert_tables(self._state.core)
            self._state.global_step = source.global_step
        self.conversion_report = {
            name: TableDifference(*difference)
            for name, difference in found.items()
        }

    @property
    def global_step(self) -> int:
        return self._state.global_step

    @global_step.setter
    def global_step(self, step: int) -> None:
        self._state.global_step = step

    # Lookups

    def _run(self, features: Mapping[str, Any]) -> Lookup:
        # Gradients never belong to a lookup before one that failed.
        self._last = None
        self._last = self._lookups.look_up(features)
        return self._last

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
        return self._layers.by_column(self._run(features))

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
        chosen = self._layers.choose(feature_columns, is_sequence=False)
        return self._layers.join(self._run(features), chosen)

    def lookup_packed(
        self,
        values: Any,
        offsets: Any,
        weights: Any = None,
        out: np.ndarray | None = None,
    ) -> np.ndarray:
        """Looks up ids that are packed as FBGEMM's table batched embeddings.

        It is `input_layer` at the least cost of a call: arrays of int64 or int32,
        and float32 for weights and `out`, are taken as they are. What is looked up
        are ids: tokens of vocabularies are not. Its result has no gradients;
        those of the last lookup by features may still come.

        Args:
          values: integers [ids], those of the first column, then those of the
            second, and so on, in the order of the columns' names.
          offsets: integers [columns x batch + 1], which ascend from 0 to the
            number of ids: row b of column c has the ids from
            offsets[c * batch + b] to offsets[c * batch + b + 1].
          weights: float32 [ids], where a column is weighted; those of columns
            that are not do not matter.
          out: float32 [batch, sum of dimensions], to be written to; a new array
            when left out.

        Returns:
          The pooled columns, joined in the order of their names: `out`.

        Raises:
          ValueError: for a model with sequence columns, offsets or weights that
            do not fit the ids, or an `out` of another shape.
          TypeError: for arrays of another type.
          IndexError: for an id that is not a row of the column's table.

        >>> import embcol, numpy
        >>> column = embcol.categorical_column_with_identity
        >>> model = embcol.compile(
        ...     [embcol.embedding_column(
        ...          column(key, 24), 1, "sum",
        ...          initializer=embcol.ones_initializer())
        ...      for key in ("arrival", "departure")], mode="serving")
        >>> model.lookup_packed([7, 8, 9, 10, 11], [0, 2, 3, 3, 5])
        array([[2., 0.],
               [1., 2.]], dtype=float32)
        """
        return self._lookups.look_up_packed(values, offsets, weights, out)

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
        chosen = self._layers.choose(feature_columns, is_sequence=True)
        return self._layers.join_sequences(self._run(features), chosen)

    # Updates

    def apply_gradients(self, gradients: Any, step: int | None = None) -> None:
        """Updates the tables by the gradients of the last lookup's results.

        Args:
          gradients: a dict by column name, of arrays of the shape of its values:
            tables of which no column is named stay as they are. Or, where no
            column is a sequence, an array [batch, sum of dimensions]: the
            gradient of what `input_layer` gives for all columns. float32 in
            one block of memory is not copied, nor are a dict's arrays if they
            are the slices of such an array, as `lookup` has them.
          step: the global step, for learning-rate functions; the model's own
            count when left out.

        Raises:
          ValueError: for a model in serving, without a lookup before, for an
            unknown column, a gradient of another shape, or an array where a
            column is a sequence. Tables are as they were then.
          TypeError: for gradients that are neither.

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
        self._update(self._last_lookup("apply_gradients"), gradients, step)

    def _check_training(self) -> None:
        # (model-C7)
        if self.mode != "training":
            raise ValueError("a model compiled for serving takes no gradients")

    def _last_lookup(self, function: str) -> Lookup:
        self._check_training()
        # (model-C7)
        if self._last is None:
            raise ValueError(f"{function} comes after a lookup")
        return self._last

    def _update(self, lookup: Lookup, gradients: Any, step: int | None) -> None:
        """Updates the tables by the gradients of a lookup's results."""
        step = self.global_step if step is None else operator.index(step)
        # (model-C9)
        if not 0 <= step < 2**63:
            raise ValueError(f"step must be in [0, 2**63), got {step}")
        update = self._updates.make(lookup, gradients)
        if update is None:
            return
        self._functions.evaluate(step)
        with self._state.lock:
            self._state.turns.update(lambda: update.run(step))
            self._state.global_step = step + 1

    def step(
        self,
        features: Mapping[str, Any],
        gradient_fn: Callable[[dict[str, Any]], Any],
        step: int | None = None,
    ) -> Any:
        """One step of training: a lookup, then an update by its gradients.

        Args:
          features: as for `lookup`.
          gradient_fn: takes what `lookup` returns, and returns gradients as
            `apply_gradients` takes them, or a tuple (value, gradients), in the
            order of `jax.value_and_grad`: a loss, say, and the gradients.
          step: the global step; the model's own count when left out.

        Returns:
          The value that `gradient_fn` returned beside the gradients; None if it
          returned gradients alone.

        Raises:
          ValueError, IndexError, TypeError: as `lookup` and `apply_gradients`
            do; TypeError also for a `gradient_fn` that cannot be called or
            returns something else. What `gradient_fn` raises goes through.
            Tables are as they were then, and the step does not count.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> column = embcol.embedding_column(
        ...     hour, 2, initializer=embcol.ones_initializer())
        >>> model = embcol.compile([column], optimizer=embcol.SGD(0.5))
        >>> def half_square(found):
        ...     vectors = found["hour_embedding"]
        ...     return (vectors**2).sum() / 2, {"hour_embedding": vectors}
        >>> for _ in range(2):
        ...     print(model.step({"hour": numpy.array([7])}, half_square))
        1.0
        0.25
        >>> model.global_step
        2
        """
        self._check_training()
        # (model-C11)
        if not callable(gradient_fn):
            raise TypeError(
                f"gradient_fn must be callable, got {gradient_fn!r}"
            )
        lookup = self._run(features)
        value, gradients = None, gradient_fn(self._layers.by_column(lookup))
        if isinstance(gradients, tuple) and len(gradients) == 2:
            value, gradients = gradients
        try:
            self._update(lookup, gradients, step)
        # (model-C11)
        except NoGradients as error:
            raise TypeError(
                "gradient_fn must return gradients or a tuple (value, "
                f"gradients); {error}"
            ) from None
        return value

    def weight_gradients(self, gradients: Any) -> dict[str, Any]:
        """The gradients for the weights that the last lookup was given.

        Where weights come of something that is trained, too, its own optimizer
        goes on from these. They are of the tables as the lookup saw them, and
        no multiplier, learning rate or optimizer of the model is in them.

        Args:
          gradients: as for `apply_gradients`. Those of columns that are not
            weighted do not matter.

        Returns:
          By the name of each weighted column that has a gradient, the gradients
          for its weights, float32, in the form in which these were given: a
          `Ragged`; an array of their shape, 0 where an entry is missing; for a
          SparseTensor the values of its cells. 0 for entries that the lookup
          drops.

        Raises:
          ValueError: for a model in serving, without a lookup before, after
            `apply_gradients` or an assignment to a table, for an unknown column
            or a gradient of another shape.
          TypeError: for gradients that are neither a dict nor an array.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> column = embcol.embedding_column(
        ...     embcol.weighted_categorical_column(hour, "share"), 2, "sum",
        ...     initializer=embcol.ones_initializer())
        >>> model = embcol.compile([column])
        >>> _ = model.lookup({
        ...     "hour": numpy.array([[7, -1], [8, 9]]),
        ...     "share": numpy.array([[0.5, 0], [1, 2]], numpy.float32)})
        >>> gradient = numpy.array([[1, 2], [3, 4]])
        >>> model.weight_gradients({column.name: gradient})[column.name]
        array([[3., 0.],
               [7., 7.]], dtype=float32)
        """
        lookup = self._last_lookup("weight_gradients")
        return self._weight_gradients(lookup, gradients)

    def _weight_gradients(
        self, lookup: Lookup, gradients: Any
    ) -> dict[str, Any]:
        # (model-C12)
        if lookup.num_updates != self._state.turns.num_updates:
            raise ValueError(
                "weight_gradients comes before apply_gradients or an "
                "assignment changes the tables"
            )
        return self._updates.weight_gradients(lookup, gradients)

    @property
    def nonfinite_gradients(self) -> dict[str, int]:
        """How many gradients were not finite, by table.

        A gradient is that of a row of a batch, for a sequence of a step, that
        has ids. Counted since the model was made or loaded, whether such are
        refused or skipped.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile(
        ...     [embcol.embedding_column(hour, 2)], nonfinite_gradients="skip")
        >>> _ = model.lookup({"hour": numpy.array([7, 23])})
        >>> model.apply_gradients(numpy.array([[1.0, 2.0], [numpy.inf, 2.0]]))
        >>> model.nonfinite_gradients
        {'hour': 1}
        """
        core = self._state.core
        return {name: core.nonfinite_gradients(name) for name in self.tables}

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
        metadata, columns, optimizer and step. The words of vocabulary files,
        and the program as MLIR for other tools, are in files beside it, which
        its metadata name. What is at `path` already is replaced all at once,
        the moment `model.safetensors` is: whatever happens, there is either the
        old or the new model, whole.

        Other threads may train meanwhile. What is saved is what the tables were
        after one of the steps.

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

    def compile_report(self) -> list[ProgramReport]:
        """How the programs of this model came to be.

        A model has several, each compiled when it is first needed. Machine code
        is kept on disk, by what it was made of: see `EMBCOL_CACHE_DIR`.

        Returns:
          A `ProgramReport` for each of those that there are, the first one
          first: its name, the seconds it took, how many kernels it has, and
          whether its machine code was found on disk.

        >>> import embcol
        >>> column = embcol.categorical_column_with_identity
        >>> model = embcol.compile(
        ...     [embcol.embedding_column(column(key, 24), 4) for key in "abc"],
        ...     mode="serving")
        >>> for report in model.compile_report():
        ...     print(report.name, report.num_kernels)
        packed_lookup 1
        """
        return list(self._programs.reports)

    def to_serving(self, precision: str | None = None) -> Model:
        """The model compiled for serving.

        Args:
          precision: what its tables are kept as: "f32", "bf16", "f16", or
            quantized, "int8" or "int4". They are copies then, with what was
            trained so far, and `conversion_report` of the new model says how
            far each is from what it was made of. When left out, tables are not
            copied: what is trained later, the serving model sees.

        Returns:
          A model in serving, with the same columns.

        Raises:
          ValueError: for a column on a device that serving does not have, an
            unknown precision, or a weight that it cannot keep, naming table,
            row and value.
          MemoryError: for copies that do not fit.

        >>> import embcol
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
        >>> model.to_serving().mode
        'serving'
        >>> small = model.to_serving(precision="int8")
        >>> small.conversion_report["hour"].maximum < 0.01
        True
        """
        make = functools.partial(
            Model,
            self.columns,
            "serving",
            None,
            seed=self.seed,
            reference=self._reference,
        )
        if precision is None:
            return make(self.config, state=self._state)
        config = dataclasses.replace(
            self.config, precision=precision, stochastic_rounding=False
        )
        return make(config, source=self._state)
