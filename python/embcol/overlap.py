# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loops in which the next batch is prepared while this one is worked on."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from .embedding import BaseEmbeddingColumn
from .layers import SequenceEmbedding
from .lookups import Ids, Lookup
from .model import Model

__all__ = ["Batch", "overlap"]


class Batch:
    """A batch of `overlap`.

    Attributes:
      features: the features, as the iterable gave them.
    """

    def __init__(
        self, model: Model, features: Mapping[str, Any], lookup: Lookup
    ) -> None:
        self.features = features
        self._model = model
        self._lookup = lookup
        self._is_current = True

    @functools.cached_property
    def found(self) -> dict[str, Any]:
        """What `Model.lookup` returns."""
        return self._model._layers.by_column(self._lookup)

    def input_layer(
        self, feature_columns: Sequence[BaseEmbeddingColumn] | None = None
    ) -> np.ndarray:
        """The pooled columns, joined in the order of their names.

        Args:
          feature_columns: as for `Model.input_layer`.

        Returns:
          float32 [batch, sum of dimensions].

        Raises:
          ValueError: as `Model.input_layer` does for columns.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> model = embcol.compile([embcol.embedding_column(hour, 4)])
        >>> for batch in embcol.overlap(model, [{"hour": numpy.array([7, 23])}]):
        ...     print(batch.input_layer().shape)
        (2, 4)
        """
        layers = self._model._layers
        chosen = layers.choose(feature_columns, is_sequence=False)
        return layers.join(self._lookup, chosen)

    def sequence_input_layer(
        self, feature_columns: Sequence[BaseEmbeddingColumn] | None = None
    ) -> SequenceEmbedding:
        """The sequence columns, joined in the order of their names.

        Args:
          feature_columns: as for `Model.sequence_input_layer`.

        Returns:
          Values, float32 [batch, max_sequence_length, sum of dimensions], and
          lengths, int64 [batch].

        Raises:
          ValueError: as `Model.sequence_input_layer` does for columns.

        >>> import embcol, numpy
        >>> hours = embcol.sequence_categorical_column_with_identity("hours", 24)
        >>> column = embcol.embedding_column(hours, 4, max_sequence_length=3)
        >>> model = embcol.compile([column])
        >>> for batch in embcol.overlap(model, [{"hours": numpy.array([[7]])}]):
        ...     print(batch.sequence_input_layer().values.shape)
        (1, 3, 4)
        """
        layers = self._model._layers
        chosen = layers.choose(feature_columns, is_sequence=True)
        return layers.join_sequences(self._lookup, chosen)

    def apply_gradients(self, gradients: Any, step: int | None = None) -> None:
        """Updates the tables by the gradients of this batch.

        Args:
          gradients: as for `Model.apply_gradients`.
          step: likewise.

        Raises:
          ValueError: if the loop has gone on to another batch or has ended;
            and as `Model.apply_gradients` does.
          TypeError: as `Model.apply_gradients` does.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> column = embcol.embedding_column(
        ...     hour, 2, initializer=embcol.zeros_initializer())
        >>> model = embcol.compile([column], optimizer=embcol.SGD(0.5))
        >>> for batch in embcol.overlap(model, [{"hour": numpy.array([7])}]):
        ...     batch.apply_gradients({"hour_embedding": numpy.ones((1, 2))})
        >>> model.tables["hour"][7].tolist(), model.global_step
        ([-0.5, -0.5], 1)
        """
        self._check_current()
        self._model._update(self._lookup, gradients, step)

    def weight_gradients(self, gradients: Any) -> dict[str, Any]:
        """The gradients for the weights of this batch.

        Args:
          gradients: as for `Model.weight_gradients`.

        Returns:
          As `Model.weight_gradients` does.

        Raises:
          ValueError: if the loop has gone on to another batch or has ended; if
            the tables are not what the lookup saw, being updated or the lookup
            stale; and as `Model.weight_gradients` does.
          TypeError: as `Model.weight_gradients` does.

        >>> import embcol, numpy
        >>> hour = embcol.categorical_column_with_identity("hour", 24)
        >>> column = embcol.embedding_column(
        ...     embcol.weighted_categorical_column(hour, "share"), 2, "sum",
        ...     initializer=embcol.ones_initializer())
        >>> model = embcol.compile([column])
        >>> features = {"hour": numpy.array([7]),
        ...             "share": numpy.array([0.5], numpy.float32)}
        >>> for batch in embcol.overlap(model, [features]):
        ...     print(batch.weight_gradients(numpy.array([[1, 2]])))
        {'hour_weighted_by_share_embedding': array([3.], dtype=float32)}
        """
        self._check_current()
        return self._model._weight_gradients(self._lookup, gradients)

    def _check_current(self) -> None:
        self._model._check_training()
        # (overlap-C2)
        if not self._is_current:
            raise ValueError(
                "the gradients of a batch are used before the loop goes on"
            )


