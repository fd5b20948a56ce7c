//===- Lowering.cpp - Modules through the pipelines -----------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/Program.h"
#include "embcol/InitAll.h"
#include "embcol/Support/Diagnostics.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

// Not all of mlir: its namespace embcol is not this one.
using llvm::failed;
using mlir::ModuleOp;
using mlir::OwningOpRef;

void embcol::registerCompilation(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  mlir::embcol::registerAllDialects(registry);
}

absl::StatusOr<OwningOpRef<ModuleOp>>
embcol::parseModule(llvm::StringRef source, llvm::StringRef name,
                    mlir::MLIRContext &context) {
  embcol::DiagnosticText diagnostics(context);
  OwningOpRef<ModuleOp> module = mlir::parseSourceString<ModuleOp>(
      source, mlir::ParserConfig(&context), name);
  if (!module)
    return diagnostics.toStatus();
  return std::move(module);
}

absl::StatusOr<OwningOpRef<ModuleOp>>
embcol::lowerModule(ModuleOp module, mlir::embcol::Mode mode, Stage stage,
                    mlir::ArrayAttr tuning) {
  using mlir::embcol::EmbColDialect;
  OwningOpRef<ModuleOp> copy(module.clone());
  if (tuning && !module->hasAttr(EmbColDialect::kPrefetchAttrName))
    (*copy)->setAttr(EmbColDialect::kPrefetchAttrName, tuning);
  mlir::PassManager pm(module.getContext());
  mlir::embcol::buildPlacementPipeline(pm, mode);
  if (stage != Stage::Placed)
    mlir::embcol::buildLoweringPipeline(pm);
  if (stage == Stage::LLVM)
    mlir::embcol::buildToLLVMPipeline(pm);
  embcol::DiagnosticText diagnostics(*module.getContext());
  if (failed(pm.run(*copy)))
    return diagnostics.toStatus();
  return std::move(copy);
}
