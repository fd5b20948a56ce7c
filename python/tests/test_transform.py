# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""transform: the ids and weights of categorical columns."""

import embcol
import numpy as np
import pytest

WORDS = ["a", "b", "c"]


def ids_of(column, feature):
    found = embcol.transform(column, {column.key: feature})
    assert isinstance(found, embcol.Transformed) and found.weights is None
    assert found.ids.row_splits.dtype == np.int64
    return rows(found.ids)


def rows(ragged):
    return [ragged.row(i).tolist() for i in range(len(ragged))]


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "vocabulary.txt"
        path.write_bytes(content)
        return path

    return write


class TestIdentity:
    def test_ids(self):
        column = embcol.categorical_column_with_identity("x", 9)
        ids = np.array([[1, 8], [-1, -1], [-2, 3]])
        assert ids_of(column, ids) == [[1, 8], [], [-2, 3]]

    def test_past_the_end(self):
        column = embcol.categorical_column_with_identity("x", 9)
        assert ids_of(column, np.array([9, 2**40])) == [[9], [2**40]]

    def test_default_value(self):
        column = embcol.categorical_column_with_identity("x", 9, 4)
        ids = np.array([[1, 9], [-1, -2], [2**40, -(2**63)]])
        assert ids_of(column, ids) == [[1, 4], [4], [4, 4]]
        ragged = embcol.Ragged([-1, 8, 9], [0, 2, 3])
        assert ids_of(column, ragged) == [[4, 8], [4]]


class TestVocabularyList:
    def test_words(self):
        column = embcol.categorical_column_with_vocabulary_list("x", WORDS)
        words = np.array([["c", "a"], ["", "zz"], ["", ""]])
        assert ids_of(column, words) == [[2, 0], [-1], []]

    def test_default_value(self):
        column = embcol.categorical_column_with_vocabulary_list(
            "x", WORDS, default_value=1
        )
        assert ids_of(column, np.array(["c", "zz", ""])) == [[2], [1], []]

    def test_any_negative_default_is_unknown(self):
        column = embcol.categorical_column_with_vocabulary_list(
            "x", WORDS, default_value=-7
        )
        ((unknown,),) = ids_of(column, np.array(["zz"]))
        assert unknown < 0

    def test_integers(self):
        column = embcol.categorical_column_with_vocabulary_list(
            "x", [10, -20, 30]
        )
        ids = np.array([[30, -20], [7, -1], [-1, 10]])
        assert ids_of(column, ids) == [[2, 1], [-1], [0]]

    def test_minus_one_in_the_vocabulary(self):
        column = embcol.categorical_column_with_vocabulary_list("x", [5, -1])
        assert ids_of(column, np.array([-1, 5])) == [[], [0]]
        ragged = embcol.Ragged([-1, 5], [0, 1, 2])
        assert ids_of(column, ragged) == [[1], [0]]


class TestBuckets:
    def test_as_tensorflow(self):
        """The example of tf.strings.to_hash_bucket_fast's documentation."""
        column = embcol.categorical_column_with_vocabulary_list(
            "x", WORDS, num_oov_buckets=3
        )
        words = np.array(["Hello", "TensorFlow", "2.x", "b"])
        assert ids_of(column, words) == [[3 + 0], [3 + 2], [3 + 2], [1]]

    def test_integers_are_hashed_as_digits(self):
        numbers = [0, 7, -7, 12345678901, 2**63 - 1, -(2**63)]
        of_words = embcol.categorical_column_with_vocabulary_list(
            "x", ["a"], num_oov_buckets=1000
        )
        of_numbers = embcol.categorical_column_with_vocabulary_list(
            "x", [42], num_oov_buckets=1000
        )
        words = np.array([str(number) for number in numbers])
        found = ids_of(of_numbers, np.array(numbers))
        assert found == ids_of(of_words, words)
        assert len({i for (i,) in found}) == len(numbers)
        assert all(1 <= i <= 1000 for (i,) in found)

    def test_bytes_are_hashed(self):
        column = embcol.categorical_column_with_vocabulary_list(
            "x", WORDS, num_oov_buckets=10**12
        )
        in_bytes = np.array(["é".encode(), "日本".encode()])
        found = ids_of(column, np.array(["é", "日本"]))
        assert found == ids_of(column, in_bytes)


