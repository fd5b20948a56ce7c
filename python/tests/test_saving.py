# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Saving and loading: tables, slots, vocabularies, damage."""

import json
import os
import struct

import embcol
import numpy as np
import pytest
from checks import assert_same_tables, copy_tables

WORDS = ["EWR", "JFK", "LGA"]


@pytest.fixture
def vocabulary(tmp_path):
    path = tmp_path / "airports.txt"
    path.write_text("\n".join(WORDS))
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "saved" / "model"


def identity(key):
    return embcol.categorical_column_with_identity(key, 24)


def make_columns(vocabulary, **arguments):
    """Columns of all kinds; two share a vocabulary, two a table."""
    airport = embcol.categorical_column_with_vocabulary_file(
        "airport", vocabulary, num_oov_buckets=2
    )
    stops = embcol.sequence_categorical_column_with_vocabulary_file(
        "stops", vocabulary
    )
    carrier = embcol.categorical_column_with_vocabulary_list(
        "carrier", ["é", b"\xff", "日本"]
    )
    return [
        embcol.embedding_column(airport, 3, **arguments),
        embcol.embedding_column(stops, 3, max_sequence_length=2),
        embcol.embedding_column(
            embcol.weighted_categorical_column(carrier, "late"), 5, "sum"
        ),
        *embcol.shared_embedding_columns([identity("a"), identity("b")], 4),
    ]


def make_features(seed, batch=6):
    rng = np.random.default_rng(seed)
    words = np.array([*WORDS, "XXX", ""])
    carriers = np.array(["é", b"\xff", "日本", "?"], object)
    return {
        "airport": words[rng.integers(0, 5, (batch, 3))],
        "stops": words[rng.integers(0, 5, (batch, 4))],
        "carrier": carriers[rng.integers(0, 4, (batch, 2))],
        "late": rng.uniform(size=(batch, 2)).astype(np.float32),
        "a": rng.integers(0, 24, (batch, 2)),
        "b": rng.integers(0, 24, (batch, 2)),
    }


def train(model, seed):
    gradients = {}
    for name, value in model.lookup(make_features(seed)).items():
        gradients[name] = np.cos(getattr(value, "values", value) * 9)
    model.apply_gradients(gradients)


def assert_same_lookups(model, other):
    found = model.lookup(make_features(99))
    expected = other.lookup(make_features(99))
    assert list(found) == list(expected)
    for name, value in expected.items():
        for mine, theirs in zip(found[name], value):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "optimizer", [embcol.SGD(0.2), embcol.Adagrad(0.2, 0.3)]
)
class TestRoundTrip:
    def test_tables(self, vocabulary, folder, optimizer):
        columns = make_columns(vocabulary)
        model = embcol.compile(columns, optimizer=optimizer, seed=4)
        train(model, 0)
        model.save(folder)
        loaded = embcol.load(folder)
        assert (loaded.mode, loaded.optimizer) == ("training", optimizer)
        assert (loaded.seed, loaded.global_step) == (4, 1)
        assert [c.name for c in loaded.columns] == [c.name for c in columns]
        assert_same_tables(loaded, copy_tables(model))
        assert_same_lookups(loaded, model)

    def test_training_goes_on(self, vocabulary, folder, optimizer):
        """With the same bits as if it had not been interrupted."""
        model = embcol.compile(make_columns(vocabulary), optimizer=optimizer)
        for seed in range(3):
            train(model, seed)
        model.save(folder)
        loaded = embcol.load(str(folder))
        for seed in range(3, 6):
            train(model, seed)
            train(loaded, seed)
        assert loaded.global_step == 6
        assert_same_tables(loaded, copy_tables(model))

    def test_serving(self, vocabulary, folder, optimizer):
        model = embcol.compile(make_columns(vocabulary), optimizer=optimizer)
        train(model, 0)
        model.save(folder)
        serving = embcol.load(folder, mode="serving")
        assert (serving.mode, serving.optimizer) == ("serving", None)
        assert_same_tables(serving, copy_tables(model))
        assert_same_lookups(serving, model)

    def test_serving_model(self, vocabulary, folder, optimizer):
        model = embcol.compile(make_columns(vocabulary), optimizer=optimizer)
        model.to_serving().save(folder)
        serving = embcol.load(folder)
        assert serving.mode == "serving"
        assert_same_lookups(serving, model)
        with pytest.raises(ValueError, match="cannot be trained"):
            embcol.load(folder, mode="training")


