//===- CNames.cpp - Names of what C sees ----------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CNames.h"
#include "embcol/ExecutionEngine/AheadOfTime.h"

#include "absl/strings/str_cat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using llvm::StringRef;

/// The keywords of C and C++, for a header is for both.
static const llvm::StringSet<> &getKeywords() {
  static const llvm::StringSet<> keywords = {
      "alignas",     "alignof",    "and",       "asm",
      "auto",        "bool",       "break",     "case",
      "catch",       "char",       "class",     "compl",
      "concept",     "const",      "consteval", "constexpr",
      "constinit",   "const_cast", "continue",  "co_await",
      "co_return",   "co_yield",   "decltype",  "default",
      "delete",      "do",         "double",    "dynamic_cast",
      "else",        "enum",       "explicit",  "export",
      "extern",      "false",      "float",     "for",
      "friend",      "goto",       "if",        "inline",
      "int",         "long",       "mutable",   "namespace",
      "new",         "noexcept",   "not",       "nullptr",
      "operator",    "or",         "private",   "protected",
      "public",      "register",   "requires",  "restrict",
      "return",      "short",      "signed",    "sizeof",
      "static",      "struct",     "switch",    "template",
      "this",        "throw",      "true",      "try",
      "typedef",     "typeid",     "typename",  "typeof",
      "union",       "unsigned",   "using",     "virtual",
      "void",        "volatile",   "wchar_t",   "while",
      "xor",         "bitand",     "bitor",     "static_assert",
      "and_eq",      "not_eq",     "or_eq",     "xor_eq",
      "thread_local"};
  return keywords;
}

static bool isWordCharacter(char character) {
  return llvm::isAlnum(character) || character == '_';
}

static bool isIdentifier(StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) &&
         llvm::all_of(text, isWordCharacter) && !getKeywords().contains(text);
}

/// `text` with what identifiers do not have made underscores.
static std::string makeIdentifier(StringRef text) {
  std::string identifier = text.str();
  for (char &character : identifier)
    if (!isWordCharacter(character))
      character = '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier.insert(0, "_");
  if (getKeywords().contains(identifier))
    identifier += "_";
  return identifier;
}

embcol::CNames::CNames(StringRef library, StringRef function) {
  std::string prefix = library.str() + "_";
  model = prefix + "model";
  open = prefix + "open";
  close = prefix + "close";
  error = prefix + "error";
  call = prefix + function.str();
  results = call + "_results";
  free = prefix + "free_" + function.str();
}

absl::Status embcol::checkNames(StringRef library,
                                const ServingProgram &program) {
  // (serving-C2)
  if (!isIdentifier(library) || library.starts_with("embcol"))
    return absl::InvalidArgumentError(
        absl::StrCat("name '", library.str(),
                     "': expected an identifier of C that is no keyword and "
                     "does not begin with embcol"));
  CNames own(library);
  llvm::StringSet<> used;
  used.insert_range(
      llvm::ArrayRef<std::string>{own.model, own.open, own.close, own.error});
  for (const ServingProgram::Function &function : program.functions) {
    // (serving-C2)
    if (!llvm::all_of(function.name, isWordCharacter))
      return absl::InvalidArgumentError(
          absl::StrCat("function '", function.name, "': C takes no such name"));
    CNames names(library, function.name);
    for (const std::string &name : {names.call, names.results, names.free})
      // (serving-C2)
      if (!used.insert(name).second)
        return absl::InvalidArgumentError(
            absl::StrCat("function '", function.name, "': the library has ",
                         name, " for something else"));
  }
  return absl::OkStatus();
}

std::vector<std::string>
embcol::getParameterNames(const ServingProgram::Function &function) {
  llvm::StringSet<> used = {"model", "results"};
  std::vector<std::string> names;
  for (const ServingProgram::Item &argument : function.arguments) {
    std::string name = makeIdentifier(argument.name);
    while (!used.insert(name).second)
      name += "_";
    names.push_back(name);
  }
  return names;
}

std::string embcol::getLibraryName(StringRef path) {
  constexpr size_t digestLength = 16;
  StringRef stem = llvm::sys::path::stem(path);
  if (stem.size() > digestLength + 1 && stem[digestLength] == '-' &&
      llvm::all_of(stem.take_front(digestLength), llvm::isHexDigit))
    stem = stem.drop_front(digestLength + 1);
  return makeIdentifier(stem);
}
