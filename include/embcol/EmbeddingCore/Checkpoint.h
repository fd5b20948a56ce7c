//===- Checkpoint.h - Saving and loading tables -----------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_CHECKPOINT_H
#define EMBCOL_EMBEDDINGCORE_CHECKPOINT_H

#include "embcol/EmbeddingCore/EmbeddingCore.h"
#include "embcol/EmbeddingCore/Snapshot.h"

#include <map>
#include <memory>
#include <string>

namespace embcol {

using Metadata = std::map<std::string, std::string>;
/// Contents by name.
using Files = std::map<std::string, std::string>;

/// Writes all tables and slots, as they were when `snapshot` began, as one
/// safetensors file: tensor "<table>" [rows, dimension] and tensors
/// "<table>/<slot>" [rows, width], f32, with `metadata` in the header. Of a
/// table in several partitions each is a tensor of its own, such as
/// "<table>/mod_0_of_2". The file is written beside `path`, synced and renamed,
/// so that a crash leaves either the old or the new file whole; `files`, which
/// `metadata` may refer to, are in the same directory before that. Copies no
/// table.
absl::Status saveCheckpoint(const std::string &path, Snapshot &snapshot,
                            const Metadata &metadata, const Files &files);

/// The same of a core as it is now. No update may be under way as this begins.
absl::Status saveCheckpoint(const std::string &path, const EmbeddingCore &core,
                            const Metadata &metadata);

class CheckpointFile;

/// A file written by `saveCheckpoint`, whose header has been found to describe
/// it. It stays the same file when another save replaces it.
class Checkpoint {
public:
  static absl::StatusOr<Checkpoint> open(const std::string &path);
  Checkpoint(Checkpoint &&);
  ~Checkpoint();

  const Metadata &metadata() const;

  /// Reads the file into the tables of `core`, which must have the names and
  /// shapes of those in the file. Slots that the core does not have (a model
  /// loaded for serving has none) are passed over. Checks all names and shapes
  /// before it writes to any table. Waits for a save of the core to end.
  absl::Status load(EmbeddingCore &core) const;

  /// Gives the tables of `core`, which are `isMapped`, their rows where they
  /// are in the file: nothing is read before it is used, and processes share
  /// it. The file has to stay as it is as long as the tables live; a save,
  /// which replaces it, leaves it so. Checks as `load` does.
  absl::Status map(EmbeddingCore &core) const;

  /// Whether no save has replaced the file.
  bool isCurrent() const;

private:
  explicit Checkpoint(std::unique_ptr<CheckpointFile> file);

  std::unique_ptr<CheckpointFile> file;
};

/// Opens a file and loads it. Returns the metadata.
absl::StatusOr<Metadata> loadCheckpoint(const std::string &path,
                                        EmbeddingCore &core);

} // namespace embcol

#endif // EMBCOL_EMBEDDINGCORE_CHECKPOINT_H
