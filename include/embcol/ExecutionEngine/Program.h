//===- Program.h - Programs that can be called ------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EXECUTIONENGINE_PROGRAM_H
#define EMBCOL_EXECUTIONENGINE_PROGRAM_H

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "embcol/EmbeddingCore/EmbeddingCore.h"
#include "embcol/EmbeddingCore/LookupPlan.h"
#include "embcol/ExecutionEngine/Array.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace embcol {

/// What a program takes and gives.
struct FunctionSignature {
  struct Item {
    /// Of an argument, the attribute `embcol.feature`; "arg" or "result" and
    /// the position otherwise.
    std::string name;
    mlir::Type type;
    /// The types of the arrays that a value of this type has, and of what else
    /// is passed for it.
    llvm::SmallVector<mlir::Type, 3> parts;
  };
  std::vector<Item> arguments;
  std::vector<Item> results;
};

/// The element type of arrays for `type`; nothing where programs cannot be
/// called with it.
std::optional<ElementType> convertElementType(mlir::Type type);

struct ProgramOptions {
  mlir::embcol::Mode mode = mlir::embcol::Mode::Serving;
  /// The addresses of the external functions that the module declares: learning
  /// rates, float(int64_t).
  llvm::StringMap<void *> functions;
};

/// A module whose functions can be called, on tables that it shares with
/// whoever else holds `core`. What arguments a function takes does not depend
/// on how it runs.
class Program {
public:
  virtual ~Program();

  /// Compiles the module for the host. The module stays as it is.
  /// InvalidArgument, with the diagnostics, where a pass refuses it; NotFound
  /// for a table or vocabulary that `core` does not have.
  static absl::StatusOr<std::unique_ptr<Program>>
  create(mlir::ModuleOp module, std::shared_ptr<EmbeddingCore> core,
         const ProgramOptions &options);

  /// Calls a public function. InvalidArgument, naming the argument, for
  /// arguments that the function does not take, ragged arrays whose splits do
  /// not fit and batches that differ; OutOfRange for ids that are no rows. A
  /// call that fails leaves tables as they were, unless its function has
  /// several updates and another came first. Calls may overlap when none of
  /// them updates tables that another one reads: errors and gradients belong
  /// to the thread of a call, and vocabularies do not change.
  absl::StatusOr<std::vector<Value>>
  call(llvm::StringRef function, llvm::ArrayRef<Value> arguments) const;

  /// The signature of a public function, or null.
  const FunctionSignature *getSignature(llvm::StringRef function) const;
  std::vector<std::string> getFunctionNames() const;

  /// A packed lookup of the module.
  struct PackedLookup {
    std::string name;
    PackedShape shape;
    /// What compiled code fills.
    LookupPlan plan;
  };
  /// The packed lookup of this name, or null.
  const PackedLookup *getPackedLookup(llvm::StringRef name) const;
  /// Looks up packed ids, writing row b of all columns, joined, to `out` + b *
  /// stride. InvalidArgument for offsets and weights that do not fit,
  /// OutOfRange for ids that are no rows. Calls may overlap as those of `call`.
  absl::Status lookUp(const PackedLookup &lookup, const PackedIds &ids,
                      float *out, int64_t stride) const;

  EmbeddingCore &getCore() const { return *core; }

  /// How the program came to be.
  struct Report {
    /// From the module to what can be called.
    double seconds = 0;
    /// Of lookups, updates and gradients; none in an interpreter.
    int64_t numKernels = 0;
    /// Whether machine code came from the cache.
    bool isCached = false;
  };
  const Report &getReport() const { return report; }

protected:
  struct Function {
    std::string name;
    /// Its place among the public functions of the module.
    size_t ordinal;
    FunctionSignature signature;
  };

  Program() = default;

  /// Takes the signatures from the module. Errors as for `create`, for a
  /// function with a type that cannot be passed and for a core that does not
  /// have the module's tables and vocabularies.
  absl::Status initialize(mlir::ModuleOp module,
                          std::shared_ptr<EmbeddingCore> core);

  /// Runs a function on arguments that fit its signature.
  virtual absl::StatusOr<std::vector<Value>>
  run(const Function &function, llvm::ArrayRef<Value> arguments) const = 0;

  /// Looks up a batch of ids that fit the lookup's shape.
  virtual absl::Status runLookup(const PackedLookup &lookup,
                                 const PackedIds &ids, int64_t batch,
                                 float *out, int64_t stride) const = 0;

  /// A public function, or null.
  const Function *getFunction(llvm::StringRef name) const;

  llvm::StringMap<PackedLookup> &getPackedLookups() { return packedLookups; }

  Report report;

  /// The columns of the module, in its order.
  llvm::ArrayRef<std::string> getColumnNames() const { return columnNames; }

private:
  llvm::StringMap<Function> functions;
  llvm::StringMap<PackedLookup> packedLookups;
  std::vector<std::string> columnNames;
  std::shared_ptr<EmbeddingCore> core;
};

/// Makes the tables and vocabularies that a module declares. Tables that are
/// to be loaded need not be initialized; they are zero then. Vocabularies that
/// the core `vocabularies` has are shared with it, and not made again.
absl::StatusOr<std::shared_ptr<EmbeddingCore>>
createEmbeddingCore(mlir::ModuleOp module, uint64_t seed,
                    bool isInitialized = true,
                    const EmbeddingCore *vocabularies = nullptr);

/// What a table's attribute says, one partition where there is none.
Partition convertPartition(mlir::embcol::PartitionAttr attribute);

/// What a table's rows are kept as.
RowType convertRowType(mlir::Type type);

/// How far a module is lowered.
enum class Stage { Placed, Lowered, LLVM };

/// Lowers a copy of a module, for a machine of this tuning (see Tuning.h)
/// unless that is null or the module has its own. InvalidArgument, with the
/// diagnostics, where a pass refuses it.
absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>>
lowerModule(mlir::ModuleOp module, mlir::embcol::Mode mode, Stage stage,
            mlir::ArrayAttr tuning = {});

/// Parses and verifies a module. InvalidArgument with the diagnostics.
absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>>
parseModule(llvm::StringRef source, llvm::StringRef name,
            mlir::MLIRContext &context);

/// Loads the dialects and the translations that compilation needs.
void registerCompilation(mlir::DialectRegistry &registry);

} // namespace embcol

#endif // EMBCOL_EXECUTIONENGINE_PROGRAM_H
