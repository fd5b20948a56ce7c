//===- Pipelines.cpp - The pipelines --------------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Pipelines/Pipelines.h"
#include "embcol/Conversion/Passes.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/Dialect/EmbCol/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::embcol;

void mlir::embcol::buildPlacementPipeline(OpPassManager &pm, Mode mode) {
  EmbColAssignDevicesPassOptions options;
  options.mode = stringifyMode(mode).str();
  pm.addPass(createEmbColAssignDevicesPass(options));
  pm.addPass(createEmbColShareLearningRatesPass());
  pm.addPass(createEmbColFuseLookupsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::embcol::buildLoweringPipeline(OpPassManager &pm) {
  pm.addPass(createConvertEmbColToEmbeddingCorePass());
  pm.addPass(createConvertEmbColToTensorCorePass());
  ConvertEmbColToCPUPassOptions options;
  options.useThreads = true;
  pm.addPass(createConvertEmbColToCPUPass(options));
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

static void buildBufferizationPipeline(OpPassManager &pm) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  // A ragged array that a loop replaces has another size in each turn.
  options.allowReturnAllocsFromLoops = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addPass(createCanonicalizerPass());
  bufferization::BufferDeallocationPipelineOptions deallocation;
  bufferization::buildBufferDeallocationPipeline(pm, deallocation);
  pm.addPass(createConvertBufferizationToMemRefPass());
  pm.addPass(createEmbColPassByAddressPass());
}

void mlir::embcol::buildToLLVMPipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createEmbColPoolInRegistersPass());
  buildBufferizationPipeline(pm);
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createConvertMathToLLVMPass());
  // What LLVM has no intrinsic for.
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::embcol::buildPipeline(OpPassManager &pm, Mode mode) {
  buildPlacementPipeline(pm, mode);
  buildLoweringPipeline(pm);
  buildToLLVMPipeline(pm);
}

void mlir::embcol::registerPipelines() {
  PassPipelineRegistration<>(
      "embcol-training",
      "Compile columns for training, down to the LLVM dialect: lookups go to "
      "the embedding core unless a column says otherwise",
      [](OpPassManager &pm) { buildPipeline(pm, Mode::Training); });
  PassPipelineRegistration<>(
      "embcol-serving",
      "Compile columns for serving, down to the LLVM dialect: lookups go to "
      "the cpu unless a column says otherwise",
      [](OpPassManager &pm) { buildPipeline(pm, Mode::Serving); });
  PassPipelineRegistration<>(
      "embcol-to-llvm",
      "Lower what the conversions out of embcol leave, tensors, buffers and "
      "runtime calls, to the LLVM dialect",
      buildToLLVMPipeline);
}
