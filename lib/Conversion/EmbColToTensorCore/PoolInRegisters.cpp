//===- PoolInRegisters.cpp - Gathers that are reduced, as loops -----------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Conversion/Passes.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::embcol {
#define GEN_PASS_DEF_EMBCOLPOOLINREGISTERSPASS
#include "embcol/Conversion/Passes.h.inc"
} // namespace mlir::embcol

using namespace mlir;
using namespace mlir::embcol;
using linalg::GenericOp;

/// How many f32 half of AVX-512's registers hold, all of AVX2's.
static constexpr int64_t kMaxTileSize = 128;
static constexpr int64_t kCacheLineBytes = 64;

static bool hasIterators(GenericOp op,
                         ArrayRef<utils::IteratorType> iterators) {
  return llvm::equal(op.getIteratorTypesArray(), iterators);
}

static bool hasMap(GenericOp op, OpOperand &operand, ArrayRef<unsigned> dims) {
  return op.getMatchingIndexingMap(&operand) ==
         AffineMap::getMultiDimMapWithTargets(op.getNumLoops(), dims,
                                              op.getContext());
}

namespace {
/// Which ops of a gather's body become vectors: those that depend on the column
/// or on the sum.
class Gather {
public:
  explicit Gather(GenericOp op) : op(op) {}

  /// Whether the body can be made vectors.
  bool analyze();

  GenericOp op;
  /// Of indices that are a column, how far they are from that.
  llvm::DenseMap<Value, int64_t> columns;
  SmallVector<Operation *> scalarOps, vectorOps;
  /// The one that reads a row.
  tensor::ExtractOp read;
  /// What decides whether something is added; null for always. Then what is.
  Value condition;
  Value next;

  int64_t getDimension() {
    return cast<RankedTensorType>(op.getResult(0).getType()).getDimSize(1);
  }
  Value getSum() { return op.getRegionOutputArgs().front(); }

private:
  bool addVectorOp(Operation &bodyOp);

  llvm::DenseSet<Value> vectors;
};

/// What is lowered to one nest of loops.
struct Group {
  explicit Group(GenericOp gather) : gather(gather) {}

  /// Whether a gather, what it gathers by and what else is reduced of that have
  /// the expected form.
  bool analyze();

  GenericOp padding;
  Gather gather;
  /// Reduce what is padded for each row, or for all.
  SmallVector<GenericOp> others;
  Operation *last;
};

class GroupLowering {
public:
  GroupLowering(Group &group)
      : group(group), builder(group.gather.op.getLoc(), group.last) {
    builder.setInsertionPointAfter(group.last);
  }
  void lower();

private:
  struct Piece {
    int64_t offset;
    VectorType type;
  };

  void lowerTile(int64_t begin, int64_t end);
  SmallVector<Value> buildRow(Value row, ValueRange tensors);
  SmallVector<Value> buildPlace(Value place, ValueRange state);
  SmallVector<Value> buildVectors(const IRMapping &mapping, ValueRange sums);
  void buildPrefetch(Value place);

  SmallVector<Value> clonePadding(Value place, bool isAhead);
  Value clonePlace(Operation &op, IRMapping &mapping, Value row, Value place);
  void mapPadded(GenericOp op, ValueRange padded, IRMapping &mapping);
  void extractRowElements(GenericOp op);
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(builder, value);
  }
  /// What stands at `indices` of the tensor that a sum begins with.
  Value readInitial(GenericOp op, Value tensor, Type type, ValueRange indices);
  bool isOfRow(GenericOp op) {
    return op.getIteratorTypesArray().front() == utils::IteratorType::parallel;
  }

  Group &group;
  ImplicitLocOpBuilder builder;
  SmallVector<Piece> pieces;
  /// Of the first tile alone.
  ArrayRef<GenericOp> others;
  /// The tensors, and scalars, that the outer loop begins with.
  SmallVector<Value> results;
  Value numPlaces;
  Value row;
  /// What tensors that have one element a row have there.
  llvm::DenseMap<Value, Value> rowElements;
};
} // namespace

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

