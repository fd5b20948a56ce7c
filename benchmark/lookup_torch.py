# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of PyTorch's embedding_bag, for `compare.py lookups`."""

import torch
from torch.nn.functional import embedding_bag

from lookers import Looker
from worker import serve


class TorchLooker(Looker):
    def __init__(self, workload, variant, batches):
        self.combiner = workload.combiner
        self.tables = [
            torch.from_numpy(workload.table(number))
            for number in range(workload.columns)
        ]
        self.batches = [
            [
                [None if a is None else torch.from_numpy(a) for a in column]
                for column in batch
            ]
            for batch in batches
        ]

    def lookup(self, batch):
        with torch.inference_mode():
            found = [
                self.pool(table, *column)
                for table, column in zip(self.tables, self.batches[batch])
            ]
            return found[0] if len(found) == 1 else torch.cat(found, 1)

    def pool(self, table, ids, offsets, weights):
        if weights is None:
            return embedding_bag(
                ids,
                table,
                offsets,
                mode=self.combiner,
                include_last_offset=True,
            )
        # It has weighted sums alone.
        sums = embedding_bag(
            ids,
            table,
            offsets,
            mode="sum",
            per_sample_weights=weights,
            include_last_offset=True,
        )
        norms = torch.segment_reduce(weights, "sum", offsets=offsets)
        return sums / norms[:, None].clamp_min(1e-12)


if __name__ == "__main__":
    serve(TorchLooker, torch.set_num_threads)
