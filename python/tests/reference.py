# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What lookups and updates mean, in plain numpy: slow and obviously right.

Rows of ids and of weights are lists of lists; steps of a sequence are lists of
lists of lists. All sums are made in float64.
"""

import numpy as np


def rows_of_dense(array, missing=-1):
    """The rows of a dense feature, [batch] or [batch, entries]."""
    array = np.asarray(array)
    array = array.reshape(len(array), array[0].size if len(array) else 0)
    return [[x for x in row if x != missing] for row in array.tolist()]


def scales(ids, weights=None, combiner="mean", safe=True):
    """The ids of a row that count, each with the factor of its embedding."""
    if weights is None:
        weights = [1.0] * len(ids)
    assert len(ids) == len(weights)
    kept = [(i, float(np.float32(w))) for i, w in zip(ids, weights) if i >= 0]
    if safe and combiner != "sum":
        kept = [(i, w) for i, w in kept if w > 0]
    if combiner == "sum":
        return kept
    if combiner == "mean":
        norm = sum(w for _, w in kept)
    else:
        norm = np.sqrt(sum(w * w for _, w in kept))
    return [(i, w / norm if norm != 0 else 0.0) for i, w in kept]


def pool(table, ids, weights=None, combiner="mean", safe=True):
    """The pooled lookup, [batch, dimension]."""
    result = np.zeros((len(ids), table.shape[1]))
    for row, row_ids in enumerate(ids):
        row_weights = None if weights is None else weights[row]
        for i, scale in scales(row_ids, row_weights, combiner, safe):
            result[row] += scale * table[i].astype(np.float64)
    return result


def sequence(table, steps, length, combiner="mean"):
    """The sequence lookup, [batch, length, dimension], and its lengths."""
    values = np.zeros((len(steps), length, table.shape[1]))
    lengths = np.zeros(len(steps), np.int64)
    for row, row_steps in enumerate(steps):
        kept = row_steps[:length]
        lengths[row] = len(kept)
        if kept:
            values[row, : len(kept)] = pool(table, kept, combiner=combiner)
    return values, lengths


class Gradient:
    """The gradient of a table: the sum of what its columns add."""

    def __init__(self, table):
        self.sum = np.zeros(table.shape)
        self.touched = np.zeros(len(table), bool)

    def add(self, ids, gradient, weights=None, combiner="mean", safe=True):
        """Adds what a pooled column gives its rows."""
        for row, row_ids in enumerate(ids):
            row_weights = None if weights is None else weights[row]
            for i, scale in scales(row_ids, row_weights, combiner, safe):
                self.sum[i] += scale * gradient[row].astype(np.float64)
                self.touched[i] = True

    def add_sequence(self, steps, gradient, combiner="mean"):
        """Adds what a sequence column gives the steps that were kept."""
        for row, row_steps in enumerate(steps):
            kept = row_steps[: gradient.shape[1]]
            self.add(kept, gradient[row], combiner=combiner)


def sgd(table, gradient, learning_rate):
    """The table after a step."""
    return table - learning_rate * gradient.sum


def adagrad(table, accumulator, gradient, learning_rate):
    """The table and its accumulator after a step."""
    accumulator = accumulator + gradient.sum**2
    change = learning_rate * gradient.sum / np.sqrt(accumulator)
    return table - change, accumulator
