//===- JIT.cpp - Machine code of a module ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JIT.h"
#include "Codegen.h"
#include "embcol/EmbeddingCore/Threads.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/CompileUtils.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/SplitModule.h"

#include <algorithm>

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

/// Modules of one context belong to one thread: another one gets a copy.
static SmallVector<char, 0> toBitcode(const Module &module) {
  SmallVector<char, 0> bitcode;
  raw_svector_ostream os(bitcode);
  WriteBitcodeToFile(module, os);
  return bitcode;
}

static Expected<std::unique_ptr<MemoryBuffer>>
compilePart(MemoryBufferRef bitcode, orc::JITTargetMachineBuilder builder) {
  LLVMContext context;
  auto module = parseBitcodeFile(bitcode, context);
  if (!module)
    return module.takeError();
  auto machine = builder.createTargetMachine();
  if (!machine)
    return machine.takeError();
  embcol::optimize(**module, **machine);
  return orc::SimpleCompiler(**machine)(**module);
}

/// How many threads compile so many kernels: a part costs a little by itself.
static unsigned getNumParts(int64_t numKernels) {
  constexpr int64_t minKernels = 4;
  return std::clamp<int64_t>(numKernels / minKernels, 1,
                             embcol::getNumThreads());
}

/// Compiles parts of a module on as many threads, each with its share of the
/// functions.
static Expected<std::vector<std::unique_ptr<MemoryBuffer>>>
compileParts(Module &module, unsigned numParts,
             const orc::JITTargetMachineBuilder &builder) {
  std::vector<SmallVector<char, 0>> parts;
  SplitModule(
      module, numParts,
      [&](std::unique_ptr<Module> part) { parts.push_back(toBitcode(*part)); },
      /*PreserveLocals=*/false, /*RoundRobin=*/true);
  std::vector<std::optional<Expected<std::unique_ptr<MemoryBuffer>>>> compiled(
      parts.size());
  embcol::parallelFor(parts.size(), /*grain=*/1, [&](int64_t i, int64_t end) {
    for (; i < end; ++i) {
      StringRef bitcode(parts[i].data(), parts[i].size());
      compiled[i].emplace(
          compilePart(MemoryBufferRef(bitcode, "part"), builder));
    }
  });
  std::vector<std::unique_ptr<MemoryBuffer>> objects;
  Error errors = Error::success();
  for (auto &part : compiled) {
    if (*part)
      objects.push_back(std::move(**part));
    else
      errors = joinErrors(std::move(errors), part->takeError());
  }
  if (errors)
    return std::move(errors);
  return std::move(objects);
}

/// One file of all objects.
static Expected<std::unique_ptr<MemoryBuffer>>
makeArchive(ArrayRef<std::unique_ptr<MemoryBuffer>> objects) {
  std::vector<NewArchiveMember> members;
  for (const auto &object : objects)
    members.emplace_back(object->getMemBufferRef());
  return writeArchiveToBuffer(members, SymtabWritingMode::NormalSymtab,
                              object::Archive::K_GNU, /*Deterministic=*/true,
                              /*Thin=*/false);
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
  int64_t numKernels = countKernels(module);
  auto objects = compileParts(**llvmModule, getNumParts(numKernels), *host);
  if (!objects)
    return toStatus(objects.takeError());
  auto archive = makeArchive(*objects);
  if (!archive)
    return toStatus(archive.takeError());
  return ObjectCode{std::move(*archive), numKernels};
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

static Error addMembers(orc::LLJIT &jit, MemoryBufferRef buffer) {
  auto archive = object::Archive::create(buffer);
  if (!archive)
    return archive.takeError();
  Error error = Error::success();
  for (const object::Archive::Child &child : (*archive)->children(error)) {
    auto object = child.getMemoryBufferRef();
    if (!object)
      return joinErrors(std::move(error), object.takeError());
    if (Error added = jit.addObjectFile(
            MemoryBuffer::getMemBufferCopy(object->getBuffer())))
      return joinErrors(std::move(error), std::move(added));
  }
  return error;
}

absl::StatusOr<std::unique_ptr<orc::LLJIT>>
embcol::link(MemoryBufferRef archive, const StringMap<void *> &symbols) {
  auto host = getHost();
  if (!host.ok())
    return host.status();
  auto jit = orc::LLJITBuilder().setJITTargetMachineBuilder(*host).create();
  if (!jit)
    return toStatus(jit.takeError());
  if (Error error = defineSymbols(**jit, symbols))
    return toStatus(std::move(error));
  if (Error error = addMembers(**jit, archive))
    return toStatus(std::move(error));
  return std::move(*jit);
}
