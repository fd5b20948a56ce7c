//===- ProgramTest.cpp - Tests of compiled programs -----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/Program.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <thread>

using namespace embcol;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

static constexpr const char *kProgram = R"mlir(
  embcol.vocabulary @carriers : !embcol.string = ["AA", "B6"]
      {num_oov_buckets = 1}
  embcol.table @carrier : tensor<3x2xf32> {
      initializer = #embcol.constant<value = 1.0>,
      optimizer = #embcol.sgd<learning_rate = 0.5>}
  embcol.table @hour : tensor<4x2xf32> {
      initializer = #embcol.constant<value = 2.0>,
      learning_rate = @rate,
      optimizer = #embcol.adagrad<learning_rate = 0.5,
                                  initial_accumulator_value = 3.0>}
  embcol.column @carrier_embedding : #embcol.vocabulary_list<
      key = "carrier", vocabulary = @carriers> -> @carrier
      {combiner = #embcol.combiner<sum>}
  embcol.column @hour_embedding : #embcol.identity<
      key = "hour", num_buckets = 4> -> @hour
  func.func private @rate(i64) -> f32

  func.func @lookup(
      %carrier: !embcol.ragged<!embcol.string> {embcol.feature = "carrier"},
      %hour: !embcol.ragged<i64> {embcol.feature = "hour"})
      -> (tensor<?x2xf32>, tensor<?x2xf32>, !embcol.ragged<i64>) {
    %ids = embcol.categorize #embcol.vocabulary_list<
        key = "carrier", vocabulary = @carriers>(%carrier)
        : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
    %0 = embcol.lookup @carrier_embedding(%ids)
        : (!embcol.ragged<i64>) -> tensor<?x2xf32>
    %1 = embcol.lookup @hour_embedding(%hour)
        : (!embcol.ragged<i64>) -> tensor<?x2xf32>
    return %0, %1, %ids
        : tensor<?x2xf32>, tensor<?x2xf32>, !embcol.ragged<i64>
  }
  func.func @update(%carrier: !embcol.ragged<i64>, %hour: !embcol.ragged<i64>,
                    %0: tensor<?x2xf32>, %1: tensor<?x2xf32>, %step: i64) {
    %half = arith.constant 0.5 : f32
    %rate = embcol.learning_rate @rate(%step)
    embcol.apply_gradients [@carrier_embedding, @hour_embedding]
        ids(%carrier, %hour : !embcol.ragged<i64>, !embcol.ragged<i64>)
        gradients(%0, %1 : tensor<?x2xf32>, tensor<?x2xf32>)
        learning_rates(%half, %rate) step(%step)
    return
  }
  func.func @halves(%a: f32, %b: i64) -> (f32, f32, i64, i32, tensor<1xf32>) {
    %half = arith.constant 0.5 : f32
    %seven = arith.constant 7 : i32
    %0 = arith.mulf %a, %half : f32
    %1 = tensor.from_elements %0 : tensor<1xf32>
    return %a, %0, %b, %seven, %1 : f32, f32, i64, i32, tensor<1xf32>
  }
  func.func @sum(%a: i64, %b: i64) -> i64 {
    %0 = arith.addi %a, %b : i64
    return %0 : i64
  }
)mlir";

static float getRate(int64_t step) { return 2.0f * static_cast<float>(step); }

static Array makeArray(std::vector<int64_t> values) {
  Array array =
      Array::allocate(ElementType::I64, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), array.as<int64_t>());
  return array;
}

static Value makeRagged(std::vector<int64_t> values,
                        std::vector<int64_t> splits) {
  return {{makeArray(std::move(values)), makeArray(std::move(splits))}, {}};
}

static Value makeTensor(std::vector<int64_t> shape, std::vector<float> values) {
  Array array = Array::allocate(ElementType::F32, std::move(shape));
  std::copy(values.begin(), values.end(), array.as<float>());
  return {{array}, {}};
}

/// Strings of one byte each, one in each row.
static Value makeStrings(const std::string &bytes,
                         std::vector<int64_t> offsets) {
  Array array =
      Array::allocate(ElementType::I8, {static_cast<int64_t>(bytes.size())});
  std::copy(bytes.begin(), bytes.end(), array.as<char>());
  std::vector<int64_t> splits;
  for (size_t row = 0; row < offsets.size(); ++row)
    splits.push_back(row);
  return {{array, makeArray(std::move(offsets)), makeArray(std::move(splits))},
          {}};
}

