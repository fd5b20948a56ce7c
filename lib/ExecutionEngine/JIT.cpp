//===- JIT.cpp - Machine code of a module ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JIT.h"
#include "Codegen.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/CompileUtils.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

//===----------------------------------------------------------------------===//
// Object code
//===----------------------------------------------------------------------===//

/// The target of this machine, which is detected once.
static const absl::StatusOr<orc::JITTargetMachineBuilder> &getHost() {
  static const auto *host =
      new auto([]() -> absl::StatusOr<orc::JITTargetMachineBuilder> {
        InitializeNativeTarget();
        InitializeNativeTargetAsmPrinter();
        auto detected = orc::JITTargetMachineBuilder::detectHost();
        if (!detected)
          return embcol::toStatus(detected.takeError());
        detected->setCodeGenOptLevel(CodeGenOptLevel::Aggressive);
        return *std::move(detected);
      }());
  return *host;
}

absl::StatusOr<std::string> embcol::describeHost() {
  const auto &host = getHost();
  if (!host.ok())
    return host.status();
  return host->getTargetTriple().str() + host->getCPU() +
         host->getFeatures().getString();
}

/// Those that the conversions made.
static int64_t countKernels(mlir::ModuleOp module) {
  int64_t count = 0;
  for (auto function : module.getOps<mlir::LLVM::LLVMFuncOp>())
    count += function.getLinkage() == mlir::LLVM::Linkage::Internal &&
             function.getSymName().starts_with("embcol_");
  return count;
}

absl::StatusOr<embcol::ObjectCode>
embcol::compile(mlir::ModuleOp module, ArrayRef<std::string> entryPoints) {
  auto host = getHost();
  if (!host.ok())
    return host.status();
  LLVMContext context;
  Expected<std::unique_ptr<TargetMachine>> machine =
      host->createTargetMachine();
  if (!machine)
    return toStatus(machine.takeError());
  Expected<std::unique_ptr<Module>> llvmModule =
      translate(module, entryPoints, **machine, context);
  if (!llvmModule)
    return toStatus(llvmModule.takeError());
  optimize(**llvmModule, **machine);
  Expected<std::unique_ptr<MemoryBuffer>> object =
      orc::SimpleCompiler(**machine)(**llvmModule);
  if (!object)
    return toStatus(object.takeError());
  return ObjectCode{std::move(*object), countKernels(module)};
}

//===----------------------------------------------------------------------===//
// Linking
//===----------------------------------------------------------------------===//

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
embcol::link(std::unique_ptr<MemoryBuffer> object,
             const StringMap<void *> &symbols) {
  auto host = getHost();
  if (!host.ok())
    return host.status();
  auto jit = orc::LLJITBuilder().setJITTargetMachineBuilder(*host).create();
  if (!jit)
    return toStatus(jit.takeError());
  if (Error error = defineSymbols(**jit, symbols))
    return toStatus(std::move(error));
  if (Error error = (*jit)->addObjectFile(std::move(object)))
    return toStatus(std::move(error));
  return std::move(*jit);
}
