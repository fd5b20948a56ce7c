//===- DifferentialTest.cpp - Compiled against interpreted ----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

using namespace embcol;

namespace {

struct RandomColumn {
  int64_t table;
  std::string combiner;
  bool isWeighted = false;
  bool isSafe = true;
  /// 0 for a plain column.
  int64_t maxSequenceLength = 0;
};

/// A model of a few columns that share tables, with the functions @lookup, of
/// ids and weights, @joined, which joins what @lookup gives of plain columns,
/// and @update, of these and gradients.
class RandomModel {
public:
  explicit RandomModel(Random &random);

  std::string getSource(bool isTraining) const;
  /// The results of @lookup that @joined joins.
  std::vector<size_t> getPooledResults() const;

  Value makeIds(Random &random, const RandomColumn &column, bool isBad) const;
  Value makeGradient(Random &random, const RandomColumn &column) const;
  /// The features of a batch, and for an update the gradients.
  std::vector<Value> makeArguments(Random &random, bool isUpdate);

  struct Packed {
    std::vector<int64_t> values, offsets{0};
    std::vector<float> weights;

    PackedIds ids() const {
      return {IdSpan(absl::MakeConstSpan(values)), offsets, weights};
    }
    /// The same of int32.
    PackedIds narrowIds() {
      narrow.assign(values.begin(), values.end());
      return {IdSpan(absl::MakeConstSpan(narrow)), offsets, weights};
    }

  private:
    std::vector<int32_t> narrow;
  };
  /// What is there for plain columns of what `makeArguments` made.
  Packed pack(const std::vector<Value> &arguments) const;

private:
  std::string getParameters() const;
  /// The lookup of plain column number `i`.
  std::string getPlainLookup(size_t i) const;
  std::string getLookup() const;
  std::string getJoined() const;
  std::string getPacked() const;
  std::string getUpdate() const;

  struct RandomTable {
    int64_t numRows;
    int64_t dimension;
    std::string rowType;
    std::string optimizer;
    /// Further attributes, each after a comma.
    std::string attributes;
  };
  std::vector<RandomTable> tables;
  std::vector<RandomColumn> columns;
  bool hasMultiplier;
  int64_t batch = 0;
};

} // namespace

/// One optimizer of each kind, and some in two forms.
static std::string makeOptimizer(Random &random) {
  return random.choose<std::string>(
      {"sgd<learning_rate = 0.1>",
       "momentum<learning_rate = 0.1, momentum = 0.5>",
       "momentum<learning_rate = 0.1, momentum = 0.5, use_nesterov = true>",
       "rmsprop<learning_rate = 0.1, rho = 0.75, momentum = 0.5, "
       "epsilon = 0.1>",
       "rmsprop<learning_rate = 0.1, rho = 0.75, momentum = 0.5, "
       "epsilon = 0.1, centered = true>",
       "adadelta<learning_rate = 0.1, rho = 0.75, epsilon = 0.1>",
       "adagrad<learning_rate = 0.1, initial_accumulator_value = 0.5>",
       "adagrad_momentum<learning_rate = 0.1, momentum = 0.5, exponent = 3.0, "
       "beta2 = 1.0, epsilon = 0.1>",
       "adagrad_momentum<learning_rate = 0.1, momentum = 0.5, "
       "use_nesterov = true, exponent = 2.0, beta2 = 0.5, epsilon = 0.1>",
       "proximal_adagrad<learning_rate = 0.1, initial_accumulator = 0.5, "
       "l1_regularization_strength = 0.1, l2_regularization_strength = 0.2>",
       "ftrl<learning_rate = 0.1, learning_rate_power = -0.75, "
       "l1_regularization_strength = 0.1, l2_regularization_strength = 0.2, "
       "beta = 0.5, initial_accumulator_value = 0.5, "
       "multiply_linear_by_learning_rate = true>",
       "ftrl<learning_rate = 0.1, learning_rate_power = -0.5, "
       "l1_regularization_strength = 0.1, l2_regularization_strength = 0.2, "
       "beta = 0.0, initial_accumulator_value = 0.0, "
       "allow_zero_accumulator = true>",
       "adam<learning_rate = 0.1, beta_1 = 0.5, beta_2 = 0.75, epsilon = 0.1>",
       "adam<learning_rate = 0.1, beta_1 = 0.5, beta_2 = 0.75, epsilon = 0.1, "
       "lazy_adam = false, sum_inside_sqrt = false>",
       "yogi<learning_rate = 0.1, beta1 = 0.5, beta2 = 0.75, epsilon = 0.1, "
       "l1_regularization_strength = 0.1, l2_regularization_strength = 0.2, "
       "initial_accumulator_value = 0.5>",
       "online_yogi<learning_rate = 0.1, beta2 = 0.75, "
       "l1_regularization_strength = 0.1, l2_regularization_strength = 0.2, "
       "initial_accumulator_value = 0.5>",
       "row_wise_adagrad<learning_rate = 0.1, initial_accumulator_value = 0.5, "
       "epsilon = 0.1>",
       "lamb<learning_rate = 0.1, beta_1 = 0.5, beta_2 = 0.75, epsilon = 0.1, "
       "weight_decay = 0.1>",
       "partial_row_wise_adam<learning_rate = 0.1, beta_1 = 0.5, "
       "beta_2 = 0.75, epsilon = 0.1>"});
}

