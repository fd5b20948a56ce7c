# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables of bf16 and f16, and how updates round them."""

import json

import embcol
import numpy as np
import pytest
from checks import copy_tables, refused
from test_optimizer_steps import (
    OPTIMIZERS,
    ROWS,
    Expected,
    compile_one,
    draw,
    name_of,
    train,
)

NARROW = ("bf16", "f16")
# The difference of 1 and the next number.
UNITS = {"bf16": 2.0**-7, "f16": 2.0**-10}
LARGEST = {"bf16": 2.0**128 - 2.0**120, "f16": 65504.0}


def nearest(values, precision):
    """As float32 that the type has, ties to even."""
    values = np.asarray(values, np.float32)
    if precision == "f16":
        return values.astype(np.float16).astype(np.float32)
    bits = values.view(np.uint32).astype(np.uint64)
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return bits.astype(np.uint32).view(np.float32)


def unit_of(values, precision):
    """How far the next number of the type is from normal ones."""
    return 2.0 ** np.floor(np.log2(np.abs(values))) * UNITS[precision]


def descend(precision, weight, dimension=64, rate=1.0, **arguments):
    """A model of rows that all begin with `weight`, trained by SGD."""
    column = embcol.embedding_column(
        embcol.categorical_column_with_identity("x", ROWS),
        dimension,
        "sum",
        initializer=embcol.constant_initializer(weight),
    )
    return embcol.compile(
        [column], optimizer=embcol.SGD(rate), precision=precision, **arguments
    )


def step_all(model, change):
    """Adds a number to all weights, before they are rounded."""
    dimension = model.tables["x"].shape[1]
    train(
        model,
        np.arange(ROWS),
        np.full((ROWS, dimension), -change, np.float32),
    )


@pytest.mark.parametrize("precision", NARROW)
class TestTables:
    def test_type(self, precision):
        model = embcol.compile(
            [
                embcol.embedding_column(
                    embcol.categorical_column_with_identity("x", 5), 3
                )
            ],
            precision=precision,
        )
        assert model.config.precision == precision
        assert f"tensor<5x3x{precision}>" in model.mlir()
        assert "stochastic_rounding" in model.mlir()
        assert f"3x{precision}_safe" in model.mlir("lowered")
        assert "precision" not in model.mlir()

    def test_initial_values_are_those_of_f32_rounded(self, precision):
        for partitions in (1, 3):
            exact, narrow = (
                compile_one(
                    embcol.SGD(),
                    19,
                    precision=p,
                    partition_strategy="mod",
                    num_partitions=partitions,
                )
                for p in ("f32", precision)
            )
            expected = nearest(exact.tables["x"], precision)
            np.testing.assert_array_equal(narrow.tables["x"], expected)
            assert (expected != exact.tables["x"]).any()

    def test_assignment_rounds_to_nearest(self, precision):
        rng = np.random.default_rng(0)
        for partitions in (1, 3):
            model = compile_one(
                embcol.SGD(),
                19,
                precision=precision,
                partition_strategy="mod",
                num_partitions=partitions,
            )
            values = rng.normal(size=(ROWS, 19)).astype(np.float32)
            # Ties and subnormals.
            values[0, :3] = 1 + UNITS[precision] * np.array([0.5, 1.5, 2.5])
            values[1, :3] = [2.0**-24, 2.0**-25 * 1.01, -0.0]
            model.tables["x"] = values
            found = model.tables["x"]
            expected = nearest(values, precision)
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == np.float32
            # A copy: what it holds stays.
            model.tables["x"] = np.zeros((ROWS, 19))
            np.testing.assert_array_equal(found, expected)
            with pytest.raises(ValueError, match="read-only"):
                model.tables["x"][0, 0] = 1
            parts = model.tables.partitions("x")
            assert sum(len(part) for part in parts) == ROWS
            with pytest.raises(ValueError, match="read-only"):
                parts[0][0, 0] = 1

    def test_values_outside_the_range(self, precision):
        # (table-C8)
        model = compile_one(embcol.SGD(), 2, precision=precision)
        good = np.ones((ROWS, 2), np.float32)
        good[3, 0] = -LARGEST[precision]
        good[4] = np.inf, -np.inf
        model.tables["x"] = good
        np.testing.assert_array_equal(model.tables["x"], good)
        bad = good.copy()
        bad[2, 1] = LARGEST[precision] * (1 + UNITS[precision] / 2)
        with refused(model, ValueError, "table x", "row 2", precision):
            model.tables["x"] = bad

    def test_initializers_outside_the_range(self, precision):
        # (table-C8)
        large = LARGEST[precision] * (1 + UNITS[precision] / 2)
        hour = embcol.categorical_column_with_identity("hour", 5)
        for initializer in (
            embcol.constant_initializer(-large),
            embcol.random_uniform_initializer(-large, 0),
            embcol.truncated_normal_initializer(large / 2, large / 4),
            lambda shape, dtype: np.full(shape, large, dtype),
        ):
            column = embcol.embedding_column(hour, 2, initializer=initializer)
            embcol.compile([column])
            with pytest.raises(ValueError, match="hour.*range|hour.*exceeds"):
                embcol.compile([column], precision=precision)

    def test_lookups_are_exact(self, precision):
        """Weights are widened and summed in f32."""
        rng = np.random.default_rng(1)
        for dimension in (1, 3, 16, 33, 300):
            weights = rng.integers(-64, 65, (ROWS, dimension)) / 64
            ids = rng.integers(0, ROWS, (9, 4))
            for mode in ("training", "serving"):
                column = embcol.embedding_column(
                    embcol.categorical_column_with_identity("x", ROWS),
                    dimension,
                    "sum",
                )
                model = embcol.compile([column], mode=mode, precision=precision)
                model.tables["x"] = weights
                found = model.lookup({"x": ids})["x_embedding"]
                np.testing.assert_array_equal(found, weights[ids].sum(1))

    def test_extreme_weights(self, precision):
        model = compile_one(embcol.SGD(), 4, precision=precision)
        weights = np.ones((ROWS, 4), np.float32)
        weights[1] = np.inf, -np.inf, np.nan, -LARGEST[precision]
        weights[2] = 2.0**-24, -(2.0**-23), 2.0**-14, -0.0
        model.tables["x"] = weights
        found = model.lookup({"x": np.array([1, 2])})["x_embedding"]
        np.testing.assert_array_equal(found, weights[1:3])

    @pytest.mark.parametrize("reference", [False, True])
    def test_tensor_core(self, precision, reference):
        column = embcol.embedding_column(
            embcol.categorical_column_with_identity("x", ROWS),
            2,
            "sum",
            embedding_lookup_device="tpu_tensor_core",
            tensor_core_shape=[None, 2],
        )
        model = embcol.compile(
            [column],
            optimizer=embcol.SGD(1.0),
            precision=precision,
            stochastic_rounding=False,
            reference=reference,
        )
        model.tables["x"] = np.ones((ROWS, 2))
        ids = np.array([[1, 2, 3]])
        found = model.lookup({"x": ids})["x_embedding"]
        np.testing.assert_array_equal(found, [[2, 2]])
        model.apply_gradients({"x_embedding": np.full((1, 2), -0.3)})
        expected = np.ones((ROWS, 2))
        expected[1:3] = nearest(1.3, precision)
        np.testing.assert_array_equal(model.tables["x"], expected)


