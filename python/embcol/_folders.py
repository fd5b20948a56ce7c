# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Folders that a model is saved to.

A model is its tables' file and what that file's metadata names. A save adds
files under names of their own, replaces the tables' file, by which all changes
at once, and then removes what only the one before needed. What a crash leaves
is removed by the next save.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from . import _embcol

__all__ = ["Folder", "TABLES_FILE", "locked", "name_by_content"]

TABLES_FILE = "model.safetensors"

# Nothing else is ever removed, whatever the metadata say.
_NAME = re.compile(r"[0-9a-f]{16}-[^/]+")
_TEMPORARY = re.compile(
    rf"({re.escape(TABLES_FILE)}|{_NAME.pattern})\.\w+\.tmp"
)


def name_by_content(content: bytes, name: str) -> str:
    """A name that tells the content, so that a file of it never changes."""
    return f"{sha256(content).hexdigest()[:16]}-{name}"


class _Named(NamedTuple):
    """The files that metadata name."""

    # Those that belong to the tables.
    files: frozenset[str]
    # Those that belonged to the tables before.
    replaced: frozenset[str]


def _read_names(metadata: Mapping[str, str], key: str) -> frozenset[str]:
    names = json.loads(metadata[key])
    return frozenset(name for name in names if _NAME.fullmatch(name))


def _read_named(path: str) -> _Named | None:
    """What a tables' file names; None if it does not say."""
    try:
        metadata = _embcol.open_checkpoint(path).metadata()
        return _Named(*(_read_names(metadata, key) for key in _Named._fields))
    except FileNotFoundError:
        return _Named(frozenset(), frozenset())
    except (KeyError, OSError, TypeError, ValueError):
        return None


class Folder:
    """A folder that a model is being saved to."""

    def __init__(self, path: str, is_locked: bool) -> None:
        self._path = path
        self._files: frozenset[str] = frozenset()
        current = _read_named(os.path.join(path, TABLES_FILE))
        if current is not None:
            self._files = current.files
        # Nobody can tell what belongs to a save that goes on elsewhere.
        if is_locked:
            self._clean(current)

    def _clean(self, current: _Named | None) -> None:
        """Removes what saves that crashed have left."""
        temporaries = set(filter(_TEMPORARY.fullmatch, os.listdir(self._path)))
        if current is not None:
            unused = set(current.replaced)
            for name in temporaries:
                named = _read_named(os.path.join(self._path, name))
                unused.update(*(named or ()))
            self._remove(unused - current.files)
        # Last, since they name the others.
        self._remove(temporaries)

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                os.remove(os.path.join(self._path, name))
            except FileNotFoundError:
                pass

    def metadata(self, files: Iterable[str]) -> dict[str, str]:
        """What is to stand in the metadata of tables that need these files."""
        named = _Named(frozenset(files), self._files - frozenset(files))
        return {
            key: json.dumps(sorted(names))
            for key, names in named._asdict().items()
        }

    def remove_replaced(self, files: Iterable[str]) -> None:
        """Removes what tables that need these files have replaced."""
        self._remove(self._files - frozenset(files))


def _sync(path: str) -> None:
    """Makes what was added to a folder outlast a crash."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    except OSError as error:
        # Some file systems sync no folders, and say so.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(folder)


def _make(path: str) -> None:
    """Makes a folder, and those that it is in, such that they stay."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(os.path.abspath(path))
    _make(parent)
    os.makedirs(path, exist_ok=True)
    _sync(parent)


@contextmanager
def locked(path: str) -> Iterator[Folder]:
    """Makes a folder if need be, and waits until nobody else saves to it."""
    _make(path)
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        is_locked = True
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
        except OSError:
            # Some file systems have no locks. Saves that overlap write files of
            # different names then, and the last one counts.
            is_locked = False
        yield Folder(path, is_locked)
    finally:
        # Not left to `close`: a process that was forked may have it open, too.
        if is_locked:
            fcntl.flock(opened, fcntl.LOCK_UN)
        os.close(opened)
