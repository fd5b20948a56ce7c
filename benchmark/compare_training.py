# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times training steps of embcol and of FBGEMM, side by side.

A step is a lookup of all columns, and their update by a gradient that is given.
All contenders of a workload are processes of their own, which have to agree on
what they look up and on the tables before they are timed, one after another,
round by round. utils/benchmark.sh sets up what this needs, and runs it.
"""

import argparse

import numpy as np

from contenders import Contender, check_agreement, time_in_turns
from limits import Limits
from workloads import WORKLOADS

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
FLOAT_BYTES = 4
# Floats beside a row of `dimension` weights.
SLOTS = {
    "adagrad": lambda dimension: dimension,
    "own_adagrad": lambda dimension: dimension,
    "adam": lambda dimension: 2 * dimension,
    "rowwise_adagrad": lambda dimension: 1,
}


def run(workload, names, pythons, options):
    """Times contenders in turns, on each number of threads."""
    contenders = []
    for name in names:
        library = name.split()[0]
        script = f"train_{library}.py"
        contenders.append(Contender(name, pythons[library], script, workload))
    check_agreement(
        workload,
        contenders,
        TOLERANCE,
        lambda optimizer: optimizer.removeprefix("own_"),
    )
    time_in_turns(contenders, options.rounds, options.threads)
    for contender in contenders:
        contender.close()
    return contenders


class Traffic:
    """The bytes that a step cannot but move between cores and memory."""

    def __init__(self, name, optimizer):
        workload = WORKLOADS[name]
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


def report(workload, contenders, options, limits):
    first = contenders[0]
    for threads in options.threads:
        base = first.median(threads)
        for contender in contenders:
            seconds = contender.median(threads)
            traffic = Traffic(workload, contender.variant)
            moved = traffic.lookup + traffic.update
            cells = [
                workload,
                contender.name,
                str(threads),
                f"{seconds * 1e6:,.0f}",
                f"{seconds / base:.2f}",
                f"{contender.median(options.threads[0]) / seconds:.2f}",
                f"{moved / seconds / 1e9:.1f}",
                f"{traffic.floor(limits, threads) / seconds:.2f}",
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--embcol", required=True, help="the Python of embcol")
    add("--fbgemm", required=True, help="the Python of FBGEMM")
    add("--probe", required=True, help="the program MemoryLimits")
    add("--workloads", default=",".join(CONTENDERS), help="which, by name")
    add("--rounds", type=int, default=9, help="how often each is timed")
    add("--threads", default="1,2", help="numbers of threads")
    options = parser.parse_args()
    options.workloads = options.workloads.split(",")
    options.threads = [int(number) for number in options.threads.split(",")]
    unknown = set(options.workloads) - set(CONTENDERS)
    if unknown:
        parser.error(f"no workload {sorted(unknown)[0]!r}: {list(CONTENDERS)}")
    return options


def main():
    options = parse_options()
    pythons = {"embcol": options.embcol, "fbgemm": options.fbgemm}
    limits = Limits(options.probe)
    for threads in options.threads:
        rate = limits.get("copy", 64, 1 << 10, threads) / 1e9
        print(f"Copying, {threads} threads: {rate:.1f} GB/s")
    titles = (
        "workload",
        "contender",
        "threads",
        "µs a step",
        "times the first",
        "times 1 thread",
        "GB/s",
        "share of the limit",
    )
    print(f"\n| {' | '.join(titles)} |\n|{'---|' * len(titles)}", flush=True)
    for workload in options.workloads:
        for names in CONTENDERS[workload]:
            contenders = run(workload, names, pythons, options)
            report(workload, contenders, options, limits)


if __name__ == "__main__":
    main()
