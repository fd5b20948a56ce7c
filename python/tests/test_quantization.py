# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models for serving whose tables are converted, also to int8 and int4."""

import json
import threading

import embcol
import numpy as np
import pytest
from checks import read_tensors, refused

BITS = {"int8": 8, "int4": 4}
QUANTIZED = list(BITS)
ROWS = 40


def compile_one(dimension, **arguments):
    """A model with the table x."""
    categorical = embcol.categorical_column_with_identity("x", ROWS)
    column = embcol.embedding_column(categorical, dimension, "sum")
    return embcol.compile([column], **arguments)


def serve(values, precision, **arguments):
    """A model whose table x, of these values, is converted."""
    model = compile_one(values.shape[1], **arguments)
    model.tables["x"] = values
    return model.to_serving(precision=precision)


def quantize(values, bits):
    """Rows as FBGEMM quantizes and keeps them."""
    levels = 2**bits - 1
    bias = values.min(1, keepdims=True).astype(np.float16)
    span = values.max(1, keepdims=True) - bias.astype(np.float32)
    scale = np.where(span == 0, 1, span / np.float32(levels))
    scale = scale.astype(np.float16)
    scale[scale == 0] = 1
    inverse = np.float32(1) / scale.astype(np.float32)
    scaled = (values - bias.astype(np.float32)) * inverse
    integers = np.clip(np.rint(scaled), 0, levels).astype(np.uint8)
    if bits == 4:
        padded = np.pad(integers, ((0, 0), (0, integers.shape[1] % 2)))
        integers = padded[:, ::2] | padded[:, 1::2] << 4
    header = np.concatenate([scale, bias], axis=1).view(np.uint8)
    return np.concatenate([header, integers], axis=1)


def dequantize(rows, bits, dimension):
    """The weights that such rows stand for."""
    header = np.ascontiguousarray(rows[:, :4]).view(np.float16)
    header = header.astype(np.float32)
    integers = rows[:, 4:]
    if bits == 4:
        pairs = np.stack([integers & 15, integers >> 4], axis=2)
        integers = pairs.reshape(len(rows), -1)[:, :dimension]
    return header[:, :1] * integers + header[:, 1:]


