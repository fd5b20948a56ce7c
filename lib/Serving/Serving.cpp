//===- Serving.cpp - Programs that were compiled ahead of time ------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Serving/Serving.h"

#include "Call.h"
#include "embcol/EmbeddingCore/Checkpoint.h"
#include "embcol/EmbeddingCore/Runtime.h"
#include "embcol/EmbeddingCore/SystemError.h"

#include "absl/strings/str_cat.h"

#include <cstring>
#include <exception>

using namespace embcol;
using namespace embcol::detail;

struct embcol_serving_model {
  const embcol_serving_program *program;
  ServingProgram description;
  EmbeddingCore core{/*seed=*/0};
  /// The rows of tables, then vocabularies.
  std::vector<const void *> memory;
};

thread_local const void *const *embcol_serving_memory = nullptr;

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static thread_local std::string lastError;

static embcol_status getStatus(const absl::Status &status) {
  if (getSystemError(status))
    return EMBCOL_SYSTEM_ERROR;
  switch (status.code()) {
  case absl::StatusCode::kOk:
    return EMBCOL_OK;
  case absl::StatusCode::kInvalidArgument:
  case absl::StatusCode::kAlreadyExists:
  case absl::StatusCode::kDataLoss:
    return EMBCOL_INVALID_ARGUMENT;
  case absl::StatusCode::kOutOfRange:
    return EMBCOL_OUT_OF_RANGE;
  case absl::StatusCode::kNotFound:
  case absl::StatusCode::kPermissionDenied:
    return EMBCOL_SYSTEM_ERROR;
  case absl::StatusCode::kResourceExhausted:
    return EMBCOL_OUT_OF_MEMORY;
  default:
    return EMBCOL_INTERNAL;
  }
}

/// Runs what may fail in any way. Nothing gets out to C but a status.
template <typename Body> static embcol_status report(Body body) {
  absl::Status status;
  try {
    status = body();
  } catch (const std::bad_alloc &) {
    status = absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception &error) {
    status = absl::InternalError(error.what());
  }
  if (!status.ok())
    lastError = std::string(status.message());
  return getStatus(status);
}

const char *embcol_serving_error(void) { return lastError.c_str(); }

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static absl::StatusOr<Vocabulary>
makeVocabulary(const ServingProgram::Vocabulary &vocabulary,
               const std::string &directory) {
  if (!vocabulary.file.empty())
    return Vocabulary::fromFile(directory + vocabulary.file,
                                vocabulary.fileSize, vocabulary.type,
                                vocabulary.oov);
  if (vocabulary.type == Vocabulary::TokenType::String)
    return Vocabulary::fromStrings(vocabulary.strings, vocabulary.oov);
  return Vocabulary::fromIntegers(vocabulary.integers, vocabulary.oov);
}

static absl::Status addTables(embcol_serving_model &model,
                              const std::string &path) {
  for (const ServingProgram::Table &table : model.description.tables) {
    TableSpec spec;
    spec.name = table.name;
    spec.numRows = table.numRows;
    spec.dimension = table.dimension;
    spec.rowType = table.rowType;
    spec.partition = table.partition;
    spec.isMapped = true;
    if (absl::Status status = model.core.addTable(std::move(spec));
        !status.ok())
      return status;
  }
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::open(path);
  return checkpoint.ok() ? checkpoint->map(model.core) : checkpoint.status();
}

static absl::Status addVocabularies(embcol_serving_model &model,
                                    const std::string &path) {
  std::string directory = path.substr(0, path.rfind('/') + 1);
  for (const ServingProgram::Vocabulary &vocabulary :
       model.description.vocabularies) {
    absl::StatusOr<Vocabulary> made = makeVocabulary(vocabulary, directory);
    if (!made.ok())
      return made.status();
    absl::Status status =
        model.core.addVocabulary(vocabulary.name, *std::move(made));
    if (!status.ok())
      return status;
  }
  return absl::OkStatus();
}

static absl::StatusOr<std::unique_ptr<embcol_serving_model>>
openModel(const embcol_serving_program &program, const std::string &path) {
  absl::StatusOr<ServingProgram> description = ServingProgram::parse(
      {program.description, static_cast<size_t>(program.descriptionBytes)});
  if (!description.ok())
    return description.status();
  auto model = std::make_unique<embcol_serving_model>();
  model->program = &program;
  model->description = *std::move(description);
  absl::Status status = addTables(*model, path);
  if (status.ok())
    status = addVocabularies(*model, path);
  if (!status.ok())
    return status;
  for (const ServingProgram::Table &table : model->description.tables)
    model->memory.push_back(model->core.table(table.name)->rowData());
  for (ServingProgram::Vocabulary &vocabulary :
       model->description.vocabularies) {
    model->memory.push_back(model->core.vocabulary(vocabulary.name));
    // The core has them.
    vocabulary = {};
  }
  return model;
}

embcol_status embcol_serving_open(const embcol_serving_program *program,
                                  const char *path,
                                  embcol_serving_model **model) {
  *model = nullptr;
  return report([&] {
    // (serving-C4)
    if (!path)
      return absl::InvalidArgumentError("the path is NULL");
    absl::StatusOr<std::unique_ptr<embcol_serving_model>> opened =
        openModel(*program, path);
    if (opened.ok())
      *model = opened->release();
    return opened.status();
  });
}

void embcol_serving_close(embcol_serving_model *model) { delete model; }

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

static absl::Status call(const embcol_serving_model &model, int64_t number,
                         const void *const *arguments, void *structure) {
  const ServingProgram::Function &function =
      model.description.functions[number];
  std::memset(structure, 0, getSizeOfResults(function));
  CallArguments packed(function);
  if (absl::Status status = packed.set(arguments); !status.ok())
    return status;
  CallResults results(function);
  clearCallError();
  embcol_serving_memory = model.memory.data();
  model.program->functions[number](
      packed.getPacked(results.data(), results.isScalar()));
  absl::Status status = takeCallError(model.description.columns);
  if (status.ok())
    results.moveTo(structure);
  else
    results.release();
  return status;
}

embcol_status embcol_serving_call(const embcol_serving_model *model,
                                  int64_t function,
                                  const void *const *arguments, void *results) {
  return report([&] {
    // (serving-C4)
    if (!model || !results)
      return absl::InvalidArgumentError(
          absl::StrCat(model ? "results" : "the model", " is NULL"));
    return call(*model, function, arguments, results);
  });
}

void embcol_serving_free(void *results) {
  if (results)
    freeResults(results);
}
