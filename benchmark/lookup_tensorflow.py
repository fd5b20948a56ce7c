# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of TensorFlow, for `compare.py lookups`: what its embedding columns run
on a CPU."""

import numpy as np
import tensorflow as tf

from lookers import Looker
from tensorflow_threads import set_num_threads
from worker import serve


def make_sparse(values, offsets):
    if values is None:
        return None
    lengths = np.diff(offsets)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    places = np.arange(len(values)) - np.repeat(offsets[:-1], lengths)
    shape = [len(lengths), max(1, int(lengths.max()))]
    return tf.SparseTensor(np.stack([rows, places], 1), values, shape)


class TensorFlowLooker(Looker):
    def __init__(self, workload, variant, batches):
        tables = [
            tf.Variable(workload.table(number))
            for number in range(workload.columns)
        ]
        self.batches = [
            [
                (make_sparse(ids, offsets), make_sparse(weights, offsets))
                for ids, offsets, weights in batch
            ]
            for batch in batches
        ]

        @tf.function(reduce_retracing=True)
        def look_up(columns):
            found = [
                tf.nn.safe_embedding_lookup_sparse(
                    table, ids, weights, combiner=workload.combiner
                )
                for table, (ids, weights) in zip(tables, columns)
            ]
            return tf.concat(found, 1)

        self.look_up = look_up

    def lookup(self, batch):
        return self.look_up(self.batches[batch])


if __name__ == "__main__":
    serve(TensorFlowLooker, set_num_threads)
