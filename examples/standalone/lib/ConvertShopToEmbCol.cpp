//===- ConvertShopToEmbCol.cpp - Shop as embedding columns ----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shop/Shop.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/DialectConversion.h"

namespace shop {
#define GEN_PASS_DEF_CONVERTSHOPTOEMBCOLPASS
#include "Shop/ShopPasses.h.inc"
} // namespace shop

using namespace mlir;
using namespace shop;

namespace {

/// What a catalog became.
struct Columns {
  FlatSymbolRefAttr viewed, offer;
  int64_t dimension;
};

using ColumnsOfCatalogs = llvm::DenseMap<StringAttr, Columns>;

/// Two lookups, and the inner product of what they find.
struct AffinityLowering : OpConversionPattern<AffinityOp> {
  AffinityLowering(MLIRContext *context, const ColumnsOfCatalogs &catalogs)
      : OpConversionPattern(context), catalogs(catalogs) {}

  LogicalResult
  matchAndRewrite(AffinityOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    const Columns &columns = catalogs.at(op.getCatalogAttr().getAttr());
    auto vectors = RankedTensorType::get(
        {ShapedType::kDynamic, columns.dimension}, rewriter.getF32Type());
    Value viewed = embcol::LookupOp::create(
        rewriter, loc, vectors, columns.viewed, adaptor.getViewed(), Value());
    Value offer = embcol::LookupOp::create(
        rewriter, loc, vectors, columns.offer, adaptor.getOffer(), Value());

    Value batch = tensor::DimOp::create(rewriter, loc, viewed, 0);
    Value empty = tensor::EmptyOp::create(rewriter, loc, {OpFoldResult(batch)},
                                          rewriter.getF32Type());
    Value zero = arith::ConstantOp::create(rewriter, loc,
                                           rewriter.getF32FloatAttr(0.0f));
    Value zeros =
        linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
    AffineMap row = AffineMap::get(2, 0, rewriter.getAffineDimExpr(0));
    AffineMap element = rewriter.getMultiDimIdentityMap(2);
    Value product =
        linalg::GenericOp::create(
            rewriter, loc, zeros.getType(), ValueRange{viewed, offer}, zeros,
            {element, element, row},
            {utils::IteratorType::parallel, utils::IteratorType::reduction},
            [](OpBuilder &builder, Location loc, ValueRange values) {
              Value term =
                  arith::MulFOp::create(builder, loc, values[0], values[1]);
              Value sum = arith::AddFOp::create(builder, loc, values[2], term);
              linalg::YieldOp::create(builder, loc, sum);
            })
            .getResult(0);
    rewriter.replaceOp(
        op, rewriter.createOrFold<tensor::CastOp>(loc, op.getType(), product));
    return success();
  }

  const ColumnsOfCatalogs &catalogs;
};

struct ConvertShopToEmbColPass
    : shop::impl::ConvertShopToEmbColPassBase<ConvertShopToEmbColPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    ColumnsOfCatalogs catalogs;
    for (auto catalog : llvm::make_early_inc_range(module.getOps<CatalogOp>()))
      catalogs[catalog.getSymNameAttr()] = convert(catalog, symbols);

    RewritePatternSet patterns(&getContext());
    patterns.add<AffinityLowering>(&getContext(), catalogs);
    ConversionTarget target(getContext());
    target.addIllegalDialect<ShopDialect>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyFullConversion(module, target, std::move(patterns))))
      signalPassFailure();
  }

  /// Makes a table of a catalog, under its name, and the columns on it.
  Columns convert(CatalogOp catalog, SymbolTable &symbols) {
    OpBuilder builder(catalog);
    std::string name = catalog.getSymName().str();
    auto type =
        RankedTensorType::get({static_cast<int64_t>(catalog.getProducts()),
                               static_cast<int64_t>(catalog.getDimension())},
                              builder.getF32Type());
    auto table = embcol::TableOp::create(
        builder, catalog.getLoc(), name, type, catalog.getInitializerAttr(),
        /*optimizer=*/nullptr, /*optimizer_options=*/nullptr,
        /*learning_rate=*/nullptr, /*partition=*/nullptr,
        /*stochastic_rounding=*/false);
    auto addColumn = [&](StringRef key, embcol::Combiner combiner) {
      auto column = embcol::ColumnOp::create(
          builder, catalog.getLoc(), name + "_" + key.str(),
          embcol::IdentityAttr::get(&getContext(), builder.getStringAttr(key),
                                    table.getNumRows(),
                                    /*default_value=*/std::nullopt),
          name, combiner, /*max_sequence_length=*/0,
          /*embedding_lookup_device=*/nullptr, /*tensor_core_shape=*/nullptr,
          /*use_safe_embedding_lookup=*/true, /*column_name=*/nullptr);
      // Under another name where something has this one.
      return FlatSymbolRefAttr::get(symbols.insert(column));
    };
    Columns columns{addColumn("viewed", embcol::Combiner::Mean),
                    addColumn("offer", embcol::Combiner::Sum),
                    table.getDimension()};
    symbols.erase(catalog);
    symbols.insert(table);
    return columns;
  }
};

} // namespace
