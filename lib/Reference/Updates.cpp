//===- Updates.cpp - Updates of tables, evaluated -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Scalars.h"
#include "embcol/Dialect/EmbCol/IR/UpdateRule.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>

using namespace embcol;
using namespace embcol::reference;
using mlir::Attribute;
namespace ir = mlir::embcol;

Evaluator::Results Evaluator::evaluateOp(ir::LearningRateOp op, Frame &frame) {
  return call(op.getFunction(), {frame.at(op.getStep())});
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

static bool accumulatesGradients(ir::TableOp table) {
  ir::OptimizerOptionsAttr options = table.getOptimizerOptionsAttr();
  return !options || options.getUseGradientAccumulation();
}

static absl::Status checkGradients(Column column, int64_t batch,
                                   const Tensor &gradients) {
  std::vector<int64_t> expected = gradients.shape;
  expected.front() = batch;
  // (apply_gradients-C11) (weight_gradients-C7)
  if (gradients.shape == expected)
    return absl::OkStatus();
  return column.annotate(absl::InvalidArgumentError(absl::StrCat(
      "gradients have shape [", absl::StrJoin(gradients.shape, ", "),
      "], expected [", absl::StrJoin(expected, ", "), "]")));
}

static float getFloat(Attribute scalar) {
  return llvm::cast<mlir::FloatAttr>(scalar).getValue().convertToFloat();
}

static float getFloat(const Datum &scalar) {
  return getFloat(std::get<Attribute>(scalar));
}

static absl::Status checkFinite(absl::string_view what, float value) {
  // (apply_gradients-C12)
  if (std::isfinite(value))
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", what, " to be finite, found ", value));
}

/// Gives each row what its entries get of the gradient of their bag, by the
/// factors with which they were pooled.
static void addGradient(Column column, const Bag &bag,
                        const std::vector<float> &gradient,
                        RowGradients &rows) {
  double divisor = getDivisor(bag, column.op.getCombiner());
  for (const Entry &entry : bag) {
    double factor = divisor == 0 ? 0 : entry.weight / divisor;
    std::vector<std::vector<double>> &row = rows[entry.id];
    if (row.empty() || !accumulatesGradients(column.table))
      row.emplace_back(gradient.size(), 0.0);
    for (size_t i = 0; i < gradient.size(); ++i)
      row.back()[i] += factor * gradient[i];
  }
}

absl::Status Evaluator::addGradients(Column column,
                                     const std::vector<std::vector<Bag>> &bags,
                                     const Tensor &gradients,
                                     bool skipsNonfinite,
                                     RowGradients &rowGradients) {
  int64_t dimension = column.table.getDimension();
  auto next = floats(gradients.cells).begin();
  absl::Status status;
  for (auto [row, rowBags] : llvm::enumerate(bags))
    for (const Bag &bag : rowBags) {
      std::vector<float> gradient(next, next + dimension);
      next += dimension;
      auto bad =
          llvm::find_if_not(gradient, [](float x) { return std::isfinite(x); });
      if (bag.empty() || bad == gradient.end()) {
        addGradient(column, bag, gradient, rowGradients);
        continue;
      }
      rows.countNonfiniteGradient(column.table.getSymName().str());
      // (apply_gradients-C14)
      if (!skipsNonfinite)
        status.Update(column.annotate(absl::InvalidArgumentError(
            absl::StrCat("the gradient of row ", row, " is not finite: ", *bad,
                         " at ", bad - gradient.begin()))));
    }
  return status;
}

/// The product of a gradient and the derivative of the pooled row with respect
/// to each weight of a bag.
std::vector<double> Evaluator::differentiate(Column column, const Bag &bag,
                                             absl::Span<const float> gradient) {
  ir::Combiner combiner = column.op.getCombiner();
  double divisor = getDivisor(bag, combiner);
  std::vector<double> results(bag.size(), 0.0);
  if (divisor == 0)
    return results;
  auto getRow = [&](const Entry &entry) {
    return rows.read(column.table.getSymName().str(), entry.id).weights;
  };
  std::vector<double> pooled(gradient.size(), 0.0);
  for (const Entry &entry : bag) {
    std::vector<float> row = getRow(entry);
    for (size_t i = 0; i < pooled.size(); ++i)
      pooled[i] += entry.weight * row[i] / divisor;
  }
  for (auto [entry, result] : llvm::zip(bag, results)) {
    std::vector<float> row = getRow(entry);
    for (size_t i = 0; i < pooled.size(); ++i) {
      double derivative = row[i] / divisor;
      if (combiner == ir::Combiner::Mean)
        derivative -= pooled[i] / divisor;
      if (combiner == ir::Combiner::Sqrtn)
        derivative -= pooled[i] * entry.weight / (divisor * divisor);
      result += gradient[i] * derivative;
    }
  }
  return results;
}

Evaluator::Results Evaluator::evaluateOp(ir::WeightGradientsOp op,
                                         Frame &frame) {
  Column column = getColumn(op.getColumn());
  const auto &weights = std::get<Ragged>(frame.at(op.getWeights()));
  absl::StatusOr<std::vector<Row>> read =
      readRows(column, std::get<Ragged>(frame.at(op.getIds())), &weights);
  if (!read.ok())
    return read.status();
  const auto &gradients = std::get<Tensor>(frame.at(op.getGradient()));
  absl::Status status = checkGradients(column, read->size(), gradients);
  if (!status.ok())
    return status;
  // (weight_gradients-C8)
  absl::StatusOr<std::vector<std::vector<Bag>>> bags = makeBags(column, *read);
  if (!bags.ok())
    return bags.status();
  std::vector<float> results(floats(weights.values).size(), 0.0f);
  absl::Span<const float> rest = floats(gradients.cells);
  int64_t dimension = column.table.getDimension();
  for (const std::vector<Bag> &row : *bags) {
    const Bag &bag = row.front();
    std::vector<double> derivatives =
        differentiate(column, bag, rest.first(dimension));
    for (auto [entry, derivative] : llvm::zip(bag, derivatives))
      results[entry.position] = static_cast<float>(derivative);
    rest.remove_prefix(dimension);
  }
  return std::vector<Datum>{Ragged{std::move(results), weights.splits}};
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

mlir::func::FuncOp Evaluator::getRule(ir::TableOp table) {
  mlir::func::FuncOp &rule = rules[table];
  if (!rule)
    rule = ir::createUpdateRule(
        module, ("reference.rule." + table.getSymName()).str(),
        table.getOptimizerAttr(), table.getOptimizerOptionsAttr());
  return rule;
}

/// What a value of a rule is for each weight of a row.
using RowValues = std::vector<Attribute>;

static double sum(const RowValues &values) {
  double sum = 0;
  for (Attribute value : values)
    sum += llvm::cast<mlir::FloatAttr>(value).getValueAsDouble();
  return sum;
}

/// The results of an op of a rule, for each weight of a row.
static absl::StatusOr<std::vector<RowValues>>
evaluateForRow(mlir::Operation &op, llvm::ArrayRef<RowValues> operands,
               size_t dimension) {
  if (llvm::isa<ir::RowSumOp, ir::RowMeanOp>(op)) {
    double result = sum(operands.front());
    if (llvm::isa<ir::RowMeanOp>(op))
      result /= dimension;
    mlir::Type f32 = op.getResult(0).getType();
    return std::vector<RowValues>{
        RowValues(dimension, toScalar(f32, static_cast<float>(result)))};
  }
  std::vector<RowValues> results(op.getNumResults());
  for (size_t i = 0; i < dimension; ++i) {
    llvm::SmallVector<Attribute> scalars;
    for (const RowValues &operand : operands)
      scalars.push_back(operand[i]);
    auto evaluated = evaluateScalars(op, scalars);
    if (!evaluated.ok())
      return evaluated.status();
    for (auto [result, value] : llvm::zip(results, *evaluated))
      result.push_back(value);
  }
  return results;
}

/// What a rule gives, its ops evaluated one after another for a whole row.
static absl::StatusOr<std::vector<RowValues>>
evaluateRule(mlir::func::FuncOp rule, std::vector<RowValues> arguments,
             size_t dimension) {
  llvm::DenseMap<mlir::Value, RowValues> values;
  for (auto [argument, value] : llvm::zip(rule.getArguments(), arguments))
    values[argument] = std::move(value);
  auto getValues = [&](mlir::OperandRange operands) {
    std::vector<RowValues> found;
    for (mlir::Value operand : operands)
      found.push_back(values.at(operand));
    return found;
  };
  mlir::Block &body = rule.getBody().front();
  for (mlir::Operation &op : body.without_terminator()) {
    absl::StatusOr<std::vector<RowValues>> results =
        evaluateForRow(op, getValues(op.getOperands()), dimension);
    if (!results.ok())
      return results.status();
    for (auto [result, value] : llvm::zip(op.getResults(), *results))
      values[result] = std::move(value);
  }
  return getValues(body.getTerminator()->getOperands());
}

/// The weights that a table keeps, of those that the rule gives.
void Evaluator::round(ir::TableOp table, const RandomPlace &place,
                      std::vector<float> &weights) {
  if (!table.getStochasticRounding())
    return;
  const llvm::fltSemantics &semantics =
      llvm::cast<mlir::FloatType>(table.getRowType()).getFloatSemantics();
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = roundStochastically(weights[i], semantics, draw(place, i));
}

/// Update number `number`, in this step, of a row by one gradient.
absl::Status Evaluator::update(ir::TableOp table, int64_t row, size_t number,
                               const std::vector<double> &gradient,
                               const Step &step) {
  std::string name = table.getSymName().str();
  RowState state = rows.read(name, row);
  mlir::Type f32 = mlir::Float32Type::get(module.getContext());
  size_t dimension = gradient.size();
  auto load = [&](absl::Span<const float> values) {
    RowValues loaded;
    for (size_t i = 0; i < dimension; ++i)
      loaded.push_back(toScalar(f32, values[values.size() == 1 ? 0 : i]));
    return loaded;
  };
  std::vector<absl::Span<float>> places = {absl::MakeSpan(state.weights)};
  absl::Span<float> slots = absl::MakeSpan(state.slots);
  for (const ir::Slot &slot : table.getOptimizerAttr().getSlots()) {
    size_t width = slot.isRowWise ? 1 : dimension;
    places.push_back(slots.first(width));
    slots.remove_prefix(width);
  }

  std::vector<float> scaled;
  for (double value : gradient)
    scaled.push_back(static_cast<float>(value) * step.gradientMultiplier);
  std::vector<RowValues> arguments = {load(state.weights), load(scaled)};
  for (absl::Span<float> slot : llvm::drop_begin(places))
    arguments.push_back(load(slot));
  arguments.push_back(RowValues(dimension, step.learningRate));
  arguments.push_back(RowValues(dimension, step.number));
  absl::StatusOr<std::vector<RowValues>> results =
      evaluateRule(getRule(table), std::move(arguments), dimension);
  if (!results.ok())
    return results.status();
  for (auto [place, values] : llvm::zip(places, *results))
    for (size_t i = 0; i < place.size(); ++i)
      place[i] = getFloat(values[i]);
  uint64_t stepNumber = llvm::cast<mlir::IntegerAttr>(step.number).getInt();
  round(table,
        {rows.getSeed(name), stepNumber, static_cast<uint64_t>(row), number},
        state.weights);
  rows.write(name, row, state);
  return absl::OkStatus();
}

Evaluator::Results Evaluator::evaluateOp(ir::ApplyGradientsOp op,
                                         Frame &frame) {
  llvm::MapVector<mlir::Operation *, RowGradients> tables;
  size_t numWeighted = 0;
  Step step;
  step.number = std::get<Attribute>(frame.at(op.getStep()));
  if (op.getGradientMultiplier())
    step.gradientMultiplier = getFloat(frame.at(op.getGradientMultiplier()));
  for (auto [position, name] :
       llvm::enumerate(op.getColumns().getAsRange<mlir::FlatSymbolRefAttr>())) {
    Column column = getColumn(name.getValue());
    if (auto [it, isNew] = tables.try_emplace(column.table); isNew) {
      float rate = getFloat(frame.at(op.getLearningRates()[tables.size() - 1]));
      absl::Status status = checkFinite("the learning rate", rate);
      status.Update(
          checkFinite("the gradient multiplier", step.gradientMultiplier));
      if (!status.ok())
        return status;
    }
    const Ragged *weights = nullptr;
    if (column.op.getCategorical().getWeightKey())
      weights = &std::get<Ragged>(frame.at(op.getWeights()[numWeighted++]));
    absl::StatusOr<std::vector<Row>> read = readRows(
        column, std::get<Ragged>(frame.at(op.getIds()[position])), weights);
    if (!read.ok())
      return read.status();
    const auto &gradients =
        std::get<Tensor>(frame.at(op.getGradients()[position]));
    absl::Status status = checkGradients(column, read->size(), gradients);
    if (!status.ok())
      return status;
    // (apply_gradients-C13)
    absl::StatusOr<std::vector<std::vector<Bag>>> bags =
        makeBags(column, *read);
    if (!bags.ok())
      return bags.status();
    bool skips = op.getNonfiniteGradients() == ir::NonfiniteGradients::Skip;
    status =
        addGradients(column, *bags, gradients, skips, tables[column.table]);
    if (!status.ok())
      return status;
  }

  // All is checked now. The learning rates stand in the order of the tables.
  for (auto [entry, rate] : llvm::zip(tables, op.getLearningRates())) {
    step.learningRate = std::get<Attribute>(frame.at(rate));
    auto table = llvm::cast<ir::TableOp>(entry.first);
    if (table.getOptimizerAttr().updatesAllRows())
      for (int64_t row = 0; row < table.getNumRows(); ++row)
        if (std::vector<std::vector<double>> &gradients = entry.second[row];
            gradients.empty())
          gradients.emplace_back(table.getDimension(), 0.0);
    for (const auto &[row, gradients] : entry.second)
      for (auto [number, gradient] : llvm::enumerate(gradients))
        if (absl::Status status = update(table, row, number, gradient, step);
            !status.ok())
          return status;
  }
  return std::vector<Datum>();
}
