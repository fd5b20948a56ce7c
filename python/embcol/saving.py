# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Saving models and loading them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _embcol, serialization
from ._arguments import MODES
from ._specs import build_module
from .config import ModelConfig
from .embedding import BaseEmbeddingColumn
from .optimizers import Optimizer
from .step_functions import StepFunction

if TYPE_CHECKING:
    from .model import Model

__all__ = ["Saved", "read", "save"]

_TABLES_FILE = "model.safetensors"
_MODULE_FILE = "model.mlir"


def _write_aside(path: str, content: bytes) -> None:
    """Writes a file such that it is there either whole or not at all."""
    with open(path + ".tmp", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


def _write_vocabularies(model: Model, path: str) -> dict[str, str]:
    """Writes the words of vocabulary files, and returns the files' new names.

    The words are those in memory, with which the tables were trained, whatever
    has become of the files. A name tells the content, so that saving over a
    model never changes a file that the old one needs.
    """
    texts: dict[str, bytes] = {}
    for symbol, file in model._module.layout()["vocabulary_files"]:
        # Columns may take different parts of one file; the longest has all.
        text = model._core.vocabulary_text(symbol)
        texts[file] = max(texts.get(file, b""), text, key=len)
    names = {}
    for file, text in texts.items():
        digest = sha256(text).hexdigest()[:16]
        names[file] = f"{digest}-{os.path.basename(file)}"
        target = os.path.join(path, names[file])
        if not os.path.exists(target):
            _write_aside(target, text)
    return names


def _check_vocabulary(path: str, name: str) -> str:
    """The path of a saved vocabulary, whose name tells its content."""
    file = os.path.join(path, name)
    with open(file, "rb") as opened:
        digest = sha256(opened.read()).hexdigest()[:16]
    if not name.startswith(f"{digest}-"):
        raise ValueError(f"{file} is not the file that was saved")
    return file


def save(model: Model, path: str) -> None:
    """See `Model.save`."""
    os.makedirs(path, exist_ok=True)
    names = _write_vocabularies(model, path)
    columns = serialization.to_dict(model.columns, names.__getitem__)
    metadata = {
        "columns": json.dumps(columns),
        "config": json.dumps(serialization.config_to_dict(model.config)),
        "mode": model.mode,
        "step": str(model.global_step),
        "seed": str(model.seed),
    }
    if model.optimizer is not None:
        metadata["optimizer"] = json.dumps(
            serialization.optimizer_to_dict(model.optimizer)
        )
    functions = {
        column.name: column.learning_rate_fn
        for column in model.columns
        if column.learning_rate_fn is not None
        and not isinstance(column.learning_rate_fn, StepFunction)
    }
    # The program reads the vocabularies that were written.
    copied = serialization.from_dict(
        columns, functions, lambda name: os.path.join(path, name)
    )
    module = build_module(copied, model.mode, model.optimizer, model.config)
    _write_aside(
        os.path.join(path, _MODULE_FILE),
        module.text("embcol", model.mode).encode(),
    )
    model._core.save(os.path.join(path, _TABLES_FILE), metadata)


def _natural(metadata: Mapping[str, str], key: str) -> int:
    number = int(metadata[key])
    if number < 0:
        raise ValueError(f"{key} is {number}")
    return number


class Saved(NamedTuple):
    """What is in a folder, beside the tables."""

    columns: list[BaseEmbeddingColumn]
    mode: str
    optimizer: Optimizer | None
    config: ModelConfig
    seed: int
    step: int
    tables: str


def read(
    path: str,
    mode: str | None,
    learning_rate_fns: Mapping[str, Any] | None,
    gradient_multiplier_fn: Any,
) -> Saved:
    """Reads what `save` wrote, for `mode` or as it was saved; see `load`."""
    tables = os.path.join(path, _TABLES_FILE)
    metadata = _embcol.read_metadata(tables)
    try:
        return _parse(
            path, metadata, mode, learning_rate_fns, gradient_multiplier_fn
        )
    except OSError:
        raise
    except KeyError as error:
        raise ValueError(f"{tables}: the metadata has no {error}") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{tables}: {error}") from error


def _parse(
    path: str,
    metadata: Mapping[str, str],
    mode: str | None,
    learning_rate_fns: Mapping[str, Any] | None,
    gradient_multiplier_fn: Any,
) -> Saved:
    if metadata["mode"] not in MODES:
        raise ValueError(f"mode is {metadata['mode']!r}")
    mode = metadata["mode"] if mode is None else mode
    is_training = mode == "training"
    optimizer = None
    if is_training:
        if metadata["mode"] == "serving":
            raise ValueError("saved for serving, cannot be trained")
        optimizer = serialization.optimizer_from_dict(
            json.loads(metadata["optimizer"])
        )
    columns = serialization.from_dict(
        json.loads(metadata["columns"]),
        learning_rate_fns,
        lambda name: _check_vocabulary(path, name),
        training=is_training,
    )
    config = serialization.config_from_dict(
        json.loads(metadata["config"]), gradient_multiplier_fn, is_training
    )
    return Saved(
        columns,
        mode,
        optimizer,
        config,
        _natural(metadata, "seed"),
        _natural(metadata, "step"),
        os.path.join(path, _TABLES_FILE),
    )
