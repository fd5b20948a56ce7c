# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ids of strings, by a vocabulary, of embcol and of TensorFlow.

embcol takes strings in Arrow's layout or numpy arrays of type S; TensorFlow
tensors that are there already, or numpy arrays that it makes tensors of.
"""

from contenders import measure
from report import Report, fixed, microseconds

import workloads

NAME = "strings"
ROUNDS = 9
WORKLOADS = tuple(workloads.WORDS)
CONTENDERS = [
    "embcol arrow",
    "embcol numpy",
    "tensorflow tensor",
    "tensorflow numpy",
]
# Of ids; of rows that are looked up.
TOLERANCE = 0


def compare(options):
    report = Report(
        "workload",
        "contender",
        "threads",
        "µs a batch",
        "ns a string",
        "times the first",
    )
    for name in options.workloads:
        for threads in options.threads:
            contenders = measure(
                "words", name, CONTENDERS, options, [threads], TOLERANCE
            )
            base = contenders[0].median(threads)
            for contender in contenders:
                seconds = contender.median(threads)
                report.add(
                    name,
                    contender.name,
                    threads,
                    microseconds(seconds),
                    fixed(seconds / workloads.WORDS[name].batch * 1e9, 1),
                    fixed(seconds / base),
                )
