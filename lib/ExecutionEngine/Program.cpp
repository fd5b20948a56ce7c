//===- Program.cpp - Programs that can be called --------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/Program.h"
#include "Arguments.h"
#include "embcol/Conversion/Common/RaggedTypeConverter.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "absl/strings/str_cat.h"

// Not all of mlir: its namespace embcol is not this one.
using llvm::dyn_cast;
using llvm::isa;
using mlir::IntegerType;
using mlir::ModuleOp;
using mlir::RankedTensorType;
using mlir::StringAttr;
using mlir::Type;
using mlir::func::FuncOp;

/// Types whose values can be passed in and out.
static bool isCallableType(Type type) {
  if (auto ragged = dyn_cast<mlir::embcol::RaggedType>(type))
    return true;
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    type = tensor.getElementType();
  auto integer = dyn_cast<IntegerType>(type);
  return type.isF32() || type.isIndex() ||
         isa<mlir::embcol::StringType>(type) ||
         (integer &&
          llvm::is_contained({8u, 16u, 32u, 64u}, integer.getWidth()));
}

static absl::StatusOr<embcol::FunctionSignature::Item>
makeItem(std::string name, Type type) {
  embcol::FunctionSignature::Item item{std::move(name), type, {}};
  mlir::embcol::RaggedTypeConverter converter;
  // (module-C10)
  if (isCallableType(type) &&
      mlir::succeeded(converter.convertType(type, item.parts)))
    return item;
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return absl::InvalidArgumentError(
      absl::StrCat(item.name, ": programs cannot be called with ", text));
}

