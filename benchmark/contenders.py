# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Libraries that are compared: worker processes, that have to agree."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

FOLDER = Path(__file__).parent


class Contender:
    """A worker process: a library, and a variant of what it does."""

    def __init__(self, name, python, script, workload, threads=1):
        self.name = name
        self.library, self.variant = name.split()
        self.seconds = {}
        # What a library has to say of itself matters where it fails.
        self.messages = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [python, script],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.messages,
            text=True,
        )
        self.ask(
            do="prepare",
            workload=workload,
            variant=self.variant,
            threads=threads,
        )

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.process.wait()
            self.messages.seek(0)
            sys.exit(f"{self.messages.read()}error: {self.name} has ended")
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


def check_agreement(workload, contenders, tolerance, group):
    """Contenders of one group, by the variant, have to compute the same."""
    first = {}
    for contender in contenders:
        found = contender.check()
        name, expected = first.setdefault(
            group(contender.variant), (contender.name, found)
        )
        for what, array in found.items():
            difference = np.abs(array - expected[what]).max(initial=0)
            if not difference <= tolerance:
                sys.exit(
                    f"error: {workload}, {contender.name}: {what} differ by "
                    f"{difference:.1e} from those of {name}"
                )


def time_in_turns(contenders, rounds, threads):
    """Times contenders, one after another, on each number of threads."""
    for timed in range(-1, rounds):
        for number in threads:
            for contender in contenders:
                # Threads of the one before are asleep then.
                time.sleep(0.05)
                contender.time(number)
        if timed < 0:
            for contender in contenders:
                contender.seconds.clear()


def measure(
    task, workload, names, options, threads, tolerance, group=lambda _: None
):
    """Times contenders of a workload, which have to agree.

    Args:
      task: what their scripts do: <task>_<library>.py.
      workload: its name.
      names: "<library> <variant>" each. Those whose library has no Python in
        `options` are left out.
      options: those of the program.
      threads: numbers of threads.
      tolerance, group: as for `check_agreement`.

    Returns:
      The contenders, whose processes have ended.
    """
    contenders = [
        Contender(
            name,
            options.pythons[library],
            f"{task}_{library}.py",
            workload,
            threads[0],
        )
        for name in names
        if options.pythons[library := name.split()[0]]
    ]
    check_agreement(workload, contenders, tolerance, group)
    time_in_turns(contenders, options.rounds, threads)
    for contender in contenders:
        contender.close()
    return contenders