static std::string makeOptions(Random &random, absl::string_view optimizer) {
  std::vector<std::string> options;
  if (random.oneIn(2))
    options.push_back("clip_weight_max = 0.5");
  if (random.oneIn(2))
    options.push_back("weight_decay_factor = 0.125, "
                      "multiply_weight_decay_factor_by_learning_rate = true");
  if (random.oneIn(2))
    options.push_back("clip_gradient_min = -0.5, clip_gradient_max = 1.0");
  else if (!absl::StrContains(optimizer, "lazy_adam"))
    options.push_back("use_gradient_accumulation = false");
  return absl::StrCat(", optimizer_options = #embcol.optimizer_options<",
                      absl::StrJoin(options, ", "), ">");
}

static std::string makeAttributes(Random &random) {
  std::string attributes;
  if (random.oneIn(2))
    absl::StrAppend(&attributes, ", partition = #embcol.partition<strategy = ",
                    random.oneIn(3) ? "div" : "mod",
                    ", num_partitions = ", random.number(1, 7), ">");
  return attributes;
}

RandomModel::RandomModel(Random &random) {
  for (int64_t count = random.number(1, 3); count > 0; --count) {
    std::string optimizer = makeOptimizer(random);
    std::string attributes = makeAttributes(random);
    if (random.oneIn(2))
      attributes += makeOptions(random, optimizer);
    std::string rowType =
        random.choose<std::string>({"f32", "f32", "bf16", "f16"});
    if (rowType != "f32" && random.oneIn(2))
      attributes += ", stochastic_rounding";
    tables.push_back({random.choose<int64_t>({1, 5, 40}),
                      random.choose<int64_t>({1, 3, 8, 17, 64, 300}), rowType,
                      "#embcol." + optimizer, attributes});
  }
  hasMultiplier = random.oneIn(2);
  for (int64_t count = random.number(1, 5); count > 0; --count) {
    RandomColumn column;
    column.table = random.number(0, tables.size());
    column.combiner = random.choose<std::string>({"sum", "mean", "sqrtn"});
    column.isSafe = !random.oneIn(3);
    if (random.oneIn(3))
      column.maxSequenceLength = random.number(1, 4);
    else
      column.isWeighted = random.oneIn(2);
    columns.push_back(column);
  }
}

//===----------------------------------------------------------------------===//
// The source
//===----------------------------------------------------------------------===//

static std::string getIdsType(const RandomColumn &column) {
  return column.maxSequenceLength > 0 ? "!embcol.ragged<i64, 2>"
                                      : "!embcol.ragged<i64>";
}

