//===- Columns.h - Specifications of columns --------------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_FRONTEND_COLUMNS_H
#define EMBCOL_FRONTEND_COLUMNS_H

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "embcol/EmbeddingCore/Table.h"

#include "absl/status/statusor.h"
#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace embcol {

//===----------------------------------------------------------------------===//
// What the user declares, under TensorFlow's names
//===----------------------------------------------------------------------===//

/// Tokens in line, or in a file.
struct VocabularySpec {
  std::variant<std::vector<std::string>, std::vector<int64_t>> tokens;
  /// Where `file` is not empty, `tokens` says no more than their type.
  std::string file;
  int64_t size = 0;
  int64_t numOovBuckets = 0;
  int64_t defaultValue = -1;

  bool operator==(const VocabularySpec &other) const;
};

/// A categorical column of any of the seven kinds.
struct CategoricalColumnSpec {
  std::string key;
  bool isSequence = false;
  /// Identity where there is no vocabulary.
  std::optional<VocabularySpec> vocabulary;
  int64_t numBuckets = 0;
  std::optional<int64_t> defaultValue;
  /// Empty for a column without weights.
  std::string weightFeatureKey;
};

struct EmbeddingColumnSpec {
  std::string name;
  CategoricalColumnSpec categoricalColumn;
  std::string tableName;
  mlir::embcol::Combiner combiner = mlir::embcol::Combiner::Mean;
  int64_t maxSequenceLength = 0;
  std::optional<mlir::embcol::Device> embeddingLookupDevice;
  /// -1 for a dynamic batch.
  std::optional<std::vector<int64_t>> tensorCoreShape;
  bool useSafeEmbeddingLookup = true;
};

struct EmbeddingTableSpec {
  std::string name;
  int64_t numRows;
  int64_t dimension;
  Initializer initializer;
  /// The name of a function of the step, or empty.
  std::string learningRateFn;
};

struct ModelSpec {
  mlir::embcol::Mode mode = mlir::embcol::Mode::Training;
  /// Null in serving.
  mlir::embcol::OptimizerAttrInterface optimizer;
  std::vector<EmbeddingTableSpec> tables;
  std::vector<EmbeddingColumnSpec> columns;
  /// The columns that `@apply_gradients` takes gradients for: all, if not set.
  std::optional<std::vector<std::string>> gradientColumns;
  /// Null for none.
  mlir::embcol::OptimizerOptionsAttr optimizerOptions;
  /// For a custom optimizer, the module of its rule, as `checkUpdateRule` takes
  /// it; the optimizer's own name for the rule does not count.
  std::string updateRule;
  /// The name of the function of the step that gradients are multiplied by, or
  /// empty.
  std::string gradientMultiplierFn;
  mlir::embcol::NonfiniteGradients nonfiniteGradients =
      mlir::embcol::NonfiniteGradients::Refuse;
  /// How the rows of all tables are divided.
  Partition partition;
  /// What the rows of all tables are kept as, and whether updates round them
  /// stochastically.
  RowType rowType = RowType::F32;
  bool stochasticRounding = false;
  /// The functions of the step that are written in MLIR, by name: modules as
  /// `parseStepFunction` takes them. The others are external, float(int64_t).
  std::map<std::string, std::string> stepFunctions;
};

//===----------------------------------------------------------------------===//
// What is built of it
//===----------------------------------------------------------------------===//

/// A feature as a function takes it.
struct FeatureInput {
  std::string key;
  /// For weights, the feature of the ids that they weigh; empty otherwise.
  std::string weightsOf;
  enum class Kind { Integer, String, Weight } kind;
  /// What a row of the batch is: entries (ragged rank 1); entries at their
  /// places, which the tensor core cuts (ragged rank 2); or steps of entries,
  /// which a feature can have an axis for (ragged rank 2).
  enum class Form { Entries, Places, Steps } form;

