# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times embcol beside its peers:

  compare.py lookups|training|strings|table-sizes [option]...

All contenders of a workload are processes of their own, which have to agree on
what they compute before they are timed, one after another, round by round.
utils/benchmark.sh sets up what this needs, and runs it.
"""

import argparse

import lookups
import strings
import table_sizes
import training
from limits import Limits

# Each has a NAME, WORKLOADS, the number of ROUNDS, `compare(options)`, and a
# docstring whose first line says what it does.
COMPARISONS = (lookups, training, strings, table_sizes)
LIBRARIES = {
    "embcol": "embcol",
    "fbgemm": "FBGEMM and PyTorch",
    "tensorflow": "TensorFlow",
    "jax": "JAX",
}


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a positive integer, found {text!r}"
        )
    return int(text)


def numbers_of_threads(text):
    return [positive(number) for number in text.split(",")]


def workloads_of(comparison):
    def parse(text):
        names = text.split(",")
        for name in names:
            if name not in comparison.WORKLOADS:
                raise argparse.ArgumentTypeError(
                    f"no workload {name!r}: {', '.join(comparison.WORKLOADS)}"
                )
        return names

    return parse


def add_comparison(commands, comparison):
    summary = comparison.__doc__.partition("\n")[0]
    parser = commands.add_parser(
        comparison.NAME,
        help=summary,
        description=comparison.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    for library, name in LIBRARIES.items():
        needed = library == "embcol"
        add(
            f"--{library}",
            required=needed,
            metavar="PYTHON",
            help=f"the Python of {name}{'' if needed else ', to measure it'}",
        )
    add("--probe", required=True, help="the program MemoryLimits")
    every = ",".join(comparison.WORKLOADS)
    add(
        "--workloads",
        type=workloads_of(comparison),
        default=every,
        metavar="NAME,...",
        help=f"which, by name ({every})",
    )
    add(
        "--rounds",
        type=positive,
        default=comparison.ROUNDS,
        help=f"how often each is timed ({comparison.ROUNDS})",
    )
    add(
        "--threads",
        type=numbers_of_threads,
        default="1,2",
        metavar="NUMBER,...",
        help="numbers of threads (1,2)",
    )
    if hasattr(comparison, "add_options"):
        comparison.add_options(parser)
    parser.set_defaults(compare=comparison.compare)


def main():
    parser = argparse.ArgumentParser(
        description="Times embcol beside its peers, and prints tables."
    )
    commands = parser.add_subparsers(required=True, metavar="COMPARISON")
    for comparison in COMPARISONS:
        add_comparison(commands, comparison)
    options = parser.parse_args()
    options.pythons = {name: getattr(options, name) for name in LIBRARIES}
    options.pythons["torch"] = options.fbgemm
    options.limits = Limits(options.probe)
    options.compare(options)


if __name__ == "__main__":
    main()
