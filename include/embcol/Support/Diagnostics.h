//===- Diagnostics.h - Diagnostics as text ----------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_SUPPORT_DIAGNOSTICS_H
#define EMBCOL_SUPPORT_DIAGNOSTICS_H

#include "absl/status/status.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <thread>

namespace embcol {

/// Gathers the errors that this thread causes, with their notes, as the text of
/// a status.
class DiagnosticText {
public:
  explicit DiagnosticText(mlir::MLIRContext &context)
      : thread(std::this_thread::get_id()),
        handler(&context, [this](mlir::Diagnostic &diagnostic) {
          // Others may compile in the same context at the same time.
          if (std::this_thread::get_id() != thread ||
              diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
            return mlir::failure();
          append(diagnostic);
          for (mlir::Diagnostic &note : diagnostic.getNotes())
            append(note);
          return mlir::success();
        }) {}

  absl::Status toStatus() const { return absl::InvalidArgumentError(text); }

private:
  void append(mlir::Diagnostic &diagnostic) {
    std::string line = diagnostic.str();
    bool isWritten = !llvm::isa<mlir::UnknownLoc>(diagnostic.getLocation());
    // Which op it is matters to who writes IR, not to who declares columns.
    if (line.rfind("see current operation", 0) == 0)
      return;
    if (!isWritten && line.rfind("'embcol.", 0) == 0)
      line.erase(0, line.find("' op ") + 5);
    llvm::raw_string_ostream os(text);
    if (!text.empty())
      os << "\n";
    if (isWritten)
      os << diagnostic.getLocation() << ": ";
    os << line;
  }

  std::string text;
  std::thread::id thread;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace embcol

#endif // EMBCOL_SUPPORT_DIAGNOSTICS_H
