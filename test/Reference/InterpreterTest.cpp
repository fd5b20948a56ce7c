//===- InterpreterTest.cpp - Tests of the interpreter ---------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

using namespace embcol;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Row r of @t holds r + 1 and 10 * (r + 1).
static constexpr const char *kTable = R"mlir(
  embcol.table @t : tensor<4x2xf32> {
      initializer = #embcol.constant<value = 0.0>,
      optimizer = #embcol.adagrad<learning_rate = 0.5,
                                  initial_accumulator_value = 3.0>}
)mlir";

static void fillTable(const Program &program) {
  for (int64_t i = 0; i < 8; ++i)
    program.getCore().table("t")->rows()[i] = (i / 2 + 1) * (i % 2 ? 10 : 1);
}

namespace {

class InterpreterTest : public ReferenceTest {
protected:
  std::unique_ptr<Program> interpretWithTable(const std::string &source) {
    auto program = interpret(kTable + source);
    if (program)
      fillTable(*program);
    return program;
  }

  /// The single result, floats, of a function of the scalar `argument`.
  float callFloat(const Program &program, const std::string &function,
                  Value argument) {
    auto results = program.call(function, {std::move(argument)});
    EXPECT_TRUE(results.ok()) << results.status();
    return results.ok() ? *results->front().parts.front().as<float>() : -1;
  }
};

//===----------------------------------------------------------------------===//
// The tensor core
//===----------------------------------------------------------------------===//

static constexpr const char *kTensorCore = R"mlir(
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t {
      embedding_lookup_device = #embcol.device<tpu_tensor_core>,
      tensor_core_shape = array<i64: -1, 2>}
  embcol.column @w : #embcol.weighted<categorical = #embcol.identity<
      key = "w", num_buckets = 4>, weight_key = "x"> -> @t {
      combiner = #embcol.combiner<sum>, use_safe_embedding_lookup = false,
      embedding_lookup_device = #embcol.device<tpu_tensor_core>,
      tensor_core_shape = array<i64: 2, 2>}
  func.func @lookup(%ids: !embcol.ragged<i64>) -> tensor<?x2xf32> {
    %0 = embcol.lookup @c(%ids) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
  func.func @weighted(%ids: !embcol.ragged<i64>, %w: !embcol.ragged<f32>)
      -> tensor<?x2xf32> {
    %0 = embcol.lookup @w(%ids, %w)
        : (!embcol.ragged<i64>, !embcol.ragged<f32>) -> tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
  func.func @update(%ids: !embcol.ragged<i64>, %gradient: tensor<?x2xf32>,
                    %rate: f32, %step: i64) {
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x2xf32>)
        learning_rates(%rate) step(%step)
    return
  }
)mlir";

TEST_F(InterpreterTest, CutsRowsOnTheTensorCore) {
  auto program = interpretWithTable(kTensorCore);
  ASSERT_TRUE(program);
  // What is cut is not looked at: 9 is no row, and -1 is a place.
  auto results = program->call(
      "lookup", {makeRagged({0, 1, 9, -1, 2, 3}, {{0, 3, 6, 6}})});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(toFloats(results->front()), ElementsAre(1.5f, 15, 3, 30, 0, 0));
  EXPECT_EQ(
      program->call("lookup", {makeRagged({0, 4, 0}, {{0, 3}})}).status(),
      absl::OutOfRangeError("column \"c\": id 4 in row 0 is not in [0, 4)"));
}

TEST_F(InterpreterTest, WeighsOnTheTensorCore) {
  auto program = interpretWithTable(kTensorCore);
  ASSERT_TRUE(program);
  auto call = [&](std::vector<int64_t> splits,
                  std::vector<int64_t> weightSplits) {
    return program->call("weighted",
                         {makeRagged({0, 1, -1, 3}, {splits}),
                          makeWeights({2, -1, 5, 7}, {weightSplits})});
  };
  auto results = call({0, 3, 4}, {0, 3, 4});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(toFloats(results->front()), ElementsAre(0, 0, 28, 280));
  EXPECT_EQ(call({0, 2, 4}, {0, 2, 4}).status(),
            absl::OutOfRangeError("column \"w\": id -1 in row 1 is not in "
                                  "[0, 4)"));
  EXPECT_EQ(call({0, 3, 4}, {0, 2, 4}).status(),
            absl::InvalidArgumentError("column \"w\": row 0 has 3 ids but 2 "
                                       "weights"));
  EXPECT_EQ(
      call({0, 3, 4, 4}, {0, 3, 4, 4}).status(),
      absl::InvalidArgumentError("column \"w\": expected a batch of 2 rows, as "
                                 "tensor_core_shape says, found 3"));
}

TEST_F(InterpreterTest, UpdatesWhatTheTensorCoreLooksUp) {
  auto program = interpretWithTable(kTensorCore);
  ASSERT_TRUE(program);
  auto results = program->call(
      "update", {makeRagged({0, 1, 3}, {{0, 3}}), makeTensor({2, 4}, {1, 2}),
                 makeScalar(1.0f), makeScalar(int64_t(0))});
  ASSERT_TRUE(results.ok()) << results.status();
  const Table *table = program->getCore().table("t");
  EXPECT_FLOAT_EQ(table->rows()[0], 1 - 1 / 2.0f);
  EXPECT_FLOAT_EQ(table->slots()[0], 4);
  EXPECT_FLOAT_EQ(table->rows()[3], 20 - 2 / std::sqrt(7.0f));
  EXPECT_EQ(table->rows()[6], 4);
}

/// Ids with places, which a lookup on the tensor core takes where the verifier
/// does.
TEST_F(InterpreterTest, CutsPlacesWithAllTheirEntries) {
  std::string source = std::string(kTable) + R"mlir(
    embcol.column @c : #embcol.weighted<categorical = #embcol.identity<
        key = "c", num_buckets = 4>, weight_key = "w"> -> @t {
        combiner = #embcol.combiner<sum>,
        embedding_lookup_device = #embcol.device<tpu_tensor_core>,
        tensor_core_shape = array<i64: -1, 2>}
    func.func @lookup(%ids: !embcol.ragged<i64, 2>,
                      %w: !embcol.ragged<f32, 2>) -> tensor<?x2xf32> {
      %0 = embcol.lookup @c(%ids, %w)
          : (!embcol.ragged<i64, 2>, !embcol.ragged<f32, 2>) -> tensor<?x2xf32>
      return %0 : tensor<?x2xf32>
    }
  )mlir";
  auto program = create(source, createInterpreter);
  ASSERT_TRUE(program.ok()) << program.status();
  fillTable(**program);
  // Places {0, 1}, {2} and {9}; then an empty one, {3} and {9}.
  auto call = [&](std::vector<int64_t> inner, std::vector<int64_t> outer) {
    return (*program)->call(
        "lookup",
        {makeRagged({0, 1, 2, 9, 3, 9}, {{0, 2, 3, 4, 4, 5, 6}, {0, 3, 6}}),
         makeWeights({1, 1, 1, 1, 2, 1}, {inner, outer})});
  };
  auto results = call({0, 2, 3, 4, 4, 5, 6}, {0, 3, 6});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(toFloats(results->front()), ElementsAre(6, 60, 8, 80));
  EXPECT_EQ(call({0, 2, 3, 4, 5, 5, 6}, {0, 3, 6}).status(),
            absl::InvalidArgumentError("column \"c\": place 0 of row 1 has 0 "
                                       "ids but 1 weights"));
  EXPECT_EQ(call({0, 2, 3, 4, 4, 5, 6}, {0, 2, 6}).status(),
            absl::InvalidArgumentError("column \"c\": row 0 has 3 places of "
                                       "ids but 2 of weights"));
}

