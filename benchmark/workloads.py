# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is measured: the same columns and batches for each library.

Numpy only, since every library has an environment of its own.
"""

from typing import NamedTuple

import numpy as np

BATCHES = 8  # One after another, so that no batch finds its rows in a cache.


class Workload(NamedTuple):
    """Columns with tables of their own, all alike.

    Attributes:
      columns: how many.
      rows: of each table.
      dimension: of each table.
      batch: bags of a column in a batch.
      ids: of a bag: this many where it is 1, else from 0 to twice as many.
      combiner: "sum" or "mean".
      zipf: the exponent of the distribution of ids; None for uniform ones.
      weighted: whether each id has a weight.
    """

    columns: int
    rows: int
    dimension: int
    batch: int
    ids: int
    combiner: str = "sum"
    zipf: float | None = None
    weighted: bool = False

    def batches(self, count=BATCHES, seed=0):
        """Batches of (ids int64 [n], offsets int64 [batch + 1], weights float32
        [n] or None) a column."""
        random = np.random.default_rng(seed)
        return [
            [self._column(random) for _ in range(self.columns)]
            for _ in range(count)
        ]

    def _column(self, random):
        if self.ids == 1:
            lengths = np.ones(self.batch, np.int64)
        else:
            lengths = random.integers(0, 2 * self.ids + 1, self.batch)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        ids, weights = self._draw(random, offsets[-1]), None
        if self.weighted:
            weights = random.random(len(ids), np.float32) + np.float32(0.5)
        return ids, offsets, weights

    def _draw(self, random, count):
        if self.zipf is None:
            return random.integers(0, self.rows, count).astype(np.int64)
        # By the inverse of the distribution's integral; frequent rows anywhere.
        share = random.random(count)
        power = 1 - self.zipf
        ranks = (1 + share * (self.rows**power - 1)) ** (1 / power)
        places = np.minimum(ranks.astype(np.int64) - 1, self.rows - 1)
        return places * 2_654_435_761 % self.rows

    def table(self, column):
        """The rows of a table: float32 [rows, dimension], in [0, 1)."""
        numbers = np.arange(self.rows * self.dimension, dtype=np.uint32)
        numbers += np.uint32(977 * column)
        numbers *= np.uint32(2_654_435_769)
        numbers >>= np.uint32(8)
        rows = numbers.astype(np.float32)
        rows *= np.float32(2**-24)
        return rows.reshape(self.rows, self.dimension)

    def gradient(self, seed=1):
        """The gradient of all columns joined: float32 [batch, width]."""
        shape = (self.batch, self.columns * self.dimension)
        return np.random.default_rng(seed).random(shape, np.float32) * 0.01


def pack(batch):
    """The ids of all columns, their offsets, and their weights or None, one
    column after another."""
    ids, offsets, weights = zip(*batch)
    ends = np.cumsum([0] + [len(column) for column in ids])
    joined = [np.zeros(1, np.int64)]
    joined += [column[1:] + end for column, end in zip(offsets, ends)]
    return (
        np.concatenate(ids),
        np.concatenate(joined),
        None if weights[0] is None else np.concatenate(weights),
    )


WORKLOADS = {
    "dram16": Workload(1, 10_000_000, 16, 2048, 20),
    "dram64": Workload(1, 4_000_000, 64, 2048, 20),
    "dram128": Workload(1, 2_000_000, 128, 2048, 20),
    "cache64": Workload(1, 20_000, 64, 2048, 20),
    "wmean64": Workload(1, 1_000_000, 64, 2048, 20, "mean", weighted=True),
    "dlrm26": Workload(26, 500_000, 32, 2048, 1),
    "serve100": Workload(100, 10_000, 16, 16, 5, "mean"),
    "serve1000": Workload(1000, 1000, 8, 4, 3, "mean"),
    "zipf64": Workload(1, 4_000_000, 64, 2048, 20, zipf=1.1),
}
