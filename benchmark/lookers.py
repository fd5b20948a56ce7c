# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What libraries that look up have in common."""

import numpy as np

CHECKED_BATCHES = 2


class Looker:
    """Has the method `lookup(number of a batch)`, whose result `check` takes as
    an array, float32 [batch, width]."""

    def run(self, batch):
        self.lookup(batch)

    def check(self):
        found = [np.array(self.lookup(b)) for b in range(CHECKED_BATCHES)]
        return {"found": np.array(found)}