static absl::StatusOr<embcol::FunctionSignature>
getFunctionSignature(FuncOp function) {
  embcol::FunctionSignature signature;
  for (auto [position, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto name = function.getArgAttrOfType<StringAttr>(
        position, mlir::embcol::EmbColDialect::kFeatureAttrName);
    auto item =
        makeItem(name ? name.str() : absl::StrCat("arg", position), type);
    if (!item.ok())
      return item.status();
    signature.arguments.push_back(*std::move(item));
  }
  for (auto [position, type] : llvm::enumerate(function.getResultTypes())) {
    auto item = makeItem(absl::StrCat("result", position), type);
    if (!item.ok())
      return item.status();
    signature.results.push_back(*std::move(item));
  }
  return signature;
}

/// Checks that the table in the core is the one that the module declares; its
/// slots only where they are used.
static absl::Status checkTable(mlir::embcol::TableOp op,
                               const embcol::Table *table, bool usesSlots) {
  std::string name = op.getSymName().str();
  if (!table)
    return absl::NotFoundError(absl::StrCat("no table '", name, "'"));
  // (table-C5)
  if (table->numRows() != op.getNumRows() ||
      table->dimension() != op.getDimension())
    return absl::InvalidArgumentError(
        absl::StrCat("table '", name, "' has shape [", table->numRows(), ", ",
                     table->dimension(), "], the program expects [",
                     op.getNumRows(), ", ", op.getDimension(), "]"));
  // (table-C5)
  if (embcol::RowType expected = embcol::convertRowType(op.getRowType());
      table->rowType() != expected)
    return absl::InvalidArgumentError(absl::StrCat(
        "table '", name, "' has rows of ", getName(table->rowType()),
        ", the program expects ", getName(expected)));
  // (table-C5)
  if (!(table->spec().partition ==
        embcol::convertPartition(op.getPartitionAttr())))
    return absl::InvalidArgumentError(absl::StrCat(
        "table '", name, "' has other partitions than the program expects"));
  if (!usesSlots || !op.getOptimizerAttr())
    return absl::OkStatus();
  int64_t slotWidth = op.getSlotWidth();
  // (table-C5)
  if (table->slotWidth() != slotWidth)
    return absl::InvalidArgumentError(
        absl::StrCat("table '", name, "' has slots of width ",
                     table->slotWidth(), ", the program expects ", slotWidth));
  return absl::OkStatus();
}

/// Checks that the core has what the module declares.
static absl::Status checkState(ModuleOp module,
                               const embcol::EmbeddingCore &core) {
  bool usesSlots = module
                       ->walk([](mlir::embcol::ApplyGradientsOp) {
                         return mlir::WalkResult::interrupt();
                       })
                       .wasInterrupted();
  for (auto op : module.getOps<mlir::embcol::TableOp>()) {
    absl::Status status =
        checkTable(op, core.table(op.getSymName().str()), usesSlots);
    if (!status.ok())
      return status;
  }
  for (auto op : module.getOps<mlir::embcol::VocabularyOp>())
    if (!core.vocabulary(op.getSymName().str()))
      return absl::NotFoundError(
          absl::StrCat("no vocabulary '", op.getSymName().str(), "'"));
  return absl::OkStatus();
}

static embcol::PackedShape getPackedShape(mlir::embcol::PackedLookupOp op) {
  embcol::PackedShape shape;
  mlir::SymbolTable symbols(op->getParentOfType<ModuleOp>());
  for (auto name : op.getColumns().getAsRange<mlir::FlatSymbolRefAttr>()) {
    auto column = symbols.lookup<mlir::embcol::ColumnOp>(name.getValue());
    auto table = symbols.lookup<mlir::embcol::TableOp>(column.getTable());
    ++shape.numColumns;
    shape.width += table.getDimension();
    shape.isWeighted |= bool(column.getCategorical().getWeightKey());
  }
  return shape;
}

embcol::Program::~Program() = default;

absl::StatusOr<std::vector<embcol::NamedSignature>>
embcol::getSignatures(ModuleOp module) {
  std::vector<NamedSignature> signatures;
  for (auto op : module.getOps<FuncOp>()) {
    if (op.isPrivate() || op.isExternal())
      continue;
    absl::StatusOr<FunctionSignature> signature = getFunctionSignature(op);
    std::string name = op.getSymName().str();
    if (!signature.ok())
      return absl::InvalidArgumentError(absl::StrCat(
          "function '", name, "': ", signature.status().message()));
    signatures.push_back({std::move(name), *std::move(signature)});
  }
  return signatures;
}

std::vector<std::string> embcol::getColumnNames(ModuleOp module) {
  std::vector<std::string> names;
  for (auto column : module.getOps<mlir::embcol::ColumnOp>())
    names.push_back(column.getColumnNameOrSymbol().str());
  return names;
}

absl::Status
embcol::Program::initialize(ModuleOp module,
                            std::shared_ptr<EmbeddingCore> sharedCore) {
  absl::StatusOr<std::vector<NamedSignature>> signatures =
      getSignatures(module);
  if (!signatures.ok())
    return signatures.status();
  for (NamedSignature &named : *signatures)
    functions[named.name] = {named.name, functions.size(),
                             std::move(named.signature)};
  columnNames = embcol::getColumnNames(module);
  for (auto op : module.getOps<mlir::embcol::PackedLookupOp>()) {
    std::string name = op.getSymName().str();
    packedLookups[name] = {name, getPackedShape(op), {}};
  }
  core = std::move(sharedCore);
  return checkState(module, *core);
}

const embcol::FunctionSignature *
embcol::Program::getSignature(llvm::StringRef name) const {
  const Function *function = getFunction(name);
  return function ? &function->signature : nullptr;
}

const embcol::Program::Function *
embcol::Program::getFunction(llvm::StringRef name) const {
  auto it = functions.find(name);
  return it == functions.end() ? nullptr : &it->second;
}

const embcol::Program::PackedLookup *
embcol::Program::getPackedLookup(llvm::StringRef name) const {
  auto it = packedLookups.find(name);
  return it == packedLookups.end() ? nullptr : &it->second;
}

std::vector<std::string> embcol::Program::getFunctionNames() const {
  std::vector<std::string> names;
  for (const auto &function : functions)
    names.push_back(function.getKey().str());
  llvm::sort(names);
  return names;
}

absl::StatusOr<std::vector<embcol::Value>>
embcol::Program::call(llvm::StringRef name,
                      llvm::ArrayRef<Value> arguments) const {
  const Function *function = getFunction(name);
  if (!function)
    return absl::NotFoundError(absl::StrCat("no function '", name.str(), "'"));
  absl::Status status = checkArguments(function->signature, arguments);
  if (!status.ok())
    return status;
  return run(*function, arguments);
}

absl::Status embcol::Program::lookUp(const PackedLookup &lookup,
                                     const PackedIds &ids, float *out,
                                     int64_t stride) const {
  absl::StatusOr<int64_t> batch = lookup.shape.check(ids);
  return batch.ok() ? runLookup(lookup, ids, *batch, out, stride)
                    : batch.status();
}
