# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .step_functions import StepFunctions

__all__ = ["CompiledModule", "Programs"]


class CompiledModule(NamedTuple):
    """A program, and where things stand in its functions."""

    layout: Mapping[str, Any]
    program: Any

    def call(self, function: str, arguments: list[Any]) -> list[Any]:
        """Calls a function by the name that it has in the layout."""
        return self.program.call(self.layout[function], arguments)


class Programs:
    """Compiles the programs of a model, each when it is first asked for.

    Args:
      build: builds the module, as `build_module` does, with the arguments that
        it is not given yet.
      module: what it builds without arguments.
      core: the tables, which all programs work on.
      mode: "training" or "serving".
      functions: the functions of the step.
      reference: whether programs run on the reference interpreter.
    """

    def __init__(
        self,
        build: Callable[..., Any],
        module: Any,
        core: Any,
        mode: str,
        functions: StepFunctions,
        reference: bool,
    ) -> None:
        self._build = build
        self._core = core
        self._mode = mode
        self._functions = functions
        self._reference = reference
        self.main = self._compile(module)
        self._halves: CompiledModule | None = None
        columns = (name for name, *_ in self.main.layout["columns"])
        self._updates = {frozenset(columns): self.main}
        self._weight_gradients: dict[frozenset[str], CompiledModule] = {}

    def _compile(self, module: Any) -> CompiledModule:
        program = module.compile(
            self._core, self._mode, self._functions.addresses(), self._reference
        )
        return CompiledModule(module.layout(), program)

    def of_gradients(self, names: frozenset[str]) -> CompiledModule:
        """The program that takes the gradients of these columns."""
        if names not in self._updates:
            self._updates[names] = self._compile(self._build(sorted(names)))
        return self._updates[names]

    def of_weight_gradients(self, names: frozenset[str]) -> CompiledModule:
        """The program of the gradients for the weights of these columns."""
        if names not in self._weight_gradients:
            module = self._build(sorted(names), kind="weight_gradients")
            self._weight_gradients[names] = self._compile(module)
        return self._weight_gradients[names]

    def halves(self) -> CompiledModule:
        """The program with the two halves of a lookup."""
        if self._halves is None:
            self._halves = self._compile(self._build(kind="halves"))
        return self._halves
