//===- ServingHeader.cpp - C headers of serving libraries -----------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CNames.h"
#include "embcol/ExecutionEngine/AheadOfTime.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

using embcol::CNames;
using embcol::ServingProgram;

/// The text of ServingTypes.h.
static constexpr char servingTypes[] =
#include "ServingTypes.inc"
    ;

static absl::string_view getElementName(ServingProgram::Element element) {
  using Element = ServingProgram::Element;
  switch (element) {
  case Element::I8:
    return "int8";
  case Element::I16:
    return "int16";
  case Element::I32:
    return "int32";
  case Element::I64:
    return "int64";
  case Element::U8:
    return "uint8";
  case Element::U16:
    return "uint16";
  case Element::U32:
    return "uint32";
  case Element::U64:
    return "uint64";
  case Element::F32:
    return "float";
  case Element::String:
    return "string";
  }
  return "";
}

static std::string getTypeName(const ServingProgram::Item &item) {
  absl::string_view element = getElementName(item.element);
  switch (item.kind) {
  case ServingProgram::Kind::Ragged:
    return absl::StrCat("embcol_ragged_", element);
  case ServingProgram::Kind::Tensor:
    return absl::StrCat("embcol_tensor_", element);
  case ServingProgram::Kind::Scalar:
    return element == "float" ? "float" : absl::StrCat(element, "_t");
  }
  return "";
}

/// What the type does not say.
static std::string describe(const ServingProgram::Item &item) {
  if (item.kind == ServingProgram::Kind::Ragged)
    return item.raggedRank == 2 ? "rows of steps" : "rows";
  if (item.kind == ServingProgram::Kind::Scalar)
    return "a number";
  return absl::StrCat("shape [",
                      absl::StrJoin(item.shape, ", ",
                                    [](std::string *out, int64_t extent) {
                                      extent < 0 ? absl::StrAppend(out, "?")
                                                 : absl::StrAppend(out, extent);
                                    }),
                      "]");
}

/// Text that is safe in a comment, and stays on its line.
static std::string quote(absl::string_view text) {
  return absl::StrCat("\"",
                      absl::StrReplaceAll(text, {{"*/", "* /"},
                                                 {"/*", "/ *"},
                                                 {"\n", "\\n"},
                                                 {"\r", "\\r"},
                                                 {"\\", "\\\\"}}),
                      "\"");
}

/// The struct of results and the functions that fill it in and free it.
static std::string
declareFunction(const std::string &library,
                const ServingProgram::Function &function,
                const std::vector<std::string> &resultComments) {
  CNames names(library, function.name);
  std::string text = absl::StrCat(
      "/* What ", names.call, " gives. */\ntypedef struct ", names.results,
      " {\n  /* What all else is in. */\n  void *memory;\n");
  for (size_t i = 0; i < function.results.size(); ++i) {
    const ServingProgram::Item &result = function.results[i];
    absl::StrAppend(&text, "  /* ", describe(result), resultComments[i],
                    " */\n  ", getTypeName(result), " ", result.name, ";\n");
  }
  absl::StrAppend(&text, "} ", names.results, ";\n\n/*");
  std::vector<std::string> parameterNames = getParameterNames(function);
  std::string parameters =
      absl::StrCat("const ", CNames(library).model, " *model");
  for (size_t i = 0; i < function.arguments.size(); ++i) {
    const ServingProgram::Item &argument = function.arguments[i];
    bool isScalar = argument.kind == ServingProgram::Kind::Scalar;
    absl::StrAppend(&parameters, ",\n    ", isScalar ? "" : "const ",
                    getTypeName(argument), isScalar ? " " : " *",
                    parameterNames[i]);
    absl::StrAppend(&text, " ", parameterNames[i], ": ", quote(argument.name),
                    ", ", describe(argument), ".\n *");
  }
  absl::StrAppend(
      &text,
      " results: what it gives, to be freed; all zero after a failure. */\n",
      "embcol_status ", names.call, "(\n    ", parameters, ",\n    ",
      names.results, " *results);\n\nvoid ", names.free, "(", names.results,
      " *results);\n");
  return text;
}

static constexpr absl::string_view beginning =
    R"(/* $library: embedding columns, compiled by embcol. C99.
 *
 * A model is this program with the tables of a file. The file is mapped, not
 * read: opening takes no time, processes share its memory, and it has to stay as
 * it is until the model is closed. To replace it, rename another one to it.
$files *
 * Functions may be called by several threads at a time, with one model or with
 * several. What arguments point at need not outlive a call.
 */

#ifndef $guard_H
#define $guard_H

$types
#ifdef __cplusplus
extern "C" {
#endif

typedef struct $library_model $library_model;

/* Opens the tables of a safetensors file, as Model.save writes it. *model is NULL
 * after a failure. */
embcol_status $library_open(const char *path, $library_model **model);
/* Nothing for NULL. What calls gave stays. */
void $library_close($library_model *model);

/* What the last call on this thread that failed has to say, until the next one
 * that fails. */
const char *$library_error(void);
)";

static constexpr absl::string_view end = R"(
#ifdef __cplusplus
}
#endif

#endif /* $guard_H */
)";

/// Which vocabularies have to be beside the tables.
static std::string describeFiles(const ServingProgram &program) {
  std::string text;
  for (const ServingProgram::Vocabulary &vocabulary : program.vocabularies)
    if (!vocabulary.file.empty())
      absl::StrAppend(&text, " *   ", quote(vocabulary.file), "\n");
  if (text.empty())
    return text;
  return absl::StrCat(" *\n * Opening reads from the folder of that file:\n",
                      text);
}

std::string embcol::ServingLibrary::getHeader() const {
  // From the guard on: what comes before is about the file itself.
  absl::string_view types = servingTypes;
  types.remove_prefix(types.find("#ifndef"));
  std::string text(beginning);
  for (const ServingProgram::Function &function : program.functions)
    absl::StrAppend(
        &text, "\n",
        declareFunction(name, function, resultComments.at(function.name)));
  absl::StrAppend(&text, end);
  return absl::StrReplaceAll(
      text, {{"$library", name},
             {"$guard", llvm::StringRef(name).upper() + "_SERVING"},
             {"$files", describeFiles(program)},
             {"$types", types}});
}
