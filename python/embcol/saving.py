# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Saving models and loading them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _embcol, _folders, serialization
from ._arguments import MODES
from .config import QUANTIZED, ModelConfig
from .embedding import BaseEmbeddingColumn
from .optimizers import Optimizer

if TYPE_CHECKING:
    from .model import Model

__all__ = ["Saved", "open_tables", "read", "save"]

_MODULE_FILE = "model.mlir"


def _vocabularies(model: Model) -> tuple[dict[str, str], dict[str, bytes]]:
    """The new names of vocabulary files, and by them the words.

    The words are those in memory, with which the tables were trained, whatever
    has become of the files.
    """
    texts: dict[str, bytes] = {}
    for symbol, file in model._module.layout()["vocabulary_files"]:
        # Columns may take different parts of one file; the longest has all.
        text = model._state.core.vocabulary_text(symbol)
        texts[file] = max(texts.get(file, b""), text, key=len)
    names = {
        file: _folders.name_by_content(text, os.path.basename(file))
        for file, text in texts.items()
    }
    return names, {names[file]: text for file, text in texts.items()}


def _module_text(model: Model, path: str, names: Mapping[str, str]) -> bytes:
    """The program, which reads the vocabularies that are saved with it."""
    files = {
        symbol: os.path.join(path, names[file])
        for symbol, file in model._module.layout()["vocabulary_files"]
    }
    return model._module.text_with_files(files).encode()


def _check_vocabulary(path: str, name: str) -> str:
    """The path of a saved vocabulary, whose name tells its content."""
    file = os.path.join(path, name)
    with open(file, "rb") as opened:
        expected = _folders.name_by_content(opened.read(), "")
    if not name.startswith(expected):
        raise ValueError(f"{file} is not the file that was saved")
    return file


def _describe_rows(model: Model) -> dict[str, Any]:
    """What the bytes of quantized rows are, for other tools."""
    dimensions = {c.table_name: c.dimension for c in model.columns}
    return {
        "row": "scale (f16), bias (f16), then integers q from low bits to high",
        "weight": "scale * q + bias",
        "bits": 4 if model.config.precision == "int4" else 8,
        "dimensions": dimensions,
    }


def save(model: Model, path: str) -> None:
    """See `Model.save`."""
    names, files = _vocabularies(model)
    text = _module_text(model, path, names)
    module = _folders.name_by_content(text, _MODULE_FILE)
    files[module] = text
    columns = serialization.to_dict(model.columns, names.__getitem__)
    metadata = {
        "columns": json.dumps(columns),
        "config": json.dumps(serialization.config_to_dict(model.config)),
        "mode": model.mode,
        "module": module,
        "seed": str(model.seed),
    }
    if model.optimizer is not None:
        metadata["optimizer"] = json.dumps(
            serialization.optimizer_to_dict(model.optimizer)
        )
    if model.config.precision in QUANTIZED:
        metadata["quantization"] = json.dumps(_describe_rows(model))
    state = model._state
    with _folders.locked(path) as folder:
        metadata.update(folder.metadata(files))
        snapshot = _embcol.Snapshot(state.core)
        try:
            with state.lock:
                snapshot.begin()
                metadata["step"] = str(state.global_step)
            tables = os.path.join(path, _folders.TABLES_FILE)
            snapshot.save(tables, metadata, files)
        finally:
            snapshot.end()
        folder.remove_replaced(files)


def _natural(metadata: Mapping[str, str], key: str) -> int:
    number = int(metadata[key])
    if number < 0:
        raise ValueError(f"{key} is {number}")
    return number


class Saved(NamedTuple):
    """What is saved, beside the tables."""

    columns: list[BaseEmbeddingColumn]
    mode: str
    optimizer: Optimizer | None
    config: ModelConfig
    seed: int
    step: int


def open_tables(path: str) -> Any:
    """The file in a folder by which all the rest is found."""
    return _embcol.open_checkpoint(os.path.join(path, _folders.TABLES_FILE))


def read(
    path: str,
    metadata: Mapping[str, str],
    mode: str | None,
    learning_rate_fns: Mapping[str, Any] | None,
    gradient_multiplier_fn: Any,
) -> Saved:
    """Reads the metadata of what `save` wrote; see `load`."""
    tables = os.path.join(path, _folders.TABLES_FILE)
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
    )