  int64_t getRaggedRank() const { return form == Form::Entries ? 1 : 2; }
  bool operator==(const FeatureInput &other) const {
    return key == other.key && weightsOf == other.weightsOf &&
           kind == other.kind && form == other.form;
  }
};

/// Where things stand among the arguments and results of a model's functions:
///
///   @lookup(inputs...) -> (pooled columns joined [batch, width] if there are
///     any, then values [batch, max_sequence_length, dimension] and lengths
///     [batch] for each sequence column, then in training the ids, a ragged
///     array for each categorical column)
///   @apply_gradients(ids..., weights..., the gradient of the pooled columns
///     joined [batch, width] if there are any, the gradient of each sequence
///     column's values, step)
struct ModelLayout {
  struct Column {
    std::string name;
    int64_t dimension;
    bool isSequence;
    /// Where a pooled column begins in the joined result.
    int64_t offset;
    /// The position of its ids among the ids of @lookup.
    size_t ids;
    /// The position of its weights among the inputs, for a weighted column.
    std::optional<size_t> weights;
  };
  /// The names of the functions: those above, unless a column or a table has
  /// them.
  std::string lookupFunction;
  std::string applyGradientsFunction;
  std::string weightGradientsFunction;
  std::string categorizeFunction;
  std::string lookupIdsFunction;
  std::string packedLookup;
  std::vector<FeatureInput> inputs;
  /// In the order of their names, which is TensorFlow's.
  std::vector<Column> columns;
  /// The vocabularies that come from files: the name of the symbol, the file.
  std::vector<std::pair<std::string, std::string>> vocabularyFiles;
  /// The columns of @apply_gradients, or of @weight_gradients, positions in
  /// `columns`, and the ids that it takes, positions among those of @lookup.
  std::vector<size_t> gradientColumns;
  std::vector<size_t> gradientIds;
};

struct Model {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  ModelLayout layout;
};

/// Builds the module of a model. InvalidArgument where a column has no table,
/// training no optimizer, or the module does not verify.
absl::StatusOr<Model> buildModel(mlir::MLIRContext &context,
                                 const ModelSpec &spec);

/// Builds a module with one function, which goes with those of the model and
/// works on its tables, for the weighted columns among `spec.gradientColumns`:
///
///   @weight_gradients(ids..., weights..., joined gradient [batch, width])
///     -> (the gradients with respect to weights, ragged...)
///
/// InvalidArgument as for `buildModel`.
absl::StatusOr<Model> buildWeightGradients(mlir::MLIRContext &context,
                                           const ModelSpec &spec);

/// Builds a module with the two halves of a model's @lookup, of which the first
/// reads no table:
///
///   @categorize(inputs...) -> the ids, a ragged array for each categorical
///     column
///   @lookup_ids(ids..., weights..., as they stand among the inputs) -> what
///     @lookup gives before the ids
///
/// InvalidArgument as for `buildModel`.
absl::StatusOr<Model> buildHalves(mlir::MLIRContext &context,
                                  const ModelSpec &spec);

/// Builds a module with a packed lookup of all columns that are no sequences,
/// in the layout's order. InvalidArgument as for `buildModel`.
absl::StatusOr<Model> buildPackedLookup(mlir::MLIRContext &context,
                                        const ModelSpec &spec);

/// Parses a module with one public function, of type (i64) -> f32, and private
/// ones that it calls. InvalidArgument for anything else.
absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>>
parseStepFunction(mlir::MLIRContext &context, const std::string &source);

/// Checks that a module is one public function, and that it is the rule of an
/// optimizer with these slots. InvalidArgument if it is not.
absl::Status checkUpdateRule(mlir::MLIRContext &context,
                             const std::string &source,
                             const std::vector<std::string> &slots);

/// Builds a module with one function, @transform, from the tokens of a
/// categorical column to its ids.
absl::StatusOr<Model> buildTransform(mlir::MLIRContext &context,
                                     const CategoricalColumnSpec &spec);

} // namespace embcol

#endif // EMBCOL_FRONTEND_COLUMNS_H
