# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A library that is measured, in a process of its own.

It reads requests, a line of JSON each, and answers each with a line of JSON:

  {"do": "prepare", "workload": ..., "variant": ..., "threads": ...}: makes the
    tables.
  {"do": "check", "path": ...}: writes what it computes, for comparison.
  {"do": "time", "threads": ...}: goes through the batches, on so many threads;
    answers with the seconds a batch.
"""

import json
import os
import sys
import time

import numpy as np

from workloads import WORKLOADS

LEAST_SECONDS = 0.1


def measure(contender, count):
    """The seconds a batch, after as long a time in which threads wake, come to
    cores of their own, and fill caches."""
    run_passes(contender, count)
    return run_passes(contender, count)


def run_passes(contender, count):
    """Goes through the batches until it has taken long enough."""
    start, batches, seconds = time.perf_counter(), 0, 0.0
    while seconds < LEAST_SECONDS:
        for batch in range(count):
            contender.run(batch)
        batches += count
        seconds = time.perf_counter() - start
    return seconds / batches


def serve(make, set_num_threads):
    """Answers requests; make(workload, variant, batches) makes what has the
    methods `run(number of a batch)`, which is timed, and `check()`, which gives
    arrays by name."""
    # What libraries print is none of the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    contender = None
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if request["do"] == "prepare":
            set_num_threads(request["threads"])
            workload = WORKLOADS[request["workload"]]
            batches = workload.batches()
            contender = make(workload, request["variant"], batches)
        elif request["do"] == "check":
            np.savez(request["path"], **contender.check())
        elif request["do"] == "time":
            set_num_threads(request["threads"])
            answer["seconds"] = measure(contender, len(batches))
        print(json.dumps(answer), file=answers, flush=True)
