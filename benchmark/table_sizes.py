# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a looked up row costs, by the size of its table.

Beside embcol's lookups stands what the memory takes to be read at random, rows
as large in a table as large, with nothing else to do.
"""

import sys

import numpy as np

import workloads
from contenders import Contender, time_in_turns
from report import Report, fixed

NAME = "table-sizes"
ROUNDS = 5
WORKLOADS = tuple(workloads.TABLE_SIZES)
FLOAT_BYTES = 4


def check(name, contender):
    """The sum of a bag of ones is the number of its ids."""
    workload = workloads.WORKLOADS[name]
    found = contender.check()["found"]
    for sums, [(_, offsets, _)] in zip(found, workload.batches(len(found))):
        if not np.array_equal(sums.T, [np.diff(offsets)] * workload.dimension):
            sys.exit(f"error: {name}, {contender.name}: wrong sums")


def compare(options):
    report = Report(
        "rows",
        "MiB",
        "threads",
        "ns a row",
        "the memory's, ns",
        "share of the limit",
    )
    for name in options.workloads:
        workload = workloads.WORKLOADS[name]
        row_bytes = workload.dimension * FLOAT_BYTES
        batches = workload.batches()
        ids = sum(len(batch[0][0]) for batch in batches) / len(batches)
        contender = Contender(
            "embcol f32", options.pythons["embcol"], "lookup_embcol.py", name
        )
        check(name, contender)
        time_in_turns([contender], options.rounds, options.threads)
        contender.close()
        for threads in options.threads:
            cost = contender.median(threads) / ids
            least = row_bytes / options.limits.get(
                "gather",
                row_bytes,
                workload.rows,
                threads,
                passes=workload.rotation,
            )
            report.add(
                f"{workload.rows:,}",
                fixed(workload.rows * row_bytes / 2**20, 1),
                threads,
                fixed(cost * 1e9),
                fixed(least * 1e9),
                fixed(least / cost),
            )
