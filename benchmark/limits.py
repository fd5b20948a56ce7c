# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the memory of this machine gives."""

import json
import subprocess

# As many rows, about, as the batches of the workloads have together.
PASSES = 30


class Limits:
    """What the memory gives, in bytes a second."""

    def __init__(self, probe):
        self.probe = probe
        self.known = {}

    def get(self, kind, row_bytes, rows, threads, passes=PASSES):
        name = kind if kind == "copy" else f"{kind}/{row_bytes}/{rows}"
        if (name, threads) not in self.known:
            output = subprocess.run(
                [
                    self.probe,
                    f"--rows={row_bytes}x{rows}",
                    f"--threads={threads}",
                    f"--passes={passes}",
                    f"--benchmark_filter=^{kind}",
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
