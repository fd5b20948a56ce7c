//===- HostPatterns.cpp - What the host does for any device ---------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostPatterns.h"
#include "embcol/Conversion/Common/Runtime.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::embcol;

/// `tensor` as i64, by the sign of `type`, its element type before conversion.
static Value extendToInt64(OpBuilder &builder, Location loc, Value tensor,
                           Type type) {
  auto integer = cast<IntegerType>(type);
  Type i64 = builder.getI64Type();
  if (integer.getWidth() == 64)
    return tensor;
  return createElementwise(
      builder, loc, tensor, i64,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange value) -> Value {
        if (integer.isUnsigned())
          return arith::ExtUIOp::create(nested, nestedLoc, i64, value.front());
        return arith::ExtSIOp::create(nested, nestedLoc, i64, value.front());
      });
}

static Value getSize(OpBuilder &builder, Location loc, Value tensor) {
  return tensor::DimOp::create(builder, loc, tensor, 0);
}

/// `tensor` of rank 1 with a dynamic size, as ragged arrays have it.
static Value forgetSize(OpBuilder &builder, Location loc, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return builder.createOrFold<tensor::CastOp>(
      loc, RankedTensorType::get({ShapedType::kDynamic}, type.getElementType()),
      tensor);
}

static Value toInt64(OpBuilder &builder, Location loc, Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
}

static Value addOne(OpBuilder &builder, Location loc, Value index) {
  return arith::AddIOp::create(builder, loc, index,
                               createIndex(builder, loc, 1));
}

/// The number of values, of one tensor or of strings: these have one offset
/// more than there are of them.
static Value getNumValues(OpBuilder &builder, Location loc, ValueRange values) {
  Value size = getSize(builder, loc, values.back());
  if (values.size() == 1)
    return size;
  return subtractOne(builder, loc, size);
}

/// Fails the call unless there are as many values as cells.
static void checkSize(OpBuilder &builder, Location loc, ModuleOp module,
                      Value numCells, Value numValues) {
  createRuntimeCall(
      builder, loc, module, "embcol_core_check_size", {},
      {toInt64(builder, loc, numCells), toInt64(builder, loc, numValues)});
}

namespace {
/// A pattern for an op of the host, which knows the module.
template <typename OpT> class HostPattern : public OpConversionPattern<OpT> {
public:
  using Adaptor = typename OpConversionPattern<OpT>::OneToNOpAdaptor;
  HostPattern(const RaggedTypeConverter &converter, ModuleOp module)
      : OpConversionPattern<OpT>(converter, module.getContext()),
        module(module) {}

protected:
  mutable ModuleOp module;
};

//===----------------------------------------------------------------------===//
// Ragged arrays
//===----------------------------------------------------------------------===//

struct RaggedFromRowSplitsPattern : public HostPattern<RaggedFromRowSplitsOp> {
  using HostPattern::HostPattern;

  LogicalResult
  matchAndRewrite(RaggedFromRowSplitsOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> parts;
    for (Value part : adaptor.getValues())
      parts.push_back(forgetSize(rewriter, loc, part));
    Value numItems = getNumValues(rewriter, loc, parts);
    for (ValueRange splitsParts : adaptor.getRowSplits()) {
      Value splits = forgetSize(rewriter, loc, splitsParts.front());
      createRuntimeCall(rewriter, loc, module, "embcol_core_check_splits", {},
                        {readTensor(rewriter, loc, splits),
                         toInt64(rewriter, loc, numItems)});
      parts.push_back(splits);
      numItems = subtractOne(rewriter, loc, getSize(rewriter, loc, splits));
    }
    rewriter.replaceOpWithMultiple(op, {parts});
    return success();
  }
};

/// Where a runtime function writes splits and the order of the cells.
struct RaggedBuffers {
  Value inner;
  Value outer;
  Value order;
};

/// Gathers the cells of a feature in a new order.
class CellGatherer {
public:
  /// `buffers` are filled.
  CellGatherer(OpBuilder &builder, Location loc, ModuleOp module,
               RaggedType type, const RaggedBuffers &buffers)
      : builder(builder), loc(loc), module(module) {
    outer = toTensor(builder, loc, buffers.outer);
    Value last = readLast(outer);
    if (type.getRaggedRank() == 2) {
      inner = cut(toTensor(builder, loc, buffers.inner),
                  addOne(builder, loc, last));
      last = readLast(inner);
    }
    order = cut(toTensor(builder, loc, buffers.order), last);
  }

