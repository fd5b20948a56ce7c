//===- FeaturesDifferentialTest.cpp - Compiled against interpreted --------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceTestSupport.h"

#include "absl/strings/str_cat.h"

using namespace embcol;

namespace {

static constexpr const char *kFeatures = R"mlir(
  embcol.vocabulary @words : !embcol.string = ["a", "bb", "", "ccc"]
      {num_oov_buckets = 3}
  embcol.vocabulary @numbers : i64 = [5, -1, 0] {num_oov_buckets = 2}
  embcol.vocabulary @defaults : i64 = [3, 2, 1] {default_value = 1}
  func.func @dense(%cells: tensor<?x3xi64>, %weights: tensor<?x3xf32>)
      -> (!embcol.ragged<i64>, !embcol.ragged<f32>, !embcol.ragged<i64, 2>) {
    %0, %1 = embcol.ragged_from_dense %cells weights %weights
        : (tensor<?x3xi64>, tensor<?x3xf32>)
        -> (!embcol.ragged<i64>, !embcol.ragged<f32>)
    %2 = embcol.ragged_from_dense %cells
        : (tensor<?x3xi64>) -> !embcol.ragged<i64, 2>
    return %0, %1, %2
        : !embcol.ragged<i64>, !embcol.ragged<f32>, !embcol.ragged<i64, 2>
  }
  func.func @coo(%places: tensor<?x2xi64>, %shape: tensor<2xi64>,
                 %values: tensor<?xi64>, %weights: tensor<?xf32>)
      -> (!embcol.ragged<i64>, !embcol.ragged<f32>, !embcol.ragged<i64, 2>) {
    %0, %1 = embcol.ragged_from_coo %places, %values, %shape weights %weights
        : (tensor<?x2xi64>, tensor<?xi64>, tensor<2xi64>, tensor<?xf32>)
        -> (!embcol.ragged<i64>, !embcol.ragged<f32>)
    %2 = embcol.ragged_from_coo %places, %values, %shape
        : (tensor<?x2xi64>, tensor<?xi64>, tensor<2xi64>)
        -> !embcol.ragged<i64, 2>
    return %0, %1, %2
        : !embcol.ragged<i64>, !embcol.ragged<f32>, !embcol.ragged<i64, 2>
  }
  func.func @coo3(%places: tensor<?x3xi64>, %shape: tensor<3xi64>,
                  %values: tensor<?xi64>) -> !embcol.ragged<i64, 2> {
    %0 = embcol.ragged_from_coo %places, %values, %shape
        : (tensor<?x3xi64>, tensor<?xi64>, tensor<3xi64>)
        -> !embcol.ragged<i64, 2>
    return %0 : !embcol.ragged<i64, 2>
  }
  func.func @splits(%values: tensor<?xi64>, %inner: tensor<?xi64>,
                    %outer: tensor<?xi64>) -> !embcol.ragged<i64, 2> {
    %0 = embcol.ragged_from_row_splits %values, %inner, %outer
        : tensor<?xi64>, tensor<?xi64>, tensor<?xi64> -> !embcol.ragged<i64, 2>
    return %0 : !embcol.ragged<i64, 2>
  }
  func.func @strings(%cells: tensor<?x!embcol.string>)
      -> (!embcol.ragged<!embcol.string>, !embcol.ragged<i64>) {
    %0 = embcol.ragged_from_dense %cells
        : (tensor<?x!embcol.string>) -> !embcol.ragged<!embcol.string>
    %1 = embcol.categorize #embcol.vocabulary_list<
        key = "w", vocabulary = @words>(%0)
        : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
    return %0, %1 : !embcol.ragged<!embcol.string>, !embcol.ragged<i64>
  }
  func.func @integers(%numbers: !embcol.ragged<i64>)
      -> (!embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>) {
    %0 = embcol.categorize #embcol.vocabulary_list<
        key = "n", vocabulary = @numbers>(%numbers)
        : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
    %1 = embcol.categorize #embcol.vocabulary_list<
        key = "n", vocabulary = @defaults>(%numbers)
        : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
    %2 = embcol.categorize #embcol.identity<
        key = "n", num_buckets = 4, default_value = 2>(%numbers)
        : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
    return %0, %1, %2
        : !embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<i64>
  }
)mlir";

