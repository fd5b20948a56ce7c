//===- AheadOfTime.cpp - Programs as libraries for serving ----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/AheadOfTime.h"
#include "Arguments.h"
#include "CNames.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "absl/strings/str_cat.h"
#include "llvm/Support/Path.h"

// Not all of mlir: its namespace embcol is not this one.
using embcol::ServingProgram;
using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;
using mlir::IntegerAttr;
using mlir::IntegerType;
using mlir::ModuleOp;
using mlir::RankedTensorType;
using mlir::StringAttr;
using mlir::Type;

//===----------------------------------------------------------------------===//
// What the program is
//===----------------------------------------------------------------------===//

static ServingProgram::Element convertElement(Type type) {
  using Element = ServingProgram::Element;
  if (isa<mlir::embcol::StringType>(type))
    return Element::String;
  auto integer = dyn_cast<IntegerType>(type);
  bool isUnsigned = integer && integer.isUnsigned();
  switch (*embcol::convertElementType(type)) {
  case embcol::ElementType::I8:
    return isUnsigned ? Element::U8 : Element::I8;
  case embcol::ElementType::I16:
    return isUnsigned ? Element::U16 : Element::I16;
  case embcol::ElementType::I32:
    return isUnsigned ? Element::U32 : Element::I32;
  case embcol::ElementType::I64:
    return isUnsigned ? Element::U64 : Element::I64;
  case embcol::ElementType::F32:
    return Element::F32;
  }
  llvm_unreachable("unknown element type");
}

static absl::StatusOr<ServingProgram::Item>
convertItem(const embcol::FunctionSignature::Item &item) {
  ServingProgram::Item converted;
  converted.name = item.name;
  Type element = item.type;
  if (auto ragged = dyn_cast<mlir::embcol::RaggedType>(item.type)) {
    converted.kind = ServingProgram::Kind::Ragged;
    converted.raggedRank = ragged.getRaggedRank();
    element = ragged.getElementType();
  } else if (auto tensor = dyn_cast<RankedTensorType>(item.type)) {
    converted.kind = ServingProgram::Kind::Tensor;
    for (int64_t extent : tensor.getShape())
      converted.shape.push_back(mlir::ShapedType::isDynamic(extent) ? -1
                                                                    : extent);
    element = tensor.getElementType();
  }
  converted.element = convertElement(element);
  // (serving-C3)
  if (converted.kind != ServingProgram::Kind::Ragged &&
      converted.element == ServingProgram::Element::String) {
    std::string type;
    llvm::raw_string_ostream(type) << item.type;
    return absl::InvalidArgumentError(absl::StrCat(
        item.name, ": ", type, " has no type in C; strings are ragged there"));
  }
  return converted;
}

static absl::Status
convertItems(llvm::ArrayRef<embcol::FunctionSignature::Item> items,
             std::vector<ServingProgram::Item> &converted) {
  for (const embcol::FunctionSignature::Item &item : items) {
    absl::StatusOr<ServingProgram::Item> one = convertItem(item);
    if (!one.ok())
      return one.status();
    converted.push_back(*std::move(one));
  }
  return absl::OkStatus();
}

static ServingProgram::Vocabulary
convertVocabulary(mlir::embcol::VocabularyOp op) {
  ServingProgram::Vocabulary vocabulary;
  vocabulary.name = op.getSymName().str();
  vocabulary.oov = {static_cast<int64_t>(op.getNumOovBuckets()),
                    static_cast<int64_t>(op.getDefaultValue())};
  bool isString = isa<mlir::embcol::StringType>(op.getTokenType());
  if (!isString)
    vocabulary.type = embcol::Vocabulary::TokenType::Integer;
  if (std::optional<llvm::StringRef> file = op.getFile()) {
    vocabulary.file = llvm::sys::path::filename(*file).str();
    vocabulary.fileSize = op.getNumTokens();
  } else if (isString) {
    for (auto token : op.getTokens()->getAsRange<StringAttr>())
      vocabulary.strings.push_back(token.str());
  } else {
    for (auto token : op.getTokens()->getAsRange<IntegerAttr>())
      vocabulary.integers.push_back(token.getInt());
  }
  return vocabulary;
}