static std::vector<float> toFloats(const Value &value) {
  const Array &array = value.parts.front();
  return std::vector<float>(array.as<float>(),
                            array.as<float>() + array.size());
}

namespace {

class ProgramTest : public ::testing::Test {
protected:
  ProgramTest() {
    mlir::DialectRegistry registry;
    registerCompilation(registry);
    context.appendDialectRegistry(registry);
  }

  absl::StatusOr<std::unique_ptr<Program>> compile(const std::string &source,
                                                   mlir::embcol::Mode mode) {
    auto module = parseModule(source, "test.mlir", context);
    if (!module.ok())
      return module.status();
    auto core = createEmbeddingCore(**module, /*seed=*/0);
    if (!core.ok())
      return core.status();
    ProgramOptions options;
    options.mode = mode;
    options.functions["rate"] = reinterpret_cast<void *>(getRate);
    return Program::create(**module, *core, options);
  }

  std::unique_ptr<Program> compileForTraining() {
    auto program = compile(kProgram, mlir::embcol::Mode::Training);
    EXPECT_TRUE(program.ok()) << program.status();
    return std::move(*program);
  }

  mlir::MLIRContext context;
};

TEST_F(ProgramTest, LooksUp) {
  std::unique_ptr<Program> program = compileForTraining();
  program->getCore().table("carrier")->rows()[2 * 2] = 7.0f;
  auto results = program->call("lookup", {makeStrings("AAzzzB6", {0, 2, 5, 7}),
                                          makeRagged({0, 3, 1}, {0, 2, 2, 3})});
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3u);
  EXPECT_THAT(toFloats((*results)[0]), ElementsAre(1, 1, 7, 1, 1, 1));
  EXPECT_THAT(toFloats((*results)[1]), ElementsAre(2, 2, 0, 0, 2, 2));
  const Array &ids = (*results)[2].parts.front();
  EXPECT_THAT(std::vector<int64_t>(ids.as<int64_t>(), ids.as<int64_t>() + 3),
              ElementsAre(0, 2, 1));
}

TEST_F(ProgramTest, UpdatesEachRowOnceByTheSumOfItsGradients) {
  std::unique_ptr<Program> program = compileForTraining();
  auto results = program->call(
      "update",
      {makeRagged({0, 0}, {0, 1, 2}), makeRagged({3, 3}, {0, 1, 2}),
       makeTensor({2, 2}, {1, 2, 3, 4}), makeTensor({2, 2}, {0, 0, 1, 1}),
       Value{{Array::scalar(ElementType::I64, int64_t(2))}, {}}});
  ASSERT_TRUE(results.ok()) << results.status();
  const float *carrier = program->getCore().table("carrier")->rows();
  EXPECT_FLOAT_EQ(carrier[0], 1 - 0.5f * 4);
  EXPECT_FLOAT_EQ(carrier[1], 1 - 0.5f * 6);
  EXPECT_FLOAT_EQ(carrier[2], 1);
  const Table *hour = program->getCore().table("hour");
  // 4 is the rate at step 2, and 3 + 1² the accumulator.
  EXPECT_FLOAT_EQ(hour->rows()[6], 2 - 4.0f / 2);
  EXPECT_FLOAT_EQ(hour->slots()[6], 4);
  EXPECT_FLOAT_EQ(hour->slots()[0], 3);
}

TEST_F(ProgramTest, ChangesNothingWhenOneGradientIsWrong) {
  std::unique_ptr<Program> program = compileForTraining();
  auto results = program->call(
      "update", {makeRagged({0}, {0, 1}), makeRagged({4}, {0, 1}),
                 makeTensor({1, 2}, {1, 1}), makeTensor({1, 2}, {1, 1}),
                 Value{{Array::scalar(ElementType::I64, int64_t(1))}, {}}});
  EXPECT_EQ(results.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(results.status().message()),
              HasSubstr("column \"hour_embedding\": id 4 in row 0"));
  EXPECT_FLOAT_EQ(program->getCore().table("carrier")->rows()[0], 1);
}

TEST_F(ProgramTest, ReturnsScalars) {
  std::unique_ptr<Program> program = compileForTraining();
  Value two{{Array::scalar(ElementType::I64, int64_t(2))}, {}};
  auto results = program->call("sum", {two, two});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(*(*results)[0].parts[0].as<int64_t>(), 4);
}