  /// The parts of the ragged array of these cells.
  SmallVector<Value> gather(ValueRange cells) {
    SmallVector<Value> parts;
    if (cells.size() > 1)
      parts = gatherStrings(cells[0], cells[1]);
    else
      parts = {gatherValues(cells.front())};
    if (inner)
      parts.push_back(inner);
    parts.push_back(outer);
    return parts;
  }

private:
  Value readLast(Value splits) {
    Value position = subtractOne(builder, loc, getSize(builder, loc, splits));
    Value last = tensor::ExtractOp::create(builder, loc, splits, position);
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      last);
  }

  Value cut(Value tensor, Value size) {
    return tensor::ExtractSliceOp::create(
        builder, loc, tensor, ArrayRef<OpFoldResult>{builder.getIndexAttr(0)},
        ArrayRef<OpFoldResult>{size},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
  }

  Value gatherValues(Value cells) {
    Type element = cast<RankedTensorType>(cells.getType()).getElementType();
    return createElementwise(
        builder, loc, order, element,
        [&](OpBuilder &nested, Location nestedLoc, ValueRange cell) -> Value {
          Value position = arith::IndexCastOp::create(
              nested, nestedLoc, nested.getIndexType(), cell.front());
          return tensor::ExtractOp::create(nested, nestedLoc, cells, position);
        });
  }

  SmallVector<Value> gatherStrings(Value bytes, Value offsets) {
    Value outBytes =
        allocate(builder, loc, {ShapedType::kDynamic}, builder.getI8Type(),
                 getSize(builder, loc, bytes));
    Value outOffsets =
        allocate(builder, loc, {ShapedType::kDynamic}, builder.getI64Type(),
                 addOne(builder, loc, getSize(builder, loc, order)));
    createRuntimeCall(builder, loc, module, "embcol_core_gather_strings", {},
                      {readTensor(builder, loc, bytes),
                       readTensor(builder, loc, offsets),
                       readTensor(builder, loc, order), outBytes, outOffsets});
    return {toTensor(builder, loc, outBytes),
            toTensor(builder, loc, outOffsets)};
  }

  OpBuilder &builder;
  Location loc;
  ModuleOp module;
  Value inner, outer, order;
};
} // namespace

/// Buffers for `numCells` cells, `numSteps` steps and `batch` rows.
static RaggedBuffers createRaggedBuffers(OpBuilder &builder, Location loc,
                                         RaggedType type, Value batch,
                                         Value numSteps, Value numCells) {
  auto create = [&](Value size) {
    return allocate(builder, loc, {ShapedType::kDynamic}, builder.getI64Type(),
                    size);
  };
  RaggedBuffers buffers;
  buffers.inner = type.getRaggedRank() == 2
                      ? create(addOne(builder, loc, numSteps))
                      : createEmptyBuffer(builder, loc, builder.getI64Type());
  buffers.outer = create(addOne(builder, loc, batch));
  buffers.order = create(numCells);
  return buffers;
}

namespace {
struct RaggedFromDensePattern : public HostPattern<RaggedFromDenseOp> {
  using HostPattern::HostPattern;

