//===- embcol-compile.cpp - Makes a library of a program ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/AheadOfTime.h"
#include "embcol/ExecutionEngine/Program.h"

#include "absl/strings/str_cat.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace embcol;
namespace cl = llvm::cl;

enum class Emit { Object, Shared, Header };

static cl::OptionCategory category("embcol-compile options");
static cl::opt<std::string> input(cl::Positional, cl::Required,
                                  cl::desc("<program.mlir>"),
                                  cl::cat(category));
static cl::opt<Emit> emitKind(
    "emit", cl::desc("What to make"), cl::init(Emit::Shared),
    cl::values(
        clEnumValN(Emit::Shared, "shared",
                   "a shared library, with the runtime in it (default)"),
        clEnumValN(Emit::Object, "object",
                   "an object file, to be linked with libembcol_serving.a"),
        clEnumValN(Emit::Header, "header", "the C header of either")),
    cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Where to write it"),
                                   cl::value_desc("file"), cl::Required,
                                   cl::cat(category));
static cl::opt<std::string>
    name("name",
         cl::desc("What all names of the library begin with; when left out, "
                  "what the program's file is called"),
         cl::value_desc("identifier"), cl::cat(category));
static cl::opt<std::string>
    triple("mtriple", cl::desc("The target; this machine when left out"),
           cl::value_desc("triple"), cl::cat(category));
static cl::opt<std::string>
    cpu("mcpu", cl::desc("The processor; this machine's when left out"),
        cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string>
    features("mattr", cl::desc("Features of the processor to add or leave out"),
             cl::value_desc("+a1,-a2,..."), cl::cat(category));
static cl::opt<std::string>
    runtime("runtime",
            cl::desc("The archive to link shared libraries with; "
                     "lib/libembcol_serving.a beside the folder of this tool "
                     "when left out"),
            cl::value_desc("file.a"), cl::cat(category));

static std::string getRuntime(const char *program) {
  if (!runtime.empty())
    return runtime;
  // Any function of this program tells where it is.
  llvm::SmallString<128> path(llvm::sys::path::parent_path(
      llvm::sys::path::parent_path(llvm::sys::fs::getMainExecutable(
          program, reinterpret_cast<void *>(&getRuntime)))));
  llvm::sys::path::append(path, "lib", "libembcol_serving.a");
  return path.str().str();
}

static absl::Status write(const std::string &content) {
  std::error_code error;
  llvm::ToolOutputFile file(output, error, llvm::sys::fs::OF_None);
  if (!error) {
    file.os() << content;
    file.os().close();
    error = file.os().error();
    file.os().clear_error();
  }
  if (error)
    return absl::InternalError(
        absl::StrCat(output.getValue(), ": ", error.message()));
  file.keep();
  return absl::OkStatus();
}

static absl::Status compile(const char *program) {
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(input, /*IsText=*/true);
  if (std::error_code error = file.getError())
    return absl::NotFoundError(
        absl::StrCat(input.getValue(), ": ", error.message()));
  mlir::DialectRegistry registry;
  registerCompilation(registry);
  mlir::MLIRContext context(registry);
  auto module = parseModule((*file)->getBuffer(), input, context);
  if (!module.ok())
    return module.status();
  absl::StatusOr<ServingLibrary> library = ServingLibrary::create(
      **module, name.empty() ? getLibraryName(input) : name.getValue());
  if (!library.ok())
    return library.status();

  CodeTarget target{triple, cpu, features};
  if (emitKind == Emit::Shared)
    return library->emitShared(target, getRuntime(program), output);
  if (emitKind == Emit::Header)
    return write(library->getHeader());
  absl::StatusOr<std::string> object = library->emitObject(target);
  return object.ok() ? write(*object) : object.status();
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLLVM(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv, "Makes a library for serving, for C, of a program.\n");
  absl::Status status = compile(argv[0]);
  if (status.ok())
    return 0;
  llvm::errs() << "embcol-compile: " << std::string(status.message()) << "\n";
  return 1;
}
