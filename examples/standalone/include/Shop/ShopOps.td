//===- ShopOps.td - The shop dialect -------------------------------*- tablegen -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SHOP_SHOPOPS_TD
#define SHOP_SHOPOPS_TD

include "embcol/Dialect/EmbCol/IR/EmbColInterfaces.td"
include "embcol/Dialect/EmbCol/IR/EmbColTypes.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Shop_Dialect : Dialect {
  let name = "shop";
  let cppNamespace = "::shop";
  let summary = "What a shop recommends";
  let description = [{
    Says what customers may like, and leaves to embcol how that is looked up.
  }];
}

class Shop_Op<string mnemonic, list<Trait> traits = []>
    : Op<Shop_Dialect, mnemonic, traits>;

def Shop_Products
    : EmbCol_RaggedOf<"$_self.isSignlessInteger(64)", [1],
                      "ragged products of i64 of ragged rank 1">;

def Shop_CatalogOp : Shop_Op<"catalog", [
    Symbol, HasParent<"::mlir::ModuleOp">
  ]> {
  let summary = "products, each with a vector that is learned";
  let description = [{
    The products are 0 to `products` - 1. An initializer is one of embcol's.

    Example:

    ```mlir
    shop.catalog @shoes products = 1000 dimension = 8
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    ConfinedAttr<I64Attr, [IntPositive]>:$products,
    ConfinedAttr<I64Attr, [IntPositive]>:$dimension,
    OptionalAttr<EmbCol_InitializerAttrInterface>:$initializer);
  let assemblyFormat = [{
    $sym_name `products` `=` $products `dimension` `=` $dimension attr-dict
  }];
}

def Shop_AffinityOp : Shop_Op<"affinity", [
    MemoryEffects<[MemRead]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>
  ]> {
  let summary = "how much customers like what they are offered";
  let description = [{
    For each customer, a row of both arrays, the inner product of two vectors: the
    mean of the products that they viewed, and the sum of those in the offer. 0
    where either is empty.

    Example:

    ```mlir
    %score = shop.affinity @shoes(%viewed, %offer)
        : (!embcol.ragged<i64>, !embcol.ragged<i64>) -> tensor<?xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$catalog,
                       Shop_Products:$viewed,
                       Shop_Products:$offer);
  let results = (outs 1DTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $catalog `(` $viewed `,` $offer `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

#endif // SHOP_SHOPOPS_TD
