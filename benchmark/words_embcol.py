# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ids of strings of embcol, for `compare.py strings`."""

import embcol
import numpy as np

from lookers import Looker
from worker import serve


def make_strings(words):
    lengths = np.strings.str_len(words)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return embcol.Strings(b"".join(words.tolist()), offsets)


class EmbcolWords(Looker):
    def __init__(self, workload, variant, batches):
        self.column = embcol.categorical_column_with_vocabulary_list(
            "word",
            workload.vocabulary().tolist(),
            num_oov_buckets=workload.oov_buckets,
        )
        self.model = None
        if workload.dimension:
            embedding = embcol.embedding_column(
                self.column, workload.dimension, "sum"
            )
            self.model = embcol.compile([embedding], "serving")
            (name,) = self.model.tables
            self.model.tables[name] = workload.table()
        if variant == "arrow":
            batches = [make_strings(words) for words in batches]
        self.features = [{"word": words} for words in batches]

    def lookup(self, batch):
        features = self.features[batch]
        if self.model:
            return self.model.input_layer(features)
        return embcol.transform(self.column, features).ids.values


if __name__ == "__main__":
    serve(EmbcolWords, embcol.set_num_threads)
