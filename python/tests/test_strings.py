# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Strings in Arrow's layout, and large batches of strings of all kinds."""

import ctypes

import embcol
import numpy as np
import pytest

WORDS = ["AA", "UA", "é", "日本", "a word that is longer than the others"]


@pytest.fixture(scope="module")
def word():
    return embcol.categorical_column_with_vocabulary_list(
        "word", WORDS, num_oov_buckets=3
    )


def strings(words, dtype=np.int64):
    encoded = [word.encode() for word in words]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=dtype)
    return embcol.Strings(b"".join(encoded), offsets)


def ids(column, feature):
    found = embcol.transform(column, {"word": feature}).ids
    return found.values.tolist(), found.row_splits.tolist()


class TestStrings:
    def test_is_a_sequence(self):
        found = strings(["AA", "", "日本"])
        assert (len(found), found.size, found.shape, found.ndim) == (
            3,
            3,
            (3,),
            1,
        )
        assert found[0] == b"AA" and found[-1] == "日本".encode()
        assert found[1:].tolist() == [b"", "日本".encode()]
        assert found[2:1].tolist() == []
        assert np.asarray(found).tolist() == found.tolist()
        assert np.asarray(found[:1], "S2").tolist() == [b"AA"]

    @pytest.mark.parametrize("index", [3, -4, slice(None, None, 2)])
    def test_bad_index(self, index):
        with pytest.raises(IndexError):
            strings(["a", "b", "c"])[index]

    @pytest.mark.parametrize("data", [3, "AA", np.zeros(2, np.int16)])
    def test_bad_data(self, data):
        # (feature-C17)
        with pytest.raises(TypeError):
            embcol.Strings(data, [0, 2])

    @pytest.mark.parametrize("offsets", [[], [[0, 2]], [0.0, 2.0], 0, ["0"]])
    def test_bad_offsets(self, offsets):
        # (feature-C17)
        with pytest.raises(ValueError, match="offsets of Strings"):
            embcol.Strings(b"AA", offsets)

    @pytest.mark.parametrize("dtype", [np.int32, np.int64])
    @pytest.mark.parametrize(
        "offsets, message",
        [
            ([0, 3, 2], r"offset 2 is 2, expected one in \[3, 4\]"),
            ([0, 2, 5], r"offset 2 is 5, expected one in \[2, 4\]"),
            ([-1, 2, 4], r"offset 0 is -1, expected one in \[0, 4\]"),
            ([5, 4, 4], r"offset 0 is 5, expected one in \[0, 4\]"),
        ],
    )
    def test_offsets_that_do_not_fit(self, word, dtype, offsets, message):
        bad = embcol.Strings(b"AAUA", np.array(offsets, dtype))
        for feature in (bad, embcol.Ragged(bad, [0, 2])):
            # (feature-C17)
            with pytest.raises(ValueError, match=message):
                ids(word, feature)


