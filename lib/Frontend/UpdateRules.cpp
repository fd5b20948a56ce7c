//===- UpdateRules.cpp - Rules of optimizers that the user writes ---------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelBuilder.h"
#include "embcol/Support/Diagnostics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

using mlir::FlatSymbolRefAttr;
using mlir::MLIRContext;
using mlir::ModuleOp;
using mlir::OwningOpRef;
using mlir::func::FuncOp;
using namespace embcol;
namespace ir = mlir::embcol;

/// The function that is all of a module; null if that is anything else.
static FuncOp getOnlyFunction(ModuleOp module) {
  if (!llvm::hasSingleElement(*module.getBody()))
    return {};
  auto function = mlir::dyn_cast<FuncOp>(module.getBody()->front());
  return function && function.isPublic() ? function : FuncOp();
}

static OwningOpRef<ModuleOp> parse(MLIRContext &context,
                                   const std::string &source) {
  context.loadDialect<ir::EmbColDialect, mlir::arith::ArithDialect,
                      mlir::func::FuncDialect, mlir::math::MathDialect>();
  return mlir::parseSourceString<ModuleOp>(source, &context);
}

absl::Status embcol::checkUpdateRule(MLIRContext &context,
                                     const std::string &source,
                                     const std::vector<std::string> &slots) {
  DiagnosticText diagnostics(context);
  OwningOpRef<ModuleOp> module = parse(context, source);
  if (!module)
    return diagnostics.toStatus();
  FuncOp rule = getOnlyFunction(*module);
  if (!rule)
    return absl::InvalidArgumentError(
        "expected one public function, the rule, and nothing else");
  // A table that has it verifies it.
  auto builder =
      mlir::ImplicitLocOpBuilder::atBlockEnd(rule.getLoc(), module->getBody());
  mlir::SmallVector<mlir::Attribute> names;
  for (const std::string &slot : slots)
    names.push_back(builder.getStringAttr(slot));
  auto optimizer = ir::CustomAttr::getChecked(
      [&] { return mlir::emitError(rule.getLoc()); }, &context,
      FlatSymbolRefAttr::get(rule), builder.getArrayAttr(names),
      builder.getDenseF64ArrayAttr(std::vector<double>(slots.size())),
      builder.getF64FloatAttr(1.0));
  if (!optimizer)
    return diagnostics.toStatus();
  auto type = mlir::RankedTensorType::get({1, 1}, builder.getF32Type());
  ir::TableOp::create(builder, builder.getStringAttr("embcol_table"),
                      mlir::TypeAttr::get(type), nullptr, optimizer, nullptr,
                      nullptr, nullptr, nullptr);
  if (mlir::failed(mlir::verify(*module)))
    return diagnostics.toStatus();
  return absl::OkStatus();
}

/// The optimizer of a model; the rule of a custom one becomes a function of the
/// module. It has been checked before.
ir::OptimizerAttrInterface
ModelBuilder::createOptimizer(const ModelSpec &spec) {
  auto custom = mlir::dyn_cast_if_present<ir::CustomAttr>(spec.optimizer);
  if (!custom)
    return spec.optimizer;
  OwningOpRef<ModuleOp> source = parse(*builder.getContext(), spec.updateRule);
  FuncOp rule = getOnlyFunction(*source);
  rule->remove();
  rule.setName(makeUnique("update_rule"));
  rule.setPrivate();
  builder.insert(rule);
  return ir::CustomAttr::get(builder.getContext(), FlatSymbolRefAttr::get(rule),
                             custom.getSlotNames(), custom.getInitialValues(),
                             custom.getLearningRate());
}
