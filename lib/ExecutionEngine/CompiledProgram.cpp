//===- CompiledProgram.cpp - Programs as machine code ---------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallFrame.h"
#include "CodeCache.h"
#include "Codegen.h"
#include "JIT.h"
#include "RuntimeSymbols.h"
#include "embcol/Conversion/Common/Runtime.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/EmbeddingCore/Runtime.h"
#include "embcol/ExecutionEngine/Program.h"
#include "embcol/ExecutionEngine/Tuning.h"

#include <chrono>

// Not all of mlir: its namespace embcol is not this one.
using llvm::StringRef;
using mlir::ModuleOp;
using mlir::OwningOpRef;
using mlir::embcol::Memory;

/// Binds the memory that lowered code refers to, which the core has.
static llvm::StringMap<void *>
getStateSymbols(ModuleOp module, const embcol::EmbeddingCore &core) {
  llvm::StringMap<void *> symbols;
  for (auto op : module.getOps<mlir::embcol::TableOp>()) {
    StringRef name = op.getSymName();
    embcol::Table *table = core.table(name.str());
    symbols[getMemoryName(name, Memory::Rows)] = table->rowData();
    symbols[getMemoryName(name, Memory::Table)] = table;
  }
  for (auto op : module.getOps<mlir::embcol::VocabularyOp>()) {
    StringRef name = op.getSymName();
    symbols[getMemoryName(name, Memory::Vocabulary)] =
        const_cast<embcol::Vocabulary *>(core.vocabulary(name.str()));
  }
  return symbols;
}

namespace {
class CompiledProgram : public embcol::Program {
public:
  absl::Status compile(ModuleOp module,
                       std::shared_ptr<embcol::EmbeddingCore> core,
                       const embcol::ProgramOptions &options);

private:
  absl::StatusOr<std::vector<embcol::Value>>
  run(const Function &function,
      llvm::ArrayRef<embcol::Value> arguments) const override;
  absl::Status runLookup(const PackedLookup &lookup,
                         const embcol::PackedIds &ids, int64_t batch,
                         float *out, int64_t stride) const override;

  absl::StatusOr<embcol::ObjectCode>
  getCode(ModuleOp module, llvm::ArrayRef<std::string> names,
          const embcol::ProgramOptions &options);

  using PackedFunction = void (*)(void **);
  static void fillPlan(PackedFunction describe, embcol::LookupPlan &plan);
  /// By the ordinals of the functions.
  std::vector<PackedFunction> entries;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};
} // namespace

/// Has a packed lookup describe its columns.
void CompiledProgram::fillPlan(PackedFunction describe,
                               embcol::LookupPlan &plan) {
  auto *memory = reinterpret_cast<int8_t *>(&plan);
  embcol::MemRef1<int8_t> descriptor{memory, memory, 0, {1}, {1}};
  void *argument = &descriptor;
  describe(&argument);
}

/// Has the code of a module: that of the cache, or new code, which the cache
/// gets.
absl::StatusOr<embcol::ObjectCode>
CompiledProgram::getCode(ModuleOp module, llvm::ArrayRef<std::string> names,
                         const embcol::ProgramOptions &options) {
  absl::StatusOr<std::string> target = embcol::describeHost();
  if (!target.ok())
    return target.status();
  absl::StatusOr<mlir::ArrayAttr> tuning =
      embcol::loadTuning(*module.getContext());
  if (!tuning.ok())
    return tuning.status();
  std::string source;
  llvm::raw_string_ostream os(source);
  os << stringifyMode(options.mode) << "\n";
  for (const std::string &name : names)
    os << name << "\n";
  os << *tuning << "\n" << module;
  auto cache = embcol::CodeCache::fromEnvironment();
  std::string key = embcol::CodeCache::makeKey(source, *target);
  embcol::ObjectCode code = cache.load(key);
  report.isCached = code.archive != nullptr;
  if (report.isCached)
    return code;
  absl::StatusOr<OwningOpRef<ModuleOp>> lowered =
      lowerModule(module, options.mode, embcol::Stage::LLVM, *tuning);
  if (!lowered.ok())
    return lowered.status();
  absl::StatusOr<embcol::ObjectCode> compiled =
      embcol::compile(**lowered, names);
  if (compiled.ok())
    cache.store(key, *compiled);
  return compiled;
}

absl::Status
CompiledProgram::compile(ModuleOp module,
                         std::shared_ptr<embcol::EmbeddingCore> core,
                         const embcol::ProgramOptions &options) {
  auto begin = std::chrono::steady_clock::now();
  absl::Status status = initialize(module, std::move(core));
  if (!status.ok())
    return status;
  llvm::StringMap<void *> symbols = getStateSymbols(module, getCore());
  for (const auto &[name, address] : embcol::getRuntimeSymbols())
    symbols[name] = address;
  for (const auto &[name, address] : options.functions)
    symbols[name] = address;

  std::vector<std::string> names = getFunctionNames();
  size_t numFunctions = names.size();
  for (const auto &lookup : getPackedLookups())
    names.push_back(lookup.getKey().str());
  absl::StatusOr<embcol::ObjectCode> code = getCode(module, names, options);
  if (!code.ok())
    return code.status();
  report.numKernels = code->numKernels;
  absl::StatusOr<std::unique_ptr<llvm::orc::LLJIT>> compiled =
      embcol::link(*code->archive, symbols);
  if (!compiled.ok())
    return compiled.status();
  jit = *std::move(compiled);
  entries.resize(numFunctions);
  for (auto [position, name] : llvm::enumerate(names)) {
    auto address = jit->lookup(embcol::getPackedName(name));
    if (!address)
      return embcol::toStatus(address.takeError());
    auto entry = address->toPtr<PackedFunction>();
    if (position < numFunctions)
      entries[getFunction(name)->ordinal] = entry;
    else
      fillPlan(entry, getPackedLookups()[name].plan);
  }
  report.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<embcol::Value>>
CompiledProgram::run(const Function &function,
                     llvm::ArrayRef<embcol::Value> arguments) const {
  embcol::CallFrame frame(function.signature);
  frame.setArguments(arguments);
  embcol::clearCallError();
  entries[function.ordinal](frame.getPacked());
  std::vector<embcol::Value> results = frame.takeResults();
  absl::Status status = embcol::takeCallError(getColumnNames());
  if (!status.ok())
    return status;
  return results;
}

absl::Status CompiledProgram::runLookup(const PackedLookup &lookup,
                                        const embcol::PackedIds &ids,
                                        int64_t batch, float *out,
                                        int64_t stride) const {
  embcol::clearCallError();
  lookup.plan.run(ids, batch, out, stride);
  return embcol::takeCallError(getColumnNames());
}

absl::StatusOr<std::unique_ptr<embcol::Program>>
embcol::Program::create(ModuleOp module, std::shared_ptr<EmbeddingCore> core,
                        const ProgramOptions &options) {
  auto program = std::make_unique<CompiledProgram>();
  absl::Status status = program->compile(module, std::move(core), options);
  if (!status.ok())
    return status;
  return program;
}
