//===- ColumnsTest.cpp - Tests of modules built of columns ----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Frontend/Columns.h"

#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace embcol;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

static CategoricalColumnSpec makeIdentity(const std::string &key,
                                          int64_t numBuckets) {
  CategoricalColumnSpec spec;
  spec.key = key;
  spec.numBuckets = numBuckets;
  return spec;
}

static EmbeddingColumnSpec makeColumn(const std::string &name,
                                      CategoricalColumnSpec categorical,
                                      const std::string &table) {
  EmbeddingColumnSpec spec;
  spec.name = name;
  spec.categoricalColumn = std::move(categorical);
  spec.tableName = table;
  return spec;
}

static ModelSpec makeSpec(mlir::MLIRContext &context) {
  ModelSpec spec;
  context.loadDialect<mlir::embcol::EmbColDialect>();
  spec.optimizer = mlir::cast<mlir::embcol::OptimizerAttrInterface>(
      mlir::parseAttribute("#embcol.sgd<learning_rate = 0.1>", &context));
  ConstantInitializer zeros{0.0};
  spec.tables = {{"a", 4, 3, zeros, ""}, {"b", 4, 2, zeros, "rate"}};
  CategoricalColumnSpec weighted = makeIdentity("x", 4);
  weighted.weightFeatureKey = "w";
  CategoricalColumnSpec sequence = makeIdentity("y", 4);
  sequence.isSequence = true;
  spec.columns = {makeColumn("z_column", makeIdentity("x", 4), "a"),
                  makeColumn("w_column", weighted, "b"),
                  makeColumn("s_column", sequence, "b")};
  spec.columns.back().maxSequenceLength = 5;
  return spec;
}

namespace {

TEST(ColumnsTest, LaysColumnsOutByName) {
  mlir::MLIRContext context;
  absl::StatusOr<Model> model = buildModel(context, makeSpec(context));
  ASSERT_TRUE(model.ok()) << model.status();
  const ModelLayout &layout = model->layout;
  ASSERT_EQ(layout.columns.size(), 3u);
  EXPECT_EQ(layout.columns[0].name, "s_column");
  EXPECT_EQ(layout.columns[1].name, "w_column");
  EXPECT_EQ(layout.columns[1].offset, 0);
  EXPECT_EQ(layout.columns[2].offset, 2);
  // The ids of "x" serve two columns.
  EXPECT_EQ(layout.columns[1].ids, layout.columns[2].ids);
  ASSERT_TRUE(layout.columns[1].weights.has_value());
  EXPECT_EQ(layout.inputs[*layout.columns[1].weights].weightsOf, "x");
  EXPECT_THAT(layout.gradientColumns, ElementsAre(0, 1, 2));
  EXPECT_THAT(layout.gradientIds, ElementsAre(0, 1));
}

static std::string toText(mlir::TypeRange types) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(types, stream);
  return text;
}

static mlir::func::FuncOp getFunction(const Model &model,
                                      const std::string &name) {
  mlir::ModuleOp module = *model.module;
  return module.lookupSymbol<mlir::func::FuncOp>(name);
}

/// The types of the arguments of @apply_gradients.
static std::string getUpdateTypes(const Model &model) {
  return toText(getFunction(model, model.layout.applyGradientsFunction)
                    .getArgumentTypes());
}

TEST(ColumnsTest, JoinsTheGradientsOfPooledColumns) {
  mlir::MLIRContext context;
  absl::StatusOr<Model> model = buildModel(context, makeSpec(context));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(getUpdateTypes(*model),
            "!embcol.ragged<i64, 2>, !embcol.ragged<i64>, !embcol.ragged<f32>, "
            "tensor<?x5xf32>, tensor<?x5x2xf32>, i64");
  // w_column stands before z_column.
  std::vector<int64_t> offsets;
  model->module->walk([&](mlir::tensor::ExtractSliceOp slice) {
    offsets.push_back(slice.getStaticOffsets()[1]);
  });
  EXPECT_THAT(offsets, ElementsAre(0, 2));
}

