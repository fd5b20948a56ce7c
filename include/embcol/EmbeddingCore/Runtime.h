//===- Runtime.h - What compiled programs call ------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_EMBEDDINGCORE_RUNTIME_H
#define EMBCOL_EMBEDDINGCORE_RUNTIME_H

#include "absl/status/status.h"
#include "absl/types/span.h"

#include <cstdint>
#include <string>

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

namespace embcol {

/// A compiled program has no way to stop halfway. A runtime function that finds
/// something wrong records it for the call that runs on this thread, the first
/// error staying, and the runtime functions that change tables do nothing from
/// then on. The caller of the program clears the error before and takes it
/// after.
void clearCallError();
/// The error since `clearCallError`, prefixed with the name of its column:
/// `column "hour_embedding": id 31 in row 7 is not in [0, 24)`.
absl::Status takeCallError(absl::Span<const std::string> columnNames);

//===----------------------------------------------------------------------===//
// The interface of compiled code
//===----------------------------------------------------------------------===//

/// MLIR's strided memref descriptor.
template <typename T, int Rank> struct MemRef {
  T *allocated;
  T *aligned;
  int64_t offset;
  int64_t sizes[Rank];
  int64_t strides[Rank];

  T *data() const { return aligned + offset; }
};

template <typename T> using MemRef1 = MemRef<T, 1>;
template <typename T> using MemRef2 = MemRef<T, 2>;

/// Generated kernels are passed as addresses and called with their memrefs
/// expanded into scalars, as MLIR's default calling convention has it. All
/// memrefs have a dynamic offset and contiguous rows. The runtime passes on the
/// rows of a table, `void`, whatever they are kept as.
///
/// A lookup kernel pools the bags [begin, end) into the rows of `out` and
/// returns -1, or the position in `ids` of the first id that is not a row:
///   (rows: memref<?x?xT>, ids, starts, ends: memref<?xi64>,
///    weights: memref<?xf32>, out: memref<?x?xf32>, begin, end: index) -> index
///
/// A kernel of weights' gradients, which returns the same, has two arguments in
/// place of `out`: the gradients of the bags, memref<?x?xf32>, and for each id
/// the gradient of its weight, memref<?xf32>.
///
/// An update kernel sums the gradients of the rows uniqueRows[begin, end) and
/// applies the optimizer's rule:
///   (rows: memref<?x?xT>, slots: memref<?x?xf32>,
///    uniqueRows, segments, sources, offsets: memref<?xi64>,
///    scales, gradients: memref<?xf32>,
///    learningRate: f32, step, seed: i64, begin, end: index) -> ()
/// Row uniqueRows[u] gets the entries [segments[u], segments[u + 1]); entry e
/// gives it the gradient that begins at gradients[offsets[sources[e]]], times
/// scales[sources[e]]. `seed` is what the step's random bits come from, if it
/// needs any.
using Kernel = void *;

} // namespace embcol

