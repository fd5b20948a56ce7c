//===- ServingTest.cpp - Tests of Serving.h -------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Serving/Serving.h"
#include "embcol/EmbeddingCore/Checkpoint.h"
#include "embcol/EmbeddingCore/Runtime.h"
#include "embcol/Serving/ServingProgram.h"

#include "../EmbeddingCore/StatusMatchers.h"
#include "../EmbeddingCore/TemporaryDirectory.h"

#include <thread>

using namespace embcol;
using namespace embcol::test;
using testing::ElementsAre;
using testing::HasSubstr;
using Element = ServingProgram::Element;
using Kind = ServingProgram::Kind;

//===----------------------------------------------------------------------===//
// A program, written by hand
//===----------------------------------------------------------------------===//

/// gather(ids: ragged<i64>, scale: f32) -> (tensor<?x2xf32>, tensor<?x2xf32>):
/// rows of the table, scaled, by the first id of each bag. Both are one buffer.
static void gather(void **packed) {
  auto *results = static_cast<MemRef2<float> *>(packed[0]);
  auto *ids = static_cast<MemRef1<int64_t> *>(packed[1]);
  auto *splits = static_cast<MemRef1<int64_t> *>(packed[2]);
  float scale = *static_cast<float *>(packed[3]);
  int64_t batch = splits->sizes[0] - 1;
  auto *rows = static_cast<const float *>(embcol_serving_memory[0]);
  auto *out = static_cast<float *>(malloc(batch * 2 * sizeof(float) + 1));
  for (int64_t b = 0; b < batch; ++b) {
    int64_t position = splits->data()[b], id = ids->data()[position];
    MemRef1<int64_t> ends = {
        splits->data() + 1, splits->data() + 1, 0, {batch}, {1}};
    bool isRow = 0 <= id && id < 3;
    _mlir_ciface_embcol_core_report_id(/*column=*/0, /*steps=*/1,
                                       isRow ? -1 : position, /*numRows=*/3,
                                       ids, splits, &ends);
    for (int64_t i = 0; i < 2; ++i)
      out[b * 2 + i] = isRow ? rows[id * 2 + i] * scale : 0;
  }
  results[0] = results[1] = {out, out, 0, {batch, 2}, {2, 1}};
}

/// categorize(words: ragged<string, 2>) -> ragged<i64, 2>
static void categorize(void **packed) {
  auto *results = static_cast<MemRef1<int64_t> *>(packed[0]);
  auto copy = [](const MemRef1<int64_t> &memref) {
    auto *data = static_cast<int64_t *>(malloc(memref.sizes[0] * 8 + 1));
    std::copy_n(memref.data(), memref.sizes[0], data);
    return MemRef1<int64_t>{data, data, 0, {memref.sizes[0]}, {1}};
  };
  auto *bytes = static_cast<MemRef1<int8_t> *>(packed[1]);
  auto *offsets = static_cast<MemRef1<int64_t> *>(packed[2]);
  MemRef1<int64_t> ids = copy(*offsets);
  --ids.sizes[0];
  auto *vocabulary =
      static_cast<int8_t *>(const_cast<void *>(embcol_serving_memory[1]));
  MemRef1<int8_t> address = {vocabulary, vocabulary, 0, {1}, {1}};
  _mlir_ciface_embcol_core_categorize_string(&address, bytes, offsets, &ids);
  results[0] = ids;
  results[1] = copy(*static_cast<MemRef1<int64_t> *>(packed[3]));
  results[2] = copy(*static_cast<MemRef1<int64_t> *>(packed[4]));
}

/// sum(tensor<?x2xi32>) -> i16
static void sum(void **packed) {
  auto *tensor = static_cast<MemRef2<int32_t> *>(packed[0]);
  int16_t total = 0;
  for (int64_t i = 0; i < tensor->sizes[0] * tensor->sizes[1]; ++i)
    total += tensor->data()[i];
  *static_cast<int16_t *>(packed[1]) = total;
}

enum { Gather, Categorize, Sum };

