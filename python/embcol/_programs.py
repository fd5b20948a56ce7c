# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import _embcol
from .step_functions import StepFunctions

__all__ = ["CompiledModule", "ProgramReport", "Programs"]


class ProgramReport(NamedTuple):
    """How a program of a model came to be.

    Attributes:
      name: which: "model", "halves", "packed_lookup", "weight_gradients", or
        "update", of gradients for some of the columns.
      seconds: what it took, from the module to what can be called.
      num_kernels: of lookups, updates and gradients: one for each signature.
      is_cached: whether its machine code came from the cache.
    """

    name: str
    seconds: float
    num_kernels: int
    is_cached: bool


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

    Attributes:
      layout: where things stand in the functions of the model.
      is_reference: whether programs run on the reference interpreter.
      reports: of the programs that were compiled, in that order.
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
        self.is_reference = reference
        self._module = module
        self.layout = module.layout()
        self.reports: list[ProgramReport] = []
        self._main: CompiledModule | None = None
        self._halves: CompiledModule | None = None
        self._packed_lookup: Any = None
        self._updates: dict[frozenset[str], CompiledModule] = {}
        self._weight_gradients: dict[frozenset[str], CompiledModule] = {}

    def main(self) -> CompiledModule:
        """The program that looks features up and, in training, updates."""
        if self._main is None:
            self._main = self._compile("model", self._module)
        return self._main

    def _compile(self, name: str, module: Any) -> CompiledModule:
        program = module.compile(
            self._core,
            self._mode,
            self._functions.addresses(),
            self.is_reference,
        )
        self.reports.append(ProgramReport(name, *program.report()))
        return CompiledModule(module.layout(), program)

    def of_gradients(self, names: frozenset[str]) -> CompiledModule:
        """The program that takes the gradients of these columns."""
        if len(names) == len(self.layout["columns"]):
            return self.main()
        if names not in self._updates:
            module = self._build(sorted(names))
            self._updates[names] = self._compile("update", module)
        return self._updates[names]

    def of_weight_gradients(self, names: frozenset[str]) -> CompiledModule:
        """The program of the gradients for the weights of these columns."""
        if names not in self._weight_gradients:
            module = self._build(sorted(names), kind="weight_gradients")
            compiled = self._compile("weight_gradients", module)
            self._weight_gradients[names] = compiled
        return self._weight_gradients[names]

    def packed_lookup(self) -> Any:
        """The packed lookup of the columns that are no sequences."""
        if self._packed_lookup is None:
            module = self._build(kind="packed_lookup")
            layout, program = self._compile("packed_lookup", module)
            name = layout["packed_lookup"]
            self._packed_lookup = _embcol.packed_lookup(program, name)
        return self._packed_lookup

    def halves(self) -> CompiledModule:
        """The program with the two halves of a lookup."""
        if self._halves is None:
            self._halves = self._compile("halves", self._build(kind="halves"))
        return self._halves
