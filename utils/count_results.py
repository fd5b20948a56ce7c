# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Adds up JUnit files, prints `N passed, N failed`, and fails if any did."""

import sys
import xml.etree.ElementTree as ElementTree


def main() -> int:
    counts = {"passed": 0, "failed": 0}
    for path in sys.argv[1:]:
        for case in ElementTree.parse(path).iter("testcase"):
            children = {child.tag for child in case}
            # A test that did not run has not passed.
            is_failed = children & {"failure", "error", "skipped"}
            counts["failed" if is_failed else "passed"] += 1
            if is_failed:
                print(f"failed: {case.get('classname')} {case.get('name')}")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
