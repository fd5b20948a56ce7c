//===- QuantizedRowsTest.cpp - Lookups of quantized rows, compared --------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

#include "absl/strings/str_cat.h"

using namespace embcol;

static constexpr int64_t kNumRows = 11;

namespace {

struct PlainColumn {
  std::string combiner;
  bool isSafe, isWeighted;
};

/// The bits of a weight, and the dimension.
using Parameter = std::tuple<int64_t, int64_t>;

class QuantizedRowsTest : public ReferenceTest,
                          public ::testing::WithParamInterface<Parameter> {
protected:
  QuantizedRowsTest()
      : random(1), columns{{"sum", false, false},
                           {"sum", true, true},
                           {"mean", true, false},
                           {"mean", false, true},
                           {"sqrtn", true, true}} {}

  void SetUp() override {
    createBoth(makeSource(), mlir::embcol::Mode::Serving);
    ASSERT_TRUE(interpreted);
  }

  int64_t dimension() const { return std::get<1>(GetParam()); }

  std::string makeSource() const;

  Value makeIds(const PlainColumn &column, const std::vector<int64_t> &splits) {
    std::vector<int64_t> ids(splits.back());
    for (int64_t &id : ids)
      id = random.number(column.isSafe ? -2 : 0, kNumRows);
    // (lookup-C8) (lookup-C9)
    if (!ids.empty() && random.oneIn(20))
      ids.back() = column.isSafe ? kNumRows : -1;
    return makeRagged(ids, {splits});
  }

  Value makeColumnWeights(const PlainColumn &column,
                          const std::vector<int64_t> &splits) {
    std::vector<float> weights(splits.back());
    for (float &weight : weights)
      weight = random.choose<float>({0.25f, 0.5f, 1, 2});
    if (column.isSafe && !weights.empty())
      weights.front() = random.choose<float>({-1, 0, NAN});
    return makeWeights(weights, {splits});
  }

  /// A row by itself is what the table says that it is.
  void expectExactRow() {
    auto found = compiled->call("lookup0", {makeRagged({4}, {{0, 1}})});
    ASSERT_TRUE(found.ok()) << found.status();
    Array row = readRow(*compiled->getCore().table("t"), /*row=*/4);
    EXPECT_THAT(toFloats(found->front()),
                ::testing::ElementsAreArray(row.as<float>(), dimension()));
  }

  Random random;
  std::vector<PlainColumn> columns;
};

} // namespace

/// A function for each plain column, one for all of them as one lookup, one for
/// a sequence, and one for the gradients of weights.
std::string QuantizedRowsTest::makeSource() const {
  std::string source = absl::StrCat(
      "embcol.table @t : tensor<", kNumRows, "x", dimension(),
      "x!embcol.quantized<i", std::get<0>(GetParam()), ">> {initializer = ",
      "#embcol.uniform<minval = -0.25, maxval = 0.25>, partition = ",
      "#embcol.partition<strategy = mod, num_partitions = 3>}\n",
      "embcol.column @s : #embcol.sequence_identity<key = \"id\", ",
      "num_buckets = ", kNumRows, "> -> @t {max_sequence_length = 3}\n");
  std::string vector = absl::StrCat("tensor<?x", dimension(), "xf32>");
  std::string arguments, names, results;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto &[combiner, isSafe, isWeighted] = columns[i];
    std::string categorical = absl::StrCat(
        "#embcol.identity<key = \"id\", num_buckets = ", kNumRows, ">");
    if (isWeighted)
      categorical = absl::StrCat("#embcol.weighted<categorical = ", categorical,
                                 ", weight_key = \"w\">");
    absl::StrAppend(
        &source, "embcol.column @c", i, " : ", categorical,
        " -> @t {combiner = #embcol.combiner<", combiner,
        ">, use_safe_embedding_lookup = ", isSafe ? "true" : "false", "}\n");
    absl::StrAppend(
        &source, "func.func @lookup", i, "(%ids: !embcol.ragged<i64>",
        isWeighted ? ", %w: !embcol.ragged<f32>" : "", ") -> ", vector,
        " {\n%0 = embcol.lookup @c", i, "(%ids", isWeighted ? ", %w" : "",
        ") : (!embcol.ragged<i64>", isWeighted ? ", !embcol.ragged<f32>" : "",
        ") -> ", vector, "\nreturn %0 : ", vector, "\n}\n");
  }
  absl::StrAppend(
      &source, "func.func @sequence(%ids: !embcol.ragged<i64, 2>) -> ",
      "(tensor<?x3x", dimension(), "xf32>, tensor<?xi64>) {\n",
      "%0, %1 = embcol.sequence_lookup @s(%ids) : (!embcol.ragged<i64, 2>) -> ",
      "(tensor<?x3x", dimension(), "xf32>, tensor<?xi64>)\n",
      "return %0, %1 : tensor<?x3x", dimension(), "xf32>, tensor<?xi64>\n}\n",
      "func.func @joined(%ids: !embcol.ragged<i64>) -> tensor<?x",
      2 * dimension(),
      "xf32> {\n%0 = embcol.lookup @c0(%ids) : ", "(!embcol.ragged<i64>) -> ",
      vector, "\n%1 = embcol.lookup @c2(%ids) : ", "(!embcol.ragged<i64>) -> ",
      vector, "\n%2 = tensor.concat dim(1) %0, ", "%1 : (", vector, ", ",
      vector, ") -> tensor<?x", 2 * dimension(), "xf32>\nreturn %2 : tensor<?x",
      2 * dimension(), "xf32>\n}\n",
      "func.func @gradients(%ids: !embcol.ragged<i64>, ",
      "%w: !embcol.ragged<f32>, %g: ", vector, ") -> !embcol.ragged<f32> {\n",
      "%0 = embcol.weight_gradients @c1(%ids, %w, %g) : ",
      "(!embcol.ragged<i64>, !embcol.ragged<f32>, ", vector,
      ") -> !embcol.ragged<f32>\nreturn %0 : !embcol.ragged<f32>\n}\n");
  return source;
}

// One test, as all is one program.
TEST_P(QuantizedRowsTest, AreAlike) {
  for (int call = 0; call < 20 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    for (size_t i = 0; i < columns.size(); ++i) {
      std::vector<int64_t> splits = makeSplits(random, random.number(0, 40));
      std::vector<Value> arguments = {makeIds(columns[i], splits)};
      if (columns[i].isWeighted)
        arguments.push_back(makeColumnWeights(columns[i], splits));
      expectSame(absl::StrCat("lookup", i), arguments);
    }
    std::vector<int64_t> splits = makeSplits(random, random.number(0, 7));
    expectSame("joined", {makeIds(columns[0], splits)});
    std::vector<int64_t> inner = makeSplits(random, splits.back());
    Value ids = makeIds(columns[2], inner);
    ids.parts.push_back(makeArray(splits));
    expectSame("sequence", {ids});
    int64_t batch = splits.size() - 1;
    std::vector<float> gradients(batch * dimension());
    for (float &gradient : gradients)
      gradient = random.number(-64, 65) / 1024.0f;
    expectSame("gradients", {makeIds(columns[1], splits),
                             makeColumnWeights(columns[1], splits),
                             makeTensor(gradients, {batch, dimension()})});
  }
  expectExactRow();
}

INSTANTIATE_TEST_SUITE_P(
    Dimensions, QuantizedRowsTest,
    // Within a byte, of one vector and of several, and of several tiles.
    ::testing::Combine(::testing::Values(8, 4),
                       ::testing::Values(1, 3, 16, 33, 100, 129, 300)));
