# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bad gradients and columns that make no model: errors and tables."""

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables, refused

FEATURES = {
    "hour": np.array([[1, 2], [3, -1]]),
    "steps": np.array([[1, 2, -1], [3, -1, -1]]),
    "late": np.array([[1, 2], [3, 3]]),
    "weight": np.ones((2, 2), np.float32),
}
SHAPES = {
    "hour_embedding": (2, 3),
    "steps_embedding": (2, 4, 3),
    "late_weighted_by_weight_embedding": (2, 3),
}


def identity(key, size=24):
    return embcol.categorical_column_with_identity(key, size)


def make(**arguments):
    steps = embcol.sequence_categorical_column_with_identity("steps", 24)
    late = embcol.weighted_categorical_column(identity("late"), "weight")
    columns = [
        embcol.embedding_column(identity("hour"), 3),
        embcol.embedding_column(steps, 3, max_sequence_length=4),
        embcol.embedding_column(late, 3),
    ]
    return embcol.compile(columns, **arguments)


@pytest.fixture(scope="module")
def model():
    """A model after a lookup."""
    model = make()
    model.lookup(FEATURES)
    return model


def good():
    return {name: np.ones(shape) for name, shape in SHAPES.items()}


class TestGradients:
    @pytest.mark.parametrize(
        ("name", "shape"),
        [
            ("hour_embedding", (2, 2)),
            ("hour_embedding", (3, 3)),
            ("hour_embedding", (1, 3)),
            ("hour_embedding", (0, 3)),
            ("hour_embedding", (2, 3, 1)),
            ("hour_embedding", (6,)),
            ("hour_embedding", ()),
            ("steps_embedding", (2, 3, 3)),
            ("steps_embedding", (2, 4, 2)),
            ("steps_embedding", (3, 4, 3)),
            ("steps_embedding", (8, 3)),
            ("late_weighted_by_weight_embedding", (2, 4)),
            ("late_weighted_by_weight_embedding", (5, 3)),
        ],
    )
    @pytest.mark.parametrize("alone", [True, False])
    def test_shape(self, model, name, shape, alone):
        # (apply_gradients-C7) (apply_gradients-C11)
        gradients = {} if alone else good()
        gradients[name] = np.ones(shape)
        shown = "[" + ", ".join(map(str, shape)) + "]"
        with refused(model, ValueError, name, shown):
            model.apply_gradients(gradients)
        assert model.global_step == 0

    @pytest.mark.parametrize("dtype", ["c8", "?", "U1", object])
    def test_dtype(self, model, dtype):
        gradient = np.ones((2, 3)).astype(dtype)
        words = ("hour_embedding", str(gradient.dtype))
        with refused(model, ValueError, *words):
            model.apply_gradients({**good(), "hour_embedding": gradient})

    def test_unknown_column(self, model):
        # (model-C8)
        with refused(model, ValueError, "'hour'"):
            model.apply_gradients({**good(), "hour": np.ones((2, 3))})

    @pytest.mark.parametrize(
        "gradients", [None, [np.ones((2, 3))], ["hour_embedding"], 5]
    )
    def test_no_dict(self, model, gradients):
        # (model-C8)
        with refused(model, (TypeError, ValueError), "gradients"):
            model.apply_gradients(gradients)

    @pytest.mark.parametrize("step", ["x", 1.5, 2**64])
    def test_step(self, model, step):
        # (model-C9)
        error = (TypeError, ValueError, OverflowError)
        with refused(model, error):
            try:
                model.apply_gradients(good(), step)
            except error as raised:
                assert "incompatible" not in str(raised)
                raise

    def test_before_a_lookup(self):
        # (model-C7)
        model = make()
        with refused(model, ValueError, "lookup"):
            model.apply_gradients(good())

    def test_serving(self, model):
        # (model-C7)
        serving = model.to_serving()
        serving.lookup(FEATURES)
        with refused(serving, ValueError, "serving"):
            serving.apply_gradients(good())

    def test_next_step_is_as_if_nothing_had_been(self):
        """Accumulators, too, stay as they were."""
        model, twin = make(), make()
        model.lookup(FEATURES)
        twin.lookup(FEATURES)
        for name in SHAPES:
            with pytest.raises(ValueError):
                model.apply_gradients({**good(), name: np.ones((7, 4, 3))})
        batch = {**good(), "hour_embedding": np.ones((9, 3))}
        with pytest.raises(ValueError):
            model.apply_gradients(batch)
        with pytest.raises(IndexError):
            model.lookup({**FEATURES, "hour": np.array([24, 24])})
        for each in (model, twin):
            each.lookup(FEATURES)
            each.apply_gradients(good())
        assert_same_tables(model, copy_tables(twin))


def column(key="hour", dimension=3, **arguments):
    return embcol.embedding_column(identity(key), dimension, **arguments)


