# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is measured: the same columns and batches for each library.

Numpy only, since every library has an environment of its own.
"""

from typing import NamedTuple

import numpy as np


def make_table(rows, dimension, seed=0):
    """Float32 [rows, dimension], in [0, 1)."""
    numbers = np.arange(rows * dimension, dtype=np.uint32)
    numbers += np.uint32(977 * seed)
    numbers *= np.uint32(2_654_435_769)
    numbers >>= np.uint32(8)
    weights = numbers.astype(np.float32)
    weights *= np.float32(2**-24)
    return weights.reshape(rows, dimension)


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
      rotation: batches, one after another, so that none finds its rows in a
        cache for their having been used before.
      constant: whether all weights are 1, to be written without a copy.
    """

    columns: int
    rows: int
    dimension: int
    batch: int
    ids: int
    combiner: str = "sum"
    zipf: float | None = None
    weighted: bool = False
    rotation: int = 24
    constant: bool = False

    def batches(self, count=None, seed=0):
        """Batches of (ids int64 [n], offsets int64 [batch + 1], weights float32
        [n] or None) a column."""
        random = np.random.default_rng(seed)
        return [
            [self._column(random) for _ in range(self.columns)]
            for _ in range(count or self.rotation)
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
        return make_table(self.rows, self.dimension, column)

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


class Words(NamedTuple):
    """Strings that become ids.

    Attributes:
      oov_buckets: ids of words that the vocabulary does not have. Without any,
        theirs is -1.
      dimension: of the rows that ids are looked up in; 0 where ids are all.
      size: words of the vocabulary.
      batch: strings of a batch.
      unknown: the share of them that the vocabulary does not have.
      rotation: batches, one after another.
    """

    oov_buckets: int
    dimension: int = 0
    size: int = 100_000
    batch: int = 65_536
    unknown: float = 0.02
    rotation: int = 8

    def vocabulary(self):
        """Words, numpy's type S, of up to 16 bytes: digits, which tell them
        from each other, and letters."""
        random = np.random.default_rng(2)
        letters = random.integers(ord("a"), ord("z") + 1, (self.size, 12))
        lengths = random.integers(0, 12, (self.size, 1))
        letters[np.arange(12) >= lengths] = 0
        words = letters.astype(np.uint8).view("S12").reshape(-1)
        digits = np.arange(self.size).astype("S8")
        return np.strings.add(digits, words)

    def batches(self):
        """Arrays [batch] of type S."""
        random = np.random.default_rng(3)
        words = self.vocabulary()
        found = []
        for _ in range(self.rotation):
            batch = words[random.integers(0, self.size, self.batch)]
            unknown = random.random(self.batch) < self.unknown
            batch[unknown] = np.strings.add(batch[unknown], b"?")
            found.append(batch)
        return found

    def table(self):
        """A row an id: float32 [ids, dimension]."""
        return make_table(self.size + self.oov_buckets, self.dimension)


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
# 64 bytes a row: from what the second cache holds to what no cache does.
TABLE_SIZES = {
    f"rows{rows}": Workload(1, rows, 16, 2048, 20, rotation=128, constant=True)
    for power in range(4, 9)
    for rows in (10**power, 3 * 10**power)
    if rows <= 10**8
}
WORDS = {
    "words": Words(0),
    "words_oov": Words(1000),
    "words_rows": Words(1000, 16),
}
WORKLOADS |= TABLE_SIZES | WORDS
