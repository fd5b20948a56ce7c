//===- Lookups.cpp - From features to vectors, evaluated ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Features.h"
#include "TensorOps.h"

using namespace embcol;
using namespace embcol::reference;
namespace ir = mlir::embcol;

//===----------------------------------------------------------------------===//
// Features
//===----------------------------------------------------------------------===//

Evaluator::Results Evaluator::evaluateOp(ir::RaggedFromRowSplitsOp op,
                                         Frame &frame) {
  std::vector<std::vector<int64_t>> splits;
  for (const Datum &level : getValues(op.getRowSplits(), frame))
    splits.push_back(integers(std::get<Tensor>(level).cells));
  absl::StatusOr<Ragged> ragged = raggedFromRowSplits(
      std::get<Tensor>(frame.at(op.getValues())).cells, splits);
  if (!ragged.ok())
    return ragged.status();
  return std::vector<Datum>{*std::move(ragged)};
}

Evaluator::Results Evaluator::evaluateOp(ir::RaggedFromDenseOp op,
                                         Frame &frame) {
  const auto &cells = std::get<Tensor>(frame.at(op.getCells()));
  ir::RaggedType type = op.getResult().getType();
  bool isPadded = !type.getElementType().isUnsignedInteger();
  Layout layout = layOutDense(cells, isPadded, type.getRaggedRank());
  std::vector<Datum> results = {takeCells(cells.cells, layout)};
  if (op.getWeights()) {
    const auto &weights = std::get<Tensor>(frame.at(op.getWeights()));
    absl::Status status = checkWeightShape(cells, weights);
    if (!status.ok())
      return status;
    results.push_back(takeCells(weights.cells, layout));
  }
  return results;
}

Evaluator::Results Evaluator::evaluateOp(ir::RaggedFromCooOp op, Frame &frame) {
  const Cells &values = std::get<Tensor>(frame.at(op.getValues())).cells;
  Cells weights;
  if (op.getWeights())
    weights = std::get<Tensor>(frame.at(op.getWeights())).cells;
  absl::StatusOr<Layout> layout = layOutCoo(
      std::get<Tensor>(frame.at(op.getIndices())),
      integers(std::get<Tensor>(frame.at(op.getDenseShape())).cells),
      getNumCells(values), op.getWeights() ? getNumCells(weights) : -1,
      op.getResult().getType().getRaggedRank(), op.getOrdered());
  if (!layout.ok())
    return layout.status();
  std::vector<Datum> results = {takeCells(values, *layout)};
  if (op.getWeights())
    results.push_back(takeCells(weights, *layout));
  return results;
}

Evaluator::Results Evaluator::evaluateOp(ir::CategorizeOp op, Frame &frame) {
  auto ragged = std::get<Ragged>(frame.at(op.getTokens()));
  const Tokens *vocabulary = nullptr;
  if (mlir::FlatSymbolRefAttr name = op.getCategorical().getVocabulary())
    vocabulary = &tokens.at(name.getValue().str());
  ragged.values = categorize(ragged.values, op.getCategorical(), vocabulary);
  return std::vector<Datum>{std::move(ragged)};
}

//===----------------------------------------------------------------------===//
// Lookups
//===----------------------------------------------------------------------===//

Column Evaluator::getColumn(llvm::StringRef name) {
  auto op = symbols.lookup<ir::ColumnOp>(name);
  return {op, symbols.lookup<ir::TableOp>(op.getTable())};
}

Tensor Evaluator::pool(Column column,
                       const std::vector<std::vector<Bag>> &bags) {
  int64_t dimension = column.table.getDimension();
  std::vector<float> cells;
  for (const std::vector<Bag> &row : bags)
    for (const Bag &bag : row) {
      std::vector<double> sum(dimension, 0.0);
      for (const Entry &entry : bag) {
        std::vector<float> vector =
            rows.read(column.table.getSymName().str(), entry.id).weights;
        for (int64_t i = 0; i < dimension; ++i)
          sum[i] += entry.weight * vector[i];
      }
      double divisor = getDivisor(bag, column.op.getCombiner());
      for (double element : sum)
        cells.push_back(divisor == 0 ? 0.0 : element / divisor);
    }
  std::vector<int64_t> shape = {static_cast<int64_t>(bags.size()), dimension};
  if (column.isSequence())
    shape.insert(shape.begin() + 1, column.op.getMaxSequenceLength());
  return {std::move(shape), std::move(cells)};
}