class FeaturesDifferentialTest : public ReferenceTest {
protected:
  FeaturesDifferentialTest() : random(1) {
    createBoth(kFeatures, mlir::embcol::Mode::Serving);
  }

  /// Numbers from -1 on, of some shape.
  Value makeIntegers(std::vector<int64_t> shape, int64_t begin, int64_t end) {
    int64_t size = 1;
    for (int64_t extent : shape)
      size *= extent;
    std::vector<int64_t> values(size);
    for (int64_t &value : values)
      value = random.number(begin, end);
    Array array = makeArray(values);
    array.shape = std::move(shape);
    return {{array}, {}};
  }
  Value makeFloats(std::vector<int64_t> shape) {
    int64_t size = 1;
    for (int64_t extent : shape)
      size *= extent;
    std::vector<float> values(size);
    for (float &value : values)
      value = random.number(0, 100);
    return makeTensor(values, std::move(shape));
  }
  /// `size`, or now and then another.
  int64_t around(int64_t size) { return size + (random.oneIn(15) ? 1 : 0); }

  Random random;
};

TEST_F(FeaturesDifferentialTest, MakesRaggedArraysAlike) {
  ASSERT_TRUE(interpreted);
  for (int call = 0; call < 200 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    int64_t batch = random.number(0, 4), numCells = random.number(0, 9);
    expectSame("dense", {makeIntegers({batch, 3}, -1, 2),
                         makeFloats({around(batch), 3})});
    Value shape{{makeArray({random.number(random.oneIn(20) ? -1 : 1, 5), 4})},
                {}};
    int64_t numRows = std::max<int64_t>(toIntegers(shape)[0], 1);
    Value places = makeIntegers({numCells, 2}, random.oneIn(20) ? -1 : 0,
                                around(std::min<int64_t>(numRows, 4)));
    expectSame("coo", {places, shape, makeIntegers({around(numCells)}, -1, 9),
                       makeFloats({around(numCells)})});
    Value shape3{{makeArray({3, 3, random.number(2, 4)})}, {}};
    expectSame("coo3", {makeIntegers({numCells, 3}, 0, 3), shape3,
                        makeIntegers({around(numCells)}, -1, 9)});
  }
}

TEST_F(FeaturesDifferentialTest, TakesRowSplitsAlike) {
  ASSERT_TRUE(interpreted);
  for (int call = 0; call < 200 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    std::vector<int64_t> outer = makeSplits(random, random.number(0, 4));
    std::vector<int64_t> inner = makeSplits(random, outer.back());
    int64_t numValues = inner.back();
    if (random.oneIn(4))
      random.choose<std::vector<int64_t> *>({&outer, &inner})->back() += 1;
    if (random.oneIn(4))
      random.choose<std::vector<int64_t> *>({&outer, &inner})->front() -= 1;
    expectSame("splits",
               {makeIntegers({numValues}, 0, 9), Value{{makeArray(inner)}, {}},
                Value{{makeArray(outer)}, {}}});
  }
}

TEST_F(FeaturesDifferentialTest, FindsIdsAlike) {
  ASSERT_TRUE(interpreted);
  for (int call = 0; call < 200 && !HasFailure(); ++call) {
    SCOPED_TRACE(absl::StrCat("call ", call));
    std::vector<std::string> strings(random.number(0, 6));
    for (std::string &string : strings)
      for (int64_t size = random.number(0, 4); size > 0; --size)
        string += random.choose<std::string>({"a", "b", "c", "\xc3", "\r"});
    expectSame("strings", {makeStrings(strings)});
    std::vector<int64_t> numbers(random.number(0, 9));
    for (int64_t &number : numbers)
      number = random.oneIn(9) ? INT64_MIN + random.number(0, 3)
                               : random.number(-3, 7);
    int64_t size = numbers.size();
    expectSame("integers", {makeRagged(numbers, {{0, size / 2, size}})});
  }
}

} // namespace