  LogicalResult
  matchAndRewrite(RaggedFromDenseOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    RaggedType type = op.getResult().getType();
    auto cellsType = cast<RankedTensorType>(op.getCells().getType());
    SmallVector<Value> cells(adaptor.getCells());
    SmallVector<Value> sizes = getSizes(rewriter, loc, cellsType, cells);
    if (!isa<StringType>(type.getElementType()))
      cells = {flatten(rewriter, loc, cells.front())};
    else
      cells.truncate(2);

    Value numSteps = arith::MulIOp::create(rewriter, loc, sizes[0], sizes[1]);
    Value numCells = arith::MulIOp::create(rewriter, loc, numSteps, sizes[2]);
    RaggedBuffers buffers =
        createRaggedBuffers(rewriter, loc, type, sizes[0], numSteps, numCells);
    checkSize(rewriter, loc, module, numCells,
              getNumValues(rewriter, loc, cells));
    SmallVector<Value> weights;
    if (op.getWeights()) {
      Value tensor = adaptor.getWeights().front();
      for (int64_t axis = 0; axis < cellsType.getRank(); ++axis)
        checkSize(rewriter, loc, module, sizes[axis],
                  tensor::DimOp::create(rewriter, loc, tensor, axis));
      weights = {flatten(rewriter, loc, tensor)};
    }
    callRuntime(rewriter, loc, type, cells, sizes, buffers);
    CellGatherer gatherer(rewriter, loc, module, type, buffers);
    SmallVector<SmallVector<Value>> results = {gatherer.gather(cells)};
    if (!weights.empty())
      results.push_back(gatherer.gather(weights));
    rewriter.replaceOpWithMultiple(op, std::move(results));
    return success();
  }

private:
  /// Batch, steps and entries; 1 for axes that the cells do not have.
  static SmallVector<Value> getSizes(OpBuilder &builder, Location loc,
                                     RankedTensorType type, ValueRange parts) {
    SmallVector<Value> sizes;
    // A tensor of strings of rank 2 or 3 comes with its dynamic sizes.
    bool isString = isa<StringType>(type.getElementType());
    ValueRange stringSizes = isString ? parts.drop_front(2) : ValueRange();
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis)) {
        sizes.push_back(createIndex(builder, loc, type.getDimSize(axis)));
      } else if (!isString) {
        sizes.push_back(
            tensor::DimOp::create(builder, loc, parts.front(), axis));
      } else if (type.getRank() == 1) {
        sizes.push_back(getNumValues(builder, loc, parts));
      } else {
        sizes.push_back(stringSizes.front());
        stringSizes = stringSizes.drop_front();
      }
    }
    while (sizes.size() < 3)
      sizes.push_back(createIndex(builder, loc, 1));
    return sizes;
  }

  static Value flatten(OpBuilder &builder, Location loc, Value tensor) {
    auto type = cast<RankedTensorType>(tensor.getType());
    if (type.getRank() > 1) {
      ReassociationIndices axes(
          llvm::to_vector(llvm::seq<int64_t>(type.getRank())));
      tensor = tensor::CollapseShapeOp::create(
          builder, loc, tensor, ArrayRef<ReassociationIndices>{axes});
    }
    return forgetSize(builder, loc, tensor);
  }

  void callRuntime(OpBuilder &builder, Location loc, RaggedType type,
                   ValueRange cells, ValueRange sizes,
                   const RaggedBuffers &buffers) const {
    SmallVector<Value> operands;
    auto integer = dyn_cast<IntegerType>(type.getElementType());
    if (integer) {
      Value cells64 = extendToInt64(builder, loc, cells.front(), integer);
      operands = {readTensor(builder, loc, cells64),
                  createInt64(builder, loc, !integer.isUnsigned())};
    } else {
      operands = {readTensor(builder, loc, cells[0]),
                  readTensor(builder, loc, cells[1])};
    }
    for (Value size : sizes)
      operands.push_back(toInt64(builder, loc, size));
    operands.append({buffers.inner, buffers.outer, buffers.order});
    createRuntimeCall(builder, loc, module,
                      integer ? "embcol_core_ragged_from_dense_integer"
                              : "embcol_core_ragged_from_dense_string",
                      {}, operands);
  }
};

struct RaggedFromCooPattern : public HostPattern<RaggedFromCooOp> {
  using HostPattern::HostPattern;

