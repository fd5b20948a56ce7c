# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a small model and saves what serves it: make_model.py FOLDER."""

import sys

import embcol
import numpy as np


def main(folder: str) -> None:
    carrier = embcol.categorical_column_with_vocabulary_list(
        "carrier", ["AA", "B6", "UA"], num_oov_buckets=1
    )
    hour = embcol.categorical_column_with_identity("hour", 24)
    columns = [
        embcol.embedding_column(carrier, 4),
        embcol.embedding_column(hour, 2),
    ]
    model = embcol.compile(
        columns, mode="training", optimizer=embcol.Adagrad(0.1)
    )
    features = {
        "carrier": np.array(["UA", "B6", "AA", "DL"]),
        "hour": np.array([7, 23, 12, 7]),
    }

    def half_sum_of_squares(found):
        return sum(0.5 * (v**2).sum() for v in found.values()), found

    for _ in range(3):
        model.step(features, half_sum_of_squares)
    model.to_serving().save(folder)


if __name__ == "__main__":
    main(sys.argv[1])
