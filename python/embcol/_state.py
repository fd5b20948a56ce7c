# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What models that work on the same tables share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

__all__ = ["State", "Turns"]


class Turns:
    """Keeps updates apart from lookups that other threads run.

    An assignment to a table is an update.

    Attributes:
      num_updates: how often tables have been updated.
    """

    def __init__(self) -> None:
        self.num_updates = 0
        self._running: set[futures.Future[Any]] = set()

    def add(self, lookup: futures.Future[Any]) -> None:
        """Updates wait for this lookup of another thread."""
        self._running.add(lookup)
        lookup.add_done_callback(self._running.discard)

    def update(self, run: Callable[[], None]) -> None:
        """Runs an update, once no other thread looks at tables any more."""
        futures.wait(list(self._running))
        run()
        self.num_updates += 1


class State:
    """The tables of a model, those that serve it and what they have in common.

    Attributes:
      core: the tables and vocabularies, of the extension.
      global_step: the number of steps trained.
      lock: held while tables and the step change, and while a save begins: what
        it saves is what they are after one of the steps. The save itself runs
        without it.
      turns: keeps updates apart from lookups of other threads.
    """

    def __init__(self, core: Any) -> None:
        self.core = core
        self.global_step = 0
        self.lock = threading.Lock()
        self.turns = Turns()