class TestVocabularyFiles:
    def test_copied(self, vocabulary, folder):
        model = embcol.compile(make_columns(vocabulary))
        model.save(folder)
        vocabulary.unlink()
        copies = [p for p in folder.iterdir() if "airports" in p.name]
        assert [copy.read_text().split("\n")[:3] for copy in copies] == [WORDS]
        assert_same_lookups(embcol.load(folder), model)
        assert_same_lookups(embcol.load(folder, mode="serving"), model)

    def test_folder_may_move(self, vocabulary, folder, tmp_path):
        model = embcol.compile(make_columns(vocabulary))
        model.save(folder)
        vocabulary.unlink()
        folder.rename(tmp_path / "moved")
        assert_same_lookups(embcol.load(tmp_path / "moved"), model)

    def test_saved_again(self, vocabulary, folder, tmp_path):
        model = embcol.compile(make_columns(vocabulary))
        model.save(folder)
        again = tmp_path / "again"
        embcol.load(folder).save(again)
        for path in (vocabulary, *folder.iterdir()):
            path.unlink()
        assert_same_lookups(embcol.load(again), model)

    def test_two_files_of_one_name(self, folder, tmp_path):
        columns = []
        for key, content in (("a", "x\ny"), ("b", "y\nx")):
            path = tmp_path / key / "words.txt"
            path.parent.mkdir()
            path.write_text(content)
            words = embcol.categorical_column_with_vocabulary_file(key, path)
            columns.append(embcol.embedding_column(words, 2))
        model = embcol.compile(columns)
        model.save(folder)
        features = {"a": np.array(["x"]), "b": np.array(["x"])}
        found = embcol.load(folder).lookup(features)
        np.testing.assert_array_equal(
            found["a_embedding"][0], model.tables["a"][0]
        )
        np.testing.assert_array_equal(
            found["b_embedding"][0], model.tables["b"][1]
        )

    def test_deleted_before_saving(self, vocabulary, folder):
        """What was trained can be saved."""
        model = embcol.compile(make_columns(vocabulary))
        vocabulary.unlink()
        model.save(folder)
        assert_same_lookups(embcol.load(folder), model)

    def test_changed_before_saving(self, vocabulary, folder):
        """The words that were trained are saved, or it is an error."""
        model = embcol.compile(make_columns(vocabulary))
        vocabulary.write_text("\n".join(WORDS[::-1]))
        try:
            model.save(folder)
        except (OSError, ValueError) as error:
            assert "airports.txt" in str(error)
        else:
            assert_same_lookups(embcol.load(folder), model)

    @pytest.mark.parametrize("content", ["", "EWR\n", "EWR\nEWR\nLGA\n"])
    def test_damaged(self, vocabulary, folder, content):
        embcol.compile(make_columns(vocabulary)).save(folder)
        (copy,) = (p for p in folder.iterdir() if "airports" in p.name)
        copy.write_text(content)
        with pytest.raises(ValueError, match="airports"):
            embcol.load(folder)

    def test_missing(self, vocabulary, folder):
        embcol.compile(make_columns(vocabulary)).save(folder)
        (copy,) = (p for p in folder.iterdir() if "airports" in p.name)
        copy.unlink()
        with pytest.raises(FileNotFoundError, match="airports"):
            embcol.load(folder)


class TestFunctions:
    """Python functions are not saved."""

    @staticmethod
    def rate(step):
        return 0.5 / (1 + step)

    def test_learning_rate(self, vocabulary, folder):
        columns = make_columns(vocabulary, learning_rate_fn=self.rate)
        model = embcol.compile(columns)
        train(model, 0)
        model.save(folder)
        with pytest.raises(ValueError, match="airport_embedding"):
            embcol.load(folder)
        rates = {"airport_embedding": self.rate}
        loaded = embcol.load(folder, learning_rate_fns=rates)
        train(model, 1)
        train(loaded, 1)
        assert_same_tables(loaded, copy_tables(model))
        assert embcol.load(folder, mode="serving").global_step == 1

    def test_initializer(self, vocabulary, folder):
        columns = make_columns(
            vocabulary, initializer=lambda shape, dtype: np.full(shape, 7.0)
        )
        model = embcol.compile(columns)
        model.save(folder)
        assert_same_tables(embcol.load(folder), copy_tables(model))


class TestOverwriting:
    def test_later_save_counts(self, vocabulary, folder):
        model = embcol.compile(make_columns(vocabulary))
        model.save(folder)
        train(model, 0)
        model.save(folder)
        loaded = embcol.load(folder)
        assert loaded.global_step == 1
        assert_same_tables(loaded, copy_tables(model))
        assert not [p for p in folder.iterdir() if p.suffix == ".tmp"]

    def test_module_is_saved(self, vocabulary, folder):
        model = embcol.compile(make_columns(vocabulary))
        model.save(folder)
        header, _ = read_header(folder / "model.safetensors")
        module = header["__metadata__"]["module"]
        assert module.endswith("-model.mlir")
        text = (folder / module).read_text(encoding="utf-8")
        for words in ("embcol.mode<training>", "@airport_embedding"):
            assert words in text
        # It names the copy of the vocabulary.
        assert str(vocabulary) not in text
        assert text.strip() == embcol.load(folder).mlir().strip()


