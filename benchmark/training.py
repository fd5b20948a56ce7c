# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps of embcol and of FBGEMM.

A step is a lookup of all columns, and their update by a gradient that is given.
Contenders agree on what they look up and on the tables.
"""

import numpy as np

import workloads
from contenders import measure
from report import Report, fixed, microseconds

NAME = "training"
ROUNDS = 9
TOLERANCE = 1e-5
# Contenders by workload, those that run in turns. The first is what the others
# are compared with.
CONTENDERS = {
    "dram64": [
        ["embcol adagrad", "fbgemm adagrad", "embcol own_adagrad"],
        ["embcol adagrad", "embcol adam"],
        ["embcol rowwise_adagrad", "fbgemm rowwise_adagrad"],
    ],
    "cache64": [
        ["embcol adagrad", "fbgemm adagrad", "embcol own_adagrad"],
        ["embcol rowwise_adagrad", "fbgemm rowwise_adagrad"],
    ],
    "dlrm26": [["embcol adagrad", "fbgemm adagrad"]],
    "zipf64": [["embcol adagrad", "fbgemm adagrad"]],
}
WORKLOADS = tuple(CONTENDERS)
FLOAT_BYTES = 4
# Floats beside a row of `dimension` weights.
SLOTS = {
    "adagrad": lambda dimension: dimension,
    "own_adagrad": lambda dimension: dimension,
    "adam": lambda dimension: 2 * dimension,
    "rowwise_adagrad": lambda dimension: 1,
}


class Traffic:
    """The bytes that a step cannot but move between cores and memory."""

    def __init__(self, name, optimizer):
        workload = workloads.WORKLOADS[name]
        batches = workload.batches()
        columns = [column for batch in batches for column in batch]
        entries = sum(len(ids) for ids, *_ in columns) / len(batches)
        distinct = sum(len(np.unique(ids)) for ids, *_ in columns) / len(
            batches
        )
        self.row_bytes = workload.dimension * FLOAT_BYTES
        slot_bytes = SLOTS[optimizer](workload.dimension) * FLOAT_BYTES
        self.rows = workload.columns * workload.rows
        self.lookup = entries * self.row_bytes
        self.update = 2 * distinct * (self.row_bytes + slot_bytes)

    def floor(self, limits, threads):
        """The seconds in which the memory could do it."""
        size = (self.row_bytes, self.rows, threads)
        return self.lookup / limits.get("gather", *size) + (
            self.update / limits.get("update", *size)
        )


def add_rows(report, workload, contenders, options):
    for threads in options.threads:
        base = contenders[0].median(threads)
        for contender in contenders:
            seconds = contender.median(threads)
            traffic = Traffic(workload, contender.variant)
            moved = traffic.lookup + traffic.update
            report.add(
                workload,
                contender.name,
                threads,
                microseconds(seconds),
                fixed(seconds / base),
                fixed(contender.median(options.threads[0]) / seconds),
                fixed(moved / seconds / 1e9, 1),
                fixed(traffic.floor(options.limits, threads) / seconds),
            )


def compare(options):
    for threads in options.threads:
        rate = options.limits.get("copy", 64, 1 << 10, threads) / 1e9
        print(f"Copying, {threads} threads: {rate:.1f} GB/s")
    print()
    report = Report(
        "workload",
        "contender",
        "threads",
        "µs a step",
        "times the first",
        "times 1 thread",
        "GB/s",
        "share of the limit",
    )
    for workload in options.workloads:
        for names in CONTENDERS[workload]:
            contenders = measure(
                "train",
                workload,
                names,
                options,
                options.threads,
                TOLERANCE,
                lambda optimizer: optimizer.removeprefix("own_"),
            )
            add_rows(report, workload, contenders, options)