static std::string getVectorType(const RandomColumn &column,
                                 int64_t dimension) {
  std::string steps = column.maxSequenceLength > 0
                          ? absl::StrCat(column.maxSequenceLength, "x")
                          : "";
  return absl::StrCat("tensor<?x", steps, dimension, "xf32>");
}

std::string RandomModel::getParameters() const {
  std::vector<std::string> parameters;
  for (size_t i = 0; i < columns.size(); ++i) {
    parameters.push_back(absl::StrCat("%ids", i, ": ", getIdsType(columns[i])));
    if (columns[i].isWeighted)
      parameters.push_back(absl::StrCat("%w", i, ": !embcol.ragged<f32>"));
  }
  return absl::StrJoin(parameters, ", ");
}

std::string RandomModel::getPlainLookup(size_t i) const {
  const RandomColumn &column = columns[i];
  return absl::StrCat("embcol.lookup @c", i, "(%ids", i,
                      column.isWeighted ? absl::StrCat(", %w", i) : "",
                      ") : (!embcol.ragged<i64>",
                      column.isWeighted ? ", !embcol.ragged<f32>" : "", ") -> ",
                      getVectorType(column, tables[column.table].dimension),
                      "\n");
}

std::string RandomModel::getLookup() const {
  std::string body;
  std::vector<std::string> results, types;
  for (size_t i = 0; i < columns.size(); ++i) {
    const RandomColumn &column = columns[i];
    std::string type = getVectorType(column, tables[column.table].dimension);
    results.push_back(absl::StrCat("%out", i));
    types.push_back(type);
    if (column.maxSequenceLength > 0) {
      absl::StrAppend(&body, "%out", i, ", %length", i,
                      " = embcol.sequence_lookup @c", i, "(%ids", i,
                      ") : (!embcol.ragged<i64, 2>) -> (", type,
                      ", tensor<?xi64>)\n");
      results.push_back(absl::StrCat("%length", i));
      types.push_back("tensor<?xi64>");
      continue;
    }
    absl::StrAppend(&body, "%out", i, " = ", getPlainLookup(i));
  }
  return absl::StrCat("func.func @lookup(", getParameters(), ") -> (",
                      absl::StrJoin(types, ", "), ") {\n", body, "return ",
                      absl::StrJoin(results, ", "), " : ",
                      absl::StrJoin(types, ", "), "\n}\n");
}

std::string RandomModel::getJoined() const {
  std::string body;
  std::vector<std::string> values, types;
  int64_t width = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    const RandomColumn &column = columns[i];
    if (column.maxSequenceLength > 0)
      continue;
    int64_t dimension = tables[column.table].dimension;
    width += dimension;
    values.push_back(absl::StrCat("%out", i));
    types.push_back(getVectorType(column, dimension));
    absl::StrAppend(&body, values.back(), " = ", getPlainLookup(i));
  }
  if (values.empty())
    return "";
  std::string type = absl::StrCat("tensor<?x", width, "xf32>");
  return absl::StrCat("func.func @joined(", getParameters(), ") -> ", type,
                      " {\n", body, "%joined = tensor.concat dim(1) ",
                      absl::StrJoin(values, ", "), " : (",
                      absl::StrJoin(types, ", "), ") -> ", type,
                      "\nreturn %joined : ", type, "\n}\n");
}

std::string RandomModel::getPacked() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].maxSequenceLength == 0)
      names.push_back(absl::StrCat("@c", i));
  if (names.empty())
    return "";
  return absl::StrCat("embcol.packed_lookup @packed [",
                      absl::StrJoin(names, ", "), "]\n");
}

std::vector<size_t> RandomModel::getPooledResults() const {
  std::vector<size_t> results;
  size_t number = 0;
  for (const RandomColumn &column : columns) {
    if (column.maxSequenceLength == 0)
      results.push_back(number);
    number += column.maxSequenceLength > 0 ? 2 : 1;
  }
  return results;
}

