//===- TensorCoreTest.cpp - Columns on the tensor core, compared ----------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

#include "embcol/Conversion/Passes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mlir/Pass/PassManager.h"

using namespace embcol;

static constexpr int64_t kNumRows = 11;
static constexpr int64_t kBatch = 3;

namespace {

struct TensorColumn {
  explicit TensorColumn(Random &random);

  std::string idsType() const {
    return hasPlaces ? "!embcol.ragged<i64, 2>" : "!embcol.ragged<i64>";
  }
  std::string weightsType() const {
    return hasPlaces ? "!embcol.ragged<f32, 2>" : "!embcol.ragged<f32>";
  }

  std::string combiner;
  int64_t width;
  bool hasPlaces, isWeighted, isSafe, hasBatch;
};

/// A table, columns of it on the tensor core, and functions: @joined has their
/// lookups as one, @lookup0, ... each, @gradients0, ... the gradients of
/// weights, and @update updates the table.
class TensorCoreTest : public ReferenceTest,
                       public ::testing::WithParamInterface<int> {
protected:
  TensorCoreTest();

  std::string makeSource() const;
  std::string makeFunctions(size_t number) const;
  std::string makeJoined() const;
  std::string makeUpdate() const;

  /// Makes `compiled` a program of lookups that are lowered in place, without
  /// checks.
  void createInPlace(const std::string &source);

  std::vector<Value> makeArguments(const TensorColumn &column, int64_t batch);
  Value makeGradient(int64_t batch);

  bool isTraining() const { return rowType.size() <= 4; }
  mlir::embcol::Mode getMode() const {
    return isTraining() ? mlir::embcol::Mode::Training
                        : mlir::embcol::Mode::Serving;
  }
  std::string vectorType(int64_t numColumns = 1) const {
    return absl::StrCat("tensor<?x", numColumns * dimension, "xf32>");
  }

  Random random;
  int64_t dimension;
  std::string rowType;
  std::vector<TensorColumn> columns;
};

} // namespace

TensorColumn::TensorColumn(Random &random)
    : combiner(random.choose<std::string>({"sum", "mean", "sqrtn"})),
      // Of the last, no tensor is made as wide.
      width(random.choose<int64_t>({1, 2, 3, int64_t(1) << 40})),
      hasPlaces(random.oneIn(2)), isWeighted(random.oneIn(2)),
      isSafe(!random.oneIn(3)), hasBatch(random.oneIn(4)) {}

TensorCoreTest::TensorCoreTest()
    : random(GetParam()),
      dimension(random.choose<int64_t>({1, 3, 8, 17, 64, 300})),
      rowType(random.choose<std::string>({"f32", "f32", "bf16", "f16",
                                          "!embcol.quantized<i8>",
                                          "!embcol.quantized<i4>"})) {
  for (int i = 0; i < 3; ++i)
    columns.emplace_back(random);
}

//===----------------------------------------------------------------------===//
// The source
//===----------------------------------------------------------------------===//

std::string TensorCoreTest::makeFunctions(size_t number) const {
  const TensorColumn &column = columns[number];
  std::string ids = column.idsType(), weights = column.weightsType();
  std::string lookup =
      absl::StrCat("func.func @lookup", number, "(%ids: ", ids,
                   column.isWeighted ? absl::StrCat(", %w: ", weights) : "",
                   ") -> ", vectorType(), " {\n%0 = embcol.lookup @c", number,
                   "(%ids", column.isWeighted ? ", %w" : "", ") : (", ids,
                   column.isWeighted ? ", " + weights : "", ") -> ",
                   vectorType(), "\nreturn %0 : ", vectorType(), "\n}\n");
  if (!column.isWeighted)
    return lookup;
  return absl::StrCat(lookup, "func.func @gradients", number, "(%ids: ", ids,
                      ", %w: ", weights, ", %g: ", vectorType(), ") -> ",
                      weights, " {\n%0 = embcol.weight_gradients @c", number,
                      "(%ids, %w, %g) : (", ids, ", ", weights, ", ",
                      vectorType(), ") -> ", weights, "\nreturn %0 : ", weights,
                      "\n}\n");
}