class TestVocabularyFile:
    @pytest.mark.parametrize(
        "content",
        [b"a\nb\nc\n", b"a\nb\nc", b"a\r\nb\r\nc\r\n", b"a\r\nb\nc"],
    )
    def test_words(self, write, content):
        column = embcol.categorical_column_with_vocabulary_file(
            "x", write(content)
        )
        words = np.array(["c", "a", "b", "d"])
        assert ids_of(column, words) == [[2], [0], [1], [-1]]

    def test_blanks_and_bytes(self, write):
        path = write(b" a\nb\t\n\xff\n\xe6\x97\xa5")
        column = embcol.categorical_column_with_vocabulary_file("x", path)
        words = np.array([" a", "a", "b\t", "b", b"\xff", "日"], object)
        assert ids_of(column, words) == [[0], [-1], [1], [-1], [2], [3]]

    def test_size_cuts(self, write):
        column = embcol.categorical_column_with_vocabulary_file(
            "x", write(b"a\nb\nc\n"), vocabulary_size=2, num_oov_buckets=1
        )
        assert ids_of(column, np.array(["b", "c", "d"])) == [[1], [2], [2]]

    def test_integers(self, write):
        column = embcol.categorical_column_with_vocabulary_file(
            "x", write(b"10\n -3 \n+7\n007000\n"), dtype=np.int64
        )
        ids = np.array([10, -3, 7, 7000, 8])
        assert ids_of(column, ids) == [[0], [1], [2], [3], [-1]]


class TestSequences:
    def test_rank_3(self):
        column = embcol.sequence_categorical_column_with_identity("x", 9)
        ids = np.array([[1, -1, 3, -1], [-1, -1, -1, -1]])
        found = embcol.transform(column, {"x": ids}).ids
        assert rows(found.values) == [[1], [], [3]]
        assert found.row_splits.tolist() == [0, 3, 3]

    @pytest.mark.parametrize("form", ["list", "file"])
    def test_words(self, write, form):
        if form == "list":
            column = embcol.sequence_categorical_column_with_vocabulary_list(
                "x", WORDS
            )
        else:
            column = embcol.sequence_categorical_column_with_vocabulary_file(
                "x", write(b"a\nb\nc")
            )
        words = embcol.Ragged(np.array(["c", "zz", "a"]), [0, 2, 3])
        found = embcol.transform(column, {"x": words}).ids
        assert rows(found.values) == [[2], [-1], [0]]
        assert found.row_splits.tolist() == [0, 2, 3]


class TestWeighted:
    def test_ids_and_weights(self):
        words = embcol.categorical_column_with_vocabulary_list("x", WORDS)
        column = embcol.weighted_categorical_column(words, "w")
        features = {
            "x": np.array([["a", "zz"], ["", "c"]]),
            "w": np.array([[1.5, 0], [9, -2]], np.float32),
        }
        ids, weights = embcol.transform(column, features)
        assert rows(ids) == [[0, -1], [2]]
        assert rows(weights) == [[1.5, 0], [-2]]
        assert weights.values.dtype == np.float32

    def test_unequal_splits(self):
        # (lookup-C10)
        column = embcol.weighted_categorical_column(
            embcol.categorical_column_with_identity("x", 9), "w"
        )
        features = {
            "x": embcol.Ragged([1, 2, 3], [0, 1, 3]),
            "w": embcol.Ragged(np.ones(3, np.float32), [0, 2, 3]),
        }
        with pytest.raises(ValueError) as raised:
            embcol.transform(column, features)
        assert "row 0" in str(raised.value)


class TestBadInput:
    def test_missing_feature(self):
        # (feature-C2)
        column = embcol.categorical_column_with_identity("x", 9)
        with pytest.raises(ValueError, match="Feature x is not in features"):
            embcol.transform(column, {"y": np.array([1])})

    def test_wrong_dtype(self):
        # (feature-C5)
        column = embcol.categorical_column_with_identity("x", 9)
        with pytest.raises(ValueError, match="feature x.*float64"):
            embcol.transform(column, {"x": np.array([1.0])})

    @pytest.mark.parametrize("column", [5, None, "x"])
    def test_no_column(self, column):
        # (categorical-C2)
        with pytest.raises((TypeError, ValueError), match="categorical"):
            embcol.transform(column, {"x": np.array([1])})

    def test_embedding_column(self):
        # (categorical-C2)
        column = embcol.categorical_column_with_identity("x", 9)
        column = embcol.embedding_column(column, 2)
        with pytest.raises((TypeError, ValueError), match="categorical"):
            embcol.transform(column, {"x": np.array([1])})


def test_columns_in_turns():
    """More than programs are kept of, some of them equal but for their order."""
    columns = [
        embcol.categorical_column_with_vocabulary_list(
            "x", WORDS[i % 3 :] + WORDS[: i % 3]
        )
        for i in range(9)
    ]
    for _ in range(2):
        for i, column in enumerate(columns):
            for _ in range(2):
                assert ids_of(column, np.array(["a"])) == [[-i % 3]]