static ServingProgram describe() {
  ServingProgram program;
  program.tables = {{"a", 3, 2, RowType::F32, {}}};
  program.vocabularies.resize(1);
  program.vocabularies[0].name = "words";
  program.vocabularies[0].strings = {"x", "yz"};
  program.functions = {{"gather",
                        {{"id", Kind::Ragged, Element::I64, {}, 1},
                         {"scale", Kind::Scalar, Element::F32, {}, 0}},
                        {{"result0", Kind::Tensor, Element::F32, {-1, 2}, 0},
                         {"result1", Kind::Tensor, Element::F32, {-1, 2}, 0}}},
                       {"categorize",
                        {{"word", Kind::Ragged, Element::String, {}, 2}},
                        {{"result0", Kind::Ragged, Element::I64, {}, 2}}},
                       {"sum",
                        {{"arg0", Kind::Tensor, Element::I32, {-1, 2}, 0}},
                        {{"result0", Kind::Scalar, Element::I16, {}, 0}}}};
  program.columns = {"a_embedding"};
  return program;
}

namespace {
struct GatherResults {
  void *memory;
  embcol_tensor_float result0, result1;
};
struct CategorizeResults {
  void *memory;
  embcol_ragged_int64 result0;
};
struct SumResults {
  void *memory;
  int16_t result0;
};

class ServingTest : public testing::Test {
protected:
  ServingTest() { set(describe()); }
  ~ServingTest() override { embcol_serving_close(model); }

  void set(const ServingProgram &changed) {
    description = changed.serialize();
    program = {description.data(), static_cast<int64_t>(description.size()),
               functions};
  }
  /// Writes a file with rows 1 2, 3 4, 5 6, times `scale`.
  std::string save(const std::string &name, float scale = 1) {
    EmbeddingCore core(0);
    EXPECT_THAT(core.addTable({"a", 3, 2, ConstantInitializer{0}, {}}), IsOk());
    for (int i = 0; i < 6; ++i)
      core.table("a")->rows()[i] = scale * (1 + i);
    std::string path = directory.file(name);
    EXPECT_THAT(saveCheckpoint(path, core, {}), IsOk());
    return path;
  }
  void open() {
    ASSERT_EQ(embcol_serving_open(&program, save("tables").c_str(), &model),
              EMBCOL_OK);
  }
  void expectOpenError(const std::string &path, embcol_status status,
                       const std::string &message) {
    EXPECT_EQ(embcol_serving_open(&program, path.c_str(), &model), status);
    EXPECT_EQ(model, nullptr);
    EXPECT_THAT(embcol_serving_error(), HasSubstr(message));
  }
  embcol_status gather(const embcol_ragged_int64 *ids, float scale,
                       GatherResults &results) {
    const void *arguments[] = {ids, &scale};
    return embcol_serving_call(model, Gather, arguments, &results);
  }
  /// Calls a function, which fails, and frees what it has left.
  void expectError(int64_t function, const void *argument, embcol_status status,
                   const std::string &message) {
    float scale = 1;
    const void *arguments[] = {argument, &scale};
    // The largest of them all.
    CategorizeResults results = {this, {}};
    EXPECT_EQ(embcol_serving_call(model, function, arguments, &results), status)
        << message;
    EXPECT_EQ(results.memory, nullptr);
    EXPECT_THAT(embcol_serving_error(), HasSubstr(message));
    embcol_serving_free(&results);
  }

  TemporaryDirectory directory;
  std::string description;
  void (*functions[3])(void **) = {::gather, ::categorize, ::sum};
  embcol_serving_program program;
  embcol_serving_model *model = nullptr;
};
} // namespace

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

TEST_F(ServingTest, Tensors) {
  open();
  int64_t ids[] = {2, 0, 1}, splits[] = {0, 2, 3};
  embcol_ragged_int64 ragged = {ids, 3, splits, 2, nullptr, 0};
  GatherResults results;
  ASSERT_EQ(gather(&ragged, 10, results), EMBCOL_OK);
  for (const embcol_tensor_float &tensor : {results.result0, results.result1}) {
    EXPECT_THAT(absl::MakeConstSpan(tensor.shape, 2), ElementsAre(2, 2));
    EXPECT_THAT(absl::MakeConstSpan(tensor.data, 4),
                ElementsAre(50, 60, 30, 40));
  }
  embcol_serving_free(&results);
  // A second time is none.
  embcol_serving_free(&results);
}

TEST_F(ServingTest, OneValueInEachRow) {
  open();
  int64_t ids[] = {2, 0};
  embcol_ragged_int64 ragged = {ids, 2, nullptr, 2, nullptr, 0};
  GatherResults results;
  ASSERT_EQ(gather(&ragged, 1, results), EMBCOL_OK);
  EXPECT_THAT(absl::MakeConstSpan(results.result0.data, 4),
              ElementsAre(5, 6, 1, 2));
  embcol_serving_free(&results);
  ragged = {};
  // No rows at all.
  ASSERT_EQ(gather(&ragged, 1, results), EMBCOL_OK);
  EXPECT_THAT(absl::MakeConstSpan(results.result0.shape, 2), ElementsAre(0, 2));
  embcol_serving_free(&results);
}

