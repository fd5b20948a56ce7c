# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of embcol and of FBGEMM, PyTorch, TensorFlow and JAX.

Of a workload, the contenders are those libraries that can do it and have a
Python, and embcol, from packed ids and from a dict of features. Rows that are
not float32 are compared with FBGEMM's.
"""

from statistics import geometric_mean

import workloads
from contenders import measure
from report import Report, fixed, microseconds

NAME = "lookups"
ROUNDS = 7

# Of sums of some forty weights in [0, 1). Quantized, half a step for each.
TOLERANCES = {"f32": 1e-4, "f16": 1e-4, "int8": 0.1, "int4": 1.5}
EVERY = ["torch f32", "fbgemm f32", "fbgemm f32_i32"]
# By workload, the peers that can do it, in a time that one would wait.
PEERS = {
    "dram16": [*EVERY, "tensorflow f32"],
    "dram64": [*EVERY, "tensorflow f32", "jax f32"],
    "dram128": [*EVERY, "tensorflow f32"],
    "cache64": [*EVERY, "tensorflow f32", "jax f32"],
    # FBGEMM's inference has no weighted mean.
    "wmean64": ["torch f32", "tensorflow f32"],
    "dlrm26": [*EVERY, "tensorflow f32", "jax f32"],
    "serve100": [*EVERY, "tensorflow f32", "jax f32"],
    "serve1000": EVERY,
    # As dram64, but for the distribution of its ids; not of the mean.
    "zipf64": EVERY,
}
WORKLOADS = tuple(PEERS)
SKEWED = ("zipf64",)
# Of rows that are not f32, FBGEMM's alone.
NARROW = {
    "dram64": ["f16", "int8", "int4"],
    "dram128": ["f16", "int8", "int4"],
}
FLOAT_BYTES = 4


class Result:
    """What was measured of a workload, on a number of threads."""

    def __init__(self, workload, threads, contenders):
        self.workload = workload
        self.threads = threads
        self.seconds = {c.name: c.median(threads) for c in contenders}
        self.ours = self.seconds[contenders[0].name]

    def ratio(self, library=None):
        """How many times as long the best peer takes, or the one named."""
        found = [
            seconds
            for name, seconds in self.seconds.items()
            if name.split()[0] == library
            or (library is None and not name.startswith("embcol"))
        ]
        return min(found) / self.ours if found else None


def run(workload, names, options, threads):
    tolerance = TOLERANCES[names[0].split()[1]]
    contenders = measure(
        "lookup", workload, names, options, [threads], tolerance
    )
    return Result(workload, threads, contenders)


def share_of_limit(result, limits):
    """Of what the memory gives, that of the lookups that cannot but read it."""
    workload = workloads.WORKLOADS[result.workload]
    row_bytes = workload.dimension * FLOAT_BYTES
    if row_bytes % 64 or workload.columns > 1:
        return None
    batches = workload.batches()
    ids = sum(len(batch[0][0]) for batch in batches) / len(batches)
    rate = limits.get("gather", row_bytes, workload.rows, result.threads)
    return ids * row_bytes / rate / result.ours


def add_rows(report, result, limits):
    for name, seconds in result.seconds.items():
        is_first = name == "embcol f32"
        share = share_of_limit(result, limits) if is_first else None
        report.add(
            result.workload,
            name,
            result.threads,
            microseconds(seconds),
            fixed(seconds / result.ours),
            fixed(share),
        )


def report_means(results, threads):
    for library in (None, "tensorflow"):
        ratios = [
            ratio
            for result in results
            if result.threads == threads
            and result.workload not in SKEWED
            and (ratio := result.ratio(library)) is not None
        ]
        if ratios:
            print(
                f"{library or 'the best peer'}, {threads} threads: "
                f"{geometric_mean(ratios):.2f} in the geometric mean of "
                f"{len(ratios)} workloads"
            )


def plot(results, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    threads = sorted({result.threads for result in results})
    names = list(dict.fromkeys(result.workload for result in results))
    figure, axes = pyplot.subplots(figsize=(9, 4))
    width = 0.8 / len(threads)
    for shift, number in enumerate(threads):
        ratios = [
            next(
                result.ratio()
                for result in results
                if (result.workload, result.threads) == (name, number)
            )
            for name in names
        ]
        places = [place + shift * width for place in range(len(names))]
        label = f"{number} thread{'s' if number > 1 else ''}"
        bars = axes.bar(places, ratios, width, label=label)
        axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_yscale("log", base=2)
    axes.set_xticks([i + 0.4 - width / 2 for i in range(len(names))], names)
    axes.set_ylabel("times as fast as the best peer")
    axes.set_title("embcol's lookups, rows of float32")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def add_options(parser):
    parser.add_argument("--plot", help="a PNG to write")


def compare(options):
    report = Report(
        "workload",
        "contender",
        "threads",
        "µs a batch",
        "times the first",
        "share of the limit",
    )
    results = []
    for workload in options.workloads:
        for threads in options.threads:
            names = ["embcol f32", "embcol features", *PEERS[workload]]
            result = run(workload, names, options, threads)
            add_rows(report, result, options.limits)
            results.append(result)
            for row_type in NARROW.get(workload, []):
                names = [f"embcol {row_type}", f"fbgemm {row_type}"]
                result = run(workload, names, options, threads)
                add_rows(report, result, options.limits)
    print()
    for threads in options.threads:
        report_means(results, threads)
    if options.plot:
        plot(results, options.plot)
