#!/usr/bin/env python3
"""Holds labels of constraints together: document, checks and tests.

Usage: semantics_labels.py <source directory>

`docs/Semantics.md` defines a label, a subject, `-C` and a number in
parentheses, where a list item begins with it. The numbers of a subject are 1,
2, 3, and so on. A label stands in a comment at a check and again at a test.
"""

import pathlib
import re
import sys
from collections import Counter

LABEL = re.compile(r"\(([a-z]+(?:_[a-z]+)*-C\d+)\)")
DEFINITION = re.compile(r"^- " + LABEL.pattern, re.MULTILINE)
# A comment of labels alone.
COMMENT = re.compile(r"^\s*(?://|#)((?:\s*" + LABEL.pattern + r")+)$")

DOCUMENT = "docs/Semantics.md"
CHECKS = ("include", "lib", "python/bindings", "python/embcol")
TESTS = ("test", "python/tests")
SUFFIXES = {".cpp", ".h", ".mlir", ".py", ".td", ".test"}


def read_files(source, folders):
    """The files of folders and what is in them."""
    for folder in folders:
        for path in sorted((source / folder).rglob("*")):
            # This file, and a test of it, have labels that do not count.
            if path.suffix in SUFFIXES and path.stem not in (
                "semantics",
                "semantics_labels",
            ):
                yield path.relative_to(source), path.read_text("utf-8")


def find_checks(source):
    """Where each label stands as a comment."""
    return [
        (label, f"{path}:{number}")
        for path, text in read_files(source, CHECKS)
        for number, line in enumerate(text.splitlines(), 1)
        if COMMENT.match(line)
        for label in LABEL.findall(line)
    ]


def find_tests(source):
    """Where each label stands: files of lit have text around commands."""
    return [
        (label, f"{path}:{number}")
        for path, text in read_files(source, TESTS)
        for number, line in enumerate(text.splitlines(), 1)
        for label in LABEL.findall(line)
    ]


def find_gaps(defined):
    """The numbers that a subject passes over."""
    subjects = {}
    for label in defined:
        subject, number = label.rsplit("-C", 1)
        subjects.setdefault(subject, []).append(int(number))
    for subject, numbers in subjects.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"({subject}): the numbers are {numbers}"


def find_faults(source):
    """What is wrong, a line each."""
    document = (source / DOCUMENT).read_text("utf-8")
    counts = Counter(DEFINITION.findall(document))
    for label, count in counts.items():
        if count > 1:
            yield f"({label}): defined {count} times"
    if all(count == 1 for count in counts.values()):
        yield from find_gaps(counts)
    for label in sorted(set(LABEL.findall(document)) - set(counts)):
        yield f"({label}): not defined, in {DOCUMENT}"

    for what, found in (
        ("check", find_checks(source)),
        ("test", find_tests(source)),
    ):
        for label, place in found:
            if label not in counts:
                yield f"({label}): not defined, in {place}"
        for label in sorted(set(counts) - {label for label, _ in found}):
            yield f"({label}): no {what}"


def main(source):
    faults = list(find_faults(pathlib.Path(source)))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
