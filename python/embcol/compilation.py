# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of columns, and models that were saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import saving
from ._arguments import MODES
from .config import ModelConfig
from .embedding import BaseEmbeddingColumn
from .model import Model
from .optimizers import Adagrad, Optimizer

__all__ = ["compile", "load"]


def compile(
    columns: Sequence[BaseEmbeddingColumn],
    mode: str = "training",
    optimizer: Optimizer | None = None,
    seed: int = 0,
    *,
    clipping_limit: float | None = None,
    gradient_multiplier_fn: Callable[[int], Any] | None = None,
    partition_strategy: str = "div",
    num_partitions: int = 1,
    precision: str = "f32",
    stochastic_rounding: bool | None = None,
    nonfinite_gradients: str = "refuse",
    reference: bool = False,
) -> Model:
    """Compiles embedding columns for this machine.

    Args:
      columns: embedding columns of distinct names.
      mode: "training" or "serving".
      optimizer: how gradients update tables; Adagrad(0.1) when left out. Not
        used in serving.
      seed: seeds the initializers. A seed gives the same tables on any machine
        and with any number of threads.
      clipping_limit: updates clip each weight to [-clipping_limit,
        clipping_limit], after the optimizer's rule. A positive number; None for
        no limit.
      gradient_multiplier_fn: a function of the step, in Python or a
        `StepFunction`, evaluated once a step: all gradients are multiplied by
        its value before the optimizer sees them.
      partition_strategy: how the rows of a table are divided, in memory and in
        the file that `Model.save` writes: "div", consecutive rows, or "mod",
        every `num_partitions`th row, as in `tf.nn.embedding_lookup`.
      num_partitions: into how many partitions, a positive integer. What is
        looked up and trained does not depend on it.
      precision: what the weights of tables are kept as, "f32", "bf16" or "f16",
        and in serving also "int8" or "int4", beside a scale and a bias of the
        row. All is computed in f32, and optimizers keep theirs in f32.
      stochastic_rounding: whether updates round weights up or down at random,
        so that on average nothing is lost, or to the nearest; the former when
        left out. It depends on the seed and the step. For "bf16" and "f16".
      nonfinite_gradients: what becomes of the gradient of a row of a batch that
        holds an infinity or not a number: "refuse", a ValueError, or "skip",
        which leaves it out, its ids with it. Either way
        `Model.nonfinite_gradients` counts it.
      reference: runs on the reference interpreter: slow, for checking.

    Returns:
      The model.

    Raises:
      TypeError: for columns that are no list, or an optimizer that is none.
      ValueError: for columns that cannot be in one model, a device that the
        mode does not allow, an unknown mode, or another argument out of range.
      MemoryError: for tables that do not fit.

    >>> import embcol, numpy
    >>> hour = embcol.categorical_column_with_identity("hour", 24)
    >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
    >>> model.lookup({"hour": numpy.array([7, 23])})["hour_embedding"].shape
    (2, 4)
    """
    # (module-C9)
    if mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, got {mode!r}")
    if optimizer is None:
        optimizer = Adagrad(0.1)
    # (optimizer-C2)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"optimizer must be an embcol optimizer, got {optimizer!r}"
        )
    is_integer = isinstance(seed, (int, np.integer))
    is_integer = is_integer and not isinstance(seed, bool)
    # (model-C3)
    if not is_integer or not 0 <= seed < 2**64:
        raise ValueError(f"seed must be an integer in [0, 2**64), got {seed!r}")
    config = ModelConfig(
        clipping_limit,
        gradient_multiplier_fn,
        partition_strategy,
        num_partitions,
        precision,
        stochastic_rounding,
        nonfinite_gradients,
    )
    return Model(
        columns,
        mode,
        optimizer,
        config,
        int(seed),
        reference=bool(reference),
    )


def load(
    path: str | os.PathLike[str],
    mode: str | None = None,
    learning_rate_fns: Mapping[str, Any] | None = None,
    gradient_multiplier_fn: Callable[[int], Any] | None = None,
) -> Model:
    """Loads a model that `Model.save` wrote.

    Args:
      path: the folder.
      mode: "training" or "serving"; as it was saved when left out.
      learning_rate_fns: by column or table name, the functions of a model that
        was trained with some: Python functions are not saved.
      gradient_multiplier_fn: likewise, of a model that was trained with one.

    Returns:
      The model, which goes on where the saved one was.

    Raises:
      FileNotFoundError: if there is no such model.
      ValueError: if a file of it is damaged, or a function is missing.

    >>> import embcol, tempfile
    >>> hour = embcol.categorical_column_with_identity("hour", 24)
    >>> column = embcol.embedding_column(
    ...     hour, 4, learning_rate_fn=lambda step: 0.1)
    >>> model = embcol.compile([column])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(folder)
    ...     again = embcol.load(folder, learning_rate_fns={
    ...         "hour_embedding": lambda step: 0.1})
    >>> again.global_step, again.optimizer == model.optimizer
    (0, True)
    """
    # (module-C9)
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, got {mode!r}")
    folder = os.fspath(path)
    while True:
        tables = saving.open_tables(folder)
        try:
            saved = saving.read(
                folder,
                tables.metadata(),
                mode,
                learning_rate_fns,
                gradient_multiplier_fn,
            )
            model = Model(
                saved.columns,
                saved.mode,
                saved.optimizer,
                saved.config,
                saved.seed,
                is_initialized=False,
            )
        except OSError:
            # A save that came meanwhile has removed what it replaced.
            if tables.is_current():
                raise
            continue
        tables.load(model._state.core)
        model.global_step = saved.step
        return model
