# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What libraries that train have in common."""

import numpy as np

CHECKED_STEPS = 3


class Trainer:
    """Steps of a lookup and an update by a gradient that is given.

    Has the methods `lookup(number of a batch)`, which gives float32 [batch,
    width], `update(gradient)`, and `rows(ids of each column)`.
    """

    def __init__(self, workload, batches):
        self.gradient = workload.gradient()
        self.ids = [column[0][:100] for column in batches[0]]

    def run(self, batch):
        self.lookup(batch)
        self.update(self.gradient)

    def check(self):
        """What is looked up in a few steps, and the rows of the first ids."""
        found = []
        for batch in range(CHECKED_STEPS):
            found.append(np.array(self.lookup(batch)))
            self.update(self.gradient)
        return {"found": np.array(found), "rows": self.rows(self.ids)}
