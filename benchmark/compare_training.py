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
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from workloads import WORKLOADS

FOLDER = Path(__file__).parent
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


class Contender:
    """A worker process: a library, and an optimizer."""

    def __init__(self, name, pythons, workload):
        self.name = name
        self.library, self.optimizer = name.split()
        self.seconds = {}
        self.process = subprocess.Popen(
            [pythons[self.library], f"train_{self.library}.py"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What the libraries have to say of themselves.
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.ask(do="prepare", workload=workload, optimizer=self.optimizer)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"error: {self.name} has ended")
        return json.loads(answer)

    def check(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "check.npz")
            self.ask(do="check", path=path)
            with np.load(path) as arrays:
                return dict(arrays)

    def time(self, threads):
        answer = self.ask(do="time", threads=threads)
        self.seconds.setdefault(threads, []).append(answer["seconds"])

    def median(self, threads):
        return median(self.seconds[threads])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check_agreement(workload, contenders):
    """Contenders with equal optimizers have to compute the same."""
    first = {}
    for contender in contenders:
        rule = contender.optimizer.removeprefix("own_")
        found = contender.check()
        expected = first.setdefault(rule, found)
        for what, array in found.items():
            difference = np.abs(array - expected[what]).max()
            if not difference <= TOLERANCE:
                sys.exit(
                    f"error: {workload}, {contender.name}: {what} differ by "
                    f"{difference:.1e} from those of {contenders[0].name}"
                )


def run(workload, names, pythons, options):
    """Times contenders in turns, on each number of threads."""
    contenders = [Contender(name, pythons, workload) for name in names]
    check_agreement(workload, contenders)
    for timed in range(-1, options.rounds):
        for threads in options.threads:
            for contender in contenders:
                # Threads of the one before are asleep then.
                time.sleep(0.05)
                contender.time(threads)
        if timed < 0:
            for contender in contenders:
                contender.seconds.clear()
    for contender in contenders:
        contender.close()
    return contenders


class Limits:
    """What the memory gives, in bytes a second."""

    def __init__(self, probe):
        self.probe = probe
        self.known = {}

    def get(self, kind, row_bytes, rows, threads):
        name = kind if kind == "copy" else f"{kind}/{row_bytes}/{rows}"
        if (name, threads) not in self.known:
            output = subprocess.run(
                [
                    self.probe,
                    f"--rows={row_bytes}x{rows}",
                    f"--threads={threads}",
                    "--benchmark_format=json",
                    "--benchmark_repetitions=3",
                ],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for result in json.loads(output)["benchmarks"]:
                if result.get("aggregate_name") == "median":
                    found = result["run_name"].removesuffix(
                        f"/real_time/threads:{threads}"
                    )
                    rate = result["bytes_per_second"]
                    self.known[found, threads] = rate
        return self.known[name, threads]


class Traffic:
    """The bytes that a step cannot but move between cores and memory."""

    def __init__(self, name, optimizer):
        workload = WORKLOADS[name]
        batches = workload.batches()
        columns = [column for batch in batches for column in batch]
        entries = sum(len(ids) for ids, _ in columns) / len(batches)
        distinct = sum(len(np.unique(ids)) for ids, _ in columns) / len(batches)
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
            traffic = Traffic(workload, contender.optimizer)
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
