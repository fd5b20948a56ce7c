# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ids of strings of TensorFlow, for `compare.py strings`: by the tables that its
columns with vocabularies look up in."""

import tensorflow as tf

from lookers import Looker
from tensorflow_threads import set_num_threads
from worker import serve


class TensorFlowWords(Looker):
    def __init__(self, workload, variant, batches):
        words = workload.vocabulary()
        entries = tf.lookup.KeyValueTensorInitializer(
            words, tf.range(len(words), dtype=tf.int64)
        )
        if workload.oov_buckets:
            table = tf.lookup.StaticVocabularyTable(
                entries, workload.oov_buckets
            )
        else:
            table = tf.lookup.StaticHashTable(entries, default_value=-1)
        rows = tf.Variable(workload.table()) if workload.dimension else None

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def look_up(words):
            ids = table.lookup(words)
            return ids if rows is None else tf.nn.embedding_lookup(rows, ids)

        self.look_up = look_up
        self.batches = batches
        if variant == "tensor":
            self.batches = [tf.constant(words) for words in batches]

    def lookup(self, batch):
        return self.look_up(self.batches[batch])


if __name__ == "__main__":
    serve(TensorFlowWords, set_num_threads)
