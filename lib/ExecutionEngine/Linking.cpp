//===- Linking.cpp - Shared libraries for serving -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/AheadOfTime.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

/// What the compiler that links is told, a line each.
static constexpr char linkOptions[] =
#include "LinkOptions.inc"
    ;

static absl::Status makeError(const Twine &what, std::error_code error) {
  return absl::InternalError((what + ": " + error.message()).str());
}

static absl::Status writeFile(StringRef path, StringRef content) {
  std::error_code error;
  raw_fd_ostream os(path, error);
  os << content;
  os.close();
  error = error ? error : os.error();
  os.clear_error();
  return error ? makeError(path, error) : absl::OkStatus();
}

/// The compiler that links: the one that embcol was built with, or another one
/// of C++.
static absl::StatusOr<std::string> findCompiler() {
  for (StringRef name : {EMBCOL_LINKER_DRIVER, "c++", "clang++", "g++"})
    if (ErrorOr<std::string> found = sys::findProgramByName(name))
      return *found;
  return absl::NotFoundError("found no C++ compiler, which is what links");
}

/// Runs a program. On failure, what it has written is the error.
static absl::Status run(const std::vector<std::string> &command) {
  SmallString<128> log;
  if (std::error_code error =
          sys::fs::createTemporaryFile("embcol-link", "txt", log))
    return makeError("cannot make a temporary file", error);
  FileRemover remover(log);
  std::vector<StringRef> arguments(command.begin(), command.end());
  std::string message;
  int result = sys::ExecuteAndWait(
      command.front(), arguments,
      /*Env=*/std::nullopt, {StringRef(), log.str(), log.str()},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (result == 0)
    return absl::OkStatus();
  if (ErrorOr<std::unique_ptr<MemoryBuffer>> written =
          MemoryBuffer::getFile(log))
    message += (*written)->getBuffer().rtrim();
  return absl::InternalError(
      absl::StrCat("linking by ", command.front(), " failed: ", message));
}

absl::Status
embcol::ServingLibrary::emitShared(const CodeTarget &target,
                                   const std::string &runtimeArchive,
                                   const std::string &path) const {
  if (!sys::fs::exists(runtimeArchive))
    return absl::NotFoundError(
        absl::StrCat("found no runtime to link, ", runtimeArchive));
  absl::StatusOr<std::string> compiler = findCompiler();
  if (!compiler.ok())
    return compiler.status();
  absl::StatusOr<std::string> object = emitObject(target);
  if (!object.ok())
    return object.status();
  SmallString<128> objectPath;
  if (std::error_code error =
          sys::fs::createTemporaryFile(name, "o", objectPath))
    return makeError("cannot make a temporary file", error);
  FileRemover remover(objectPath);
  if (absl::Status status = writeFile(objectPath, *object); !status.ok())
    return status;

  std::vector<std::string> command = {
      *compiler, "-shared", "-o", path, objectPath.str().str(), runtimeArchive};
  for (absl::string_view option :
       absl::StrSplit(linkOptions, '\n', absl::SkipEmpty()))
    command.emplace_back(option);
  return run(command);
}