TEST_F(ServingTest, StringsAndSteps) {
  open();
  int64_t offsets[] = {0, 2, 3, 4}, steps[] = {0, 1, 1, 3}, rows[] = {0, 2, 3};
  embcol_ragged_string words = {"yzx?", offsets, 3, rows, 2, steps, 3};
  const void *arguments[] = {&words};
  CategorizeResults results;
  ASSERT_EQ(embcol_serving_call(model, Categorize, arguments, &results),
            EMBCOL_OK);
  const embcol_ragged_int64 &ids = results.result0;
  EXPECT_THAT(absl::MakeConstSpan(ids.values, ids.num_values),
              ElementsAre(1, 0, -1));
  EXPECT_THAT(absl::MakeConstSpan(ids.step_splits, ids.num_steps + 1),
              ElementsAre(0, 1, 1, 3));
  EXPECT_THAT(absl::MakeConstSpan(ids.row_splits, ids.num_rows + 1),
              ElementsAre(0, 2, 3));
  embcol_serving_free(&results);
  words = {};
  ASSERT_EQ(embcol_serving_call(model, Categorize, arguments, &results),
            EMBCOL_OK);
  EXPECT_EQ(results.result0.num_rows, 0);
  embcol_serving_free(&results);
}

TEST_F(ServingTest, Scalars) {
  open();
  int32_t data[] = {1, 2, -30, 4};
  int64_t shape[] = {2, 2};
  embcol_tensor_int32 tensor = {data, shape};
  const void *arguments[] = {&tensor};
  SumResults results;
  ASSERT_EQ(embcol_serving_call(model, Sum, arguments, &results), EMBCOL_OK);
  EXPECT_EQ(results.result0, -23);
  embcol_serving_free(&results);
}

TEST_F(ServingTest, ThreadsAndModelsAtATime) {
  open();
  embcol_serving_model *other;
  ASSERT_EQ(embcol_serving_open(&program, save("other", 100).c_str(), &other),
            EMBCOL_OK);
  std::vector<std::thread> threads;
  for (int64_t id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      embcol_ragged_int64 ragged = {&id, 1, nullptr, 1, nullptr, 0};
      float one = 1;
      const void *arguments[] = {&ragged, &one};
      for (int i = 0; i < 1000; ++i)
        for (auto [called, scale] : {std::pair(model, 1), {other, 100}}) {
          GatherResults results;
          embcol_status status =
              embcol_serving_call(called, Gather, arguments, &results);
          if (id == 3) {
            EXPECT_EQ(status, EMBCOL_OUT_OF_RANGE);
            continue;
          }
          EXPECT_EQ(results.result0.data[0], scale * (1 + 2 * id));
          embcol_serving_free(&results);
        }
      EXPECT_STREQ(embcol_serving_error(),
                   id == 3 ? "column \"a_embedding\": id 3 in row 0 is not in "
                             "[0, 3)"
                           : "");
    });
  for (std::thread &thread : threads)
    thread.join();
  embcol_serving_close(other);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST_F(ServingTest, FilesThatCannotBeOpened) {
  expectOpenError(directory.file("absent"), EMBCOL_SYSTEM_ERROR,
                  "absent\": No such file or directory");
  std::string path = save("tables"), content = directory.read("tables");
  expectOpenError(directory.write("short", content.substr(0, 100)),
                  EMBCOL_INVALID_ARGUMENT, "has a header of");
  expectOpenError(directory.write("cut", content.substr(0, content.size() - 1)),
                  EMBCOL_INVALID_ARGUMENT, "in a file with 23 bytes of data");
  ServingProgram other = describe();
  other.tables[0].dimension = 3;
  set(other);
  expectOpenError(path, EMBCOL_INVALID_ARGUMENT,
                  "tensor \"a\" has shape [3,2], expected [3,3]");
  // (serving-C4)
  EXPECT_EQ(embcol_serving_open(&program, nullptr, &model),
            EMBCOL_INVALID_ARGUMENT);
  EXPECT_STREQ(embcol_serving_error(), "the path is NULL");
}

