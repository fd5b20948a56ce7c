#!/usr/bin/env python3
"""Runs the examples in the descriptions of a dialect.

Usage: llvm-tblgen --dump-json <td file> | td_examples.py <dialect record>

An example is an ```mlir block, or for attributes and types the inline
`#embcol...` and `!embcol...` after "Example:", which is put into a module.
embcol-opt has to accept each, and each op, attribute and type has to have one.
"""

import json
import re
import subprocess
import sys
import textwrap

BLOCK = re.compile(r"^ *```mlir\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([#!]\w+\.[^`]*)`")


def wrap(example):
    """A module that holds an attribute or a type."""
    if example.startswith("#"):
        return f"module attributes {{test.example = {example}}} {{}}"
    return f"func.func private @example({example})"


def find_examples(description):
    blocks = BLOCK.findall(description)
    if blocks:
        return [textwrap.dedent(block) for block in blocks]
    inline = INLINE.findall(description.partition("Example:")[2])
    return [wrap(" ".join(example.split())) for example in inline]


def records_of(dump, dialect):
    """The dialect's record and those of what it defines, by name."""
    yield dump[dialect]
    for kind, field in [
        ("Op", "opDialect"),
        ("AttrDef", "dialect"),
        ("TypeDef", "dialect"),
    ]:
        for name in dump["!instanceof"][kind]:
            if dump[name][field]["def"] == dialect:
                yield dump[name]


def run(example):
    """The errors of embcol-opt, if any."""
    result = subprocess.run(
        ["embcol-opt", "-"], input=example, capture_output=True, text=True
    )
    return result.stderr if result.returncode else ""


def main(dialect):
    is_ok = True
    for record in records_of(json.load(sys.stdin), dialect):
        name = record["!name"]
        examples = find_examples(record.get("description") or "")
        failures = [
            errors + example for example in examples if (errors := run(example))
        ]
        if not examples:
            failures = ["no example"]
        for failure in failures:
            print(f"{name}: {failure}", file=sys.stderr)
        if not failures:
            print(f"{name}: ok")
        is_ok = is_ok and not failures
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