class TestFeatures:
    @pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
    def test_one_a_row(self, word, dtype):
        feature = strings(["UA", "", "日本", "AA"], dtype)
        assert ids(word, feature) == ([1, 3, 0], [0, 1, 1, 2, 3])
        feature = strings(["UA", "日本", "AA"], dtype)
        assert ids(word, feature) == ([1, 3, 0], [0, 1, 2, 3])

    @pytest.mark.parametrize("dtype", [np.int32, np.int64])
    def test_parts_of_others(self, word, dtype):
        feature = strings(["UA", "é", "AA", "日本"], dtype)
        assert ids(word, feature[1:3]) == ([2, 0], [0, 1, 2])
        assert ids(word, feature[:0]) == ([], [0])

    def test_buffers(self, word):
        for data in (bytearray(b"AAUA"), np.frombuffer(b"AAUA", np.uint8)):
            feature = embcol.Strings(data, [0, 2, 4])
            assert ids(word, feature) == ([0, 1], [0, 1, 2])
        assert ids(word, embcol.Strings(b"", [0])) == ([], [0])
        assert ids(word, embcol.Strings(b"", [0, 0])) == ([], [0, 0])

    def test_values(self, word):
        values = strings(["UA", "AA", "é"])
        ragged = embcol.Ragged(values, [0, 0, 2, 3])
        assert ids(word, ragged) == ([1, 0, 2], [0, 0, 2, 3])
        assert ragged.row(1).tolist() == [b"UA", b"AA"]
        sparse = embcol.SparseTensor([[1, 0], [0, 0], [1, 1]], values, [2, 2])
        assert ids(word, sparse) == ([0, 1, 2], [0, 1, 3])

    def test_sequences(self):
        steps = embcol.sequence_categorical_column_with_vocabulary_list(
            "word", WORDS
        )
        values = strings(["UA", "AA", "", "é"])
        found = embcol.transform(steps, {"word": values[:2]}).ids
        assert found.row(0)[0].tolist() == [1]
        nested = embcol.Ragged(embcol.Ragged(values, [0, 1, 4]), [0, 0, 2])
        found = embcol.transform(steps, {"word": nested}).ids
        assert [step.tolist() for step in found.row(1)] == [[1], [0, -1, 2]]

    def test_weights(self, word):
        weighted = embcol.weighted_categorical_column(word, "weight")
        features = {
            "word": strings(["UA", "", "AA"]),
            "weight": np.array([0.5, 7, 2], np.float32),
        }
        found = embcol.transform(weighted, features)
        assert found.ids.values.tolist() == [1, 0]
        assert found.weights.values.tolist() == [0.5, 2]
        features["weight"] = embcol.Ragged([0.5, 2], [0, 1, 2])
        with pytest.raises(ValueError, match="of word, ndarray, found Ragged"):
            embcol.transform(weighted, features)

    def test_not_for_integers(self, hour):
        # (feature-C5)
        with pytest.raises(ValueError, match="expected integers"):
            embcol.transform(hour, {"hour": strings(["1"])})

    def test_argument_of_a_program(self):
        program = embcol.Program(
            "func.func @same(%x: tensor<?x!embcol.string>)"
            " -> tensor<?x!embcol.string> {"
            " return %x : tensor<?x!embcol.string> }"
        )
        found = program.call("same", {"arg0": strings(["AA", "", "é"])})[0]
        assert found.tolist() == [b"AA", b"", "é".encode()]

    def test_interpreter(self, word):
        column = embcol.embedding_column(word, 2)
        models = [
            embcol.compile([column], seed=3, reference=reference)
            for reference in (False, True)
        ]
        words = ["UA", "x", "", "日本", "é", "y"]
        for feature in (strings(words), strings(words, np.int32)[1:]):
            found = [m.input_layer({"word": feature}) for m in models]
            np.testing.assert_array_equal(*found)