/// A library only reads tables, which several processes may share.
static absl::Status checkServes(ModuleOp module) {
  using mlir::embcol::EmbColDialect;
  using mlir::embcol::Mode;
  auto mode = module->getAttrOfType<mlir::embcol::ModeAttr>(
      EmbColDialect::kModeAttrName);
  // (serving-C1)
  if (mode && mode.getValue() != Mode::Serving)
    return absl::InvalidArgumentError(
        "the program is for training; save Model.to_serving() to have one for "
        "serving");
  // (serving-C6)
  for (auto op : module.getOps<mlir::embcol::PackedLookupOp>())
    return absl::InvalidArgumentError(
        absl::StrCat("packed lookup '", op.getSymName().str(),
                     "' is no function, and has no interface in C"));
  absl::Status status;
  module.walk([&](mlir::embcol::ApplyGradientsOp op) {
    // (serving-C1)
    status = absl::InvalidArgumentError(absl::StrCat(
        "function '",
        op->getParentOfType<mlir::FunctionOpInterface>().getName().str(),
        "' changes tables, which a library for serving only reads"));
    return mlir::WalkResult::interrupt();
  });
  return status;
}

/// The name of the column that a lookup is of, or "".
static std::string getLookedUpColumn(ModuleOp module, mlir::Value value) {
  llvm::StringRef symbol;
  if (auto lookup = value.getDefiningOp<mlir::embcol::LookupOp>())
    symbol = lookup.getColumn();
  else if (auto sequence =
               value.getDefiningOp<mlir::embcol::SequenceLookupOp>())
    symbol = sequence.getColumn();
  auto column = module.lookupSymbol<mlir::embcol::ColumnOp>(symbol);
  return column ? column.getColumnNameOrSymbol().str() : "";
}

/// Which columns a result has, and where those of one that joins several are,
/// as the header says it.
static std::string describeColumns(ModuleOp module, mlir::Value value) {
  if (std::string name = getLookedUpColumn(module, value); !name.empty())
    return absl::StrCat(
        cast<mlir::OpResult>(value).getResultNumber() == 0 ? "" : ", lengths",
        " of ", name);
  auto concat = value.getDefiningOp<mlir::tensor::ConcatOp>();
  if (!concat || concat.getDim() != 1)
    return "";
  std::string text = ", in each row:";
  int64_t begin = 0;
  for (mlir::Value part : concat.getInputs()) {
    std::string name = getLookedUpColumn(module, part);
    if (name.empty())
      return "";
    int64_t end = begin + cast<RankedTensorType>(part.getType()).getDimSize(1);
    absl::StrAppend(&text, "\n   *   [", begin, ", ", end, "): ", name);
    begin = end;
  }
  return text;
}

absl::Status embcol::ServingLibrary::describe() {
  for (auto op : module.getOps<mlir::embcol::TableOp>())
    program.tables.push_back({op.getSymName().str(),
                              static_cast<int64_t>(op.getNumRows()),
                              static_cast<int64_t>(op.getDimension()),
                              convertRowType(op.getRowType()),
                              convertPartition(op.getPartitionAttr())});
  for (auto op : module.getOps<mlir::embcol::VocabularyOp>())
    program.vocabularies.push_back(convertVocabulary(op));
  program.columns = getColumnNames(module);

  absl::StatusOr<std::vector<NamedSignature>> signatures =
      getSignatures(module);
  if (!signatures.ok())
    return signatures.status();
  for (const auto &[functionName, signature] : *signatures) {
    ServingProgram::Function function{functionName, {}, {}};
    absl::Status status = convertItems(signature.arguments, function.arguments);
    status.Update(convertItems(signature.results, function.results));
    if (!status.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("function '", functionName, "': ", status.message()));
    std::vector<std::string> &comments = resultComments[functionName];
    comments.resize(function.results.size());
    auto op = module.lookupSymbol<mlir::func::FuncOp>(functionName);
    // Where it returns in several places, there is no telling.
    if (op.getBody().hasOneBlock())
      for (auto [comment, result] :
           llvm::zip(comments, op.front().getTerminator()->getOperands()))
        comment = describeColumns(module, result);
    program.functions.push_back(std::move(function));
  }
  return checkNames(name, program);
}

absl::StatusOr<embcol::ServingLibrary>
embcol::ServingLibrary::create(ModuleOp module, std::string name) {
  ServingLibrary library(module, std::move(name));
  absl::Status status = checkServes(module);
  if (status.ok())
    status = library.describe();
  if (!status.ok())
    return status;
  return library;
}