TEST_F(InterpreterTest, ClipsWeightsToTheLimitOfTheirTable) {
  auto program = interpret(R"mlir(
    embcol.table @t : tensor<4x2xf32> {
        optimizer_options = #embcol.optimizer_options<
            clip_weight_min = -0.5, clip_weight_max = 0.5>,
        initializer = #embcol.constant<value = 0.25>,
        optimizer = #embcol.sgd<learning_rate = 1.0>}
    embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
    func.func @update(%ids: !embcol.ragged<i64>, %gradient: tensor<?x2xf32>,
                      %rate: f32, %step: i64) {
      embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
          gradients(%gradient : tensor<?x2xf32>)
          learning_rates(%rate) step(%step)
      return
    }
  )mlir");
  ASSERT_TRUE(program);
  auto results = program->call(
      "update", {makeRagged({1}, {{0, 1}}), makeTensor({5, -5}, {1, 2}),
                 makeScalar(1.0f), makeScalar(int64_t(0))});
  ASSERT_TRUE(results.ok()) << results.status();
  const float *rows = program->getCore().table("t")->rows();
  EXPECT_EQ(rows[2], -0.5f);
  EXPECT_EQ(rows[3], 0.5f);
}

//===----------------------------------------------------------------------===//
// Sequences and updates
//===----------------------------------------------------------------------===//

TEST_F(InterpreterTest, LooksAtNoStepsThatAreCut) {
  auto program = interpretWithTable(R"mlir(
    embcol.column @s : #embcol.sequence_identity<key = "s", num_buckets = 4>
        -> @t {max_sequence_length = 2, use_safe_embedding_lookup = false}
    func.func @lookup(%ids: !embcol.ragged<i64, 2>)
        -> (tensor<?x2x2xf32>, tensor<?xi64>) {
      %0, %1 = embcol.sequence_lookup @s(%ids)
          : (!embcol.ragged<i64, 2>) -> (tensor<?x2x2xf32>, tensor<?xi64>)
      return %0, %1 : tensor<?x2x2xf32>, tensor<?xi64>
    }
  )mlir");
  ASSERT_TRUE(program);
  auto call = [&](int64_t cutId) {
    return program->call(
        "lookup", {makeRagged({0, 1, -1, cutId}, {{0, 2, 3, 4}, {0, 0, 3}})});
  };
  auto results = call(2);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(toFloats((*results)[0]), ElementsAre(0, 0, 0, 0, 1.5f, 15, 0, 0));
  EXPECT_THAT(toIntegers((*results)[1]), ElementsAre(0, 2));
  EXPECT_TRUE(call(4).ok());
}

TEST_F(InterpreterTest, TakesBackWhatACallThatFailsHasWritten) {
  auto program = interpretWithTable(R"mlir(
    embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
    func.func @update(%first: !embcol.ragged<i64>, %second: !embcol.ragged<i64>,
                      %gradient: tensor<?x2xf32>, %rate: f32, %step: i64) {
      embcol.apply_gradients [@c] ids(%first : !embcol.ragged<i64>)
          gradients(%gradient : tensor<?x2xf32>)
          learning_rates(%rate) step(%step)
      embcol.apply_gradients [@c] ids(%second : !embcol.ragged<i64>)
          gradients(%gradient : tensor<?x2xf32>)
          learning_rates(%rate) step(%step)
      return
    }
  )mlir");
  ASSERT_TRUE(program);
  auto update = [&](int64_t second) {
    return program
        ->call("update",
               {makeRagged({0}, {{0, 1}}), makeRagged({second}, {{0, 1}}),
                makeTensor({1, 1}, {1, 2}), makeScalar(1.0f),
                makeScalar(int64_t(0))})
        .status();
  };
  const Table *table = program->getCore().table("t");
  EXPECT_EQ(update(4).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(table->rows()[0], 1);
  EXPECT_EQ(table->slots()[0], 3);
  EXPECT_TRUE(update(1).ok());
  EXPECT_EQ(table->rows()[0], 0.5f);
  EXPECT_EQ(table->slots()[0], 4);
}

//===----------------------------------------------------------------------===//
// Numbers and control flow
//===----------------------------------------------------------------------===//

static float getRate(int64_t step) { return 0.5f * static_cast<float>(step); }

static constexpr const char *kRates = R"mlir(
  func.func private @given(i64) -> f32
  func.func private @decay(%step: i64) -> f32 {
    %base = arith.constant 0.96 : f32
    %start = arith.constant 0.1 : f32
    %thousand = arith.constant 1.0e+03 : f64
    %wide = arith.sitofp %step : i64 to f64
    %ratio = arith.divf %wide, %thousand : f64
    %power = arith.truncf %ratio : f64 to f32
    %factor = math.powf %base, %power : f32
    %rate = arith.mulf %start, %factor : f32
    return %rate : f32
  }
  func.func private @warmup(%step: i64) -> f32 {
    %hundred = arith.constant 100 : i64
    %one = arith.constant 1.0 : f32
    %hundredth = arith.constant 0.01 : f32
    %isWarm = arith.cmpi sge, %step, %hundred : i64
    %rate = scf.if %isWarm -> f32 {
      %0 = func.call @decay(%step) : (i64) -> f32
      scf.yield %0 : f32
    } else {
      %0 = arith.sitofp %step : i64 to f32
      %1 = math.fma %0, %hundredth, %one : f32
      scf.yield %1 : f32
    }
    return %rate : f32
  }
  func.func private @steps(%step: i64) -> f32 {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %start = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %end = arith.index_cast %step : i64 to index
    %rate = scf.for %i = %zero to %end step %one iter_args(%r = %start) -> f32 {
      %number = arith.index_cast %i : index to i64
      %float = arith.uitofp %number : i64 to f32
      %0 = arith.mulf %r, %half : f32
      %1 = math.exp %0 : f32
      %2 = arith.maximumf %1, %float : f32
      %3 = math.sqrt %2 : f32
      scf.yield %3 : f32
    }
    return %rate : f32
  }
  func.func @rates(%step: i64) -> (f32, f32, f32, f32) {
    %0 = embcol.learning_rate @given(%step)
    %1 = embcol.learning_rate @decay(%step)
    %2 = embcol.learning_rate @warmup(%step)
    %3 = embcol.learning_rate @steps(%step)
    return %0, %1, %2, %3 : f32, f32, f32, f32
  }
)mlir";

TEST_F(InterpreterTest, EvaluatesLearningRates) {
  options.functions["given"] = reinterpret_cast<void *>(getRate);
  createBoth(kRates);
  ASSERT_TRUE(interpreted);
  for (int64_t step : {0, 1, 7, 99, 100, 12345})
    expectSame("rates", {makeScalar(step)});
}

TEST_F(InterpreterTest, EvaluatesWhatFoldersLeave) {
  createBoth(R"mlir(
    func.func @unfolded(%x: f32) -> (f32, f32, f32, f32) {
      %0 = math.sqrt %x : f32
      %1 = math.rsqrt %x : f32
      %2 = math.log %x : f32
      %3 = math.fma %x, %x, %x : f32
      return %0, %1, %2, %3 : f32, f32, f32, f32
    }
  )mlir");
  ASSERT_TRUE(interpreted);
  for (float x : {-2.0f, -0.0f, 0.0f, 0.3f, 5.0f})
    expectSame("unfolded", {makeScalar(x)});
}

TEST_F(InterpreterTest, LoopsOverRaggedArrays) {
  createBoth(R"mlir(
    embcol.table @t : tensor<4x2xf32>
    embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
    func.func @loop(%a: !embcol.ragged<i64>, %b: !embcol.ragged<i64>, %n: index)
        -> (!embcol.ragged<i64>, tensor<?x2xf32>, index, tensor<?x4xf32>) {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %0:2 = scf.for %i = %zero to %n step %one
          iter_args(%x = %a, %y = %b)
          -> (!embcol.ragged<i64>, !embcol.ragged<i64>) {
        scf.yield %y, %x : !embcol.ragged<i64>, !embcol.ragged<i64>
      }
      %isEmpty = arith.cmpi eq, %n, %zero : index
      %1 = arith.select %isEmpty, %b, %0#0 : !embcol.ragged<i64>
      %2 = embcol.lookup @c(%1) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
      %batch = tensor.dim %2, %zero : tensor<?x2xf32>
      %3 = embcol.lookup @c(%b) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
      %4 = tensor.concat dim(1) %2, %3
          : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
      return %1, %2, %batch, %4
          : !embcol.ragged<i64>, tensor<?x2xf32>, index, tensor<?x4xf32>
    }
  )mlir");
  ASSERT_TRUE(interpreted);
  for (int64_t n : {0, 1, 2, 5})
    expectSame("loop", {makeRagged({0, 1, 2}, {{0, 1, 3}}),
                        makeRagged({3}, {{0, 1, 1}}), makeScalar(n)});
}

TEST_F(InterpreterTest, CutsTensors) {
  createBoth(R"mlir(
    func.func @cut(%x: tensor<?x?xf32>, %row: index, %n: index)
        -> (tensor<?x2xf32>, tensor<1x?xf32>) {
      %0 = tensor.extract_slice %x[%row, 1] [%n, 2] [2, 1]
          : tensor<?x?xf32> to tensor<?x2xf32>
      %1 = tensor.extract_slice %x[0, 0] [1, %n] [1, 1]
          : tensor<?x?xf32> to tensor<1x?xf32>
      return %0, %1 : tensor<?x2xf32>, tensor<1x?xf32>
    }
  )mlir");
  ASSERT_TRUE(interpreted);
  Value x = makeTensor({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {4, 3});
  for (int64_t row : {0, 1})
    for (int64_t n : {0, 1, 2})
      expectSame("cut", {x, makeScalar(row), makeScalar(n)});
  EXPECT_EQ(
      interpreted
          ->call("cut", {x, makeScalar(int64_t(2)), makeScalar(int64_t(2))})
          .status(),
      absl::OutOfRangeError(
          "2 indices from 2 by 2 on axis 0 of a tensor of shape [4, 3]"));
}

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

TEST_F(InterpreterTest, NamesOpsThatItCannotEvaluate) {
  auto program = interpret(R"mlir(
    func.func @twice(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = arith.addf %x, %x : tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    func.func @divide(%x: i64, %y: i64) -> i64 {
      %0 = arith.divsi %x, %y : i64
      return %0 : i64
    }
  )mlir");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->call("twice", {makeTensor({1, 2}, {2})}).status(),
            absl::InvalidArgumentError(
                "the reference interpreter cannot evaluate 'arith.addf'"));
  EXPECT_EQ(
      program->call("divide", {makeScalar(int64_t(1)), makeScalar(int64_t(0))})
          .status(),
      absl::InvalidArgumentError(
          "the reference interpreter cannot evaluate 'arith.divsi'"));
}

TEST_F(InterpreterTest, RefusesWhatCompilationRefuses) {
  std::string misplaced = std::string(kTable) + R"mlir(
    embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
        {embedding_lookup_device = #embcol.device<cpu>}
  )mlir";
  auto program = create(misplaced, createInterpreter);
  EXPECT_EQ(program.status(), create(misplaced, Program::create).status());
  EXPECT_THAT(std::string(program.status().message()),
              HasSubstr("embedding_lookup_device=\"cpu\""));
  auto module = parseModule(kTable, "a", context);
  ASSERT_TRUE(module.ok());
  auto empty = std::make_shared<EmbeddingCore>(0);
  EXPECT_EQ(createInterpreter(**module, empty, options).status(),
            absl::NotFoundError("no table 't'"));
}

TEST_F(InterpreterTest, RefusesFunctionsThatAreNotGiven) {
  auto program = interpret(kRates);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->call("rates", {makeScalar(int64_t(1))}).status(),
            absl::InvalidArgumentError("no function 'given' is given"));
}

TEST_F(InterpreterTest, RefusesArgumentsAsCompiledProgramsDo) {
  // (feature-C15)
  createBoth(std::string(kTable) + R"mlir(
    embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
    func.func @lookup(%ids: !embcol.ragged<i64> {embcol.feature = "c"},
                      %other: !embcol.ragged<i64>) -> tensor<?x2xf32> {
      %0 = embcol.lookup @c(%ids) : (!embcol.ragged<i64>) -> tensor<?x2xf32>
      return %0 : tensor<?x2xf32>
    }
  )mlir");
  ASSERT_TRUE(interpreted);
  Value one = makeRagged({1}, {{0, 1}}), two = makeRagged({1}, {{0, 1, 1}});
  expectSame("lookup", {one});
  expectSame("lookup", {one, two});
  expectSame("lookup", {one, makeRagged({1}, {{0, 2}})});
  expectSame("lookup", {one, makeScalar(int64_t(1))});
  expectSame("lookup", {makeRagged({4}, {{0, 1}}), one});
  expectSame("nothing", {});
}

} // namespace
