# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of embcol, for `compare.py lookups`.

The variant "features" takes a dict of Raggeds; the others, named as rows are
kept, take packed ids.
"""

import embcol

from lookers import Looker
from worker import serve
from workloads import pack


class EmbcolLooker(Looker):
    def __init__(self, workload, variant, batches):
        self.takes_features = variant == "features"
        precision = "f32" if self.takes_features else variant
        initializer = (
            embcol.ones_initializer()
            if workload.constant
            else embcol.zeros_initializer()
        )
        columns = []
        for number in range(workload.columns):
            column = embcol.categorical_column_with_identity(
                f"{number:04}", workload.rows
            )
            if workload.weighted:
                column = embcol.weighted_categorical_column(
                    column, f"w{number:04}"
                )
            columns.append(
                embcol.embedding_column(
                    column,
                    workload.dimension,
                    workload.combiner,
                    initializer=initializer,
                )
            )
        self.model = embcol.compile(columns, "serving", precision=precision)
        if not workload.constant:
            for number, name in enumerate(sorted(self.model.tables)):
                self.model.tables[name] = workload.table(number)
        if self.takes_features:
            self.batches = [self.make_features(batch) for batch in batches]
        else:
            self.batches = [pack(batch) for batch in batches]

    @staticmethod
    def make_features(batch):
        features = {}
        for number, (ids, offsets, weights) in enumerate(batch):
            features[f"{number:04}"] = embcol.Ragged(ids, offsets)
            if weights is not None:
                features[f"w{number:04}"] = embcol.Ragged(weights, offsets)
        return features

    def lookup(self, batch):
        if self.takes_features:
            return self.model.input_layer(self.batches[batch])
        return self.model.lookup_packed(*self.batches[batch])


if __name__ == "__main__":
    serve(EmbcolLooker, embcol.set_num_threads)