  LogicalResult
  matchAndRewrite(RaggedFromCooOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    RaggedType type = op.getResult().getType();
    Value denseShape = adaptor.getDenseShape().front();
    Value indices = readTensor(rewriter, loc, adaptor.getIndices().front());
    Value shapeBuffer = readTensor(rewriter, loc, denseShape);
    Value batch =
        createRuntimeCall(rewriter, loc, module, "embcol_core_coo_batch",
                          rewriter.getI64Type(), shapeBuffer)
            .getResult(0);
    batch = arith::IndexCastOp::create(rewriter, loc, rewriter.getIndexType(),
                                       batch);
    Value numSteps;
    if (type.getRaggedRank() == 2) {
      numSteps = createRuntimeCall(
                     rewriter, loc, module, "embcol_core_count_coo_steps",
                     rewriter.getI64Type(), {indices, shapeBuffer})
                     .getResult(0);
      numSteps = arith::IndexCastOp::create(rewriter, loc,
                                            rewriter.getIndexType(), numSteps);
    }
    Value numCells = memref::DimOp::create(rewriter, loc, indices, 0);
    checkSize(rewriter, loc, module, numCells,
              getNumValues(rewriter, loc, adaptor.getValues()));
    if (op.getWeights())
      checkSize(rewriter, loc, module, numCells,
                getNumValues(rewriter, loc, adaptor.getWeights()));
    RaggedBuffers buffers =
        createRaggedBuffers(rewriter, loc, type, batch, numSteps, numCells);
    createRuntimeCall(rewriter, loc, module, "embcol_core_ragged_from_coo", {},
                      {indices, shapeBuffer,
                       createInt64(rewriter, loc, op.getOrdered()),
                       buffers.inner, buffers.outer, buffers.order});
    CellGatherer gatherer(rewriter, loc, module, type, buffers);
    SmallVector<SmallVector<Value>> results = {
        gatherer.gather(adaptor.getValues())};
    if (op.getWeights())
      results.push_back(gatherer.gather(adaptor.getWeights()));
    rewriter.replaceOpWithMultiple(op, std::move(results));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Categories
//===----------------------------------------------------------------------===//

struct CategorizePattern : public HostPattern<CategorizeOp> {
  using HostPattern::HostPattern;

  LogicalResult
  matchAndRewrite(CategorizeOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ValueRange parts = adaptor.getTokens();
    size_t numSplits = op.getTokens().getType().getRaggedRank();
    ValueRange tokens = parts.drop_back(numSplits);
    SmallVector<Value> results = {
        op.getCategorical().getVocabulary()
            ? lookUp(rewriter, op, tokens)
            : createIdentity(rewriter, op, tokens.front())};
    llvm::append_range(results, parts.take_back(numSplits));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }

private:
  static Value createIdentity(OpBuilder &builder, CategorizeOp op,
                              Value tokens) {
    Location loc = op.getLoc();
    CategoricalAttrInterface categorical = op.getCategorical();
    Value ids = extendToInt64(builder, loc, tokens,
                              op.getTokens().getType().getElementType());
    std::optional<int64_t> defaultValue = categorical.getDefaultValue();
    if (!defaultValue)
      return ids;
    Value numBuckets = createInt64(builder, loc, categorical.getNumBuckets());
    Value replacement = createInt64(builder, loc, *defaultValue);
    return createElementwise(
        builder, loc, ids, builder.getI64Type(),
        [&](OpBuilder &nested, Location nestedLoc, ValueRange id) -> Value {
          Value isBucket = arith::CmpIOp::create(nested, nestedLoc,
                                                 arith::CmpIPredicate::ult,
                                                 id.front(), numBuckets);
          return arith::SelectOp::create(nested, nestedLoc, isBucket,
                                         id.front(), replacement);
        });
  }

  Value lookUp(OpBuilder &builder, CategorizeOp op, ValueRange tokens) const {
    Location loc = op.getLoc();
    auto vocabulary = module.lookupSymbol<VocabularyOp>(
        op.getCategorical().getVocabulary().getAttr());
    SmallVector<Value> operands = {getMemory(builder, loc, vocabulary)};
    Value numTokens = getNumValues(builder, loc, tokens);
    bool isString = isa<StringType>(vocabulary.getTokenType());
    if (isString) {
      operands.append({readTensor(builder, loc, tokens[0]),
                       readTensor(builder, loc, tokens[1])});
    } else {
      operands.push_back(
          readTensor(builder, loc,
                     extendToInt64(builder, loc, tokens.front(),
                                   op.getTokens().getType().getElementType())));
    }
    Value ids = allocate(builder, loc, {ShapedType::kDynamic},
                         builder.getI64Type(), numTokens);
    operands.push_back(ids);
    createRuntimeCall(builder, loc, module,
                      isString ? "embcol_core_categorize_string"
                               : "embcol_core_categorize_integer",
                      {}, operands);
    return toTensor(builder, loc, ids);
  }
};

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// What canonicalization makes of an scf.if that only chooses.
struct SelectPattern : public HostPattern<arith::SelectOp> {
  using HostPattern::HostPattern;

  LogicalResult
  matchAndRewrite(arith::SelectOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> results;
    for (auto [ifTrue, ifFalse] :
         llvm::zip_equal(adaptor.getTrueValue(), adaptor.getFalseValue()))
      results.push_back(arith::SelectOp::create(rewriter, op.getLoc(),
                                                adaptor.getCondition().front(),
                                                ifTrue, ifFalse));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Learning rates
//===----------------------------------------------------------------------===//

struct LearningRatePattern : public HostPattern<LearningRateOp> {
  using HostPattern::HostPattern;

  LogicalResult
  matchAndRewrite(LearningRateOp op, Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<func::CallOp>(
        op, op.getFunctionAttr(), op.getType(), adaptor.getStep().front());
    return success();
  }
};
} // namespace

void mlir::embcol::populateHostPatterns(RewritePatternSet &patterns,
                                        const RaggedTypeConverter &converter,
                                        ModuleOp module) {
  patterns
      .add<CategorizePattern, LearningRatePattern, RaggedFromCooPattern,
           RaggedFromDensePattern, RaggedFromRowSplitsPattern, SelectPattern>(
          converter, module);
}