/// Joined with a column on another device.
std::string TensorCoreTest::makeJoined() const {
  std::string arguments = "%ids: !embcol.ragged<i64>", lookups, types;
  for (size_t i = 0; i < columns.size(); ++i) {
    const TensorColumn &column = columns[i];
    absl::StrAppend(&arguments, ", %ids", i, ": ", column.idsType());
    absl::StrAppend(&lookups, "%", i, " = embcol.lookup @c", i, "(%ids", i);
    std::string type = column.idsType();
    if (column.isWeighted) {
      absl::StrAppend(&arguments, ", %w", i, ": ", column.weightsType());
      absl::StrAppend(&lookups, ", %w", i);
      absl::StrAppend(&type, ", ", column.weightsType());
    }
    absl::StrAppend(&lookups, ") : (", type, ") -> ", vectorType(), "\n");
    absl::StrAppend(&types, vectorType(), ", ");
  }
  return absl::StrCat("func.func @joined(", arguments, ") -> ", vectorType(4),
                      " {\n", lookups,
                      "%3 = embcol.lookup @plain(%ids) : "
                      "(!embcol.ragged<i64>) -> ",
                      vectorType(), "\n%4 = tensor.concat dim(1) %0, %1, %2, ",
                      "%3 : (", types, vectorType(), ") -> ", vectorType(4),
                      "\nreturn %4 : ", vectorType(4), "\n}\n");
}

std::string TensorCoreTest::makeUpdate() const {
  std::vector<std::string> arguments, ids, idTypes, weights, weightTypes;
  for (size_t i = 0; i < columns.size(); ++i) {
    ids.push_back(absl::StrCat("%ids", i));
    idTypes.push_back(columns[i].idsType());
    arguments.push_back(absl::StrCat(ids.back(), ": ", idTypes.back()));
    if (!columns[i].isWeighted)
      continue;
    weights.push_back(absl::StrCat("%w", i));
    weightTypes.push_back(columns[i].weightsType());
    arguments.push_back(absl::StrCat(weights.back(), ": ", weightTypes.back()));
  }
  std::string gradient = vectorType();
  std::string given =
      weights.empty()
          ? ""
          : absl::StrCat(" weights(", absl::StrJoin(weights, ", "), " : ",
                         absl::StrJoin(weightTypes, ", "), ")");
  return absl::StrCat(
      "func.func @update(", absl::StrJoin(arguments, ", "), ", %g0: ", gradient,
      ", %g1: ", gradient, ", %g2: ", gradient, ", %rate: f32, %step: i64) {\n",
      "embcol.apply_gradients [@c0, @c1, @c2] ids(", absl::StrJoin(ids, ", "),
      " : ", absl::StrJoin(idTypes, ", "), ")", given,
      " gradients(%g0, %g1, %g2 : ", gradient, ", ", gradient, ", ", gradient,
      ") learning_rates(%rate) step(%step)\nreturn\n}\n");
}

