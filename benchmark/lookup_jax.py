# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of JAX on a CPU, for `compare.py lookups`: ids padded to one number,
gathered and summed by segment."""

import os

import numpy as np

from lookers import Looker
from worker import serve


def set_num_threads(number):
    # Read when JAX is imported; a worker is asked for one number only.
    eigen = "true" if number > 1 else "false"
    os.environ["XLA_FLAGS"] = (
        f"--xla_cpu_multi_thread_eigen={eigen} "
        f"intra_op_parallelism_threads={number}"
    )


class JaxLooker(Looker):
    def __init__(self, workload, variant, batches):
        import jax

        batch_size, means = workload.batch, workload.combiner == "mean"
        most = max(len(ids) for batch in batches for ids, *_ in batch)
        self.tables = [
            jax.numpy.asarray(workload.table(number))
            for number in range(workload.columns)
        ]

        def pad(ids, offsets, weights):
            lengths = np.diff(offsets)
            padded = np.zeros(most, np.int32)
            padded[: len(ids)] = ids
            segments = np.full(most, batch_size, np.int32)
            segments[: len(ids)] = np.repeat(np.arange(batch_size), lengths)
            divisors = np.maximum(lengths, 1).astype(np.float32)[:, None]
            arrays = (padded, segments, divisors)
            return tuple(map(jax.numpy.asarray, arrays))

        @jax.jit
        def look_up(tables, columns):
            found = []
            for table, (ids, segments, divisors) in zip(tables, columns):
                sums = jax.ops.segment_sum(
                    table[ids],
                    segments,
                    num_segments=batch_size + 1,
                    indices_are_sorted=True,
                )[:batch_size]
                found.append(sums / divisors if means else sums)
            return jax.numpy.concatenate(found, 1)

        self.batches = [[pad(*column) for column in batch] for batch in batches]
        self.look_up = look_up

    def lookup(self, batch):
        found = self.look_up(self.tables, self.batches[batch])
        return found.block_until_ready()


if __name__ == "__main__":
    serve(JaxLooker, set_num_threads)
