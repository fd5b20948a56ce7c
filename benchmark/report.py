# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables that are printed as they are measured."""


class Report:
    """A table in Markdown.

    Args:
      titles: of its columns.
    """

    def __init__(self, *titles):
        self.add(*titles)
        print(f"|{'---|' * len(titles)}", flush=True)

    def add(self, *cells):
        """Prints a row; nothing for what is None."""
        shown = ("" if cell is None else str(cell) for cell in cells)
        print(f"| {' | '.join(shown)} |", flush=True)


def fixed(number, digits=2):
    """A number that there may be, for a cell."""
    return None if number is None else f"{number:,.{digits}f}"


def microseconds(seconds):
    return fixed(seconds * 1e6, 0)