@pytest.mark.parametrize("precision", NARROW)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
def test_steps_to_nearest(optimizer, precision):
    """The formulas, and the nearest number or its neighbour."""
    for dimension in (3, 150):
        model = compile_one(
            optimizer,
            dimension,
            precision=precision,
            stochastic_rounding=False,
        )
        expected = Expected(model)
        rng = np.random.default_rng(dimension)
        for _ in range(3):
            ids, gradient = draw(rng, dimension)
            train(model, ids, gradient)
            expected.train(ids, gradient)
            found = model.tables["x"]
            np.testing.assert_array_equal(found, nearest(found, precision))
            rounded = nearest(expected.weights, precision)
            np.testing.assert_allclose(
                found, rounded, UNITS[precision] * 1.01, 1e-5
            )
            assert np.mean(found != rounded) < 0.02
            # Slots go on as they are.
            expected.weights = found.astype(np.float64)


@pytest.mark.parametrize("precision", NARROW)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
def test_steps_with_stochastic_rounding(optimizer, precision):
    """The formulas, and one of the two neighbours of what they give."""
    model = compile_one(optimizer, 150, precision=precision)
    expected = Expected(model)
    ids, gradient = draw(np.random.default_rng(5), 150)
    train(model, ids, gradient)
    expected.train(ids, gradient)
    found = model.tables["x"]
    np.testing.assert_array_equal(found, nearest(found, precision))
    np.testing.assert_allclose(
        found, expected.weights, UNITS[precision] * 1.01, 1e-5
    )
    touched = np.unique(ids)
    error = (found - expected.weights)[touched]
    to_nearest = nearest(expected.weights, precision)[touched]
    # Zeros, of FTRL, are not rounded.
    if (to_nearest != 0).all():
        assert (found[touched] != to_nearest).mean() > 0.1
        unit = unit_of(expected.weights[touched], precision)
        assert abs((error / unit).mean()) < 0.15