TEST_F(ProgramTest, ReturnsScalarsOfSeveralSizes) {
  std::unique_ptr<Program> program = compileForTraining();
  auto results = program->call(
      "halves", {Value{{Array::scalar(ElementType::F32, 3.0f)}, {}},
                 Value{{Array::scalar(ElementType::I64, int64_t(9))}, {}}});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(*(*results)[0].parts[0].as<float>(), 3.0f);
  EXPECT_EQ(*(*results)[1].parts[0].as<float>(), 1.5f);
  EXPECT_EQ(*(*results)[2].parts[0].as<int64_t>(), 9);
  EXPECT_EQ(*(*results)[3].parts[0].as<int32_t>(), 7);
  EXPECT_THAT(toFloats((*results)[4]), ElementsAre(1.5f));
}

TEST_F(ProgramTest, NamesWhatIsWrongWithArguments) {
  // (feature-C11) (feature-C15)
  std::unique_ptr<Program> program = compileForTraining();
  auto getError = [&](std::vector<Value> arguments) {
    return std::string(program->call("lookup", arguments).status().message());
  };
  Value carriers = makeStrings("AAB6", {0, 2, 4});
  EXPECT_THAT(getError({carriers}), HasSubstr("expected 2 arguments, found 1"));
  EXPECT_THAT(getError({carriers, carriers}), HasSubstr("argument \"hour\""));
  EXPECT_THAT(getError({carriers, makeRagged({1, 2}, {0, 2})}),
              HasSubstr("features \"carrier\" and \"hour\" have batches of 2 "
                        "and 1 rows"));
  EXPECT_THAT(getError({carriers, makeRagged({1, 2}, {0, 2, 1})}),
              HasSubstr("feature \"hour\""));
  EXPECT_THAT(
      getError({makeStrings("AAB6", {0, 5, 4}), makeRagged({1, 2}, {0, 1, 2})}),
      HasSubstr("argument \"carrier\": string offsets"));
}

TEST_F(ProgramTest, ReportsUnknownFunctions) {
  std::unique_ptr<Program> program = compileForTraining();
  EXPECT_EQ(program->call("nothing", {}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(program->getSignature("nothing"), nullptr);
  EXPECT_THAT(program->getFunctionNames(),
              ElementsAre("halves", "lookup", "sum", "update"));
}

TEST_F(ProgramTest, ReportsWhatDoesNotCompile) {
  auto unparsed = compile("embcol.table", mlir::embcol::Mode::Training);
  EXPECT_THAT(std::string(unparsed.status().message()), HasSubstr("test.mlir"));
  auto misplaced = compile(R"mlir(
      embcol.table @t : tensor<4x2xf32>
      embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
          {embedding_lookup_device = #embcol.device<tpu_embedding_core>}
    )mlir",
                           mlir::embcol::Mode::Serving);
  EXPECT_EQ(misplaced.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(misplaced.status().message()),
              HasSubstr("embedding_lookup_device=tpu_embedding_core"));
}

TEST_F(ProgramTest, RefusesTablesWithOtherSlots) {
  // (table-C5)
  std::string table = R"mlir(
      embcol.table @t : tensor<4x2xf32> {optimizer = #embcol.adagrad<
          learning_rate = 1.0, initial_accumulator_value = 1.0>}
      embcol.column @c : #embcol.identity<key = "c", num_buckets = 4> -> @t
    )mlir";
  std::string update = R"mlir(
      func.func @update(%ids: !embcol.ragged<i64>, %gradient: tensor<?x2xf32>,
                        %rate: f32, %step: i64) {
        embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
            gradients(%gradient : tensor<?x2xf32>)
            learning_rates(%rate) step(%step)
        return
      }
    )mlir";
  auto module = parseModule(table + update, "a", context);
  auto other = parseModule("embcol.table @t : tensor<4x2xf32>", "b", context);
  ASSERT_TRUE(module.ok() && other.ok());
  auto core = createEmbeddingCore(**other, 0);
  ASSERT_TRUE(core.ok());
  ProgramOptions options;
  options.mode = mlir::embcol::Mode::Training;
  auto program = Program::create(**module, *core, options);
  EXPECT_THAT(std::string(program.status().message()),
              HasSubstr("table 't' has slots of width 0, the program expects "
                        "2"));
  // Without updates nothing reads the slots.
  auto lookups = parseModule(table, "c", context);
  ASSERT_TRUE(lookups.ok());
  EXPECT_TRUE(Program::create(**lookups, *core, options).ok());
}

