# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of the step that are written in MLIR."""

import pickle

import embcol
import numpy as np
import pytest
from checks import copy_tables, refused

INVERSE = """
func.func @inverse(%step: i64) -> f32 {
  %0 = arith.sitofp %step : i64 to f32
  %1 = arith.constant 1.0 : f32
  %2 = arith.addf %0, %1 : f32
  %3 = func.call @divide(%1, %2) : (f32, f32) -> f32
  return %3 : f32
}
func.func private @divide(%a: f32, %b: f32) -> f32 {
  %0 = arith.divf %a, %b : f32
  return %0 : f32
}
"""
HALF = """
func.func @half(%step: i64) -> f32 {
  %0 = arith.constant 0.5 : f32
  return %0 : f32
}
"""
NAN_AT_1 = """
func.func @rate(%step: i64) -> f32 {
  %one = arith.constant 1 : i64
  %rate = arith.constant 0.5 : f32
  %nan = arith.constant 0x7FC00000 : f32
  %is_one = arith.cmpi eq, %step, %one : i64
  %0 = scf.if %is_one -> f32 {
    scf.yield %nan : f32
  } else {
    scf.yield %rate : f32
  }
  return %0 : f32
}
"""


def make(keys, functions, **options):
    columns = [
        embcol.embedding_column(
            embcol.categorical_column_with_identity(key, 4),
            2,
            initializer=embcol.zeros_initializer(),
            learning_rate_fn=function,
        )
        for key, function in zip(keys, functions)
    ]
    return embcol.compile(columns, optimizer=embcol.SGD(1.0), **options)


def train(model, step=None):
    keys = [column.key for column in model.columns]
    model.lookup({key: np.array([1]) for key in keys})
    gradients = {f"{key}_embedding": np.ones((1, 2)) for key in keys}
    model.apply_gradients(gradients, step)


def change(model, key):
    return -float(model.tables[key][1, 0])


def test_value():
    function = embcol.StepFunction(INVERSE)
    assert [function(step) for step in (0, 1, 3)] == [1.0, 0.5, 0.25]
    assert isinstance(function(np.int64(2)), float)
    assert callable(function)


def test_as_learning_rate():
    model = make("ab", [embcol.StepFunction(INVERSE), None])
    train(model)
    train(model)
    assert (change(model, "a"), change(model, "b")) == (1.5, 2.0)


def test_beside_functions_of_python():
    model = make("ab", [embcol.StepFunction(INVERSE), lambda step: 0.125])
    train(model, 3)
    assert (change(model, "a"), change(model, "b")) == (0.25, 0.125)


def test_equal_functions_are_one():
    first, second = embcol.StepFunction(HALF), embcol.StepFunction(HALF)
    assert first == second and hash(first) == hash(second)
    assert first != embcol.StepFunction(INVERSE)
    model = make("ab", [first, second])
    assert model.mlir().count("func.func private") == 1


def test_the_compiler_makes_equal_bodies_one():
    other = HALF.replace("half", "other")
    model = make("ab", [embcol.StepFunction(t) for t in (HALF, other)])
    assert model.mlir().count("func.func private") == 2
    placed = model.mlir("placed")
    assert placed.count("func.func private") == 1
    assert placed.count("embcol.learning_rate @") == 1
    train(model)
    assert change(model, "a") == change(model, "b") == 0.5


def test_not_finite_leaves_tables_alone():
    # (apply_gradients-C12)
    model = make("ab", [None, embcol.StepFunction(NAN_AT_1)])
    train(model)
    with refused(model, ValueError, "the learning rate to be finite", "nan"):
        train(model)
    assert model.global_step == 1


def test_saved_with_the_model(tmp_path):
    function = embcol.StepFunction(INVERSE)
    model = make("a", [function], gradient_multiplier_fn=function)
    train(model)
    model.save(tmp_path)
    again = embcol.load(tmp_path)
    assert again.columns == model.columns
    assert again.config == model.config
    train(model)
    train(again)
    np.testing.assert_array_equal(again.tables["a"], model.tables["a"])


