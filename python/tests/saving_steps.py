# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that are saved after every step. As a program, which is there to be
killed: saving_steps.py FOLDER, a line as it begins."""

import pathlib
import sys

import embcol
import numpy as np

STEPS = 30


def make_models(folder):
    """Models whose files beside the tables all differ."""
    models = []
    for words, optimizer in (("ab", embcol.SGD(0.1)), ("cde", embcol.Adam())):
        file = folder / f"{words}.txt"
        file.write_text("\n".join(words))
        columns = [
            embcol.categorical_column_with_vocabulary_file("w", file),
            embcol.categorical_column_with_identity("a", 50_000),
        ]
        models.append(
            embcol.compile(
                [embcol.embedding_column(c, 16) for c in columns],
                optimizer=optimizer,
            )
        )
    return models


def train(model):
    rng = np.random.default_rng(model.global_step)
    values = model.lookup(
        {
            "w": rng.choice(list("abcde"), (64, 2)),
            "a": rng.integers(0, 50_000, (64, 4)),
        }
    )
    model.apply_gradients({n: np.cos(9 * v) for n, v in values.items()})


def save_steps(models, folder):
    """Saves all models to one folder, step by step; yields what is saved."""
    for _ in range(STEPS):
        for model in models:
            model.save(folder)
            yield model
            train(model)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    saved = make_models(target.parent)
    print("begins", flush=True)
    for _ in save_steps(saved, target):
        pass