bool Gather::analyze() {
  using utils::IteratorType;
  if (!hasIterators(op, {IteratorType::parallel, IteratorType::reduction,
                         IteratorType::parallel}) ||
      op.getNumResults() != 1 || !hasMap(op, *op.getDpsInitOperand(0), {0, 2}))
    return false;
  if (ShapedType::isDynamic(getDimension()) || !getSum().getType().isF32())
    return false;
  vectors.insert(getSum());
  for (Operation &bodyOp : op.getBody()->without_terminator())
    if (!addVectorOp(bodyOp))
      return false;
  next = op.getBody()->getTerminator()->getOperand(0);
  auto select = next.getDefiningOp<arith::SelectOp>();
  if (select && !vectors.contains(select.getCondition()) &&
      select.getFalseValue() == getSum()) {
    condition = select.getCondition();
    next = select.getTrueValue();
    llvm::erase(vectorOps, select);
  }
  return read && vectors.contains(next);
}

bool Gather::addVectorOp(Operation &bodyOp) {
  if (auto column = dyn_cast<linalg::IndexOp>(bodyOp)) {
    if (column.getDim() == 2)
      columns[column] = 0;
    else
      scalarOps.push_back(column);
    return true;
  }
  bool usesColumn = llvm::any_of(bodyOp.getOperands(), [&](Value operand) {
    return columns.contains(operand);
  });
  if (auto add = dyn_cast<arith::AddIOp>(bodyOp); add && usesColumn) {
    auto offset = getConstantIntValue(getAsOpFoldResult(add.getRhs()));
    if (!offset || !columns.contains(add.getLhs()))
      return false;
    columns[add] = columns[add.getLhs()] + *offset;
    return true;
  }
  if (usesColumn) {
    // Along a row: the last index alone is the column.
    read = dyn_cast<tensor::ExtractOp>(bodyOp);
    if (!read || read.getIndices().size() != 2 ||
        columns.contains(read.getIndices().front()) ||
        vectors.contains(read.getIndices().front()))
      return false;
  } else if (llvm::none_of(bodyOp.getOperands(), [&](Value operand) {
               return vectors.contains(operand);
             })) {
    scalarOps.push_back(&bodyOp);
    return true;
  } else if (!OpTrait::hasElementwiseMappableTraits(&bodyOp)) {
    return false;
  }
  vectorOps.push_back(&bodyOp);
  vectors.insert(bodyOp.getResult(0));
  return true;
}

bool Group::analyze() {
  using utils::IteratorType;
  GenericOp op = gather.op;
  if (!gather.analyze() || op.getNumDpsInputs() == 0)
    return false;
  padding = op.getInputs().front().getDefiningOp<GenericOp>();
  if (!padding ||
      !hasIterators(padding, {IteratorType::parallel, IteratorType::parallel}))
    return false;
  for (OpOperand *input : padding.getDpsInputOperands())
    if (!hasMap(padding, *input, {0}))
      return false;
  for (OpOperand &init : padding.getDpsInitsMutable())
    if (!hasMap(padding, init, {0, 1}))
      return false;

  SetVector<Operation *> users(padding->user_begin(), padding->user_end());
  last = op;
  for (Operation *user : users) {
    auto other = dyn_cast<GenericOp>(user);
    if (!other || other->getBlock() != op->getBlock())
      return false;
    if (last->isBeforeInBlock(other))
      last = other;
    if (other != op) {
      bool isOfRow =
          other.getIteratorTypesArray().front() == IteratorType::parallel;
      SmallVector<unsigned> dims;
      if (isOfRow)
        dims = {0};
      if (other.getNumLoops() != 2 || other.getNumResults() != 1 ||
          other.getIteratorTypesArray()[1] != IteratorType::reduction ||
          !hasMap(other, *other.getDpsInitOperand(0), dims))
        return false;
      others.push_back(other);
    }
    for (OpOperand *input : other.getDpsInputOperands()) {
      bool isPadded = input->get().getDefiningOp() == padding;
      if (!hasMap(other, *input,
                  isPadded ? ArrayRef<unsigned>{0, 1} : ArrayRef<unsigned>{0}))
        return false;
    }
  }
  // What is replaced is used after it.
  return llvm::all_of(users, [&](Operation *user) {
    return llvm::all_of(user->getUsers(), [&](Operation *reader) {
      Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*reader);
      return ancestor && last->isBeforeInBlock(ancestor);
    });
  });
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// The tensor that a sum is written to: of one that is filled with a number,
/// that before.
static Value getOut(GenericOp op) {
  Value init = op.getDpsInits().front();
  auto fill = init.getDefiningOp<linalg::FillOp>();
  return fill ? fill.getOutputs().front() : init;
}