def test_pickles():
    function = embcol.StepFunction(HALF)
    assert pickle.loads(pickle.dumps(function)) == function


@pytest.mark.parametrize(
    "source, words",
    [
        ("func.func @f(", "1:"),
        ("module {}", "found 'builtin.module'|no public function"),
        ("func.func private @f(i64) -> f32", "no public function"),
        ("func.func @f(%s: i64) -> i64 { return %s : i64 }", "another type"),
        (HALF + HALF.replace("half", "other"), "'half' and 'other'"),
        (
            "func.func private @g(i64) -> f32\n"
            "func.func @f(%s: i64) -> f32 {\n"
            "%0 = func.call @g(%s) : (i64) -> f32\nreturn %0 : f32 }",
            "'g' without a body",
        ),
        ("embcol.table @t : tensor<2x2xf32>", "no public function"),
        (HALF + "embcol.table @t : tensor<2x2xf32>", "'embcol.table'"),
    ],
)
def test_refused(source, words):
    # (step_function-C2)
    with pytest.raises(ValueError, match=words):
        embcol.StepFunction(source)


def test_source_is_text():
    # (step_function-C2)
    with pytest.raises(TypeError, match="must be a str"):
        embcol.StepFunction(lambda step: 0.5)
    with pytest.raises(TypeError):
        embcol.StepFunction(HALF)("1")


class TestGradientMultiplier:
    """Scales gradients before the optimizer sees them."""

    def test_multiplies(self):
        steps = []

        def multiplier(step):
            steps.append(step)
            return 0.5 * step

        model = make("ab", [None, None], gradient_multiplier_fn=multiplier)
        train(model)
        assert change(model, "a") == 0.0
        train(model)
        train(model, 4)
        assert change(model, "a") == change(model, "b") == 2.5
        assert steps == [0, 1, 4]

    def test_before_the_optimizer(self):
        """Adagrad sees the product, also in its accumulator."""
        column = embcol.embedding_column(
            embcol.categorical_column_with_identity("a", 4),
            2,
            initializer=embcol.zeros_initializer(),
        )
        models = [
            embcol.compile(
                [column],
                optimizer=embcol.Adagrad(1.0),
                gradient_multiplier_fn=function,
            )
            for function in (lambda step: 0.5, None)
        ]
        for model, gradient in zip(models, (2.0, 1.0)):
            for _ in range(3):
                model.lookup({"a": np.array([1])})
                model.apply_gradients(
                    {"a_embedding": np.full((1, 2), gradient)}
                )
        tables = [copy_tables(model) for model in models]
        np.testing.assert_array_equal(tables[0]["a"], tables[1]["a"])

    def test_one_function_for_both_is_called_once(self):
        steps = []

        def function(step):
            steps.append(step)
            return 0.5

        model = make("a", [function], gradient_multiplier_fn=function)
        train(model)
        assert change(model, "a") == 0.25
        assert steps == [0]

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), "x", None])
    def test_no_number(self, value):
        # (apply_gradients-C12)
        model = make("a", [None], gradient_multiplier_fn=lambda step: value)
        with refused(model, ValueError, "gradient_multiplier_fn", "step 0"):
            train(model)

    def test_no_function(self):
        # (step_function-C1)
        with pytest.raises(ValueError, match="gradient_multiplier_fn must be"):
            make("a", [None], gradient_multiplier_fn=0.5)

    def test_given_again_when_loaded(self, tmp_path):
        model = make("a", [None], gradient_multiplier_fn=lambda step: 0.5)
        train(model)
        model.save(tmp_path)
        with pytest.raises(ValueError, match="gradient_multiplier_fn"):
            embcol.load(tmp_path)
        again = embcol.load(tmp_path, gradient_multiplier_fn=lambda step: 2.0)
        train(again)
        assert change(again, "a") == 2.5
        embcol.load(tmp_path, mode="serving")

    def test_given_to_a_model_without(self, tmp_path):
        make("a", [None]).save(tmp_path)
        with pytest.raises(ValueError, match="gradient_multiplier_fn"):
            embcol.load(tmp_path, gradient_multiplier_fn=lambda step: 2.0)