class ArrowSchema(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class ArrowArray(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class Arrow:
    """What pyarrow's arrays are to embcol. Lives as long as what is made of it
    by these tests."""

    def __init__(self, words, format="u", offset=0, valid=None, nulls=0):
        large = format.isupper()
        self.parts = strings(words, np.int64 if large else np.int32)
        self.valid = valid
        pointers = [
            valid.ctypes.data if valid is not None else None,
            self.parts.offsets.ctypes.data if words else None,
            self.parts.data.ctypes.data if words else None,
        ]
        self.buffers = (ctypes.c_void_p * 3)(*pointers)
        self.schema = ArrowSchema(format=format.encode())
        self.array = ArrowArray(
            length=len(words) - offset,
            null_count=nulls,
            offset=offset,
            n_buffers=3,
            buffers=self.buffers,
        )

    def __arrow_c_array__(self, requested_schema=None):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype = ctypes.py_object
        new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return (
            new(ctypes.addressof(self.schema), b"arrow_schema", None),
            new(ctypes.addressof(self.array), b"arrow_array", None),
        )

    def __array__(self, dtype=None, copy=None):
        return np.array([7, 8])


class TestArrow:
    @pytest.mark.parametrize("format", "uUzZ")
    def test_strings(self, word, format):
        arrow = Arrow(["UA", "", "日本", "AA"], format)
        assert ids(word, arrow) == ([1, 3, 0], [0, 1, 1, 2, 3])
        arrow = Arrow(["UA", "", "日本", "AA"], format, offset=2)
        assert ids(word, arrow) == ([3, 0], [0, 1, 2])
        ragged = embcol.Ragged(arrow, [0, 2])
        assert ids(word, ragged) == ([3, 0], [0, 2])
        assert ids(word, Arrow([], format)) == ([], [0])

    def test_nulls(self, word):
        valid = np.array([0b1011], np.uint8)
        words = ["UA", "AA", "é", "é"]
        assert ids(word, Arrow(words, "u", 0, valid, nulls=0))[0] == [
            1,
            0,
            2,
            2,
        ]
        assert ids(word, Arrow(words, "u", 3, valid, nulls=-1))[0] == [2]
        for nulls in (1, -1):
            # (feature-C8)
            with pytest.raises(ValueError, match="word: nulls are not taken"):
                ids(word, Arrow(words, "u", 0, valid, nulls))

    def test_other_types_are_arrays(self, hour):
        feature = Arrow(["1", "2"], "l")
        found = embcol.transform(hour, {"hour": feature})
        assert found.ids.values.tolist() == [7, 8]


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(0)
    parts = [*WORDS, "", "x", "no word", "ü" * 9]
    return [parts[i] for i in random.integers(0, len(parts), 50_000)]


@pytest.fixture(scope="module")
def expected(word, batch):
    known = {name: i for i, name in enumerate(WORDS)}
    others = sorted(set(batch) - set(known) - {""})
    found, _ = ids(word, embcol.Ragged(others, [0, len(others)]))
    known.update(zip(others, found))
    return [known[name] for name in batch if name]


class TestLargeBatches:
    """Those that are divided over threads."""

    @pytest.mark.parametrize(
        "dtype", ["U", "S", "object", "T", "list", "tuple"]
    )
    def test_forms(self, word, batch, expected, dtype):
        encoded = [name.encode() for name in batch]
        forms = {
            "U": lambda: np.array(batch),
            "S": lambda: np.array(encoded),
            "object": lambda: np.array([*batch[:9], *encoded[9:]], object),
            "T": lambda: np.array(batch, np.dtypes.StringDType()),
            "list": lambda: [*batch[:9], *encoded[9:]],
            "tuple": lambda: tuple(batch),
        }
        found, splits = ids(word, forms[dtype]())
        assert found == expected
        assert (
            splits == np.cumsum([0] + [bool(name) for name in batch]).tolist()
        )

    @pytest.mark.parametrize("dtype", [np.int32, np.int64])
    def test_strings(self, word, batch, expected, dtype):
        assert ids(word, strings(batch, dtype))[0] == expected

    def test_threads(self, word, batch, expected):
        before = embcol.num_threads()
        try:
            for count in (1, 3):
                embcol.set_num_threads(count)
                assert ids(word, np.array(batch))[0] == expected
        finally:
            embcol.set_num_threads(before)

    def test_every_width(self):
        """Strings of all sizes, beside zeros and in larger cells."""
        words = ["x" * size + "y" for size in range(70)]
        column = embcol.categorical_column_with_vocabulary_list("word", words)
        for width in (70, 75, 80):
            for dtype in (f"S{width}", f"U{width}"):
                found, _ = ids(column, np.array(words, dtype))
                assert found == list(range(70))

    def test_bad_surrogate(self, word):
        batch = np.array(["AA"] * 20_000)
        batch[15_000] = "\ud800"
        # (feature-C7)
        with pytest.raises(ValueError, match="in row 15000"):
            ids(word, batch)