std::string RandomModel::getUpdate() const {
  std::vector<std::string> parameters, names, ids, idTypes, weights,
      weightTypes, gradients, gradientTypes, rates;
  std::vector<bool> hasRate(tables.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const RandomColumn &column = columns[i];
    names.push_back(absl::StrCat("@c", i));
    ids.push_back(absl::StrCat("%ids", i));
    idTypes.push_back(getIdsType(column));
    gradients.push_back(absl::StrCat("%g", i));
    gradientTypes.push_back(
        getVectorType(column, tables[column.table].dimension));
    parameters.push_back(absl::StrCat("%g", i, ": ", gradientTypes.back()));
    if (column.isWeighted) {
      weights.push_back(absl::StrCat("%w", i));
      weightTypes.push_back("!embcol.ragged<f32>");
    }
    if (!hasRate[column.table])
      rates.push_back("%rate");
    hasRate[column.table] = true;
  }
  auto typed = [](const char *what, const std::vector<std::string> &values,
                  const std::vector<std::string> &types) {
    return values.empty()
               ? ""
               : absl::StrCat(" ", what, "(", absl::StrJoin(values, ", "),
                              " : ", absl::StrJoin(types, ", "), ")");
  };
  return absl::StrCat(
      "func.func @update(", getParameters(), ", ",
      absl::StrJoin(parameters, ", "), ", %rate: f32, %step: i64) {\n",
      "embcol.apply_gradients [", absl::StrJoin(names, ", "), "]",
      typed("ids", ids, idTypes), typed("weights", weights, weightTypes),
      typed("gradients", gradients, gradientTypes), " learning_rates(",
      absl::StrJoin(rates, ", "), ")",
      hasMultiplier ? " gradient_multiplier(%rate)" : "",
      " step(%step)\nreturn\n}\n");
}