def read_header(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def write_header(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class TestDamage:
    @pytest.fixture
    def saved(self, folder):
        column = embcol.embedding_column(identity("hour"), 2)
        embcol.compile([column]).save(folder)
        return folder / "model.safetensors"

    def test_format(self, saved):
        """The tables are where readers of safetensors look for them."""
        header, data = read_header(saved)
        entry = header["hour"]
        assert (entry["dtype"], entry["shape"]) == ("F32", [24, 2])
        begin, end = entry["data_offsets"]
        table = np.frombuffer(data[begin:end], "<f4").reshape(24, 2)
        loaded = embcol.load(saved.parent)
        np.testing.assert_array_equal(loaded.tables["hour"], table)
        assert "hour/accumulator" in header

    @pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.7, 0.999])
    def test_truncated(self, saved, part):
        data = saved.read_bytes()
        saved.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(ValueError, match="model.safetensors"):
            embcol.load(saved.parent)

    def test_too_long(self, saved):
        saved.write_bytes(saved.read_bytes() + b"x")
        with pytest.raises(ValueError, match="model.safetensors"):
            embcol.load(saved.parent)

    @pytest.mark.parametrize("position", [0, 7, 8, 9])
    def test_bytes_of_the_header(self, saved, position):
        data = bytearray(saved.read_bytes())
        data[position] ^= 0x55
        saved.write_bytes(data)
        with pytest.raises(ValueError, match="model.safetensors"):
            embcol.load(saved.parent)

    @pytest.mark.parametrize("shape", [[24, 3], [48, 1], [2, 24]])
    def test_shape(self, saved, shape):
        header, data = read_header(saved)
        header["hour"]["shape"] = shape
        write_header(saved, header, data)
        with pytest.raises(ValueError, match="hour"):
            embcol.load(saved.parent)

    @pytest.mark.parametrize(
        "key", ["columns", "mode", "optimizer", "seed", "step"]
    )
    @pytest.mark.parametrize("value", [None, '{"', "-3"])
    def test_metadata(self, saved, key, value):
        header, data = read_header(saved)
        header["__metadata__"][key] = value
        if value is None:
            del header["__metadata__"][key]
        write_header(saved, header, data)
        with pytest.raises(ValueError, match=str(saved.parent)):
            embcol.load(saved.parent)

    def test_no_metadata(self, saved):
        """As files of other programs."""
        header, data = read_header(saved)
        del header["__metadata__"]
        write_header(saved, header, data)
        with pytest.raises(ValueError, match=str(saved.parent)):
            embcol.load(saved.parent)

    def test_missing_folder(self, saved):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            embcol.load(saved.parent / "nowhere")

    def test_missing_file(self, saved):
        saved.unlink()
        with pytest.raises(FileNotFoundError, match="model.safetensors"):
            embcol.load(saved.parent)

    def test_unknown_mode(self, saved):
        with pytest.raises(ValueError, match="mode .*'fast'"):
            embcol.load(saved.parent, mode="fast")

    def test_folder_that_is_a_file(self, saved):
        model = embcol.load(saved.parent)
        with pytest.raises(OSError, match="model.safetensors"):
            model.save(saved)
        assert_same_tables(embcol.load(saved.parent), copy_tables(model))

    def test_failed_save_keeps_the_last(self, saved):
        model = embcol.load(saved.parent)
        before = saved.read_bytes()
        (module,) = saved.parent.glob("*-model.mlir")
        os.remove(module)
        os.mkdir(module)
        with pytest.raises(OSError, match="model.mlir"):
            model.save(saved.parent)
        assert saved.read_bytes() == before
        assert sorted(saved.parent.iterdir()) == sorted([saved, module])


def test_a_saved_vocabulary_that_was_changed(tmp_path):
    vocabulary = tmp_path / "words.txt"
    vocabulary.write_text("a\nb\n")
    words = embcol.categorical_column_with_vocabulary_file("w", str(vocabulary))
    embcol.compile([embcol.embedding_column(words, 2)]).save(tmp_path / "m")
    (copy,) = (tmp_path / "m").glob("*-words.txt")
    copy.write_text("b\na\n")
    with pytest.raises(ValueError, match="words.txt is not the file"):
        embcol.load(tmp_path / "m")