@pytest.mark.parametrize("precision", NARROW)
class TestUpdates:
    def test_small_changes_count(self, precision):
        """To nearest they are lost, at random they are kept on average."""
        unit = UNITS[precision]
        num_steps, change = 256, unit / 16
        lost = descend(precision, 1.5, stochastic_rounding=False)
        kept = descend(precision, 1.5)
        for _ in range(num_steps):
            step_all(lost, change)
            step_all(kept, change)
        assert (lost.tables["x"] == 1.5).all()
        found = kept.tables["x"]
        # Seven standard deviations.
        variance = num_steps * unit**2 * (1 / 16) * (15 / 16)
        deviation = np.sqrt(variance / found.size)
        assert abs(found.mean() - (1.5 + num_steps * change)) < 7 * deviation

    def test_training_converges(self, precision):
        """Towards a mean of targets: at a small rate, only at random."""
        rng = np.random.default_rng(2)
        targets = rng.normal(size=(ROWS, 64)) + 3
        found = {}
        for stochastic in (False, True):
            model = descend(
                precision, 2.0, rate=0.001, stochastic_rounding=stochastic
            )
            for _ in range(400):
                output = model.lookup({"x": np.arange(ROWS)})["x_embedding"]
                noisy = targets + 0.1 * rng.normal(size=targets.shape)
                model.apply_gradients({"x_embedding": output - noisy})
            found[stochastic] = model.tables["x"]
        exact = targets + (2 - targets) * 0.999**400
        assert abs((found[True] - exact).mean()) < 0.02
        if precision == "bf16":
            # Steps of 0.001, where the next number is 0.016 away.
            assert abs((found[False] - exact).mean()) > 0.2

    def test_seeds(self, precision):
        half = UNITS[precision] / 2

        def trained(seed, **arguments):
            model = descend(precision, 1.0, seed=seed, **arguments)
            for _ in range(3):
                step_all(model, half)
            return np.array(model.tables["x"])

        expected = trained(7)
        np.testing.assert_array_equal(trained(7), expected)
        np.testing.assert_array_equal(trained(7, reference=True), expected)
        for strategy in ("div", "mod"):
            for partitions in (2, 3, 9):
                np.testing.assert_array_equal(
                    trained(
                        7,
                        partition_strategy=strategy,
                        num_partitions=partitions,
                    ),
                    expected,
                )
        assert (trained(8) != expected).mean() > 0.3

    def test_any_number_of_threads(self, precision):
        column = embcol.embedding_column(
            embcol.categorical_column_with_identity("x", 5000), 32
        )
        ids = np.random.default_rng(3).integers(0, 5000, (4000, 5))
        gradient = np.random.default_rng(4).normal(size=(4000, 32))
        tables = []
        before = embcol.num_threads()
        for count in (1, 2, 3):
            embcol.set_num_threads(count)
            model = embcol.compile([column], precision=precision)
            model.lookup({"x": ids})
            model.apply_gradients({"x_embedding": gradient})
            tables += copy_tables(model).values()
        embcol.set_num_threads(before)
        np.testing.assert_array_equal(tables[0], tables[1])
        np.testing.assert_array_equal(tables[0], tables[2])

    def test_weights_outside_the_range(self, precision):
        """What a rule gives is rounded as IEEE 754 has it."""
        for stochastic in (False, True):
            model = descend(precision, 0.0, stochastic_rounding=stochastic)
            model.tables["x"] = np.full((ROWS, 64), LARGEST[precision])
            step_all(model, LARGEST[precision] / 64)
            assert (model.tables["x"] == np.inf).all()
            step_all(model, -1)
            assert (model.tables["x"] == np.inf).all()