std::string RandomModel::getSource(bool isTraining) const {
  std::string source;
  for (size_t i = 0; i < tables.size(); ++i)
    absl::StrAppend(&source, "embcol.table @t", i, " : tensor<",
                    tables[i].numRows, "x", tables[i].dimension, "x",
                    tables[i].rowType, "> {optimizer = ", tables[i].optimizer,
                    tables[i].attributes, "}\n");
  for (size_t i = 0; i < columns.size(); ++i) {
    const RandomColumn &column = columns[i];
    bool isSequence = column.maxSequenceLength > 0;
    std::string categorical = absl::StrCat(
        isSequence ? "#embcol.sequence_identity" : "#embcol.identity",
        "<key = \"c", i, "\", num_buckets = ", tables[column.table].numRows,
        ">");
    if (column.isWeighted)
      categorical = absl::StrCat("#embcol.weighted<categorical = ", categorical,
                                 ", weight_key = \"w", i, "\">");
    absl::StrAppend(
        &source, "embcol.column @c", i, " : ", categorical, " -> @t",
        column.table, " {combiner = #embcol.combiner<", column.combiner,
        ">, use_safe_embedding_lookup = ", column.isSafe ? "true" : "false",
        isSequence
            ? absl::StrCat(", max_sequence_length = ", column.maxSequenceLength)
            : "",
        "}\n");
  }
  return absl::StrCat(source, getLookup(), getJoined(), getPacked(),
                      isTraining ? getUpdate() : "");
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

Value RandomModel::makeIds(Random &random, const RandomColumn &column,
                           bool isBad) const {
  std::vector<std::vector<int64_t>> splits = {makeSplits(random, batch)};
  if (column.maxSequenceLength > 0)
    splits.insert(splits.begin(), makeSplits(random, splits[0].back()));
  int64_t numRows = tables[column.table].numRows;
  bool takesNegative = column.isSafe || column.maxSequenceLength > 0;
  std::vector<int64_t> ids(splits.front().back());
  for (int64_t &id : ids)
    id = random.number(takesNegative ? -2 : 0, numRows);
  int64_t numPlaces = ids.size();
  if (isBad && numPlaces > 0)
    ids[random.number(0, numPlaces)] =
        takesNegative || random.oneIn(2) ? numRows : -1;
  return makeRagged(ids, splits);
}

Value RandomModel::makeGradient(Random &random,
                                const RandomColumn &column) const {
  std::vector<int64_t> shape = {batch, tables[column.table].dimension};
  if (column.maxSequenceLength > 0)
    shape.insert(shape.begin() + 1, column.maxSequenceLength);
  // One row too many; of sequences of one step the messages show another shape.
  if (random.oneIn(40) && column.maxSequenceLength != 1)
    ++shape.front();
  int64_t size = 1;
  for (int64_t extent : shape)
    size *= extent;
  std::vector<float> values(size);
  for (float &value : values)
    value = random.number(-32, 33) / 64.0f;
  return makeTensor(values, shape);
}

std::vector<Value> RandomModel::makeArguments(Random &random, bool isUpdate) {
  batch = random.number(0, 7);
  std::vector<Value> arguments, gradients;
  for (const RandomColumn &column : columns) {
    arguments.push_back(makeIds(random, column, random.oneIn(20)));
    gradients.push_back(makeGradient(random, column));
    if (!column.isWeighted)
      continue;
    std::vector<int64_t> splits = toIntegers(arguments.back(), 1);
    if (random.oneIn(30))
      splits = makeSplits(random, batch);
    std::vector<float> weights(splits.back());
    // Beside -1, a tiny weight can make a divisor that no sum survives.
    float tiny = column.isSafe ? 1e-30f : 0.5f;
    for (float &weight : weights)
      weight = random.choose<float>({-1, 0, 0.25f, 1, 2, 2, 3, tiny});
    // A weight that a lookup drops or passes on.
    if (!weights.empty() && random.oneIn(10))
      weights.front() = NAN;
    arguments.push_back(makeWeights(weights, {splits}));
  }
  if (!isUpdate)
    return arguments;
  arguments.insert(arguments.end(), gradients.begin(), gradients.end());
  arguments.push_back(makeScalar(0.125f));
  arguments.push_back(makeScalar(random.number(0, 100)));
  return arguments;
}

RandomModel::Packed
RandomModel::pack(const std::vector<Value> &arguments) const {
  Packed packed;
  bool isWeighted = false;
  size_t number = 0;
  for (const RandomColumn &column : columns) {
    const Value &ids = arguments[number++];
    const Value *weights = column.isWeighted ? &arguments[number++] : nullptr;
    if (column.maxSequenceLength > 0)
      continue;
    int64_t begin = packed.values.size();
    std::vector<int64_t> values = toIntegers(ids), splits = toIntegers(ids, 1);
    packed.values.insert(packed.values.end(), values.begin(), values.end());
    for (size_t row = 1; row < splits.size(); ++row)
      packed.offsets.push_back(begin + splits[row]);
    // Weights may be too few, or too many.
    std::vector<float> factors =
        weights ? toFloats(*weights) : std::vector<float>(values.size());
    packed.weights.insert(packed.weights.end(), factors.begin(), factors.end());
    isWeighted |= column.isWeighted;
  }
  if (!isWeighted)
    packed.weights.clear();
  return packed;
}

//===----------------------------------------------------------------------===//
// Lookups and updates
//===----------------------------------------------------------------------===//

namespace {

class DifferentialTest : public ReferenceTest,
                         public ::testing::WithParamInterface<int> {
protected:
  /// Makes the tables of both the same again, of numbers whose sums are exact.
  void resetTables(Random &random) {
    for (const auto &table : compiled->getCore().tables()) {
      const Table &other = *interpreted->getCore().table(table->name());
      std::vector<float> weights(table->dimension());
      for (int64_t row = 0; row < table->numRows(); ++row) {
        for (float &weight : weights)
          weight = random.number(-64, 65) / 64.0f;
        table->writeRow(row, weights);
        other.writeRow(row, weights);
      }
      for (int64_t i = 0; i < table->numRows() * table->slotWidth(); ++i)
        table->slots()[i] = other.slots()[i] = random.number(32, 65) / 64.0f;
    }
  }
};

TEST_P(DifferentialTest, LooksUpAndUpdatesAlike) {
  Random random(GetParam());
  RandomModel model(random);
  bool isTraining = !random.oneIn(4);
  std::string source = model.getSource(isTraining);
  SCOPED_TRACE(source);
  createBoth(source, isTraining ? mlir::embcol::Mode::Training
                                : mlir::embcol::Mode::Serving);
  ASSERT_TRUE(interpreted);
  for (int call = 0; call < 40 && !HasFailure(); ++call) {
    resetTables(random);
    bool isUpdate = isTraining && random.oneIn(2);
    SCOPED_TRACE(absl::StrCat("call ", call));
    expectSame(isUpdate ? "update" : "lookup",
               model.makeArguments(random, isUpdate));
  }
}

/// Joined lookups are fused, and those that are returned one by one are not.
TEST_P(DifferentialTest, LooksUpFusedAndUnfusedAlike) {
  Random random(GetParam());
  RandomModel model(random);
  std::vector<size_t> pooled = model.getPooledResults();
  if (pooled.empty())
    return;
  std::string source = model.getSource(/*isTraining=*/random.oneIn(2));
  SCOPED_TRACE(source);
  createBoth(source, absl::StrContains(source, "@update")
                         ? mlir::embcol::Mode::Training
                         : mlir::embcol::Mode::Serving);
  ASSERT_TRUE(interpreted);
  resetTables(random);
  for (int call = 0; call < 20 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    std::vector<Value> arguments = model.makeArguments(random, false);
    expectSame("joined", arguments);
    auto separate = interpreted->call("lookup", arguments);
    auto joined = compiled->call("joined", arguments);
    // Sequences, which are not joined, can be what is wrong.
    if (!separate.ok() || !joined.ok())
      continue;
    const float *cell = joined->front().parts[0].as<float>();
    for (int64_t row = 0; row < joined->front().parts[0].shape[0]; ++row)
      for (size_t result : pooled) {
        const Array &array = (*separate)[result].parts[0];
        int64_t dimension = array.shape[1];
        for (int64_t i = 0; i < dimension; ++i)
          EXPECT_TRUE(isClose(*cell++, array.as<float>()[row * dimension + i]));
      }
  }
}

TEST_P(DifferentialTest, LooksUpPackedAlike) {
  Random random(GetParam());
  RandomModel model(random);
  if (model.getPooledResults().empty())
    return;
  std::string source = model.getSource(/*isTraining=*/false);
  SCOPED_TRACE(source);
  createBoth(source, mlir::embcol::Mode::Serving);
  ASSERT_TRUE(interpreted);
  resetTables(random);
  for (int call = 0; call < 20 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    RandomModel::Packed packed = model.pack(model.makeArguments(random, false));
    auto lookUp = [&](const Program &program, const PackedIds &ids,
                      std::vector<float> &out) {
      const Program::PackedLookup &lookup = *program.getPackedLookup("packed");
      int64_t batch = *lookup.shape.getBatch(packed.offsets.size());
      // Rows are apart, and what is between them stays.
      int64_t stride = lookup.shape.width + 1;
      out.assign(batch * stride, -1);
      return program.lookUp(lookup, ids, out.data(), stride);
    };
    std::vector<float> found, narrow, expected;
    absl::Status status = lookUp(*compiled, packed.ids(), found);
    EXPECT_EQ(status, lookUp(*interpreted, packed.ids(), expected));
    EXPECT_EQ(status, lookUp(*compiled, packed.narrowIds(), narrow));
    if (!status.ok())
      continue;
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(isClose(found[i], expected[i])) << "at " << i;
      EXPECT_TRUE(isClose(narrow[i], expected[i])) << "of int32 at " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DifferentialTest, ::testing::Range(0, 32));

} // namespace