/// The functions below are called under their plain names from compiled code;
/// those that take rows, or a kernel that does, under names that end in what
/// rows are kept as, such as `embcol_core_add_lookup_bf16`.
/// `column` is the ordinal of a column in its program, -1 for none; memrefs
/// come by address. A weights memref of size 0 means no weights.
extern "C" {

/// The lookups of one or several columns, in two parts: each column's is added,
/// then all that were added run, as one, on the core's threads. `add` takes the
/// bags, as many for each column, bag b being of row b / `steps` of the batch,
/// and the `kernel` that pools them; it does nothing once an error is recorded.
/// What it is given has to live until `run`, which records an OutOfRange error,
/// that of the first column, before an error that is recorded.
void _mlir_ciface_embcol_core_add_lookup(
    int64_t column, int64_t steps, embcol::Kernel kernel,
    embcol::MemRef2<void> *rows, embcol::MemRef1<int64_t> *ids,
    embcol::MemRef1<int64_t> *starts, embcol::MemRef1<int64_t> *ends,
    embcol::MemRef1<float> *weights, embcol::MemRef2<float> *out);
void _mlir_ciface_embcol_core_run_lookups();

/// Adds a column to a packed lookup. `plan` is the address of an
/// embcol::LookupPlan, `table` of an embcol::Table; both live as long as the
/// program.
void _mlir_ciface_embcol_core_add_packed_column(embcol::MemRef1<int8_t> *plan,
                                                int64_t column,
                                                embcol::Kernel kernel,
                                                embcol::MemRef1<int8_t> *table,
                                                int64_t isWeighted);

/// Records an error when the gradients [bags, dimension] of a lookup do not
/// have the bags of its ids.
void _mlir_ciface_embcol_core_check_gradients(
    int64_t column, embcol::MemRef1<int64_t> *starts,
    embcol::MemRef2<float> *gradients);

/// The gradients of all weights, by `kernel`, over the bags of a lookup and on
/// the core's threads. Records an OutOfRange error.
void _mlir_ciface_embcol_core_weight_gradients(
    int64_t column, int64_t steps, embcol::Kernel kernel,
    embcol::MemRef2<void> *rows, embcol::MemRef1<int64_t> *ids,
    embcol::MemRef1<int64_t> *starts, embcol::MemRef1<int64_t> *ends,
    embcol::MemRef1<float> *weights, embcol::MemRef2<float> *gradients,
    embcol::MemRef1<float> *out);

/// Records that the id at `position`, which a kernel over bags returned, is not
/// one of `numRows` rows. Does nothing for -1.
void _mlir_ciface_embcol_core_report_id(int64_t column, int64_t steps,
                                        int64_t position, int64_t numRows,
                                        embcol::MemRef1<int64_t> *ids,
                                        embcol::MemRef1<int64_t> *starts,
                                        embcol::MemRef1<int64_t> *ends);

/// `count`, or 0 once an error is recorded: over how many bags a kernel that is
/// called in place may run.
int64_t _mlir_ciface_embcol_core_guard(int64_t count);

/// The smaller of two batches whose tensors are joined; records an error unless
/// they are the same.
int64_t _mlir_ciface_embcol_core_join_batches(int64_t first, int64_t second);

/// Records an error, naming the row, unless weights are split as ids are.
void _mlir_ciface_embcol_core_check_weights(
    int64_t column, embcol::MemRef1<int64_t> *idSplits,
    embcol::MemRef1<int64_t> *weightSplits);

/// The same for a ragged array of rank 2, naming row and place.
void _mlir_ciface_embcol_core_check_place_weights(
    int64_t column, embcol::MemRef1<int64_t> *idInner,
    embcol::MemRef1<int64_t> *idOuter, embcol::MemRef1<int64_t> *weightInner,
    embcol::MemRef1<int64_t> *weightOuter);

/// Records an error unless a batch is that of tensor_core_shape.
void _mlir_ciface_embcol_core_check_batch(int64_t column, int64_t expected,
                                          int64_t found);

/// Cuts a ragged array of rank 2 into `maxSequenceLength` steps a row: fills
/// `starts` and `ends` [batch * maxSequenceLength] and `lengths` [batch].
void _mlir_ciface_embcol_core_cut_sequence(int64_t maxSequenceLength,
                                           embcol::MemRef1<int64_t> *inner,
                                           embcol::MemRef1<int64_t> *outer,
                                           embcol::MemRef1<int64_t> *starts,
                                           embcol::MemRef1<int64_t> *ends,
                                           embcol::MemRef1<int64_t> *lengths);

/// Maps tokens to ids. `vocabulary` is the address of an embcol::Vocabulary.
void _mlir_ciface_embcol_core_categorize_string(
    embcol::MemRef1<int8_t> *vocabulary, embcol::MemRef1<int8_t> *bytes,
    embcol::MemRef1<int64_t> *offsets, embcol::MemRef1<int64_t> *ids);
void _mlir_ciface_embcol_core_categorize_integer(
    embcol::MemRef1<int8_t> *vocabulary, embcol::MemRef1<int64_t> *tokens,
    embcol::MemRef1<int64_t> *ids);

/// embcol/EmbeddingCore/Ragged.h for compiled code. `inner` has size 0 for a
/// result of ragged rank 1. `padded` != 0 drops cells that are -1; `ordered` !=
/// 0 refuses cells whose rows are not in order.
void _mlir_ciface_embcol_core_ragged_from_dense_integer(
    embcol::MemRef1<int64_t> *cells, int64_t padded, int64_t batch,
    int64_t steps, int64_t entries, embcol::MemRef1<int64_t> *inner,
    embcol::MemRef1<int64_t> *outer, embcol::MemRef1<int64_t> *order);
void _mlir_ciface_embcol_core_ragged_from_dense_string(
    embcol::MemRef1<int8_t> *bytes, embcol::MemRef1<int64_t> *offsets,
    int64_t batch, int64_t steps, int64_t entries,
    embcol::MemRef1<int64_t> *inner, embcol::MemRef1<int64_t> *outer,
    embcol::MemRef1<int64_t> *order);
/// The batch that a dense shape says; 0, and an error, where it cannot be one.
int64_t
_mlir_ciface_embcol_core_coo_batch(embcol::MemRef1<int64_t> *denseShape);
int64_t
_mlir_ciface_embcol_core_count_coo_steps(embcol::MemRef2<int64_t> *indices,
                                         embcol::MemRef1<int64_t> *denseShape);
void _mlir_ciface_embcol_core_ragged_from_coo(
    embcol::MemRef2<int64_t> *indices, embcol::MemRef1<int64_t> *denseShape,
    int64_t ordered, embcol::MemRef1<int64_t> *inner,
    embcol::MemRef1<int64_t> *outer, embcol::MemRef1<int64_t> *order);
/// Writes strings in another order: string i of the result is `order`[i].
/// `outBytes` has room for all of `bytes`.
void _mlir_ciface_embcol_core_gather_strings(
    embcol::MemRef1<int8_t> *bytes, embcol::MemRef1<int64_t> *offsets,
    embcol::MemRef1<int64_t> *order, embcol::MemRef1<int8_t> *outBytes,
    embcol::MemRef1<int64_t> *outOffsets);
/// Records an error unless as many values as cells are given.
void _mlir_ciface_embcol_core_check_size(int64_t numCells, int64_t numValues);
/// Records an error, naming the row, unless `splits` fits `numValues`.
void _mlir_ciface_embcol_core_check_splits(embcol::MemRef1<int64_t> *splits,
                                           int64_t numValues);

/// The updates of a program's step, in three parts, so that all gradients are
/// checked before the first table changes: each table's begins, the gradients
/// of its columns are added (as often as columns share it), then all begun
/// updates are applied. `table` is the address of an embcol::Table, `update`
/// what `begin` returned, `combiner` an embcol::Combiner. `begin` records an
/// error unless both its factors are finite; `gradientMultiplier` scales all
/// gradients; with `allRows` the kernel gets all rows of the table, those
/// without gradients with no entries. `add` records an error when the gradients
/// [bags, dimension] do not have the ids' bags or the table's dimension; what
/// it is given has to live until `apply`, which checks ids, weights and
/// gradients, does nothing once an error is recorded, runs the kernels on the
/// core's threads and ends the updates. Gradients that are not finite are
/// counted by their table, and an error unless `skipsNonfinite`, with which
/// their entries are left out.
int64_t _mlir_ciface_embcol_core_begin_update(embcol::MemRef1<int8_t> *table,
                                              embcol::Kernel kernel,
                                              float learningRate, int64_t step,
                                              int64_t allRows,
                                              int64_t skipsNonfinite,
                                              float gradientMultiplier);
void _mlir_ciface_embcol_core_add_gradients(
    int64_t update, int64_t column, int64_t steps, int64_t combiner,
    int64_t safe, embcol::MemRef1<int64_t> *ids,
    embcol::MemRef1<int64_t> *starts, embcol::MemRef1<int64_t> *ends,
    embcol::MemRef1<float> *weights, embcol::MemRef2<float> *gradients);
void _mlir_ciface_embcol_core_apply_updates();

/// memref.copy between strided buffers, under the name that MLIR gives it.
void memrefCopy(int64_t elementSize, void *sourceUnranked,
                void *targetUnranked);
}

#endif // EMBCOL_EMBEDDINGCORE_RUNTIME_H
