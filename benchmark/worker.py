# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A library that is measured, in a process of its own.

It reads requests, a line of JSON each, and answers each with a line of JSON:

  {"do": "prepare", "workload": ..., "optimizer": ...}: makes the tables.
  {"do": "check", "path": ...}: takes a few steps, and writes what it looked up
    and what became of the rows.
  {"do": "time", "threads": ...}: takes steps, batch after batch, on so many
    threads; answers with the seconds a step.
  {"do": "release"}: frees the tables.
"""

import json
import os
import sys
import time

import numpy as np

from workloads import WORKLOADS

CHECKED_STEPS = 3
LEAST_SECONDS = 0.1


def check(trainer, batches, gradient, path):
    """Takes steps; writes what is looked up, and the rows of the first ids."""
    found = []
    for batch in range(CHECKED_STEPS):
        found.append(trainer.lookup(batch))
        trainer.update(gradient)
    ids = [column[0][:100] for column in batches[0]]
    np.savez(path, found=np.array(found), rows=trainer.rows(ids))


def measure(trainer, count, gradient):
    """The seconds a step. Passes over the batches until they have taken long
    enough, after one that wakes threads and fills caches after a pause."""
    run_pass(trainer, count, gradient)
    start, steps, seconds = time.perf_counter(), 0, 0.0
    while seconds < LEAST_SECONDS:
        run_pass(trainer, count, gradient)
        steps += count
        seconds = time.perf_counter() - start
    return seconds / steps


def run_pass(trainer, count, gradient):
    for batch in range(count):
        trainer.lookup(batch)
        trainer.update(gradient)


def serve(make_trainer, set_num_threads):
    """Answers requests; make_trainer(workload, optimizer, batches) makes what
    has the methods `lookup(number of a batch)`, which gives float32 [batch,
    width], `update(gradient)`, and `rows(ids of each column)`."""
    # What libraries print is none of the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    trainer = None
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if request["do"] == "prepare":
            workload = WORKLOADS[request["workload"]]
            batches = workload.batches()
            gradient = workload.gradient()
            trainer = make_trainer(workload, request["optimizer"], batches)
        elif request["do"] == "check":
            check(trainer, batches, gradient, request["path"])
        elif request["do"] == "time":
            set_num_threads(request["threads"])
            answer["seconds"] = measure(trainer, len(batches), gradient)
        elif request["do"] == "release":
            trainer = None
        print(json.dumps(answer), file=answers, flush=True)
