# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a model has beside its columns and its optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._arguments import as_float, as_integer, set_fields

__all__ = [
    "NONFINITE_GRADIENTS",
    "PARTITION_STRATEGIES",
    "PRECISIONS",
    "QUANTIZED",
    "ModelConfig",
]

PARTITION_STRATEGIES = ("div", "mod")
PRECISIONS = ("f32", "bf16", "f16", "int8", "int4")
QUANTIZED = ("int8", "int4")
NONFINITE_GRADIENTS = ("refuse", "skip")


def _check_clipping_limit(limit: Any) -> float | None:
    if limit is None:
        return None
    result = as_float(limit)
    # (table-C3)
    if result is None or not np.float32(result) > 0:
        raise ValueError(
            "clipping_limit must be a positive float, finite and not zero in "
            f"32 bits, or None. Got {limit!r}."
        )
    return result


def _check_stochastic_rounding(
    stochastic_rounding: Any, precision: str
) -> bool:
    can_round = precision not in ("f32", *QUANTIZED)
    if stochastic_rounding is None:
        return can_round
    if not isinstance(stochastic_rounding, bool):
        raise ValueError(
            "stochastic_rounding must be True, False or None. Got "
            f"{stochastic_rounding!r}."
        )
    # (table-C7)
    if stochastic_rounding and not can_round:
        raise ValueError(
            "stochastic_rounding is for the precisions bf16 and f16: rows of "
            f"{precision} are not updated or not rounded."
        )
    return stochastic_rounding


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The further arguments of `compile`: how tables are kept and updated.

    See `compile` for what they mean, and for the errors. `stochastic_rounding`
    is True or False, also where it is made with None.
    """

    clipping_limit: float | None = None
    gradient_multiplier_fn: Callable[[int], Any] | None = None
    partition_strategy: str = "div"
    num_partitions: int = 1
    precision: str = "f32"
    stochastic_rounding: bool | None = None
    nonfinite_gradients: str = "refuse"

    def __post_init__(self) -> None:
        function = self.gradient_multiplier_fn
        # (step_function-C1)
        if function is not None and not callable(function):
            raise ValueError(
                "gradient_multiplier_fn must be callable if specified: it takes "
                f"the step and returns the multiplier. Got {function!r}."
            )
        strategy = self.partition_strategy
        # (partition-C2)
        if not isinstance(strategy, str) or (
            strategy not in PARTITION_STRATEGIES
        ):
            raise ValueError(
                f"Invalid partition_strategy {strategy!r}. Must be one of "
                '"mod" or "div".'
            )
        num_partitions = as_integer(self.num_partitions)
        # (partition-C1)
        if num_partitions is None or num_partitions < 1:
            raise ValueError(
                "num_partitions must be a positive integer. Got "
                f"{self.num_partitions!r}."
            )
        precision = self.precision
        # (table-C1)
        if not isinstance(precision, str) or precision not in PRECISIONS:
            raise ValueError(
                f"precision must be one of {PRECISIONS}, got {precision!r}"
            )
        nonfinite = self.nonfinite_gradients
        # (apply_gradients-C15)
        if not isinstance(nonfinite, str) or (
            nonfinite not in NONFINITE_GRADIENTS
        ):
            raise ValueError(
                f"nonfinite_gradients must be one of {NONFINITE_GRADIENTS}, "
                f"got {nonfinite!r}"
            )
        set_fields(
            self,
            clipping_limit=_check_clipping_limit(self.clipping_limit),
            num_partitions=num_partitions,
            stochastic_rounding=_check_stochastic_rounding(
                self.stochastic_rounding, precision
            ),
        )
