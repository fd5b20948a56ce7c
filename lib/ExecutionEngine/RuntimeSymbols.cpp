//===- RuntimeSymbols.cpp - What compiled programs may call ---------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeSymbols.h"
#include "embcol/EmbeddingCore/ResultMemory.h"
#include "embcol/EmbeddingCore/Runtime.h"

using namespace embcol;

// Named one by one, so that a library that holds the runtime keeps all of it
// and no look-up by name depends on how that library was loaded.
#define EMBCOL_RUNTIME_FUNCTION(name) {#name, reinterpret_cast<void *>(&(name))}
// Under a name for each type that rows may have, and for bytes.
#define EMBCOL_ROW_FUNCTION(name)                                              \
  {#name "_f32", reinterpret_cast<void *>(&(name))},                           \
      {#name "_bf16", reinterpret_cast<void *>(&(name))},                      \
      {#name "_f16", reinterpret_cast<void *>(&(name))}, {                     \
    #name "_i8", reinterpret_cast<void *>(&(name))                             \
  }

llvm::StringMap<void *> embcol::getRuntimeSymbols() {
  return {
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_add_gradients),
      EMBCOL_ROW_FUNCTION(_mlir_ciface_embcol_core_add_lookup),
      EMBCOL_ROW_FUNCTION(_mlir_ciface_embcol_core_add_packed_column),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_apply_updates),
      EMBCOL_ROW_FUNCTION(_mlir_ciface_embcol_core_begin_update),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_categorize_integer),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_categorize_string),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_check_batch),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_check_gradients),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_check_place_weights),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_check_size),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_check_splits),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_check_weights),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_coo_batch),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_count_coo_steps),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_cut_sequence),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_gather_strings),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_guard),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_join_batches),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_ragged_from_coo),
      EMBCOL_RUNTIME_FUNCTION(
          _mlir_ciface_embcol_core_ragged_from_dense_integer),
      EMBCOL_RUNTIME_FUNCTION(
          _mlir_ciface_embcol_core_ragged_from_dense_string),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_report_id),
      EMBCOL_RUNTIME_FUNCTION(_mlir_ciface_embcol_core_run_lookups),
      EMBCOL_ROW_FUNCTION(_mlir_ciface_embcol_core_weight_gradients),
      EMBCOL_RUNTIME_FUNCTION(memrefCopy),
      // What compiled code allocates may be a result.
      {"malloc", reinterpret_cast<void *>(&allocateResult)},
      {"free", reinterpret_cast<void *>(&freeResult)},
  };
}
