//===- Codegen.cpp - LLVM IR of a module ----------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Codegen.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/StandardInstrumentations.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Scalar/Reg2Mem.h"

using namespace llvm;

absl::Status embcol::toStatus(Error error) {
  if (!error)
    return absl::OkStatus();
  return absl::InternalError(toString(std::move(error)));
}

std::string embcol::getPackedName(StringRef name) {
  return ("embcol_packed_" + name).str();
}

/// The C interface of a function, as MLIR names it.
static std::string getCInterfaceName(StringRef name) {
  return ("_mlir_ciface_" + name).str();
}

static Error createPackedFunction(Module &module, StringRef name) {
  Function *target = module.getFunction(getCInterfaceName(name));
  if (!target)
    return createStringError("function '" + name + "' has no C interface");
  LLVMContext &context = module.getContext();
  Type *pointer = PointerType::getUnqual(context);
  auto *type = FunctionType::get(Type::getVoidTy(context), pointer, false);
  auto *packed = Function::Create(type, Function::ExternalLinkage,
                                  embcol::getPackedName(name), module);
  IRBuilder<> builder(BasicBlock::Create(context, "", packed));
  auto loadAddress = [&](unsigned position) {
    Value *slot =
        builder.CreateConstGEP1_64(pointer, packed->getArg(0), position);
    return builder.CreateLoad(pointer, slot);
  };
  SmallVector<Value *> arguments;
  for (Argument &argument : target->args()) {
    Value *address = loadAddress(argument.getArgNo());
    // Pointers are passed as they are, scalars by their address.
    arguments.push_back(argument.getType()->isPointerTy()
                            ? address
                            : builder.CreateLoad(argument.getType(), address));
  }
  Value *result = builder.CreateCall(target, arguments);
  if (!result->getType()->isVoidTy())
    builder.CreateStore(result, loadAddress(target->arg_size()));
  builder.CreateRetVoid();
  return Error::success();
}

/// Vectors are split to what is legal, which is less than the host has where
/// its compiler prefers narrower ones.
static void setVectorWidth(Module &module, const TargetMachine &machine) {
  const MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  if (!machine.getTargetTriple().isX86() ||
      !subtarget.checkFeatures("+avx512f"))
    return;
  for (Function &function : module) {
    function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr("min-legal-vector-width", "512");
  }
}

/// Cuts blocks into ones of bounded length.
static void splitBlocks(Function &function) {
  constexpr unsigned maxSize = 200;
  // New blocks come behind the one that is cut, and are cut next.
  for (BasicBlock &block : function) {
    auto begin = block.isEntryBlock() ? block.getFirstNonPHIOrDbgOrAlloca()
                                      : block.begin();
    if (std::distance(begin, block.end()) > maxSize)
      block.splitBasicBlock(std::next(begin, maxSize));
  }
}

/// Cuts a function into blocks between which values are in memory. LLVM's time
/// to select instructions and to allocate registers grows with the square of a
/// block's length, and of how many values live for long.
static void cutIntoBlocks(Function &function) {
  // Only in the first block they are part of the function's frame.
  BasicBlock &entry = function.getEntryBlock();
  SmallVector<AllocaInst *> allocas;
  for (Instruction &instruction : instructions(function))
    if (auto *alloca = dyn_cast<AllocaInst>(&instruction);
        alloca && isa<ConstantInt>(alloca->getArraySize()))
      allocas.push_back(alloca);
  for (AllocaInst *alloca : reverse(allocas))
    alloca->moveBefore(entry.begin());
  // Instructions are what goes to memory.
  IRBuilder<> builder(&entry, entry.getFirstNonPHIOrDbgOrAlloca());
  for (Argument &argument : function.args()) {
    Value *copy = builder.CreateFreeze(&argument);
    argument.replaceUsesWithIf(copy,
                               [&](Use &use) { return use.getUser() != copy; });
  }
  splitBlocks(function);
  FunctionAnalysisManager analyses;
  PassBuilder().registerFunctionAnalyses(analyses);
  RegToMemPass().run(function, analyses);
}

static bool hasLoops(Function &function) {
  DominatorTree dominators(function);
  return !LoopInfo(dominators).empty();
}

/// Leaves the functions alone that call kernel after kernel for many columns:
/// they gain nothing. Kernels themselves have loops.
static void skipLongFunctions(Module &module) {
  constexpr unsigned maxInstructions = 1000;
  for (Function &function : module) {
    if (function.getInstructionCount() <= maxInstructions || hasLoops(function))
      continue;
    cutIntoBlocks(function);
    function.addFnAttr(Attribute::OptimizeNone);
    function.addFnAttr(Attribute::NoInline);
  }
}

void embcol::optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager sccs;
  ModuleAnalysisManager modules;
  // These are what has passes leave functions alone that are not optimized.
  PassInstrumentationCallbacks callbacks;
  StandardInstrumentations instrumentations(module.getContext(),
                                            /*DebugLogging=*/false);
  instrumentations.registerCallbacks(callbacks);
  PassBuilder builder(&machine, PipelineTuningOptions(), std::nullopt,
                      &callbacks);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3)
      .run(module, modules);
}

Expected<std::unique_ptr<Module>>
embcol::translate(mlir::ModuleOp module, ArrayRef<std::string> entryPoints,
                  const TargetMachine &machine, LLVMContext &context) {
  std::unique_ptr<Module> llvmModule =
      mlir::translateModuleToLLVMIR(module, context);
  if (!llvmModule)
    return createStringError("the module cannot be translated to LLVM IR");
  llvmModule->setDataLayout(machine.createDataLayout());
  llvmModule->setTargetTriple(machine.getTargetTriple());
  for (const std::string &name : entryPoints)
    if (Error error = createPackedFunction(*llvmModule, name))
      return error;
  setVectorWidth(*llvmModule, machine);
  skipLongFunctions(*llvmModule);
  return llvmModule;
}