void GroupLowering::lower() {
  GenericOp gather = group.gather.op;
  results = {getOut(gather)};
  for (GenericOp other : group.others) {
    Value init = isOfRow(other) ? getOut(other) : other.getDpsInits().front();
    results.push_back(
        isOfRow(other) ? init
                       : tensor::ExtractOp::create(builder, init).getResult());
  }
  numPlaces = builder.createOrFold<tensor::DimOp>(
      group.padding.getDpsInits().front(), 1);
  others = group.others;
  int64_t dimension = group.gather.getDimension();
  for (int64_t begin = 0; begin < dimension; begin += kMaxTileSize) {
    lowerTile(begin, std::min(begin + kMaxTileSize, dimension));
    others = {};
  }
  gather.getResult(0).replaceAllUsesWith(results.front());
  for (auto [other, result] :
       llvm::zip(group.others, llvm::drop_begin(results))) {
    if (!isOfRow(other))
      result = tensor::InsertOp::create(
          builder, result, other.getDpsInits().front(), ValueRange());
    other.getResult(0).replaceAllUsesWith(result);
    other.erase();
  }
  gather.erase();
  group.padding.erase();
}

/// The loop over the rows, for some columns.
void GroupLowering::lowerTile(int64_t begin, int64_t end) {
  pieces.clear();
  // LLVM keeps vectors of other sizes element by element.
  for (int64_t offset = begin; offset < end;) {
    int64_t size = llvm::bit_floor<uint64_t>(end - offset);
    pieces.push_back({offset, VectorType::get({size}, builder.getF32Type())});
    offset += size;
  }
  Value numRows = tensor::DimOp::create(builder, results.front(), 0);
  ArrayRef<Value> inits = ArrayRef(results).take_front(1 + others.size());
  auto rows = scf::ForOp::create(
      builder, index(0), numRows, index(1), inits,
      [&](OpBuilder &, Location, Value newRow, ValueRange tensors) {
        scf::YieldOp::create(builder, buildRow(newRow, tensors));
      });
  llvm::copy(rows.getResults(), results.begin());
}

SmallVector<Value> GroupLowering::buildRow(Value newRow, ValueRange tensors) {
  row = newRow;
  rowElements.clear();
  extractRowElements(group.padding);
  extractRowElements(group.gather.op);
  llvm::for_each(others, [&](GenericOp other) { extractRowElements(other); });
  SmallVector<Value> state;
  for (const Piece &piece : pieces)
    state.push_back(readInitial(group.gather.op, tensors.front(), piece.type,
                                {row, index(piece.offset)}));
  for (auto [other, value] : llvm::zip(others, llvm::drop_begin(tensors)))
    state.push_back(
        isOfRow(other)
            ? readInitial(other, value, getElementTypeOrSelf(value), row)
            : value);
  auto places = scf::ForOp::create(
      builder, index(0), numPlaces, index(1), state,
      [&](OpBuilder &, Location, Value place, ValueRange values) {
        scf::YieldOp::create(builder, buildPlace(place, values));
      });
  ValueRange sums = places.getResults();
  SmallVector<Value> written(tensors);
  for (auto [piece, sum] : llvm::zip(pieces, sums))
    written[0] = vector::TransferWriteOp::create(
                     builder, sum, written[0],
                     ValueRange{row, index(piece.offset)}, ArrayRef<bool>{true})
                     .getResult();
  for (size_t i = 0; i < others.size(); ++i) {
    Value value = sums[pieces.size() + i];
    if (isOfRow(others[i]))
      value = tensor::InsertOp::create(builder, value, written[1 + i],
                                       ValueRange{row});
    written[1 + i] = value;
  }
  return written;
}

