//===- ExecutionEngine.cpp - C API of programs ----------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol-c/ExecutionEngine.h"
#include "embcol/EmbeddingCore/Checkpoint.h"
#include "embcol/ExecutionEngine/Program.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Support.h"

using namespace embcol;

// Enumerations of C and C++ have the same values.
#define EMBCOL_SAME_CASE(Case)                                                 \
  static_assert(static_cast<int>(EmbColElementType##Case) ==                   \
                static_cast<int>(ElementType::Case))
EMBCOL_SAME_CASE(I8);
EMBCOL_SAME_CASE(I16);
EMBCOL_SAME_CASE(I32);
EMBCOL_SAME_CASE(I64);
EMBCOL_SAME_CASE(F32);
#undef EMBCOL_SAME_CASE

namespace {

/// What a call gave, and how C sees it.
class Results {
public:
  explicit Results(std::vector<Value> &&values) : values(std::move(values)) {
    for (const Value &value : this->values) {
      std::vector<EmbColArray> &arrays = parts.emplace_back();
      for (const Array &array : value.parts)
        arrays.push_back({static_cast<EmbColElementType>(array.type),
                          static_cast<intptr_t>(array.shape.size()),
                          array.shape.data(), array.data.get()});
    }
  }

  intptr_t size() const { return values.size(); }

  EmbColValue get(intptr_t position) const {
    const std::vector<EmbColArray> &arrays = parts[position];
    return {static_cast<intptr_t>(arrays.size()), arrays.data(), /*rank=*/0,
            /*shape=*/nullptr};
  }

private:
  std::vector<Value> values;
  std::vector<std::vector<EmbColArray>> parts;
};

} // namespace

static Program *unwrap(EmbColProgram program) {
  return static_cast<Program *>(program.ptr);
}

static const Results *unwrap(EmbColResults results) {
  return static_cast<const Results *>(results.ptr);
}

static void report(const absl::Status &status, MlirStringCallback onError,
                   void *userData) {
  if (!onError)
    return;
  absl::string_view message = status.message();
  onError(mlirStringRefCreate(message.data(), message.size()), userData);
}

/// A value whose arrays stay those of the caller.
static Value makeValue(const EmbColValue &given) {
  Value value;
  value.shape.assign(given.shape, given.shape + given.rank);
  for (const EmbColArray &array :
       llvm::ArrayRef<EmbColArray>(given.parts, given.numParts))
    value.parts.push_back({static_cast<ElementType>(array.elementType),
                           {array.shape, array.shape + array.rank},
                           {std::shared_ptr<void>(), array.data}});
  return value;
}

void embcolRegisterCompilation(MlirDialectRegistry registry) {
  registerCompilation(*::unwrap(registry));
}

static absl::StatusOr<std::unique_ptr<Program>>
createProgram(mlir::ModuleOp module, uint64_t seed,
              const ProgramOptions &options) {
  absl::StatusOr<std::shared_ptr<EmbeddingCore>> core =
      createEmbeddingCore(module, seed);
  if (!core.ok())
    return core.status();
  return Program::create(module, *core, options);
}

EmbColProgram embcolProgramCreate(MlirModule module, EmbColMode mode,
                                  uint64_t seed, intptr_t numLearningRates,
                                  const EmbColLearningRate *learningRates,
                                  MlirStringCallback onError, void *userData) {
  ProgramOptions options;
  options.mode = static_cast<mlir::embcol::Mode>(mode);
  for (const EmbColLearningRate &rate :
       llvm::ArrayRef<EmbColLearningRate>(learningRates, numLearningRates))
    options.functions[unwrap(rate.name)] =
        reinterpret_cast<void *>(rate.function);
  absl::StatusOr<std::unique_ptr<Program>> program =
      createProgram(unwrap(module), seed, options);
  if (program.ok())
    return {program->release()};
  report(program.status(), onError, userData);
  return {nullptr};
}

void embcolProgramDestroy(EmbColProgram program) { delete unwrap(program); }

MlirLogicalResult embcolProgramLoadTables(EmbColProgram program,
                                          MlirStringRef path,
                                          MlirStringCallback onError,
                                          void *userData) {
  absl::StatusOr<Metadata> metadata =
      loadCheckpoint(unwrap(path).str(), unwrap(program)->getCore());
  if (metadata.ok())
    return mlirLogicalResultSuccess();
  report(metadata.status(), onError, userData);
  return mlirLogicalResultFailure();
}

EmbColResults embcolProgramCall(EmbColProgram program, MlirStringRef function,
                                intptr_t numArguments,
                                const EmbColValue *arguments,
                                MlirStringCallback onError, void *userData) {
  std::vector<Value> values;
  for (const EmbColValue &argument :
       llvm::ArrayRef<EmbColValue>(arguments, numArguments))
    values.push_back(makeValue(argument));
  absl::StatusOr<std::vector<Value>> results =
      unwrap(program)->call(unwrap(function), values);
  if (results.ok())
    return {new Results(*std::move(results))};
  report(results.status(), onError, userData);
  return {nullptr};
}

void embcolResultsDestroy(EmbColResults results) { delete unwrap(results); }

intptr_t embcolResultsGetNumResults(EmbColResults results) {
  return unwrap(results)->size();
}

EmbColValue embcolResultsGetResult(EmbColResults results, intptr_t position) {
  return unwrap(results)->get(position);
}