class TestCompile:
    @pytest.mark.parametrize(
        ("mode", "device", "words"),
        [
            (
                "training",
                "cpu",
                'Using TPUEmbeddingColumn with embedding_lookup_device="cpu" '
                "during training is not supported.",
            ),
            (
                "serving",
                "tpu_embedding_core",
                "Using embedding_lookup_device=tpu_embedding_core during "
                "inference is not supported.",
            ),
        ],
    )
    def test_device(self, mode, device, words):
        # (device-C7) (device-C8)
        bad = column(embedding_lookup_device=device)
        with pytest.raises(ValueError) as raised:
            embcol.compile([column("day"), bad], mode)
        message = str(raised.value)
        assert words in message and "hour_embedding" in message
        assert "loc(" not in message and "\n" not in message

    def test_serving_a_model_of_the_embedding_core(self):
        model = embcol.compile(
            [column(embedding_lookup_device="tpu_embedding_core")]
        )
        with refused(model, ValueError, "during inference", "hour_embedding"):
            model.to_serving()

    @pytest.mark.parametrize(
        ("mode", "device"),
        [("training", "tpu_embedding_core"), ("serving", "cpu")],
    )
    def test_device_of_the_mode(self, mode, device):
        model = embcol.compile([column(embedding_lookup_device=device)], mode)
        assert f"device<{device}>" in model.mlir("placed")

    def test_two_columns_of_one_name(self):
        # (column-C6)
        with pytest.raises(ValueError, match="Duplicate .*hour_embedding"):
            embcol.compile([column(), column(dimension=4)])

    def test_two_tables_of_one_name(self):
        # (model-C2)
        def share():
            return embcol.shared_embedding_columns(
                [identity("a"), identity("b")], 3
            )

        first, second = share()[0], share()[1]
        with pytest.raises(ValueError, match="a_b_shared_embedding"):
            embcol.compile([first, second])

    @pytest.mark.parametrize("columns", [[], (), [identity("hour")], [None]])
    def test_no_embedding_columns(self, columns):
        # (model-C1)
        with pytest.raises(ValueError, match="columns"):
            embcol.compile(columns)

    @pytest.mark.parametrize("columns", [None, 5])
    def test_no_list(self, columns):
        # (model-C1)
        with pytest.raises(TypeError, match="columns"):
            embcol.compile(columns)

    def test_mode(self):
        # (module-C9)
        with pytest.raises(ValueError, match="mode .*'inference'"):
            embcol.compile([column()], "inference")

    @pytest.mark.parametrize("optimizer", [0.1, "sgd", embcol.SGD])
    def test_optimizer(self, optimizer):
        # (optimizer-C2)
        with pytest.raises(TypeError, match="optimizer"):
            embcol.compile([column()], optimizer=optimizer)

    @pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, "x", None])
    def test_seed(self, seed):
        # (model-C3)
        with pytest.raises((TypeError, ValueError), match="seed .*") as raised:
            embcol.compile([column()], seed=seed)
        assert "incompatible" not in str(raised.value)

    @pytest.mark.parametrize(
        ("rows", "dimension"),
        [(2**40, 8), (2**50, 1000), (2**62, 4), (2**63 - 1, 2**62)],
    )
    def test_table_too_big_for_memory(self, rows, dimension):
        # (table-C4)
        big = embcol.embedding_column(identity("big", rows), dimension)
        with pytest.raises(MemoryError) as raised:
            embcol.compile([column(), big])
        message = str(raised.value)
        assert "big" in message
        assert str(rows) in message and str(dimension) in message

    @pytest.mark.parametrize("dimension", [0, -1, 1.5, None, True])
    def test_dimension(self, dimension):
        # (table-C1)
        with pytest.raises(ValueError) as raised:
            column(dimension=dimension)
        assert f"Invalid dimension {dimension}" in str(raised.value)
        assert "hour" in str(raised.value)


class TestVocabularyFile:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "empty"),
            (b"\n", "line 1"),
            (b"a\n\nb\n", "line 2"),
            (b"a\nb\nc\nb\n", "line 4"),
            (b"\xef\xbb\xbfa\n", "byte order mark"),
        ],
    )
    @pytest.mark.parametrize("sequence", [True, False])
    def test_content(self, tmp_path, content, words, sequence):
        # (vocabulary-C13)
        path = tmp_path / "words.txt"
        path.write_bytes(content)
        make = embcol.categorical_column_with_vocabulary_file
        if sequence:
            make = embcol.sequence_categorical_column_with_vocabulary_file
        with pytest.raises(ValueError) as raised:
            make("word", path)
        message = str(raised.value)
        assert "words.txt" in message and words in message
        assert "word" in message

    def test_absent(self, tmp_path):
        # (vocabulary-C11)
        for error in (FileNotFoundError, ValueError):
            with pytest.raises(error, match="nowhere.txt"):
                embcol.categorical_column_with_vocabulary_file(
                    "word", tmp_path / "nowhere.txt"
                )

    def test_absent_when_compiled(self, tmp_path):
        # (vocabulary-C11)
        path = tmp_path / "words.txt"
        path.write_text("a\nb")
        words = embcol.categorical_column_with_vocabulary_file("word", path)
        path.unlink()
        with pytest.raises(FileNotFoundError, match="words.txt"):
            embcol.compile([embcol.embedding_column(words, 2)])

    def test_shorter_when_compiled(self, tmp_path):
        # (vocabulary-C14)
        path = tmp_path / "words.txt"
        path.write_text("a\nb")
        words = embcol.categorical_column_with_vocabulary_file("word", path)
        path.write_text("a")
        with pytest.raises(ValueError, match="words.txt"):
            embcol.compile([embcol.embedding_column(words, 2)])