class _Prepared(NamedTuple):
    features: Mapping[str, Any]
    ids: Ids
    # Where lookups are stale.
    lookup: Lookup | None


def overlap(
    model: Model, features: Iterable[Mapping[str, Any]], *, stale: bool = False
) -> Iterator[Batch]:
    """Goes through batches, preparing the next one in the background.

    While the body of the loop works on a batch, a thread takes the features of
    the next one from `features`, reads them and looks their words up in the
    vocabularies. What the loop computes is what it would compute with `lookup`
    and `apply_gradients`, bit for bit.

    With `stale=True`, the thread goes on and looks up the next batch, too. A
    lookup is then one step old: it sees the updates of all batches but the one
    just before it. Neither does that depend on time: an update waits for the
    lookup that must not see it. TensorFlow's `TPUEmbedding` does so if
    `pipeline_execution_with_tensor_core` is set.

    The body may do without `apply_gradients`, break, or raise. When the loop is
    left, the thread finishes the batch that it is at, and ends. An iterator that
    is not run to its end is ended by its method `close`, or with its last
    reference.

    Args:
      model: the model; in serving, there are lookups only.
      features: the features of each batch, as for `Model.lookup`. It runs on
        that thread, one batch ahead of the loop; it does not use the model, and
        does not write into what it has given before.
      stale: whether lookups may be one step old.

    Returns:
      An iterator of a `Batch` for each of the features: `features`, `found`,
      `input_layer`, `sequence_input_layer`, and `apply_gradients`.

    Raises:
      TypeError: for a model that is none, or features that are no iterable.
      ValueError, IndexError, TypeError: of features, as `Model.lookup` does;
        and whatever the iterable raises: when the loop comes to that batch.

    >>> import embcol, numpy
    >>> word = embcol.categorical_column_with_vocabulary_list("word", ["a", "b"])
    >>> column = embcol.embedding_column(
    ...     word, 2, initializer=embcol.ones_initializer())
    >>> model = embcol.compile([column], optimizer=embcol.SGD(0.5))
    >>> def train(stale):
    ...     for batch in embcol.overlap(
    ...         model, [{"word": numpy.array(["b"])}] * 3, stale=stale
    ...     ):
    ...         found = batch.found["word_embedding"]
    ...         batch.apply_gradients({"word_embedding": found})
    ...         yield found[0, 0].item()
    >>> list(train(stale=False)), list(train(stale=True))
    ([1.0, 0.5, 0.25], [0.125, 0.125, 0.0625])
    """
    # (overlap-C1)
    if not isinstance(model, Model):
        raise TypeError(f"overlap takes a model, got {type(model).__name__}")
    # (overlap-C1)
    if isinstance(features, Mapping) or not isinstance(features, Iterable):
        raise TypeError(
            "overlap takes an iterable of the features of each batch, got "
            f"{type(features).__name__}"
        )
    # Compiled here, and not by two threads at once.
    model._programs.halves()
    return _batches(model, iter(features), bool(stale))


def _prepare(
    model: Model, features: Iterator[Mapping[str, Any]], stale: bool
) -> _Prepared | None:
    """The next batch; None at the end."""
    for given in features:
        ids = model._lookups.categorize(given)
        lookup = model._lookups.look_up_ids(ids) if stale else None
        return _Prepared(given, ids, lookup)
    return None


def _batches(
    model: Model, features: Iterator[Mapping[str, Any]], stale: bool
) -> Iterator[Batch]:
    thread = ThreadPoolExecutor(1, "embcol-overlap")

    def prepare_next() -> Any:
        future = thread.submit(_prepare, model, features, stale)
        if stale:
            model._state.turns.add(future)
        return future

    try:
        following = prepare_next()
        while True:
            # Gradients never belong to a lookup before one that failed.
            last, model._last = model._last, None
            prepared = following.result()
            if prepared is None:
                model._last = last
                return
            following = prepare_next()
            lookup = prepared.lookup or model._lookups.look_up_ids(prepared.ids)
            model._last = lookup
            batch = Batch(model, prepared.features, lookup)
            try:
                yield batch
            finally:
                batch._is_current = False
    finally:
        thread.shutdown(cancel_futures=True)