def draw(dimension, seed=0):
    """Rows of all kinds: great, small, narrow, of one value and of zeros."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(ROWS, dimension)).astype(np.float32)
    values *= 10.0 ** rng.integers(-6, 4, size=(ROWS, 1))
    values[0], values[1], values[2] = 0, 0.3, -7.0
    values[3] = 5 + values[3] / 1e6
    values[4, 0] = -0.0
    return values


# What fbgemm_gpu 1.8.0 makes of
#
#   i, j = np.ogrid[:5, :8]
#   w = ((i * 7 + j * j * 3) % 23 - 11).astype(np.float32) / np.float32(7)
#   w *= np.array([[1], [0.01], [100], [0], [1]], np.float32); w[4] = 0.3
#   w = torch.from_numpy(w)
#
# by `torch.ops.fbgemm.FloatToFusedNBitRowwiseQuantizedSBHalf(w, bits)`, with
# scale and bias at the end of a row, and what its table for inference on CPUs has
#
#   module = IntNBitTableBatchedEmbeddingBagsCodegen(
#       [("", 5, 8, SparseType.INT8, EmbeddingLocation.HOST)],
#       pooling_mode=PoolingMode.SUM, device="cpu",
#       output_dtype=SparseType.FP32)
#   module.fill_random_weights()
#   module.assign_embedding_weights([quantize_embs(w, SparseType.INT8)])
#   (table, _), = module.split_embedding_weights(split_scale_shifts=False)
#
# and gives for module(tensor([0, 1, 2, 3, 4, 4, 1]), tensor([0, 1, 3, 7])).
RECORDED_IDS = embcol.Ragged(np.array([0, 1, 2, 3, 4, 4, 1]), [0, 1, 3, 7])
RECORDED_ROWS = {
    "int8": [
        "0030bf402060ff8f972049be",
        "5e86ff9479ae00d7fa0606a4",
        "b3d926e6ccff59007b3ce9d8",
        "0000000000000000003c0000",
        "ffffffffffffffff0380cd34",
    ],
    "int4": [
        "304b628fe03049be",
        "869fa7d06a1706a4",
        "dad2fc05c34ce9d8",
        "00000000003c0000",
        "ffffffff3780cd34",
    ],
}
RECORDED_TABLES = {
    "int8": [
        "972049be0030bf402060ff8f",
        "fa0606a45e86ff9479ae00d7",
        "7b3ce9d8b2d926e5ccff5900",
        "000000000000000000000000",
        "0000cd340000000000000000",
    ],
    "int4": [
        "e03049be304b628f",
        "6a1706a4869fa7d0",
        "c34ce9d8dad2fc05",
        "003c000000000000",
        "3780cd34ffffffff",
    ],
}
RECORDED_SUMS = {
    "int8": """
        -1.5712890625 -1.1409912109375 0.14093780517578125 -0.99755859375
        -1.284423828125 -0.710693359375 0.7146682739257812
        -0.28936004638671875 42.250152587890625 85.93898010253906
        -114.54911804199219 99.38188171386719 71.37606811523438
        128.5076904296875 -57.450286865234375 -157.11782836914062
        0.5943877696990967 0.5986459255218506 0.6115268468856812
        0.6001362800598145 0.5972620248794556 0.6029040813446045
        0.584381103515625 0.6072686910629272""",
    "int4": """
        -1.5712890625 -1.1142578125 0.1044921875 -0.9619140625 -1.2666015625
        -0.6572265625 0.7138671875 -0.3525390625 33.338897705078125
        90.48313903808594 -119.01982116699219 90.48495483398438
        71.4344482421875 128.58050537109375 -61.906341552734375
        -157.1171875 0.59514319896698 0.5987633466720581 0.6114338636398315
        0.6005734205245972 0.596953272819519 0.6023834943771362
        0.5842827558517456 0.6078137159347534""",
}


def from_hex(rows):
    return np.array([list(bytes.fromhex(row)) for row in rows], np.uint8)


@pytest.mark.parametrize("precision", QUANTIZED)
class TestRecorded:
    def values(self):
        i, j = np.ogrid[:5, :8]
        values = ((i * 7 + j * j * 3) % 23 - 11).astype(np.float32)
        values /= np.float32(7)
        values *= np.array([[1], [0.01], [100], [0], [1]], np.float32)
        values[4] = 0.3
        return values

    def compile(self, **arguments):
        categorical = embcol.categorical_column_with_identity("x", 5)
        column = embcol.embedding_column(categorical, 8, "sum")
        return embcol.compile([column], **arguments)

    def test_quantization(self, precision):
        model = self.compile()
        model.tables["x"] = self.values()
        rows = model.to_serving(precision=precision).tables.quantized_rows("x")
        expected = from_hex(RECORDED_ROWS[precision])
        np.testing.assert_array_equal(rows, np.roll(expected, 4, axis=1))

    def test_tables(self, precision):
        model = self.compile(mode="serving", precision=precision)
        table = from_hex(RECORDED_TABLES[precision])
        model.tables.assign_quantized_rows("x", table)
        found = model.input_layer({"x": RECORDED_IDS})
        expected = np.array(RECORDED_SUMS[precision].split(), np.float32)
        np.testing.assert_allclose(found.ravel(), expected, 1e-5, 1e-5)
        np.testing.assert_array_equal(model.tables.quantized_rows("x"), table)


@pytest.mark.parametrize("precision", QUANTIZED)
class TestTables:
    @pytest.mark.parametrize("dimension", [1, 2, 7, 8, 9, 64, 129, 300])
    def test_formula(self, precision, dimension):
        bits = BITS[precision]
        for partitions in (1, 3):
            values = draw(dimension)
            model = serve(
                values,
                precision,
                partition_strategy="mod",
                num_partitions=partitions,
            )
            rows = quantize(values, bits)
            weights = dequantize(rows, bits, dimension)
            found = model.tables.quantized_rows("x")
            np.testing.assert_array_equal(found, rows)
            np.testing.assert_array_equal(model.tables["x"], weights)
            np.testing.assert_array_equal(
                model.input_layer({"x": np.arange(ROWS)}), weights
            )
            # What is quantized already stays.
            again = model.to_serving(precision=precision)
            np.testing.assert_allclose(again.tables["x"], weights, 2e-3, 1e-5)

    def test_program(self, precision):
        bits = BITS[precision]
        model = compile_one(6).to_serving(precision=precision)
        assert model.config.precision == precision
        assert model.config.stochastic_rounding is False
        quantized = f"!embcol.quantized<i{bits}>"
        assert f"tensor<40x6x{quantized}>" in model.mlir()
        assert f"_6xi{bits}_safe" in model.mlir("lowered")

    def test_assignment(self, precision):
        bits = BITS[precision]
        model = compile_one(9, mode="serving", precision=precision)
        model.tables["x"] = draw(9)
        rows = quantize(draw(9), bits)
        np.testing.assert_array_equal(model.tables.quantized_rows("x"), rows)
        # 9 bytes of 9 values are numbers here, as for any table.
        model.tables["x"] = rows[:, :1].repeat(9, axis=1)
        assert model.tables["x"][3, 5] == rows[3, 0]

        other = compile_one(9, mode="serving", precision=precision)
        other.tables.assign_quantized_rows("x", rows)
        expected = dequantize(rows, bits, 9)
        np.testing.assert_array_equal(other.tables["x"], expected)
        # Rows of GPUs end at a multiple of 16 bytes.
        padded = np.pad(rows, ((0, 0), (0, 16 - rows.shape[1])))
        padded[:, rows.shape[1] :] = 99
        model.tables.assign_quantized_rows("x", padded)
        np.testing.assert_array_equal(model.tables["x"], expected)
        assert not model.tables.quantized_rows("x").flags.writeable

    def test_bad_rows(self, precision):
        # (table-C12)
        model = compile_one(9, mode="serving", precision=precision)
        rows = model.tables.quantized_rows("x").copy()
        shape = list(rows.shape)
        for bad in (
            rows[:, :-1],
            rows[:-1],
            rows.astype(np.float32),
            np.zeros((ROWS, 32), np.uint8),
        ):
            with refused(model, ValueError, "table x", str(shape)):
                model.tables.assign_quantized_rows("x", bad)
        bad = rows.copy()
        bad[7, :2] = 0, 0x7C
        # (table-C8)
        with refused(model, ValueError, "table x", "row 7", "not finite"):
            model.tables.assign_quantized_rows("x", bad)
        with pytest.raises(KeyError):
            model.tables.quantized_rows("y")
        exact = compile_one(9)
        with pytest.raises(ValueError, match="table x is not quantized"):
            exact.tables.quantized_rows("x")
        with refused(exact, ValueError, "table x is not quantized"):
            exact.tables.assign_quantized_rows("x", rows)

    def test_values_that_do_not_fit(self, precision):
        # (table-C8)
        for bad in (np.inf, -np.inf, np.nan, -7e4, 1e9):
            values = draw(5)
            values[9, 2] = bad
            model = compile_one(5, mode="serving", precision=precision)
            with refused(model, ValueError, "table x", "row 9"):
                model.tables["x"] = values
            with pytest.raises(ValueError, match="table x: value .* in row 9"):
                serve(values, precision)

    def test_initial_values(self, precision):
        exact = compile_one(33, seed=3)
        for partitions in (1, 4):
            model = compile_one(
                33,
                mode="serving",
                seed=3,
                precision=precision,
                partition_strategy="mod",
                num_partitions=partitions,
            )
            rows = quantize(exact.tables["x"], BITS[precision])
            found = model.tables.quantized_rows("x")
            np.testing.assert_array_equal(found, rows)

    def test_training_is_refused(self, precision):
        # (table-C11)
        with pytest.raises(ValueError, match=f"{precision} is for serving"):
            compile_one(4, precision=precision)
        # (table-C7)
        with pytest.raises(ValueError, match="stochastic_rounding is for"):
            compile_one(
                4,
                mode="serving",
                precision=precision,
                stochastic_rounding=True,
            )
        model = compile_one(4).to_serving(precision=precision)
        model.lookup({"x": np.array([1])})
        # (model-C7)
        with pytest.raises(ValueError, match="takes no gradients"):
            model.apply_gradients({"x_embedding": np.ones((1, 4))})

    def test_packed(self, precision):
        for partitions in (1, 3):
            rng = np.random.default_rng(2)
            model = compile_one(
                37,
                mode="serving",
                precision=precision,
                partition_strategy="mod",
                num_partitions=partitions,
            )
            # Enough for several threads.
            splits = np.concatenate([[0], rng.integers(0, 9, 3000).cumsum()])
            ids = rng.integers(0, ROWS, splits[-1])
            found = model.lookup_packed(ids, splits)
            rows = model.tables["x"].astype(np.float64)
            expected = np.zeros_like(found, np.float64)
            bags = np.repeat(np.arange(len(found)), np.diff(splits))
            np.add.at(expected, bags, rows[ids])
            np.testing.assert_allclose(found, expected, 1e-5, 1e-5)
            features = {"x": embcol.Ragged(ids, splits)}
            np.testing.assert_array_equal(model.input_layer(features), found)

    def test_reference(self, precision):
        for dimension in (3, 40, 150):
            values = draw(dimension) * 1e-3
            models = [
                serve(values, precision, reference=reference)
                for reference in (False, True)
            ]
            features = {"x": np.random.default_rng(1).integers(-1, 40, (9, 7))}
            found, expected = (m.input_layer(features) for m in models)
            scale = np.abs(values).max()
            np.testing.assert_allclose(found, expected, 1e-5, 1e-6 * scale)


@pytest.mark.parametrize("precision", ["f32", "bf16", "f16", *QUANTIZED])
class TestConversion:
    def test_report(self, precision):
        # Within what 16 bits can keep, and rows that differ in their errors.
        values = draw(21)
        model = serve(values, precision)
        difference = np.abs(values.astype(np.float64) - model.tables["x"])
        (report,) = model.conversion_report.values()
        assert isinstance(report, embcol.TableDifference)
        assert report.maximum == difference.max()
        assert report.row == difference.max(1).argmax()
        np.testing.assert_allclose(
            report.root_mean_square, np.sqrt(np.mean(difference**2)), 1e-9
        )
        assert (report.maximum == 0) == (precision == "f32")

    def test_tables_are_copies(self, precision):
        model = compile_one(4, optimizer=embcol.SGD(1.0))
        model.global_step = 12
        shared, copied = model.to_serving(), model.to_serving(precision)
        assert copied.mode == "serving" and copied.global_step == 12
        assert shared.conversion_report == model.conversion_report == {}
        before = copied.tables["x"].copy()
        model.lookup({"x": np.array([7])})
        model.apply_gradients({"x_embedding": np.ones((1, 4))})
        np.testing.assert_array_equal(copied.tables["x"], before)
        np.testing.assert_array_equal(shared.tables["x"], model.tables["x"])
        np.testing.assert_allclose(before[7] - 1, model.tables["x"][7], 0, 0.3)

    def test_from_narrow_rows(self, precision):
        """Models in serving, and of any precision, can be converted."""
        narrow = compile_one(8, precision="bf16").to_serving()
        model = narrow.to_serving(precision=precision)
        np.testing.assert_allclose(
            model.tables["x"], narrow.tables["x"], 0, 0.1
        )
        wide = model.to_serving(precision="f32")
        np.testing.assert_array_equal(wide.tables["x"], model.tables["x"])
        assert wide.conversion_report["x"].maximum == 0

    def test_saving(self, precision, tmp_path):
        arguments = {"partition_strategy": "mod", "num_partitions": 3}
        for number, options in enumerate(({}, arguments)):
            model = serve(draw(7), precision, **options)
            folder = tmp_path / str(number)
            model.save(folder)
            loaded = embcol.load(folder)
            assert loaded.config == model.config
            assert loaded.mode == "serving" and not loaded.conversion_report
            expected = model.tables["x"]
            np.testing.assert_array_equal(loaded.tables["x"], expected)
            np.testing.assert_array_equal(
                loaded.input_layer({"x": np.arange(ROWS)}), expected
            )
            with pytest.raises(ValueError, match="cannot be trained"):
                embcol.load(folder, mode="training")

    def test_steps_meanwhile(self, precision):
        """The rows that are converted are those after one of the steps."""
        model = compile_one(
            1,
            optimizer=embcol.SGD(1.0),
            precision="f32",
        )
        model.tables["x"] = np.zeros((ROWS, 1))

        def train():
            for _ in range(200):
                model.lookup({"x": np.arange(ROWS)})
                model.apply_gradients({"x_embedding": -np.ones((ROWS, 1))})

        thread = threading.Thread(target=train)
        thread.start()
        try:
            while thread.is_alive():
                served = model.to_serving(precision=precision)
                table = served.tables["x"]
                assert (table == served.global_step).all()
        finally:
            thread.join()


@pytest.mark.parametrize("precision", QUANTIZED)
def test_file(precision, tmp_path):
    """Other tools find the rows, and what they are."""
    model = serve(draw(7), precision)
    model.save(tmp_path)
    path = tmp_path / "model.safetensors"
    rows = read_tensors(path)["x"]
    assert rows.dtype == np.uint8
    np.testing.assert_array_equal(rows, model.tables.quantized_rows("x"))
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    described = json.loads(metadata["quantization"])
    assert described["bits"] == BITS[precision]
    assert described["dimensions"] == {"x": 7}
    compile_one(7).save(tmp_path)
    content = path.read_bytes()
    assert b'"quantization"' not in content


@pytest.mark.parametrize("precision", QUANTIZED)
def test_all_kinds_of_columns(precision, tmp_path):
    """Weights, sequences, combiners, and a vocabulary whose file is gone."""
    file = tmp_path / "words.txt"
    file.write_text("a\nb\nc\n")
    words = embcol.categorical_column_with_vocabulary_file("word", str(file))
    hours = embcol.categorical_column_with_identity("hour", ROWS)
    visits = embcol.sequence_categorical_column_with_identity("visit", ROWS)
    columns = [
        embcol.embedding_column(words, 5, "mean"),
        embcol.embedding_column(
            embcol.weighted_categorical_column(hours, "share"), 17, "sqrtn"
        ),
        embcol.embedding_column(visits, 33, max_sequence_length=3),
    ]
    model = embcol.compile(columns)
    file.unlink()
    served = model.to_serving(precision=precision)
    assert set(served.conversion_report) == set(model.tables)
    exact = model.to_serving(precision="f32")
    for name in served.tables:
        exact.tables[name] = served.tables[name]
    features = {
        "word": np.array([["a", "c"], ["", "zzz"]]),
        "hour": np.array([[1, 39], [7, -1]]),
        "share": np.array([[0.5, 2], [0.25, 1]], np.float32),
        "visit": np.array([[3, 4, 5, 6], [9, -1, -1, -1]]),
    }
    found, expected = served.lookup(features), exact.lookup(features)
    for name in expected:
        for one, other in zip(found[name], expected[name]):
            np.testing.assert_allclose(one, other, 1e-5, 1e-6)


@pytest.mark.parametrize("precision", ["f64", "", 8, ["int8"]])
def test_bad_precision(precision):
    # (table-C1)
    with pytest.raises(ValueError, match="precision must be one of"):
        compile_one(2).to_serving(precision=precision)
