# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables of vocabulary files are kept, and used while the files are the same."""

import time

import embcol
import pytest

NUM_WORDS = 150_000


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBCOL_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vocabularies"


def column(path):
    return embcol.categorical_column_with_vocabulary_file("word", path)


def ids(path, words):
    found = embcol.transform(column(path), {"word": words}).ids
    return found.values.tolist()


def test_files_are_kept_once_they_have_settled(cache, tmp_path):
    words = [f"word{i}" for i in range(NUM_WORDS)]
    path = tmp_path / "words.txt"
    path.write_text("\n".join(words))
    asked = [words[7], "unknown", words[-1]]
    # It is too new at first.
    while not cache.exists():
        assert ids(path, asked) == [7, -1, NUM_WORDS - 1]
        time.sleep(0.1)
    (kept,) = cache.iterdir()
    for _ in range(2):
        assert ids(path, asked) == [7, -1, NUM_WORDS - 1]
        assert column(path).vocabulary_size == NUM_WORDS
        assert list(cache.iterdir()) == [kept]
    kept.write_bytes(kept.read_bytes()[:-1])
    assert ids(path, asked) == [7, -1, NUM_WORDS - 1]
    path.write_text("\n".join(reversed(words)))
    assert ids(path, asked) == [NUM_WORDS - 8, -1, 0]
    assert (
        embcol.categorical_column_with_vocabulary_file(
            "word", path, vocabulary_size=9
        ).num_buckets
        == 9
    )


def test_small_files_are_not_kept(cache, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    assert ids(path, ["b", "c"]) == [1, -1]
    assert not cache.exists()
