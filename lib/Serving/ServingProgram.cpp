//===- ServingProgram.cpp - What a serving library knows ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Serving/ServingProgram.h"

#include <nlohmann/json.hpp>

using namespace embcol;
using nlohmann::json;

/// Objects and libraries of different versions do not go together.
static constexpr int version = 1;

int64_t ServingProgram::getSizeInBytes(Element element) {
  switch (element) {
  case Element::I8:
  case Element::U8:
  case Element::String:
    return 1;
  case Element::I16:
  case Element::U16:
    return 2;
  case Element::I32:
  case Element::U32:
  case Element::F32:
    return 4;
  case Element::I64:
  case Element::U64:
    return 8;
  }
  return 0;
}

// What nlohmann_json calls, by these names, for each member.
namespace embcol {
static void to_json(json &object, const ServingProgram::Table &table) {
  object = {{"name", table.name},
            {"rows", table.numRows},
            {"dimension", table.dimension},
            {"type", table.rowType},
            {"strategy", table.partition.strategy},
            {"partitions", table.partition.numPartitions}};
}

static void from_json(const json &object, ServingProgram::Table &table) {
  object.at("name").get_to(table.name);
  object.at("rows").get_to(table.numRows);
  object.at("dimension").get_to(table.dimension);
  object.at("type").get_to(table.rowType);
  object.at("strategy").get_to(table.partition.strategy);
  object.at("partitions").get_to(table.partition.numPartitions);
}

static void to_json(json &object,
                    const ServingProgram::Vocabulary &vocabulary) {
  object = {{"name", vocabulary.name},
            {"type", vocabulary.type},
            {"buckets", vocabulary.oov.numOovBuckets},
            {"default", vocabulary.oov.defaultValue},
            {"strings", vocabulary.strings},
            {"integers", vocabulary.integers},
            {"file", vocabulary.file},
            {"size", vocabulary.fileSize}};
}

static void from_json(const json &object,
                      ServingProgram::Vocabulary &vocabulary) {
  object.at("name").get_to(vocabulary.name);
  object.at("type").get_to(vocabulary.type);
  object.at("buckets").get_to(vocabulary.oov.numOovBuckets);
  object.at("default").get_to(vocabulary.oov.defaultValue);
  object.at("strings").get_to(vocabulary.strings);
  object.at("integers").get_to(vocabulary.integers);
  object.at("file").get_to(vocabulary.file);
  object.at("size").get_to(vocabulary.fileSize);
}

static void to_json(json &object, const ServingProgram::Item &item) {
  object = {{"name", item.name},
            {"kind", item.kind},
            {"element", item.element},
            {"shape", item.shape},
            {"rank", item.raggedRank}};
}

static void from_json(const json &object, ServingProgram::Item &item) {
  object.at("name").get_to(item.name);
  object.at("kind").get_to(item.kind);
  object.at("element").get_to(item.element);
  object.at("shape").get_to(item.shape);
  object.at("rank").get_to(item.raggedRank);
}

static void to_json(json &object, const ServingProgram::Function &function) {
  object = {{"name", function.name},
            {"arguments", function.arguments},
            {"results", function.results}};
}

static void from_json(const json &object, ServingProgram::Function &function) {
  object.at("name").get_to(function.name);
  object.at("arguments").get_to(function.arguments);
  object.at("results").get_to(function.results);
}
} // namespace embcol

std::string ServingProgram::serialize() const {
  json object = {{"version", version},
                 {"tables", tables},
                 {"vocabularies", vocabularies},
                 {"functions", functions},
                 {"columns", columns}};
  // Not as text: tokens may have bytes that are not UTF-8.
  std::string bytes;
  json::to_cbor(object, bytes);
  return bytes;
}

absl::StatusOr<ServingProgram> ServingProgram::parse(absl::string_view text) {
  try {
    json object = json::from_cbor(text.begin(), text.end());
    if (object.at("version") != version)
      return absl::InvalidArgumentError(
          "the program was compiled by another version of embcol");
    ServingProgram program;
    object.at("tables").get_to(program.tables);
    object.at("vocabularies").get_to(program.vocabularies);
    object.at("functions").get_to(program.functions);
    object.at("columns").get_to(program.columns);
    return program;
  } catch (const json::exception &error) {
    return absl::InvalidArgumentError("not the description of a program");
  }
}