std::string TensorCoreTest::makeSource() const {
  std::string source = absl::StrCat(
      "embcol.table @t : tensor<", kNumRows, "x", dimension, "x", rowType,
      "> {initializer = #embcol.uniform<minval = -0.25, maxval = 0.25>, ",
      "partition = #embcol.partition<strategy = mod, num_partitions = ",
      GetParam() % 4 + 1, ">",
      isTraining() ? ", optimizer = #embcol.adagrad<learning_rate = 0.1, "
                     "initial_accumulator_value = 0.5>"
                   : "",
      "}\nembcol.column @plain : #embcol.identity<key = \"id\", num_buckets = ",
      kNumRows, "> -> @t\n");
  for (size_t i = 0; i < columns.size(); ++i) {
    const TensorColumn &column = columns[i];
    std::string categorical = absl::StrCat(
        "#embcol.identity<key = \"id\", num_buckets = ", kNumRows, ">");
    if (column.isWeighted)
      categorical = absl::StrCat("#embcol.weighted<categorical = ", categorical,
                                 ", weight_key = \"w\">");
    absl::StrAppend(
        &source, "embcol.column @c", i, " : ", categorical,
        " -> @t {combiner = #embcol.combiner<", column.combiner,
        ">, use_safe_embedding_lookup = ", column.isSafe ? "true" : "false",
        ", embedding_lookup_device = #embcol.device<tpu_tensor_core>, "
        "tensor_core_shape = array<i64: ",
        column.hasBatch ? kBatch : -1, ", ", column.width, ">}\n",
        makeFunctions(i));
  }
  return absl::StrCat(source, makeJoined(), isTraining() ? makeUpdate() : "");
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Ids, and weights where a column takes them; now and then what is refused,
/// or would be if it were not cut.
std::vector<Value> TensorCoreTest::makeArguments(const TensorColumn &column,
                                                 int64_t batch) {
  auto makeAllSplits = [&] {
    std::vector<std::vector<int64_t>> splits = {makeSplits(random, batch)};
    if (column.hasPlaces)
      splits.insert(splits.begin(), makeSplits(random, splits[0].back()));
    return splits;
  };
  std::vector<std::vector<int64_t>> splits = makeAllSplits();
  std::vector<int64_t> ids(splits.front().back());
  for (int64_t &id : ids)
    id = random.number(column.isSafe ? -2 : 0, kNumRows);
  if (!ids.empty() && random.oneIn(4))
    ids[random.number(0, ids.size())] = column.isSafe ? kNumRows : -1;
  std::vector<Value> arguments = {makeRagged(ids, splits)};
  if (!column.isWeighted)
    return arguments;
  if (random.oneIn(10))
    splits = makeAllSplits();
  std::vector<float> weights(splits.front().back());
  for (float &weight : weights)
    weight = random.choose<float>({0.25f, 0.5f, 1, 2});
  if (column.isSafe && !weights.empty())
    weights.front() = random.choose<float>({-1, 0, NAN});
  arguments.push_back(makeWeights(weights, splits));
  return arguments;
}

Value TensorCoreTest::makeGradient(int64_t batch) {
  batch += random.oneIn(20);
  std::vector<float> gradient(batch * dimension);
  for (float &value : gradient)
    value = random.number(-64, 65) / 64.0f;
  return makeTensor(gradient, {batch, dimension});
}

//===----------------------------------------------------------------------===//
// Tests
//===----------------------------------------------------------------------===//

// One test, as all is one program. (device-C9) (lookup-C8) (lookup-C9)
// (lookup-C10)
TEST_P(TensorCoreTest, IsAlike) {
  std::string source = makeSource();
  SCOPED_TRACE(source);
  createBoth(source, getMode());
  ASSERT_TRUE(interpreted);
  for (int call = 0; call < 30 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    int64_t batch = random.oneIn(2) ? kBatch : random.number(0, 7);
    std::vector<Value> all, gradients;
    for (size_t i = 0; i < columns.size(); ++i) {
      std::vector<Value> arguments = makeArguments(columns[i], batch);
      all.insert(all.end(), arguments.begin(), arguments.end());
      expectSame(absl::StrCat("lookup", i), arguments);
      gradients.push_back(makeGradient(batch));
      if (!columns[i].isWeighted)
        continue;
      arguments.push_back(gradients.back());
      expectSame(absl::StrCat("gradients", i), arguments);
    }
    std::vector<Value> joined = {
        makeRagged(std::vector<int64_t>(batch, 1), {[&] {
                     std::vector<int64_t> splits;
                     for (int64_t row = 0; row <= batch; ++row)
                       splits.push_back(row);
                     return splits;
                   }()})};
    joined.insert(joined.end(), all.begin(), all.end());
    expectSame("joined", joined);
    if (!isTraining())
      continue;
    all.insert(all.end(), gradients.begin(), gradients.end());
    all.push_back(makeScalar(0.125f));
    all.push_back(makeScalar(int64_t(call)));
    expectSame("update", all);
  }
}

void TensorCoreTest::createInPlace(const std::string &source) {
  auto module = parseModule(source, "test.mlir", context);
  ASSERT_TRUE(module.ok()) << module.status();
  auto core = createEmbeddingCore(**module, /*seed=*/7);
  ASSERT_TRUE(core.ok()) << core.status();
  mlir::PassManager pm(&context);
  mlir::embcol::ConvertEmbColToTensorCorePassOptions passOptions;
  passOptions.checkIds = false;
  pm.addPass(mlir::embcol::createConvertEmbColToTensorCorePass(passOptions));
  ASSERT_TRUE(mlir::succeeded(pm.run(**module)));
  auto program = Program::create(**module, *core, options);
  ASSERT_TRUE(program.ok()) << program.status();
  compiled = *std::move(program);
}

TEST_P(TensorCoreTest, IsAlikeInPlace) {
  std::string source = makeSource();
  SCOPED_TRACE(source);
  auto program = create(source, createInterpreter, getMode());
  ASSERT_TRUE(program.ok()) << program.status();
  interpreted = *std::move(program);
  createInPlace(source);
  ASSERT_TRUE(compiled);
  for (int call = 0; call < 30 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    for (size_t i = 0; i < columns.size(); ++i) {
      std::vector<Value> arguments = makeArguments(columns[i], kBatch);
      std::string function = absl::StrCat("lookup", i);
      absl::Status status = interpreted->call(function, arguments).status();
      // Ids that are wrong are left out. Weights have to fit.
      if (status.ok())
        expectSame(function, arguments);
      else if (absl::IsOutOfRange(status))
        EXPECT_TRUE(compiled->call(function, arguments).ok());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TensorCoreTest, ::testing::Range(0, 16));
