//===- Tuning.cpp - How kernels run best on a machine ---------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/ExecutionEngine/Tuning.h"

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "embcol/EmbeddingCore/CacheDirectory.h"
#include "embcol/Support/Diagnostics.h"

#include "absl/strings/str_cat.h"
#include "mlir/AsmParser/AsmParser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

#include <cstdlib>

using mlir::ArrayAttr;
using mlir::embcol::PrefetchAttr;

static constexpr char kVariable[] = "EMBCOL_TUNING";

std::string embcol::getTuningFile() {
  if (const char *path = std::getenv(kVariable))
    return path;
  std::string directory = getCacheDirectory("tuning");
  return directory.empty()
             ? ""
             : absl::StrCat(directory, "/", llvm::sys::getHostCPUName().str(),
                            ".mlir");
}

absl::StatusOr<ArrayAttr> embcol::loadTuning(mlir::MLIRContext &context) {
  std::string path = getTuningFile();
  if (path.empty())
    return ArrayAttr();
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code error = file.getError()) {
    if (!std::getenv(kVariable))
      return ArrayAttr();
    return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  }
  DiagnosticText diagnostics(context);
  mlir::Attribute attribute =
      mlir::parseAttribute((*file)->getBuffer().trim(), &context);
  if (!attribute)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", diagnostics.toStatus().message()));
  auto prefetches = mlir::dyn_cast<ArrayAttr>(attribute);
  // (module-C12)
  if (!prefetches || !llvm::all_of(prefetches, llvm::IsaPred<PrefetchAttr>))
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected an array of #embcol.prefetch"));
  return prefetches;
}