Value GroupLowering::readInitial(GenericOp op, Value tensor, Type type,
                                 ValueRange indices) {
  auto vectorType = dyn_cast<VectorType>(type);
  if (auto fill = op.getDpsInits().front().getDefiningOp<linalg::FillOp>()) {
    Value value = fill.getInputs().front();
    return vectorType
               ? vector::BroadcastOp::create(builder, type, value).getResult()
               : value;
  }
  if (vectorType)
    return vector::TransferReadOp::create(builder, vectorType, tensor, indices,
                                          /*padding=*/std::nullopt,
                                          ArrayRef<bool>{true});
  return tensor::ExtractOp::create(builder, tensor, indices);
}

/// A copy of an op of a body, at a place.
Value GroupLowering::clonePlace(Operation &op, IRMapping &mapping, Value row,
                                Value place) {
  if (auto dim = dyn_cast<linalg::IndexOp>(op)) {
    mapping.map(dim.getResult(), dim.getDim() == 0 ? row : place);
    return dim.getDim() == 0 ? row : place;
  }
  return builder.clone(op, mapping)->getResult(0);
}

/// What is padded, at a place; or with `isAhead` of the entry that so many
/// after that is for the prefetch.
SmallVector<Value> GroupLowering::clonePadding(Value place, bool isAhead) {
  IRMapping mapping;
  GenericOp padding = group.padding;
  mapPadded(padding, {}, mapping);
  auto prefetch = group.gather.op->getAttrOfType<PrefetchAttr>(
      EmbColDialect::kPrefetchAttrName);
  for (Operation &op : padding.getBody()->without_terminator()) {
    auto extract = dyn_cast<tensor::ExtractOp>(op);
    if (!extract || !isAhead) {
      clonePlace(op, mapping, row, place);
      continue;
    }
    // The entries of all rows stand one after another.
    Value size = tensor::DimOp::create(builder, extract.getTensor(), 0);
    Value last = arith::SubIOp::create(builder, size, index(1));
    Value ahead = arith::AddIOp::create(
        builder, mapping.lookup(extract.getIndices().front()),
        index(prefetch.getDistance()));
    ahead = arith::MinUIOp::create(builder, ahead, last);
    mapping.map(extract.getResult(),
                tensor::ExtractOp::create(builder, extract.getTensor(),
                                          ValueRange{ahead})
                    .getResult());
  }
  SmallVector<Value> padded;
  for (Value value : padding.getBody()->getTerminator()->getOperands())
    padded.push_back(mapping.lookupOrDefault(value));
  return padded;
}

/// Reads what an op has one of for each row.
void GroupLowering::extractRowElements(GenericOp op) {
  for (Value input : op.getInputs())
    if (input.getDefiningOp() != group.padding && !rowElements.contains(input))
      rowElements[input] =
          tensor::ExtractOp::create(builder, input, ValueRange{row});
}

/// Maps the arguments of a body that are inputs.
void GroupLowering::mapPadded(GenericOp op, ValueRange padded,
                              IRMapping &mapping) {
  for (auto [argument, input] :
       llvm::zip(op.getRegionInputArgs(), op.getInputs())) {
    auto result = dyn_cast<OpResult>(input);
    if (result && result.getOwner() == group.padding)
      mapping.map(argument, padded[result.getResultNumber()]);
    else
      mapping.map(argument, rowElements.lookup(input));
  }
}

SmallVector<Value> GroupLowering::buildPlace(Value place, ValueRange state) {
  SmallVector<Value> padded = clonePadding(place, /*isAhead=*/false);
  SmallVector<Value> reduced;
  for (auto [other, value] :
       llvm::zip(others, state.drop_front(pieces.size()))) {
    GenericOp generic = other;
    IRMapping mapping;
    mapPadded(generic, padded, mapping);
    mapping.map(generic.getRegionOutputArgs().front(), value);
    for (Operation &op : generic.getBody()->without_terminator())
      clonePlace(op, mapping, row, place);
    reduced.push_back(mapping.lookupOrDefault(
        generic.getBody()->getTerminator()->getOperand(0)));
  }

  IRMapping mapping;
  mapPadded(group.gather.op, padded, mapping);
  for (Operation *op : group.gather.scalarOps)
    clonePlace(*op, mapping, row, place);
  ValueRange sums = state.take_front(pieces.size());
  SmallVector<Value> next;
  if (!group.gather.condition) {
    buildPrefetch(place);
    next = buildVectors(mapping, sums);
  } else {
    auto branch = scf::IfOp::create(
        builder, mapping.lookupOrDefault(group.gather.condition),
        [&](OpBuilder &, Location) {
          buildPrefetch(place);
          scf::YieldOp::create(builder, buildVectors(mapping, sums));
        },
        [&](OpBuilder &, Location) { scf::YieldOp::create(builder, sums); });
    next = llvm::to_vector_of<Value>(branch.getResults());
  }
  next.append(reduced);
  return next;
}