TEST(ColumnsTest, DoesNotCutTheGradientOfOneColumn) {
  mlir::MLIRContext context;
  ModelSpec spec = makeSpec(context);
  spec.gradientColumns = {"s_column", "z_column"};
  absl::StatusOr<Model> model = buildModel(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(getUpdateTypes(*model),
              HasSubstr("tensor<?x3xf32>, tensor<?x5x2xf32>, i64"));
  model->module->walk([](mlir::tensor::ExtractSliceOp) { ADD_FAILURE(); });
  spec.gradientColumns = {"s_column"};
  model = buildModel(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(getUpdateTypes(*model),
            "!embcol.ragged<i64, 2>, tensor<?x5x2xf32>, i64");
}

TEST(ColumnsTest, HalvesTheLookup) {
  mlir::MLIRContext context;
  for (auto mode :
       {mlir::embcol::Mode::Training, mlir::embcol::Mode::Serving}) {
    ModelSpec spec = makeSpec(context);
    spec.mode = mode;
    absl::StatusOr<Model> model = buildHalves(context, spec);
    ASSERT_TRUE(model.ok()) << model.status();
    const ModelLayout &layout = model->layout;
    mlir::func::FuncOp categorize =
        getFunction(*model, layout.categorizeFunction);
    mlir::func::FuncOp lookup = getFunction(*model, layout.lookupIdsFunction);
    ASSERT_TRUE(categorize && lookup);
    // "y", then "x" and its weights.
    std::string ids = "!embcol.ragged<i64, 2>, !embcol.ragged<i64>";
    std::string all = ids + ", !embcol.ragged<f32>";
    EXPECT_EQ(toText(categorize.getArgumentTypes()), all);
    EXPECT_EQ(toText(categorize.getResultTypes()), ids);
    EXPECT_EQ(toText(lookup.getArgumentTypes()), all);
    EXPECT_EQ(toText(lookup.getResultTypes()),
              "tensor<?x5xf32>, tensor<?x5x2xf32>, tensor<?xi64>");
    EXPECT_FALSE(getFunction(*model, layout.lookupFunction));
    EXPECT_FALSE(getFunction(*model, layout.applyGradientsFunction));
  }
}

TEST(ColumnsTest, TakesGradientsOfSomeColumns) {
  mlir::MLIRContext context;
  ModelSpec spec = makeSpec(context);
  spec.gradientColumns = {"z_column"};
  absl::StatusOr<Model> model = buildModel(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->layout.gradientColumns, ElementsAre(2));
  EXPECT_THAT(model->layout.gradientIds, ElementsAre(1));
}

TEST(ColumnsTest, BuildsGradientsOfWeights) {
  mlir::MLIRContext context;
  ModelSpec spec = makeSpec(context);
  CategoricalColumnSpec weighted = makeIdentity("y", 4);
  weighted.weightFeatureKey = "v";
  spec.columns.push_back(makeColumn("v_column", weighted, "a"));
  absl::StatusOr<Model> model = buildWeightGradients(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  // s_column and z_column are not weighted.
  EXPECT_THAT(model->layout.gradientColumns, ElementsAre(1, 2));
  EXPECT_THAT(model->layout.gradientIds, ElementsAre(1, 2));
  auto functions = model->module->getOps<mlir::func::FuncOp>();
  ASSERT_EQ(std::distance(functions.begin(), functions.end()), 1);
  mlir::func::FuncOp function = *functions.begin();
  EXPECT_EQ(function.getSymName(), "weight_gradients");
  EXPECT_EQ(model->layout.weightGradientsFunction, "weight_gradients");
  EXPECT_EQ(toText(function.getArgumentTypes()),
            "!embcol.ragged<i64>, !embcol.ragged<i64>, !embcol.ragged<f32>, "
            "!embcol.ragged<f32>, tensor<?x5xf32>");
  EXPECT_EQ(toText(function.getResultTypes()),
            "!embcol.ragged<f32>, !embcol.ragged<f32>");
  std::vector<std::string> columns;
  function.walk([&](mlir::embcol::WeightGradientsOp op) {
    columns.push_back(op.getColumn().str());
  });
  EXPECT_THAT(columns, ElementsAre("v_column", "w_column"));
  spec.gradientColumns = {"s_column", "w_column"};
  model = buildWeightGradients(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->layout.gradientColumns, ElementsAre(2));
}

TEST(ColumnsTest, SharesEqualVocabularies) {
  mlir::MLIRContext context;
  VocabularySpec vocabulary;
  vocabulary.tokens = std::vector<std::string>{"u", "v"};
  CategoricalColumnSpec first, second, third;
  first.key = "first", second.key = "second", third.key = "first";
  first.vocabulary = second.vocabulary = third.vocabulary = vocabulary;
  third.vocabulary->defaultValue = 0;
  ModelSpec spec;
  spec.mode = mlir::embcol::Mode::Serving;
  spec.tables = {{"t", 2, 1, ConstantInitializer{0.0}, ""}};
  spec.columns = {makeColumn("a", first, "t"), makeColumn("b", second, "t"),
                  makeColumn("c", third, "t")};
  absl::StatusOr<Model> model = buildModel(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<std::string> names;
  for (auto op : model->module->getOps<mlir::embcol::VocabularyOp>())
    names.push_back(op.getSymName().str());
  EXPECT_THAT(names, ElementsAre("first_vocabulary", "first_vocabulary_2"));
}

TEST(ColumnsTest, ReportsTablesAndOptimizersThatAreMissing) {
  // (optimizer-C2)
  mlir::MLIRContext context;
  ModelSpec spec = makeSpec(context);
  spec.columns[0].tableName = "c";
  EXPECT_THAT(std::string(buildModel(context, spec).status().message()),
              HasSubstr("column 'z_column': no table 'c'"));
  spec = makeSpec(context);
  spec.columns[0].name = spec.columns[1].name;
  EXPECT_THAT(std::string(buildModel(context, spec).status().message()),
              HasSubstr("column 'w_column' is there twice"));
  spec = makeSpec(context);
  spec.optimizer = nullptr;
  EXPECT_THAT(std::string(buildModel(context, spec).status().message()),
              HasSubstr("training takes an optimizer"));
}

TEST(ColumnsTest, ReportsWhatDoesNotVerify) {
  mlir::MLIRContext context;
  ModelSpec spec = makeSpec(context);
  spec.tables[0].numRows = 5;
  EXPECT_THAT(std::string(buildModel(context, spec).status().message()),
              HasSubstr("expected a table of 4 rows, found 5"));
}

TEST(ColumnsTest, ColumnsAndTablesCanHaveOneName) {
  mlir::MLIRContext context;
  ModelSpec spec = makeSpec(context);
  spec.tables[0].name = spec.columns[0].tableName = "z_column";
  absl::StatusOr<Model> model = buildModel(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  mlir::ModuleOp module = *model->module;
  EXPECT_TRUE(module.lookupSymbol<mlir::embcol::TableOp>("z_column"));
  auto column = module.lookupSymbol<mlir::embcol::ColumnOp>("z_column_2");
  ASSERT_TRUE(column);
  EXPECT_EQ(column.getColumnNameOrSymbol(), "z_column");
  EXPECT_EQ(model->layout.columns.back().name, "z_column");
}

TEST(ColumnsTest, StepFunctions) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect>();
  ModelSpec spec = makeSpec(context);
  spec.gradientMultiplierFn = "multiplier";
  // Its helper is called as a column is.
  spec.stepFunctions["rate"] = R"(
    func.func @multiplier(%step: i64) -> f32 {
      %0 = func.call @w_column() : () -> f32
      return %0 : f32
    }
    func.func private @w_column() -> f32 {
      %0 = arith.constant 0.5 : f32
      return %0 : f32
    })";
  absl::StatusOr<Model> model = buildModel(context, spec);
  ASSERT_TRUE(model.ok()) << model.status();
  mlir::ModuleOp module = *model->module;
  auto rate = module.lookupSymbol<mlir::func::FuncOp>("rate");
  ASSERT_TRUE(rate && !rate.isExternal() && rate.isPrivate());
  auto helper = module.lookupSymbol<mlir::func::FuncOp>("rate_w_column");
  ASSERT_TRUE(helper && !helper.isExternal());
  auto multiplier = module.lookupSymbol<mlir::func::FuncOp>("multiplier");
  EXPECT_TRUE(multiplier && multiplier.isExternal());
}

TEST(ColumnsTest, RefusesStepFunctionsOfOtherKinds) {
  // (step_function-C2)
  mlir::MLIRContext context;
  context.loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect>();
  auto message = [&](const char *source) {
    return std::string(parseStepFunction(context, source).status().message());
  };
  EXPECT_THAT(message("func.func @f("), HasSubstr("expected"));
  EXPECT_THAT(message("func.func private @f(i64) -> f32"),
              HasSubstr("found no public function"));
  EXPECT_THAT(message("func.func @f(%s: i64) -> i64 { return %s : i64 }"),
              HasSubstr("'f' of another type"));
  EXPECT_THAT(message("func.func private @g(i64) -> f32\n"
                      "func.func @f(%s: i64) -> f32 {\n"
                      "  %0 = func.call @g(%s) : (i64) -> f32\n"
                      "  return %0 : f32 }"),
              HasSubstr("'g' without a body"));
  EXPECT_THAT(message("func.func @f(%s: i64) -> i64 { return %s : i64 }\n"
                      "func.func @g(%s: i64) -> i64 { return %s : i64 }"),
              HasSubstr("found 'f' and 'g'"));
  EXPECT_THAT(message("module {}"), HasSubstr("found"));
}

} // namespace