@pytest.mark.parametrize("precision", NARROW)
@pytest.mark.parametrize(
    "optimizer", [embcol.SGD(0.1), embcol.Adam(0.1), embcol.RowWiseAdagrad(0.1)]
)
class TestSaving:
    def test_goes_on(self, optimizer, precision, tmp_path):
        """Of slots and weights all is saved, and how it is rounded."""
        model = compile_one(optimizer, 5, precision=precision, seed=3)
        rng = np.random.default_rng(4)
        for _ in range(3):
            train(model, *draw(rng, 5))
        model.save(tmp_path)
        loaded = embcol.load(tmp_path)
        assert loaded.config == model.config
        np.testing.assert_array_equal(loaded.tables["x"], model.tables["x"])
        for _ in range(3):
            ids, gradient = draw(rng, 5)
            for one in (model, loaded):
                train(one, ids, gradient)
        np.testing.assert_array_equal(loaded.tables["x"], model.tables["x"])
        serving = embcol.load(tmp_path, mode="serving")
        assert serving.config == model.config
        probe = {"x": np.arange(ROWS)}
        np.testing.assert_array_equal(
            loaded.to_serving().lookup(probe)["x_embedding"],
            model.tables["x"],
        )

    def test_tensors(self, optimizer, precision, tmp_path):
        model = compile_one(optimizer, 5, precision=precision)
        model.save(tmp_path)
        content = (tmp_path / "model.safetensors").read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        begin, end = header["x"]["data_offsets"]
        assert header["x"]["dtype"] == precision.upper()
        assert end - begin == ROWS * 5 * 2
        data = content[8 + length + begin : 8 + length + end]
        if precision == "f16":
            found = np.frombuffer(data, np.float16).astype(np.float32)
        else:
            bits = np.frombuffer(data, np.uint16).astype(np.uint32) << 16
            found = bits.view(np.float32)
        np.testing.assert_array_equal(found.reshape(ROWS, 5), model.tables["x"])
        slots = [name for name in header if name.startswith("x/")]
        assert all(header[name]["dtype"] == "F32" for name in slots)
        # Another type of the same size is not what the model has.
        other = {"bf16": b"F16", "f16": b"BF16"}[precision]
        dtype = precision.upper().encode()
        edited = content.replace(
            b'"dtype":"' + dtype + b'"', b'"dtype":"' + other + b'"'
        )
        pad = len(edited) - len(content)
        text = edited[8 : 8 + length + pad]
        text = text.rstrip(b" ")
        text += b" " * (length - len(text))
        (tmp_path / "model.safetensors").write_bytes(
            len(text).to_bytes(8, "little") + text + content[8 + length :]
        )
        with pytest.raises(ValueError, match=f'"{other.decode()}", expected'):
            embcol.load(tmp_path)


def test_models_saved_before_there_was_a_choice(tmp_path):
    model = compile_one(embcol.SGD(0.1), 3)
    model.save(tmp_path)
    path = tmp_path / "model.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    config = json.loads(header["__metadata__"]["config"])
    assert config.pop("precision") == "f32"
    assert config.pop("stochastic_rounding") is False
    header["__metadata__"]["config"] = json.dumps(config)
    text = json.dumps(header).encode()
    path.write_bytes(
        len(text).to_bytes(8, "little") + text + content[8 + length :]
    )
    loaded = embcol.load(tmp_path)
    assert loaded.config == model.config
    np.testing.assert_array_equal(loaded.tables["x"], model.tables["x"])


@pytest.mark.parametrize("precision", ["f64", "float16", "", None, 16, ["f16"]])
def test_bad_precision(precision):
    # (table-C1)
    with pytest.raises(ValueError, match="precision must be one of"):
        compile_one(embcol.SGD(), 2, precision=precision)


def test_bad_stochastic_rounding():
    # (table-C7)
    with pytest.raises(ValueError, match="rows of f32 are not"):
        compile_one(embcol.SGD(), 2, stochastic_rounding=True)
    for wrong in (1, "yes", 0.5):
        with pytest.raises(ValueError, match="stochastic_rounding must be"):
            compile_one(
                embcol.SGD(), 2, precision="bf16", stochastic_rounding=wrong
            )
    model = compile_one(embcol.SGD(), 2, stochastic_rounding=False)
    assert model.config.stochastic_rounding is False


def test_programs_that_mix_precisions():
    program = embcol.Program(
        """
      embcol.table @a : tensor<4x2xbf16> {
        initializer = #embcol.constant<value = 0.3>}
      embcol.table @b : tensor<4x2xf32> {
        initializer = #embcol.constant<value = 0.25>}
      embcol.table @c : tensor<4x2xf16> {
        initializer = #embcol.constant<value = 0.3>}
      embcol.column @ca : #embcol.identity<key = "i", num_buckets = 4> -> @a
      embcol.column @cb : #embcol.identity<key = "i", num_buckets = 4> -> @b
      embcol.column @cc : #embcol.identity<key = "i", num_buckets = 4> -> @c
      func.func @lookup(%i: !embcol.ragged<i64> {embcol.feature = "i"})
          -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
        %a = embcol.lookup @ca(%i) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
        %b = embcol.lookup @cb(%i) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
        %c = embcol.lookup @cc(%i) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
        return %a, %b, %c : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
      }""",
        mode="training",
    )
    found = program.call("lookup", {"i": np.array([3])})
    expected = [nearest(0.3, "bf16"), 0.25, nearest(0.3, "f16")]
    for one, value in zip(found, expected):
        np.testing.assert_array_equal(one, [[value, value]])
