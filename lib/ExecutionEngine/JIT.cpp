//===- JIT.cpp - Machine code of a module ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JIT.h"
#include "Codegen.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

static Error compileInto(orc::LLJIT &jit, mlir::ModuleOp module,
                         ArrayRef<std::string> entryPoints,
                         orc::JITTargetMachineBuilder &machineBuilder) {
  auto context = std::make_unique<LLVMContext>();
  Expected<std::unique_ptr<TargetMachine>> machine =
      machineBuilder.createTargetMachine();
  if (!machine)
    return machine.takeError();
  Expected<std::unique_ptr<Module>> llvmModule =
      embcol::translate(module, entryPoints, **machine, *context);
  if (!llvmModule)
    return llvmModule.takeError();
  embcol::optimize(**llvmModule, **machine);
  return jit.addIRModule(
      orc::ThreadSafeModule(std::move(*llvmModule), std::move(context)));
}

static Error defineSymbols(orc::LLJIT &jit, const StringMap<void *> &symbols) {
  orc::SymbolMap map;
  for (const auto &symbol : symbols)
    map[jit.mangleAndIntern(symbol.getKey())] = {
        orc::ExecutorAddr::fromPtr(symbol.getValue()),
        JITSymbolFlags::Exported};
  orc::JITDylib &dylib = jit.getMainJITDylib();
  if (Error error = dylib.define(orc::absoluteSymbols(std::move(map))))
    return error;
  // The runtime's and the C library's functions are this process's.
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      jit.getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  dylib.addGenerator(std::move(*process));
  return Error::success();
}

absl::StatusOr<std::unique_ptr<orc::LLJIT>>
embcol::compile(mlir::ModuleOp module, ArrayRef<std::string> entryPoints,
                const StringMap<void *> &symbols) {
  static const bool initialized = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;

  auto machineBuilder = orc::JITTargetMachineBuilder::detectHost();
  if (!machineBuilder)
    return toStatus(machineBuilder.takeError());
  machineBuilder->setCodeGenOptLevel(CodeGenOptLevel::Aggressive);
  auto jit =
      orc::LLJITBuilder().setJITTargetMachineBuilder(*machineBuilder).create();
  if (!jit)
    return toStatus(jit.takeError());
  if (Error error = defineSymbols(**jit, symbols))
    return toStatus(std::move(error));
  if (Error error = compileInto(**jit, module, entryPoints, *machineBuilder))
    return toStatus(std::move(error));
  return std::move(*jit);
}
