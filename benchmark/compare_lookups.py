# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times lookups of embcol and of its peers, side by side.

All contenders of a workload are processes of their own, which have to agree on
what they look up before they are timed, one after another, round by round.
utils/benchmark.sh sets up what this needs, and runs it.
"""

import argparse
from statistics import geometric_mean

from contenders import Contender, check_agreement, time_in_turns
from limits import Limits
from workloads import WORKLOADS

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


def run(workload, names, pythons, threads, rounds):
    contenders = []
    for name in names:
        library = name.split()[0]
        script = f"lookup_{library}.py"
        python = pythons[library]
        contenders.append(Contender(name, python, script, workload, threads))
    tolerance = TOLERANCES[contenders[0].variant]
    check_agreement(workload, contenders, tolerance, lambda variant: None)
    time_in_turns(contenders, rounds, [threads])
    for contender in contenders:
        contender.close()
    return Result(workload, threads, contenders)


def share_of_limit(result, limits):
    """Of what the memory gives, that of the lookups that cannot but read it."""
    workload = WORKLOADS[result.workload]
    row_bytes = workload.dimension * FLOAT_BYTES
    if row_bytes % 64 or workload.columns > 1:
        return None
    batches = workload.batches()
    ids = sum(len(batch[0][0]) for batch in batches) / len(batches)
    rate = limits.get("gather", row_bytes, workload.rows, result.threads)
    return ids * row_bytes / rate / result.ours


def show(number, form="{:.2f}"):
    return "" if number is None else form.format(number)


def report(result, limits):
    for name, seconds in result.seconds.items():
        cells = [
            result.workload,
            name,
            str(result.threads),
            f"{seconds * 1e6:,.0f}",
            f"{seconds / result.ours:.2f}",
        ]
        is_first = name == "embcol f32"
        cells.append(show(share_of_limit(result, limits) if is_first else None))
        print(f"| {' | '.join(cells)} |", flush=True)


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


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--embcol", required=True, help="the Python of embcol")
    add("--fbgemm", required=True, help="the Python of FBGEMM and PyTorch")
    add("--tensorflow", help="the Python of TensorFlow, if it is measured")
    add("--jax", help="the Python of JAX, if it is measured")
    add("--probe", required=True, help="the program MemoryLimits")
    add("--workloads", default=",".join(PEERS), help="which, by name")
    add("--rounds", type=int, default=7, help="how often each is timed")
    add("--threads", default="1,2", help="numbers of threads")
    add("--plot", help="a PNG to write")
    options = parser.parse_args()
    options.workloads = options.workloads.split(",")
    options.threads = [int(number) for number in options.threads.split(",")]
    unknown = set(options.workloads) - set(PEERS)
    if unknown:
        parser.error(f"no workload {sorted(unknown)[0]!r}: {list(PEERS)}")
    return options


def main():
    options = parse_options()
    pythons = {
        "embcol": options.embcol,
        "fbgemm": options.fbgemm,
        "torch": options.fbgemm,
        "tensorflow": options.tensorflow,
        "jax": options.jax,
    }
    limits = Limits(options.probe)
    titles = (
        "workload",
        "contender",
        "threads",
        "µs a batch",
        "times the first",
        "share of the limit",
    )
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}", flush=True)
    results = []
    for workload in options.workloads:
        for threads in options.threads:
            names = ["embcol f32", "embcol features"]
            names += [n for n in PEERS[workload] if pythons[n.split()[0]]]
            result = run(workload, names, pythons, threads, options.rounds)
            report(result, limits)
            results.append(result)
            for row_type in NARROW.get(workload, []):
                names = [f"embcol {row_type}", f"fbgemm {row_type}"]
                result = run(workload, names, pythons, threads, options.rounds)
                report(result, limits)
    print()
    for threads in options.threads:
        report_means(results, threads)
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
