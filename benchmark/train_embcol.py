# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps of embcol, for `compare.py training`."""

import embcol
import numpy as np

from trainers import Trainer
from worker import serve

LEARNING_RATE = 0.01
ACCUMULATOR = 0.1


def adagrad(weight, gradient, accumulator, learning_rate):
    """Adagrad as a user writes it."""
    accumulator = accumulator + gradient * gradient
    return (
        weight - learning_rate * gradient / embcol.sqrt(accumulator),
        accumulator,
    )


OPTIMIZERS = {
    "adagrad": lambda: embcol.Adagrad(LEARNING_RATE, ACCUMULATOR),
    "rowwise_adagrad": lambda: embcol.RowWiseAdagrad(
        LEARNING_RATE, ACCUMULATOR
    ),
    "adam": lambda: embcol.Adam(LEARNING_RATE),
    "own_adagrad": lambda: embcol.optimizer(
        adagrad,
        slots={"accumulator": ACCUMULATOR},
        learning_rate=LEARNING_RATE,
    ),
}


class EmbcolTrainer(Trainer):
    def __init__(self, workload, optimizer, batches):
        super().__init__(workload, batches)
        columns = [
            embcol.embedding_column(
                embcol.categorical_column_with_identity(
                    f"{number:04}", workload.rows
                ),
                workload.dimension,
                combiner=workload.combiner,
                initializer=embcol.zeros_initializer(),
            )
            for number in range(workload.columns)
        ]
        self.model = embcol.compile(columns, optimizer=OPTIMIZERS[optimizer]())
        self.features = [
            {
                f"{number:04}": embcol.Ragged(ids, offsets)
                for number, (ids, offsets, _) in enumerate(batch)
            }
            for batch in batches
        ]

    def lookup(self, batch):
        return self.model.input_layer(self.features[batch])

    def update(self, gradient):
        self.model.apply_gradients(gradient)

    def rows(self, ids):
        tables = self.model.tables
        return np.concatenate(
            [tables[name][column] for name, column in zip(sorted(tables), ids)]
        )


if __name__ == "__main__":
    serve(EmbcolTrainer, embcol.set_num_threads)