absl::StatusOr<Tensor> Evaluator::lookUp(Column column, const Ragged &ids,
                                         const Ragged *weights) {
  absl::StatusOr<std::vector<Row>> read = readRows(column, ids, weights);
  if (!read.ok())
    return read.status();
  absl::StatusOr<std::vector<std::vector<Bag>>> bags = makeBags(column, *read);
  if (!bags.ok())
    return bags.status();
  return pool(column, *bags);
}

Evaluator::Results Evaluator::evaluateOp(ir::LookupOp op, Frame &frame) {
  const Ragged *weights = nullptr;
  if (op.getWeights())
    weights = &std::get<Ragged>(frame.at(op.getWeights()));
  absl::StatusOr<Tensor> result =
      lookUp(getColumn(op.getColumn()), std::get<Ragged>(frame.at(op.getIds())),
             weights);
  if (!result.ok())
    return result.status();
  return std::vector<Datum>{*std::move(result)};
}

Evaluator::Results Evaluator::evaluateOp(ir::GroupedLookupOp op, Frame &frame) {
  std::vector<Tensor> results;
  size_t numWeighted = 0;
  for (auto [name, ids] :
       llvm::zip(op.getColumns().getAsRange<mlir::FlatSymbolRefAttr>(),
                 op.getIds())) {
    Column column = getColumn(name.getValue());
    const Ragged *weights = nullptr;
    if (column.op.getCategorical().getWeightKey())
      weights = &std::get<Ragged>(frame.at(op.getWeights()[numWeighted++]));
    absl::StatusOr<Tensor> result =
        lookUp(column, std::get<Ragged>(frame.at(ids)), weights);
    if (!result.ok())
      return result.status();
    results.push_back(*std::move(result));
  }
  absl::StatusOr<Datum> joined = concatenate(results, /*axis=*/1);
  if (!joined.ok())
    return joined.status();
  return std::vector<Datum>{*std::move(joined)};
}

absl::StatusOr<Datum> Evaluator::lookUp(ir::PackedLookupOp op,
                                        const PackedIds &ids, int64_t batch) {
  std::vector<Tensor> results;
  for (auto [number, name] :
       llvm::enumerate(op.getColumns().getAsRange<mlir::FlatSymbolRefAttr>())) {
    Column column = getColumn(name.getValue());
    absl::Span<const int64_t> offsets =
        ids.offsets.subspan(number * batch, batch + 1);
    std::vector<int64_t> splits;
    for (int64_t offset : offsets)
      splits.push_back(offset - offsets.front());
    auto makeRagged = [&](auto cells, const auto &values) {
      for (int64_t e = offsets.front(); e < offsets.back(); ++e)
        cells.push_back(values[e]);
      return Ragged{std::move(cells), {splits}};
    };
    Ragged columnIds = makeRagged(std::vector<int64_t>(), ids.values);
    std::optional<Ragged> weights;
    if (column.op.getCategorical().getWeightKey())
      weights = makeRagged(std::vector<float>(), ids.weights);
    absl::StatusOr<Tensor> result =
        lookUp(column, columnIds, weights ? &*weights : nullptr);
    if (!result.ok())
      return result.status();
    results.push_back(*std::move(result));
  }
  return concatenate(results, /*axis=*/1);
}

Evaluator::Results Evaluator::evaluateOp(ir::SequenceLookupOp op,
                                         Frame &frame) {
  Column column = getColumn(op.getColumn());
  absl::StatusOr<std::vector<Row>> read =
      readRows(column, std::get<Ragged>(frame.at(op.getIds())), nullptr);
  if (!read.ok())
    return read.status();
  absl::StatusOr<std::vector<std::vector<Bag>>> bags = makeBags(column, *read);
  if (!bags.ok())
    return bags.status();
  int64_t most = column.op.getMaxSequenceLength();
  std::vector<int64_t> lengths;
  for (const Row &row : *read)
    lengths.push_back(std::min<int64_t>(row.size(), most));
  int64_t batch = lengths.size();
  return std::vector<Datum>{pool(column, *bags),
                            Tensor{{batch}, std::move(lengths)}};
}