TEST_F(ServingTest, VocabulariesBesideTheTables) {
  ServingProgram other = describe();
  other.vocabularies[0].file = "words.txt";
  set(other);
  std::string path = save("tables");
  expectOpenError(path, EMBCOL_SYSTEM_ERROR, "words.txt");
  directory.write("words.txt", "x\nx\n");
  expectOpenError(path, EMBCOL_INVALID_ARGUMENT, "line 2 repeats \"x\"");
  directory.write("words.txt", "a\nb\nx\n");
  open();
  int64_t offsets[] = {0, 1}, splits[] = {0, 1};
  embcol_ragged_string words = {"x", offsets, 1, splits, 1, splits, 1};
  const void *arguments[] = {&words};
  CategorizeResults results;
  ASSERT_EQ(embcol_serving_call(model, Categorize, arguments, &results),
            EMBCOL_OK);
  EXPECT_EQ(results.result0.values[0], 2);
  embcol_serving_free(&results);
}

TEST_F(ServingTest, BadIds) {
  open();
  int64_t ids[] = {2, 0, 7}, splits[] = {0, 1, 1, 3};
  splits[2] = 2;
  embcol_ragged_int64 ragged = {ids, 3, splits, 3, nullptr, 0};
  expectError(Gather, &ragged, EMBCOL_OUT_OF_RANGE,
              "column \"a_embedding\": id 7 in row 2 is not in [0, 3)");
}

TEST_F(ServingTest, BadArguments) {
  open();
  constexpr embcol_status invalid = EMBCOL_INVALID_ARGUMENT;
  int64_t ids[] = {2, 0}, splits[] = {0, 3};
  embcol_ragged_int64 ragged = {ids, 2, splits, 1, nullptr, 0};
  // (ragged_from_row_splits-C5)
  expectError(Gather, &ragged, invalid,
              "feature \"id\": row splits end with 3 in row 0, but there are 2 "
              "values");
  ragged = {ids, 2, nullptr, 1, nullptr, 0};
  expectError(Gather, &ragged, invalid,
              "feature \"id\": row splits end with 1");
  // (serving-C4)
  expectError(Gather, nullptr, invalid, "argument \"id\": is NULL");
  ragged = {nullptr, 2, nullptr, 2, nullptr, 0};
  expectError(Gather, &ragged, invalid, "argument \"id\": values is NULL");
  ragged = {ids, -2, nullptr, 2, nullptr, 0};
  expectError(Gather, &ragged, invalid, "argument \"id\": there are -2 values");
  ragged = {ids, 2, nullptr, -2, nullptr, 0};
  expectError(Gather, &ragged, invalid, "argument \"id\": there are -2 rows");

  int64_t offsets[] = {0, 2, 1};
  embcol_ragged_string words = {"xy", offsets, 2, nullptr, 2, nullptr, 2};
  expectError(Categorize, &words, invalid,
              "argument \"word\": string offsets: row splits decrease");
  words = {nullptr, offsets, 1, nullptr, 1, nullptr, 1};
  expectError(Categorize, &words, invalid, "argument \"word\": bytes is NULL");
  words = {"xy", nullptr, 1, nullptr, 1, nullptr, 1};
  expectError(Categorize, &words, invalid,
              "argument \"word\": offsets is NULL");
  words = {"xy", offsets, 1, nullptr, 1, splits, 1};
  expectError(Categorize, &words, invalid, "feature \"word\": ");

  int32_t data[3] = {};
  int64_t shape[] = {1, 3};
  embcol_tensor_int32 tensor = {data, shape};
  // (feature-C15)
  expectError(Sum, &tensor, invalid,
              "argument \"arg0\": expected shape [?, 2], found [1, 3]");
  tensor = {data, nullptr};
  expectError(Sum, &tensor, invalid, "argument \"arg0\": shape is NULL");
  shape[1] = 2;
  tensor = {nullptr, shape};
  expectError(Sum, &tensor, invalid, "argument \"arg0\": data is NULL");
}

TEST_F(ServingTest, NoModelNorResults) {
  GatherResults results;
  embcol_ragged_int64 ragged = {};
  EXPECT_EQ(gather(&ragged, 1, results), EMBCOL_INVALID_ARGUMENT);
  EXPECT_STREQ(embcol_serving_error(), "the model is NULL");
  open();
  EXPECT_EQ(embcol_serving_call(model, Gather, nullptr, nullptr),
            EMBCOL_INVALID_ARGUMENT);
  EXPECT_STREQ(embcol_serving_error(), "results is NULL");
  embcol_serving_free(nullptr);
}
