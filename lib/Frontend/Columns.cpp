//===- Columns.cpp - From columns to a module -----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelBuilder.h"
#include "embcol/Support/Diagnostics.h"

#include "absl/strings/str_cat.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"

using mlir::Attribute;
using mlir::FlatSymbolRefAttr;
using mlir::MLIRContext;
using mlir::Type;
using namespace embcol;

namespace ir = mlir::embcol;

bool VocabularySpec::operator==(const VocabularySpec &other) const {
  return tokens == other.tokens && file == other.file && size == other.size &&
         numOovBuckets == other.numOovBuckets &&
         defaultValue == other.defaultValue;
}

ModelBuilder::ModelBuilder(MLIRContext &context)
    : builder(mlir::UnknownLoc::get(&context), &context),
      module(mlir::ModuleOp::create(builder.getLoc())) {
  context.loadDialect<ir::EmbColDialect, mlir::arith::ArithDialect,
                      mlir::func::FuncDialect, mlir::tensor::TensorDialect>();
  builder.setInsertionPointToEnd(module->getBody());
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

size_t ModelBuilder::addInput(FeatureInput input) {
  auto it = llvm::find(layout.inputs, input);
  if (it == layout.inputs.end())
    it = layout.inputs.insert(it, std::move(input));
  return std::distance(layout.inputs.begin(), it);
}

/// The position of these ids among all.
size_t ModelBuilder::addIds(Attribute categorical, size_t input) {
  std::pair<Attribute, size_t> ids(categorical, input);
  auto it = llvm::find(categoricals, ids);
  if (it == categoricals.end())
    it = categoricals.insert(it, ids);
  return std::distance(categoricals.begin(), it);
}

static FeatureInput getTokensInput(const CategoricalColumnSpec &spec,
                                   bool hasPlaces) {
  bool isString =
      spec.vocabulary &&
      std::holds_alternative<std::vector<std::string>>(spec.vocabulary->tokens);
  return {spec.key, "",
          isString ? FeatureInput::Kind::String : FeatureInput::Kind::Integer,
          spec.isSequence ? FeatureInput::Form::Steps
          : hasPlaces     ? FeatureInput::Form::Places
                          : FeatureInput::Form::Entries};
}

void ModelBuilder::layOut(const ModelSpec &spec) {
  for (const EmbeddingTableSpec &table : spec.tables) {
    tables[table.name] = &table;
    names.insert(table.name);
    names.insert(table.learningRateFn);
  }
  names.insert(spec.gradientMultiplierFn);
  for (const EmbeddingColumnSpec &column : spec.columns) {
    columns.push_back(&column);
    columnSymbols[column.name] = makeUnique(column.name);
  }
  layout.lookupFunction = makeUnique("lookup");
  layout.applyGradientsFunction = makeUnique("apply_gradients");
  layout.weightGradientsFunction = makeUnique("weight_gradients");
  layout.categorizeFunction = makeUnique("categorize");
  layout.lookupIdsFunction = makeUnique("lookup_ids");
  layout.packedLookup = makeUnique("lookup_packed");
  llvm::sort(columns, [](auto *a, auto *b) { return a->name < b->name; });

  int64_t offset = 0;
  for (const EmbeddingColumnSpec *column : columns) {
    const CategoricalColumnSpec &categorical = column->categoricalColumn;
    ModelLayout::Column placed;
    placed.name = column->name;
    placed.dimension = tables.lookup(column->tableName)->dimension;
    placed.isSequence = categorical.isSequence;
    placed.offset = placed.isSequence ? 0 : offset;
    if (!placed.isSequence)
      offset += placed.dimension;
    bool hasPlaces = column->embeddingLookupDevice == ir::Device::TpuTensorCore;
    FeatureInput tokens = getTokensInput(categorical, hasPlaces);
    placed.ids = addIds(createUnweighted(categorical), addInput(tokens));
    if (!categorical.weightFeatureKey.empty())
      placed.weights = addInput({categorical.weightFeatureKey, categorical.key,
                                 FeatureInput::Kind::Weight, tokens.form});
    layout.columns.push_back(std::move(placed));
  }
  for (auto [position, column] : llvm::enumerate(layout.columns)) {
    if (spec.gradientColumns &&
        !llvm::is_contained(*spec.gradientColumns, column.name))
      continue;
    layout.gradientColumns.push_back(position);
  }
  layOutGradientIds();
}

void ModelBuilder::layOutGradientIds() {
  layout.gradientIds.clear();
  for (size_t position : layout.gradientColumns)
    if (size_t ids = layout.columns[position].ids;
        !llvm::is_contained(layout.gradientIds, ids))
      layout.gradientIds.push_back(ids);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Type ModelBuilder::getInputType(const FeatureInput &input) {
  Type element = builder.getI64Type();
  if (input.kind == FeatureInput::Kind::String)
    element = ir::StringType::get(builder.getContext());
  if (input.kind == FeatureInput::Kind::Weight)
    element = builder.getF32Type();
  return ir::RaggedType::get(element, input.getRaggedRank());
}

Type ModelBuilder::getIdsType(size_t ids) {
  size_t input = categoricals[ids].second;
  return ir::RaggedType::get(builder.getI64Type(),
                             layout.inputs[input].getRaggedRank());
}

mlir::RankedTensorType
ModelBuilder::getResultType(const EmbeddingColumnSpec &spec) {
  mlir::SmallVector<int64_t> shape = {mlir::ShapedType::kDynamic};
  if (spec.categoricalColumn.isSequence)
    shape.push_back(spec.maxSequenceLength);
  shape.push_back(tables.lookup(spec.tableName)->dimension);
  return mlir::RankedTensorType::get(shape, builder.getF32Type());
}

mlir::func::FuncOp ModelBuilder::createFunction(llvm::StringRef name,
                                                llvm::ArrayRef<Type> types) {
  builder.setInsertionPointToEnd(module->getBody());
  auto function = mlir::func::FuncOp::create(
      builder, name, builder.getFunctionType(types, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  return function;
}

/// Returns `results` from `function`, whose type says so from then on.
static void createReturn(mlir::ImplicitLocOpBuilder &builder,
                         mlir::func::FuncOp function,
                         llvm::ArrayRef<mlir::Value> results) {
  mlir::func::ReturnOp::create(builder, results);
  function.setFunctionType(builder.getFunctionType(
      function.getArgumentTypes(), mlir::ValueRange(results).getTypes()));
}

mlir::Value ModelBuilder::createPooled(llvm::ArrayRef<mlir::Value> pooled) {
  if (pooled.size() == 1)
    return pooled.front();
  return mlir::tensor::ConcatOp::create(builder, /*dim=*/1, pooled);
}

mlir::func::FuncOp ModelBuilder::createFeaturesFunction(llvm::StringRef name) {
  mlir::SmallVector<Type> types;
  for (const FeatureInput &input : layout.inputs)
    types.push_back(getInputType(input));
  mlir::func::FuncOp function = createFunction(name, types);
  for (auto [position, input] : llvm::enumerate(layout.inputs))
    function.setArgAttr(position, ir::EmbColDialect::kFeatureAttrName,
                        builder.getStringAttr(input.key));
  return function;
}

/// The ids of each categorical column.
mlir::SmallVector<mlir::Value>
ModelBuilder::createIds(mlir::ValueRange inputs) {
  mlir::SmallVector<mlir::Value> ids;
  for (auto [categorical, input] : categoricals)
    ids.push_back(ir::CategorizeOp::create(
        builder, getIdsType(ids.size()), inputs[input],
        mlir::cast<ir::CategoricalAttrInterface>(categorical)));
  return ids;
}

/// The pooled columns joined, then the sequences. Of `inputs` the weights are
/// read.
mlir::SmallVector<mlir::Value>
ModelBuilder::createVectors(llvm::ArrayRef<mlir::Value> ids,
                            llvm::ArrayRef<mlir::Value> inputs) {
  mlir::SmallVector<mlir::Value> pooled, results;
  for (auto [column, placed] : llvm::zip(columns, layout.columns)) {
    mlir::RankedTensorType type = getResultType(*column);
    llvm::StringRef symbol = columnSymbols[column->name];
    if (placed.isSequence) {
      auto lengths = mlir::RankedTensorType::get({mlir::ShapedType::kDynamic},
                                                 builder.getI64Type());
      llvm::append_range(results,
                         ir::SequenceLookupOp::create(builder, type, lengths,
                                                      symbol, ids[placed.ids])
                             .getResults());
      continue;
    }
    mlir::Value weights;
    if (placed.weights)
      weights = inputs[*placed.weights];
    pooled.push_back(
        ir::LookupOp::create(builder, type, symbol, ids[placed.ids], weights));
  }
  if (!pooled.empty())
    results.insert(results.begin(), createPooled(pooled));
  return results;
}

void ModelBuilder::createLookup(const ModelSpec &spec) {
  mlir::func::FuncOp function = createFeaturesFunction(layout.lookupFunction);
  mlir::SmallVector<mlir::Value> inputs(function.getArguments());
  mlir::SmallVector<mlir::Value> ids = createIds(inputs);
  mlir::SmallVector<mlir::Value> results = createVectors(ids, inputs);
  if (spec.mode == ir::Mode::Training)
    llvm::append_range(results, ids);
  createReturn(builder, function, results);
}

void ModelBuilder::createHalves() {
  mlir::func::FuncOp categorize =
      createFeaturesFunction(layout.categorizeFunction);
  createReturn(builder, categorize, createIds(categorize.getArguments()));

  mlir::SmallVector<Type> types;
  for (size_t ids = 0; ids < categoricals.size(); ++ids)
    types.push_back(getIdsType(ids));
  mlir::SmallVector<size_t> weights;
  for (auto [position, input] : llvm::enumerate(layout.inputs))
    if (input.kind == FeatureInput::Kind::Weight) {
      weights.push_back(position);
      types.push_back(getInputType(input));
    }
  mlir::func::FuncOp lookup = createFunction(layout.lookupIdsFunction, types);
  mlir::SmallVector<mlir::Value> arguments(lookup.getArguments());
  llvm::ArrayRef<mlir::Value> ids(arguments);
  ids = ids.take_front(categoricals.size());
  mlir::SmallVector<mlir::Value> inputs(layout.inputs.size());
  for (auto [number, position] : llvm::enumerate(weights))
    inputs[position] = arguments[ids.size() + number];
  createReturn(builder, lookup, createVectors(ids, inputs));
}

mlir::SmallVector<mlir::Value>
ModelBuilder::createLearningRates(const ModelSpec &spec, mlir::Value step) {
  mlir::SmallVector<mlir::Value> rates;
  llvm::SmallVector<llvm::StringRef> seen;
  for (size_t position : layout.gradientColumns) {
    const EmbeddingTableSpec *table =
        tables.lookup(columns[position]->tableName);
    if (llvm::is_contained(seen, table->name))
      continue;
    seen.push_back(table->name);
    if (!table->learningRateFn.empty())
      rates.push_back(ir::LearningRateOp::create(builder, builder.getF32Type(),
                                                 table->learningRateFn, step));
    else
      rates.push_back(mlir::arith::ConstantOp::create(
          builder, builder.getF32FloatAttr(static_cast<float>(
                       spec.optimizer.getConstantLearningRate()))));
  }
  return rates;
}

/// The type of the joined gradient; null if no column is pooled.
Type ModelBuilder::getJoinedType() {
  int64_t width = 0;
  for (size_t position : layout.gradientColumns)
    if (!layout.columns[position].isSequence)
      width += layout.columns[position].dimension;
  if (width == 0)
    return {};
  return mlir::RankedTensorType::get({mlir::ShapedType::kDynamic, width},
                                     builder.getF32Type());
}

/// The part of the joined gradient that belongs to a column. Nothing is copied.
static mlir::Value createPart(mlir::ImplicitLocOpBuilder &builder,
                              mlir::Value joined, int64_t offset,
                              int64_t dimension) {
  auto type = mlir::cast<mlir::RankedTensorType>(joined.getType());
  if (type.getDimSize(1) == dimension)
    return joined;
  mlir::OpFoldResult one = builder.getIndexAttr(1);
  mlir::OpFoldResult batch =
      mlir::tensor::DimOp::create(builder, joined, 0).getResult();
  return mlir::tensor::ExtractSliceOp::create(
      builder, joined,
      llvm::ArrayRef<mlir::OpFoldResult>{builder.getIndexAttr(0),
                                         builder.getIndexAttr(offset)},
      llvm::ArrayRef<mlir::OpFoldResult>{batch,
                                         builder.getIndexAttr(dimension)},
      llvm::ArrayRef<mlir::OpFoldResult>{one, one});
}

/// The gradient of each column: its part of the joined one or, for a sequence,
/// the next argument.
mlir::SmallVector<mlir::Value>
ModelBuilder::createGradients(mlir::ValueRange arguments) {
  mlir::Value joined;
  if (getJoinedType()) {
    joined = arguments.front();
    arguments = arguments.drop_front();
  }
  mlir::SmallVector<mlir::Value> gradients;
  int64_t offset = 0;
  for (size_t position : layout.gradientColumns) {
    const ModelLayout::Column &column = layout.columns[position];
    if (column.isSequence) {
      gradients.push_back(arguments.front());
      arguments = arguments.drop_front();
      continue;
    }
    gradients.push_back(createPart(builder, joined, offset, column.dimension));
    offset += column.dimension;
  }
  return gradients;
}

ModelBuilder::GradientFunction
ModelBuilder::createGradientFunction(llvm::StringRef name, Type last) {
  mlir::SmallVector<Type> types;
  for (size_t ids : layout.gradientIds)
    types.push_back(getIdsType(ids));
  size_t numIds = types.size();
  for (size_t position : layout.gradientColumns)
    if (std::optional<size_t> weights = layout.columns[position].weights)
      types.push_back(getInputType(layout.inputs[*weights]));
  size_t numWeights = types.size() - numIds;
  if (Type joined = getJoinedType())
    types.push_back(joined);
  for (size_t position : layout.gradientColumns)
    if (layout.columns[position].isSequence)
      types.push_back(getResultType(*columns[position]));
  if (last)
    types.push_back(last);
  mlir::func::FuncOp function = createFunction(name, types);
  mlir::ValueRange arguments = function.getArguments();

  GradientFunction made{
      function,
      {},
      {},
      arguments.slice(numIds, numWeights),
      createGradients(arguments.drop_front(numIds + numWeights))};
  for (size_t position : layout.gradientColumns) {
    made.columns.push_back(FlatSymbolRefAttr::get(
        builder.getContext(), columnSymbols[columns[position]->name]));
    auto it = llvm::find(layout.gradientIds, layout.columns[position].ids);
    made.ids.push_back(
        arguments[std::distance(layout.gradientIds.begin(), it)]);
  }
  return made;
}

void ModelBuilder::createApplyGradients(const ModelSpec &spec) {
  GradientFunction made = createGradientFunction(layout.applyGradientsFunction,
                                                 builder.getI64Type());
  mlir::Value step = made.function.getArguments().back();
  mlir::SmallVector<mlir::Value> rates = createLearningRates(spec, step);
  mlir::Value multiplier;
  if (!spec.gradientMultiplierFn.empty())
    multiplier = mlir::func::CallOp::create(builder, spec.gradientMultiplierFn,
                                            builder.getF32Type(), step)
                     .getResult(0);
  ir::ApplyGradientsOp::create(builder, builder.getArrayAttr(made.columns),
                               made.ids, made.weights, made.gradients, rates,
                               multiplier, step, spec.nonfiniteGradients);
  createReturn(builder, made.function, {});
}

void ModelBuilder::createWeightGradients() {
  GradientFunction made =
      createGradientFunction(layout.weightGradientsFunction, /*last=*/{});
  mlir::SmallVector<mlir::Value> results;
  for (auto [column, ids, weights, gradient] :
       llvm::zip_equal(made.columns, made.ids, made.weights, made.gradients))
    results.push_back(ir::WeightGradientsOp::create(
        builder, weights.getType(), mlir::cast<FlatSymbolRefAttr>(column), ids,
        weights, gradient));
  createReturn(builder, made.function, results);
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

void ModelBuilder::createSymbols(const ModelSpec &spec) {
  (*module)->setAttr(ir::EmbColDialect::kModeAttrName,
                     ir::ModeAttr::get(builder.getContext(), spec.mode));
  layOut(spec);
  optimizer = createOptimizer(spec);
  for (const EmbeddingTableSpec &table : spec.tables)
    createTable(table, spec);
  if (spec.mode == ir::Mode::Training)
    createStepFunction(spec.gradientMultiplierFn, spec);
  for (const EmbeddingColumnSpec *column : columns)
    createColumn(*column);
}

void ModelBuilder::buildModel(const ModelSpec &spec) {
  createSymbols(spec);
  createLookup(spec);
  if (spec.mode == ir::Mode::Training)
    createApplyGradients(spec);
}

void ModelBuilder::buildHalves(const ModelSpec &spec) {
  createSymbols(spec);
  createHalves();
}

void ModelBuilder::buildPackedLookup(const ModelSpec &spec) {
  createSymbols(spec);
  mlir::SmallVector<Attribute> pooled;
  for (auto [column, placed] : llvm::zip(columns, layout.columns))
    if (!placed.isSequence)
      pooled.push_back(FlatSymbolRefAttr::get(builder.getContext(),
                                              columnSymbols[column->name]));
  ir::PackedLookupOp::create(builder, layout.packedLookup,
                             builder.getArrayAttr(pooled));
}

void ModelBuilder::buildWeightGradients(const ModelSpec &spec) {
  (*module)->setAttr(ir::EmbColDialect::kModeAttrName,
                     ir::ModeAttr::get(builder.getContext(), spec.mode));
  layOut(spec);
  llvm::erase_if(layout.gradientColumns, [&](size_t position) {
    return !layout.columns[position].weights;
  });
  layOutGradientIds();
  llvm::StringSet<> created;
  for (size_t position : layout.gradientColumns) {
    const EmbeddingColumnSpec &column = *columns[position];
    if (created.insert(column.tableName).second)
      createTable(*tables.lookup(column.tableName), spec);
    createColumn(column);
  }
  createWeightGradients();
}

void ModelBuilder::buildTransform(const CategoricalColumnSpec &spec) {
  size_t input = addInput(getTokensInput(spec, /*hasPlaces=*/false));
  addIds(createUnweighted(spec), input);
  mlir::func::FuncOp function =
      createFunction("transform", getInputType(layout.inputs[input]));
  function.setArgAttr(0, ir::EmbColDialect::kFeatureAttrName,
                      builder.getStringAttr(spec.key));
  mlir::Value ids = ir::CategorizeOp::create(
      builder, getIdsType(0), function.getArgument(0),
      mlir::cast<ir::CategoricalAttrInterface>(categoricals.front().first));
  createReturn(builder, function, ids);
}

absl::StatusOr<Model> ModelBuilder::finish() {
  DiagnosticText diagnostics(*builder.getContext());
  if (mlir::failed(mlir::verify(*module)))
    return diagnostics.toStatus();
  return Model{std::move(module), std::move(layout)};
}

/// What has to hold before there is a module that could be verified.
static absl::Status checkSpec(MLIRContext &context, const ModelSpec &spec) {
  llvm::StringSet<> tables;
  for (const EmbeddingTableSpec &table : spec.tables)
    tables.insert(table.name);
  llvm::StringSet<> columns;
  for (const EmbeddingColumnSpec &column : spec.columns) {
    if (!tables.contains(column.tableName))
      return absl::InvalidArgumentError(absl::StrCat(
          "column '", column.name, "': no table '", column.tableName, "'"));
    if (!columns.insert(column.name).second)
      return absl::InvalidArgumentError(
          absl::StrCat("column '", column.name, "' is there twice"));
  }
  // (optimizer-C2)
  if (spec.mode == ir::Mode::Training && !spec.optimizer)
    return absl::InvalidArgumentError("training takes an optimizer");
  if (auto custom = mlir::dyn_cast_if_present<ir::CustomAttr>(spec.optimizer)) {
    std::vector<std::string> slots;
    for (const ir::Slot &slot : custom.getSlots())
      slots.push_back(slot.name.str());
    if (absl::Status status = checkUpdateRule(context, spec.updateRule, slots);
        !status.ok())
      return status;
  }
  for (const auto &[name, source] : spec.stepFunctions)
    if (auto function = parseStepFunction(context, source); !function.ok())
      return function.status();
  return absl::OkStatus();
}

/// Builds a module by one of the builder's functions.
static absl::StatusOr<Model>
build(MLIRContext &context, const ModelSpec &spec,
      void (ModelBuilder::*function)(const ModelSpec &)) {
  if (absl::Status status = checkSpec(context, spec); !status.ok())
    return status;
  ModelBuilder builder(context);
  (builder.*function)(spec);
  return builder.finish();
}

absl::StatusOr<Model> embcol::buildModel(MLIRContext &context,
                                         const ModelSpec &spec) {
  return build(context, spec, &ModelBuilder::buildModel);
}

absl::StatusOr<Model> embcol::buildHalves(MLIRContext &context,
                                          const ModelSpec &spec) {
  return build(context, spec, &ModelBuilder::buildHalves);
}

absl::StatusOr<Model> embcol::buildPackedLookup(MLIRContext &context,
                                                const ModelSpec &spec) {
  return build(context, spec, &ModelBuilder::buildPackedLookup);
}

absl::StatusOr<Model> embcol::buildWeightGradients(MLIRContext &context,
                                                   const ModelSpec &spec) {
  return build(context, spec, &ModelBuilder::buildWeightGradients);
}

absl::StatusOr<Model>
embcol::buildTransform(MLIRContext &context,
                       const CategoricalColumnSpec &spec) {
  ModelBuilder builder(context);
  builder.buildTransform(spec);
  return builder.finish();
}