TEST_F(ProgramTest, RefusesTablesOfAnotherShape) {
  // (table-C5)
  auto module = parseModule("embcol.table @t : tensor<4x2xf32>", "a", context);
  auto other = parseModule("embcol.table @t : tensor<5x2xf32>", "b", context);
  ASSERT_TRUE(module.ok() && other.ok());
  auto core = createEmbeddingCore(**other, 0);
  ASSERT_TRUE(core.ok());
  auto program = Program::create(**module, *core, ProgramOptions());
  EXPECT_THAT(std::string(program.status().message()),
              HasSubstr("table 't' has shape [5, 2], the program expects "
                        "[4, 2]"));
}

static constexpr const char *kApart = R"mlir(
  embcol.vocabulary @words : !embcol.string = ["a", "b", "c"]
  embcol.table @t : tensor<3x2xf32> {
      initializer = #embcol.constant<value = 0.0>,
      optimizer = #embcol.sgd<learning_rate = 1.0>}
  embcol.column @c : #embcol.identity<key = "c", num_buckets = 3> -> @t
      {combiner = #embcol.combiner<sum>}
  func.func @categorize(%words: !embcol.ragged<!embcol.string>)
      -> !embcol.ragged<i64> {
    %0 = embcol.categorize #embcol.vocabulary_list<
        key = "w", vocabulary = @words>(%words)
        : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
    return %0 : !embcol.ragged<i64>
  }
  func.func @split(%values: tensor<?xi64>, %splits: tensor<?xi64>)
      -> !embcol.ragged<i64> {
    %0 = embcol.ragged_from_row_splits %values, %splits
        : tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64>
    return %0 : !embcol.ragged<i64>
  }
  func.func @update(%ids: !embcol.ragged<i64>, %gradient: tensor<?x2xf32>,
                    %step: i64) {
    %rate = arith.constant 1.0 : f32
    embcol.apply_gradients [@c] ids(%ids : !embcol.ragged<i64>)
        gradients(%gradient : tensor<?x2xf32>)
        learning_rates(%rate) step(%step)
    return
  }
)mlir";

TEST_F(ProgramTest, CategorizesWhileAnotherThreadUpdates) {
  int numThreads = getNumThreads();
  ASSERT_TRUE(setNumThreads(4).ok());
  auto program = compile(kApart, mlir::embcol::Mode::Training);
  ASSERT_TRUE(program.ok()) << program.status();
  // Enough for both calls to be divided over the threads.
  constexpr int64_t numTokens = 30000, numSteps = 20;
  std::string words;
  std::vector<int64_t> offsets{0}, expected, splits{0};
  for (int64_t i = 0; i < numTokens; ++i) {
    expected.push_back(i * i % 3);
    words += "abc"[expected.back()];
    offsets.push_back(i + 1);
    splits.push_back(i + 1);
  }
  bool isRight = true;
  std::thread other([&] {
    for (int64_t step = 0; step < numSteps; ++step) {
      auto ids = (*program)->call("categorize", {makeStrings(words, offsets)});
      const int64_t *found = (*ids)[0].parts[0].as<int64_t>();
      isRight &= std::equal(expected.begin(), expected.end(), found);
      // An error is that of the call's thread.
      auto wrong = (*program)->call(
          "split", {{{makeArray({1, 2})}, {}}, {{makeArray({0, 3})}, {}}});
      isRight &= wrong.status().code() == absl::StatusCode::kInvalidArgument;
    }
  });
  Value gradient =
      makeTensor({numTokens, 2}, std::vector<float>(2 * numTokens, 1.0f));
  for (int64_t step = 0; step < numSteps; ++step) {
    auto results = (*program)->call(
        "update", {makeRagged(expected, splits),
                   gradient,
                   {{Array::scalar(ElementType::I64, step)}, {}}});
    EXPECT_TRUE(results.ok()) << results.status();
  }
  other.join();
  EXPECT_TRUE(isRight);
  const float *rows = (*program)->getCore().table("t")->rows();
  for (int64_t row = 0; row < 3; ++row)
    EXPECT_EQ(rows[2 * row],
              -numSteps * std::count(expected.begin(), expected.end(), row));
  ASSERT_TRUE(setNumThreads(numThreads).ok());
}

} // namespace
