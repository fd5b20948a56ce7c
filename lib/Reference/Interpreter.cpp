//===- Interpreter.cpp - Programs, interpreted ----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Reference/Interpreter.h"
#include "Evaluator.h"

using namespace embcol;
using namespace embcol::reference;
namespace ir = mlir::embcol;

namespace {
class Interpreter : public Program {
public:
  absl::Status prepare(mlir::ModuleOp module,
                       std::shared_ptr<EmbeddingCore> core,
                       const ProgramOptions &options);

private:
  absl::StatusOr<std::vector<embcol::Value>>
  run(const Function &function,
      llvm::ArrayRef<embcol::Value> arguments) const override;
  absl::Status runLookup(const PackedLookup &lookup, const PackedIds &ids,
                         int64_t batch, float *out,
                         int64_t stride) const override;

  /// The module after placement. Each call reads it into a context of its own,
  /// which then owns the attributes that its numbers are.
  std::string text;
  mlir::DialectRegistry registry;
  std::map<std::string, Tokens> tokens;
  llvm::StringMap<void *> functions;
};
} // namespace

absl::Status Interpreter::prepare(mlir::ModuleOp module,
                                  std::shared_ptr<EmbeddingCore> core,
                                  const ProgramOptions &options) {
  absl::Status status = initialize(module, std::move(core));
  if (!status.ok())
    return status;
  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> placed =
      lowerModule(module, options.mode, Stage::Placed);
  if (!placed.ok())
    return placed.status();
  for (auto op : (*placed)->getOps<ir::VocabularyOp>()) {
    absl::StatusOr<Tokens> vocabulary = Tokens::create(op);
    if (!vocabulary.ok())
      return vocabulary.status();
    tokens[op.getSymName().str()] = *std::move(vocabulary);
  }
  llvm::raw_string_ostream(text) << **placed;
  module.getContext()->getDialectRegistry().appendTo(registry);
  functions = options.functions;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<embcol::Value>>
Interpreter::run(const Function &function,
                 llvm::ArrayRef<embcol::Value> arguments) const {
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<ir::EmbColDialect, mlir::func::FuncDialect>();
  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> module =
      parseModule(text, function.name, context);
  if (!module.ok())
    return module.status();
  auto op = (*module)->lookupSymbol<mlir::func::FuncOp>(function.name);

  std::vector<Datum> values;
  for (auto [value, type] : llvm::zip(arguments, op.getArgumentTypes()))
    values.push_back(fromArrays(value, type));
  Rows rows(getCore());
  Evaluator evaluator(**module, rows, tokens, functions);
  Evaluator::Results results = evaluator.call(op, std::move(values));
  if (!results.ok()) {
    rows.restore();
    return results.status();
  }
  std::vector<embcol::Value> arrays;
  for (auto [result, type] : llvm::zip(*results, op.getResultTypes()))
    arrays.push_back(toArrays(result, type));
  return arrays;
}

absl::Status Interpreter::runLookup(const PackedLookup &lookup,
                                    const PackedIds &ids, int64_t batch,
                                    float *out, int64_t stride) const {
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<ir::EmbColDialect, mlir::func::FuncDialect>();
  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> module =
      parseModule(text, lookup.name, context);
  if (!module.ok())
    return module.status();
  Rows rows(getCore());
  Evaluator evaluator(**module, rows, tokens, functions);
  absl::StatusOr<Datum> joined = evaluator.lookUp(
      (*module)->lookupSymbol<ir::PackedLookupOp>(lookup.name), ids, batch);
  if (!joined.ok())
    return joined.status();
  const auto &cells = floats(std::get<Tensor>(*joined).cells);
  for (int64_t row = 0; row < batch; ++row)
    std::copy_n(cells.begin() + row * lookup.shape.width, lookup.shape.width,
                out + row * stride);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Program>>
embcol::createInterpreter(mlir::ModuleOp module,
                          std::shared_ptr<EmbeddingCore> core,
                          const ProgramOptions &options) {
  auto program = std::make_unique<Interpreter>();
  absl::Status status = program->prepare(module, std::move(core), options);
  if (!status.ok())
    return status;
  return program;
}
