# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What embcol makes of a case, on every device that takes it."""

from __future__ import annotations

import functools
import json
import tempfile
from typing import Any, NamedTuple

import cases
import embcol
import reading


class _Api:
    """embcol's functions, by the names that calls have."""

    dtype = staticmethod(str)


for _name in embcol.__all__:
    setattr(_Api, _name, staticmethod(getattr(embcol, _name)))
for _name, _class in {
    "categorical_column_with_hash_bucket": "HashedCategoricalColumn",
    "bucketized_column": "BucketizedColumn",
    "crossed_column": "CrossedColumn",
    "numeric_column": "NumericColumn",
}.items():
    # Columns that only TensorFlow has: something of their class's name.
    setattr(_Api, _name, staticmethod(lambda c=_class, **_: type(c, (), {})()))


class Execution(NamedTuple):
    """One way to run a model."""

    mode: str
    is_reference: bool
    # The width of the tensor core that all columns are moved to.
    width: int | None = None

    def __str__(self) -> str:
        by = "reference" if self.is_reference else "compiled"
        device = "" if self.width is None else " on a wide tensor core"
        return f"{self.mode}, {by}{device}"


_FOLDER = tempfile.TemporaryDirectory(prefix="embcol-vocabularies-")


def _columns(calls: list) -> list[Any]:
    return cases.Decoder(_Api, _FOLDER.name).columns(calls)


def _devices(case: dict[str, Any]) -> set[str]:
    return {str(c.get("embedding_lookup_device")) for c in case["columns"]}


def executions_of(case: dict[str, Any], is_valid: bool) -> list[Execution]:
    """The executions of a case.

    A column that names a device runs there. All others run on every device, on
    the tensor core wherever that cuts nothing off.

    Args:
      case: a case.
      is_valid: whether it is to have a result: the tensor core then takes it.
    """
    if case["run"] == "make":
        return [Execution(case["mode"], False)]
    devices = _devices(case)
    if devices != {"None"}:
        return [Execution(case["mode"], by) for by in (False, True)]
    if not case.get("everywhere", True):
        return [Execution("serving", False), Execution("training", True)]
    found = [
        Execution(mode, by)
        for mode in ("training", "serving")
        for by in (False, True)
    ]
    if is_valid and reading.is_readable(case):
        columns = reading.columns_of(case)
        if not any(column.is_sequence for column in columns):
            shapes = map(reading.shape_of, case["features"].values())
            width = max([1, *(shape[1] for shape in shapes)])
            for mode in ("training", "serving"):
                for by in (False, True):
                    found.append(Execution(mode, by, width))
    return found


@functools.lru_cache(maxsize=64)
def _model(calls: str, mode: str, is_reference: bool) -> embcol.Model:
    columns = _columns(json.loads(calls))
    return embcol.compile(columns, mode=mode, reference=is_reference)


def _moved(calls: list, width: int | None) -> list:
    """The calls, with their columns on a tensor core."""
    if width is None:
        return calls
    device = {
        "embedding_lookup_device": "tpu_tensor_core",
        "tensor_core_shape": [None, width],
    }
    return [{**call, **device} for call in calls]


def _described(column: Any) -> dict[str, Any]:
    if hasattr(column, "learning_rate"):
        return cases.described_optimizer(column)
    return {
        "name": column.name,
        "table": column.table_name,
        "rows": column.num_buckets,
        "dimension": column.dimension,
        "length": column.max_sequence_length,
    }


def _made(calls: list) -> dict[str, Any]:
    """What is known of columns without a lookup."""
    return {"columns": [_described(column) for column in _columns(calls)]}


def run(
    case: dict[str, Any], execution: Execution, features: dict[str, Any]
) -> dict[str, Any]:
    """The result, as a case's is recorded, or the error that embcol raises."""
    if case["run"] == "make":
        return _made(case["columns"])
    calls = json.dumps(_moved(case["columns"], execution.width))
    model = _model(calls, execution.mode, execution.is_reference)
    if case["run"] == "layer":
        values, lengths = model.input_layer(features), None
    else:
        values, lengths = model.sequence_input_layer(features)
    result = {"shape": list(values.shape), "values": values.ravel().tolist()}
    if lengths is not None and case["run"] == "sequence":
        result["lengths"] = lengths.tolist()
    return result