/// The sums after an entry.
SmallVector<Value> GroupLowering::buildVectors(const IRMapping &scalars,
                                               ValueRange sums) {
  Gather &gather = group.gather;
  SmallVector<Value> results;
  for (auto [piece, sum] : llvm::zip(pieces, sums)) {
    IRMapping mapping = scalars;
    mapping.map(gather.getSum(), sum);
    for (Operation *op : gather.vectorOps) {
      VectorType type =
          piece.type.clone(getElementTypeOrSelf(op->getResult(0).getType()));
      if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
        int64_t column =
            piece.offset + gather.columns.lookup(read.getIndices().back());
        mapping.map(
            read.getResult(),
            vector::TransferReadOp::create(
                builder, type, read.getTensor(),
                ValueRange{mapping.lookupOrDefault(read.getIndices().front()),
                           index(column)},
                /*padding=*/std::nullopt, ArrayRef<bool>{true})
                .getResult());
        continue;
      }
      IRMapping operands = mapping;
      for (Value operand : op->getOperands()) {
        Value mapped = mapping.lookupOrDefault(operand);
        if (!isa<VectorType>(mapped.getType()))
          operands.map(operand,
                       vector::BroadcastOp::create(
                           builder, piece.type.clone(mapped.getType()), mapped)
                           .getResult());
      }
      Operation *copy = builder.clone(*op, operands);
      copy->getResult(0).setType(type);
      mapping.map(op->getResult(0), copy->getResult(0));
    }
    results.push_back(mapping.lookup(gather.next));
  }
  return results;
}

/// Prefetches the row that is read so many entries later.
void GroupLowering::buildPrefetch(Value place) {
  Gather &gather = group.gather;
  auto options =
      gather.op->getAttrOfType<PrefetchAttr>(EmbColDialect::kPrefetchAttrName);
  auto rows =
      gather.read.getTensor().getDefiningOp<bufferization::ToTensorOp>();
  if (!options || !rows)
    return;
  SmallVector<Value> padded = clonePadding(place, /*isAhead=*/true);
  IRMapping mapping;
  mapPadded(gather.op, padded, mapping);
  for (Operation *op : gather.scalarOps)
    clonePlace(*op, mapping, row, place);
  Value rowAhead = mapping.lookupOrDefault(gather.read.getIndices().front());
  auto type = cast<MemRefType>(rows.getBuffer().getType());
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  int64_t column = gather.columns.lookup(gather.read.getIndices().back());
  int64_t begin = column + pieces.front().offset;
  int64_t end =
      column + pieces.back().offset + pieces.back().type.getNumElements();
  for (int64_t at = begin; at < end; at += kCacheLineBytes / bytes)
    memref::PrefetchOp::create(builder, rows.getBuffer(),
                               ValueRange{rowAhead, index(at)},
                               /*isWrite=*/false, options.getLocality(),
                               /*isDataCache=*/true);
}

namespace {
struct PoolInRegisters
    : public mlir::embcol::impl::EmbColPoolInRegistersPassBase<
          PoolInRegisters> {
  void runOnOperation() override {
    SmallVector<GenericOp> gathers;
    getOperation()->walk([&](GenericOp op) {
      if (op.hasPureTensorSemantics() && op.getNumLoops() == 3)
        gathers.push_back(op);
    });
    for (GenericOp gather : gathers)
      if (Group group(gather); group.analyze())
        GroupLowering(group).lower();
  }
};
} // namespace
