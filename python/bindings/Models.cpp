//===- Models.cpp - Models, tables and programs ---------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"
#include "embcol/Dialect/EmbCol/IR/EmbColTypes.h"
#include "embcol/EmbeddingCore/Checkpoint.h"
#include "embcol/EmbeddingCore/Conversion.h"
#include "embcol/ExecutionEngine/Program.h"
#include "embcol/Frontend/Columns.h"
#include "embcol/Reference/Interpreter.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
namespace ir = mlir::embcol;
using namespace embcol;
using namespace embcol::python;
using namespace nb::literals;

/// Never destroyed: modules outlive the interpreter's order of destruction.
static mlir::MLIRContext &getContext() {
  static auto *context = [] {
    mlir::DialectRegistry registry;
    registerCompilation(registry);
    return new mlir::MLIRContext(registry);
  }();
  return *context;
}

//===----------------------------------------------------------------------===//
// Specifications
//===----------------------------------------------------------------------===//

template <typename EnumT>
static EnumT symbolize(const std::string &name,
                       std::optional<EnumT> (*function)(llvm::StringRef)) {
  if (std::optional<EnumT> value = function(name))
    return *value;
  throw nb::value_error(("unknown name '" + name + "'").c_str());
}

static std::string toBytes(nb::handle object) {
  auto bytes = nb::cast<nb::bytes>(object);
  return std::string(bytes.c_str(), bytes.size());
}

static VocabularySpec makeVocabulary(nb::object tokens, bool isString,
                                     const std::string &file, int64_t size,
                                     int64_t numOovBuckets,
                                     int64_t defaultValue) {
  VocabularySpec spec;
  spec.file = file;
  spec.size = size;
  spec.numOovBuckets = numOovBuckets;
  spec.defaultValue = defaultValue;
  if (isString) {
    std::vector<std::string> words;
    if (!tokens.is_none())
      for (nb::handle token : nb::list(tokens))
        words.push_back(toBytes(token));
    spec.tokens = std::move(words);
  } else {
    spec.tokens = tokens.is_none() ? std::vector<int64_t>()
                                   : nb::cast<std::vector<int64_t>>(tokens);
  }
  return spec;
}

static CategoricalColumnSpec
makeCategoricalColumn(const std::string &key, bool isSequence,
                      std::optional<VocabularySpec> vocabulary,
                      int64_t numBuckets, std::optional<int64_t> defaultValue,
                      const std::string &weightFeatureKey) {
  return {key,        isSequence,   std::move(vocabulary),
          numBuckets, defaultValue, weightFeatureKey};
}

static EmbeddingColumnSpec makeEmbeddingColumn(
    const std::string &name, CategoricalColumnSpec categorical,
    const std::string &tableName, const std::string &combiner,
    int64_t maxSequenceLength, std::optional<std::string> device,
    std::optional<std::vector<int64_t>> tensorCoreShape, bool isSafe) {
  EmbeddingColumnSpec spec;
  spec.name = name;
  spec.categoricalColumn = std::move(categorical);
  spec.tableName = tableName;
  spec.combiner = symbolize(combiner, ir::symbolizeCombiner);
  spec.maxSequenceLength = maxSequenceLength;
  if (device)
    spec.embeddingLookupDevice = symbolize(*device, ir::symbolizeDevice);
  spec.tensorCoreShape = std::move(tensorCoreShape);
  spec.useSafeEmbeddingLookup = isSafe;
  return spec;
}

static EmbeddingTableSpec makeTable(const std::string &name, int64_t numRows,
                                    int64_t dimension,
                                    const std::string &initializer, double a,
                                    double b,
                                    const std::string &learningRateFn) {
  EmbeddingTableSpec spec{name, numRows, dimension, SuppliedInitializer{},
                          learningRateFn};
  if (initializer == "truncated_normal")
    spec.initializer = TruncatedNormalInitializer{a, b};
  else if (initializer == "constant")
    spec.initializer = ConstantInitializer{a};
  else if (initializer == "uniform")
    spec.initializer = UniformInitializer{a, b};
  return spec;
}

/// The attribute that a text is.
template <typename AttrT>
static AttrT parse(const std::optional<std::string> &text) {
  if (!text)
    return {};
  getContext().loadDialect<ir::EmbColDialect>();
  auto attribute = mlir::dyn_cast_if_present<AttrT>(
      mlir::parseAttribute(*text, &getContext()));
  if (!attribute)
    throw nb::value_error(("not what was expected: " + *text).c_str());
  return attribute;
}

static RowType parsePrecision(const std::string &precision) {
  if (precision == "int8")
    return RowType::I8;
  if (precision == "int4")
    return RowType::I4;
  for (RowType type : {RowType::F32, RowType::BF16, RowType::F16})
    if (getName(type) == precision)
      return type;
  throw nb::value_error(("no precision: " + precision).c_str());
}

static Model
makeModel(const std::string &mode, std::optional<std::string> optimizer,
          std::optional<std::string> optimizerOptions,
          const std::string &updateRule, std::vector<EmbeddingTableSpec> tables,
          std::vector<EmbeddingColumnSpec> columns,
          std::optional<std::vector<std::string>> gradientColumns,
          const std::string &gradientMultiplierFn,
          const std::string &nonfiniteGradients,
          const std::string &partitionStrategy, int64_t numPartitions,
          const std::string &precision, bool stochasticRounding,
          std::map<std::string, std::string> stepFunctions,
          const std::string &kind) {
  ModelSpec spec;
  spec.optimizer = parse<ir::OptimizerAttrInterface>(optimizer);
  spec.optimizerOptions = parse<ir::OptimizerOptionsAttr>(optimizerOptions);
  spec.updateRule = updateRule;
  spec.gradientMultiplierFn = gradientMultiplierFn;
  spec.nonfiniteGradients =
      symbolize(nonfiniteGradients, ir::symbolizeNonfiniteGradients);
  spec.partition = {partitionStrategy == "mod" ? PartitionStrategy::Mod
                                               : PartitionStrategy::Div,
                    numPartitions};
  spec.rowType = parsePrecision(precision);
  spec.stochasticRounding = stochasticRounding;
  spec.stepFunctions = std::move(stepFunctions);
  spec.mode = symbolize(mode, ir::symbolizeMode);
  spec.tables = std::move(tables);
  spec.columns = std::move(columns);
  spec.gradientColumns = std::move(gradientColumns);
  if (kind == "weight_gradients")
    return unwrap(buildWeightGradients(getContext(), spec));
  if (kind == "halves")
    return unwrap(buildHalves(getContext(), spec));
  if (kind == "packed_lookup")
    return unwrap(buildPackedLookup(getContext(), spec));
  return unwrap(buildModel(getContext(), spec));
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static nb::dict describeLayout(const ModelLayout &layout) {
  static constexpr const char *kinds[] = {"int64", "string", "float32"};
  static constexpr const char *forms[] = {"entries", "places", "steps"};
  nb::list inputs, columns;
  for (const FeatureInput &input : layout.inputs)
    inputs.append(nb::make_tuple(input.key, input.weightsOf,
                                 kinds[static_cast<size_t>(input.kind)],
                                 forms[static_cast<size_t>(input.form)]));
  for (const ModelLayout::Column &column : layout.columns) {
    nb::object weights = nb::none();
    if (column.weights)
      weights = nb::cast(*column.weights);
    columns.append(nb::make_tuple(column.name, column.dimension,
                                  column.isSequence, column.offset, column.ids,
                                  weights));
  }
  nb::dict description;
  description["lookup"] = layout.lookupFunction;
  description["apply_gradients"] = layout.applyGradientsFunction;
  description["weight_gradients"] = layout.weightGradientsFunction;
  description["categorize"] = layout.categorizeFunction;
  description["lookup_ids"] = layout.lookupIdsFunction;
  description["packed_lookup"] = layout.packedLookup;
  description["vocabulary_files"] = layout.vocabularyFiles;
  description["inputs"] = inputs;
  description["columns"] = columns;
  description["gradient_columns"] = layout.gradientColumns;
  description["gradient_ids"] = layout.gradientIds;
  return description;
}

static std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

/// The text of the module at a stage of its compilation.
static std::string printStage(const Model &model, const std::string &stage,
                              const std::string &mode) {
  mlir::ModuleOp module = *model.module;
  if (stage == "embcol")
    return print(module);
  Stage to = stage == "placed"    ? Stage::Placed
             : stage == "lowered" ? Stage::Lowered
                                  : Stage::LLVM;
  nb::gil_scoped_release release;
  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> lowered =
      lowerModule(module, *ir::symbolizeMode(mode), to);
  nb::gil_scoped_acquire acquire;
  return print(*unwrap(std::move(lowered)));
}

/// The text of the module as it was built, but with other vocabulary files, by
/// symbol.
static std::string
printWithFiles(const Model &model,
               const std::map<std::string, std::string> &files) {
  mlir::ModuleOp original = *model.module;
  mlir::OwningOpRef<mlir::ModuleOp> module = original.clone();
  for (auto vocabulary : module->getOps<ir::VocabularyOp>())
    if (auto found = files.find(vocabulary.getSymName().str());
        found != files.end())
      vocabulary.setFile(found->second);
  return print(*module);
}

static std::unique_ptr<Program>
compileModel(const Model &model, std::shared_ptr<EmbeddingCore> core,
             const std::string &mode,
             const std::map<std::string, int64_t> &functions, bool reference) {
  ProgramOptions options;
  options.mode = symbolize(mode, ir::symbolizeMode);
  for (const auto &[name, address] : functions)
    options.functions[name] = reinterpret_cast<void *>(address);
  nb::gil_scoped_release release;
  absl::StatusOr<std::unique_ptr<Program>> program =
      reference ? createInterpreter(*model.module, std::move(core), options)
                : Program::create(*model.module, std::move(core), options);
  nb::gil_scoped_acquire acquire;
  return unwrap(std::move(program));
}

static std::shared_ptr<EmbeddingCore>
createCore(const Model &model, uint64_t seed, bool isInitialized,
           const EmbeddingCore *vocabularies) {
  nb::gil_scoped_release release;
  absl::StatusOr<std::shared_ptr<EmbeddingCore>> core =
      createEmbeddingCore(*model.module, seed, isInitialized, vocabularies);
  nb::gil_scoped_acquire acquire;
  return unwrap(std::move(core));
}

static std::vector<Value> callProgram(const Program &program,
                                      const std::string &function,
                                      std::vector<Value> arguments) {
  nb::gil_scoped_release release;
  absl::StatusOr<std::vector<Value>> results =
      program.call(function, arguments);
  nb::gil_scoped_acquire acquire;
  return unwrap(std::move(results));
}

static Model parseProgram(const std::string &source, const std::string &name) {
  return {unwrap(parseModule(source, name, getContext())), {}};
}

/// The name that numpy has for an element type, "string" for strings.
static std::string describeElement(mlir::Type type) {
  if (mlir::isa<ir::StringType>(type))
    return "string";
  if (type.isF32())
    return "float32";
  if (type.isIndex())
    return "int64";
  return "int" + std::to_string(type.getIntOrFloatBitWidth());
}

/// The form, the element type and the rank of a value.
static nb::tuple describeType(mlir::Type type) {
  if (auto ragged = mlir::dyn_cast<ir::RaggedType>(type))
    return nb::make_tuple("ragged", describeElement(ragged.getElementType()),
                          ragged.getRaggedRank());
  if (auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type))
    return nb::make_tuple("tensor", describeElement(tensor.getElementType()),
                          tensor.getRank());
  return nb::make_tuple("scalar", describeElement(type), 0);
}

/// The arguments, (name, form, element type, rank), and the results, without
/// names, of a function.
static nb::tuple describeSignature(const Program &program,
                                   const std::string &function) {
  const FunctionSignature *signature = program.getSignature(function);
  if (!signature)
    throw nb::key_error(function.c_str());
  nb::list arguments, results;
  for (const FunctionSignature::Item &item : signature->arguments)
    arguments.append(nb::make_tuple(item.name) + describeType(item.type));
  for (const FunctionSignature::Item &item : signature->results)
    results.append(describeType(item.type));
  return nb::make_tuple(arguments, results);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static const Table &getTable(const EmbeddingCore &core,
                             const std::string &name) {
  if (const Table *table = core.table(name))
    return *table;
  throw nb::key_error(name.c_str());
}

/// The rows in the order of their positions: a view of f32 ones, which keeps
/// the core alive, a copy of others.
static nb::object getRows(std::shared_ptr<EmbeddingCore> core,
                          const std::string &name) {
  const Table &table = getTable(*core, name);
  std::vector<int64_t> shape{table.numRows(), table.dimension()};
  if (table.rowType() == RowType::F32) {
    Array array{ElementType::F32, std::move(shape), {}};
    array.data = std::shared_ptr<void>(std::move(core), table.rows());
    return toNumpy(array);
  }
  Array array = Array::allocate(ElementType::F32, std::move(shape));
  const char *row = static_cast<const char *>(table.rowData());
  size_t dimension = table.dimension();
  for (int64_t i = 0; i < table.numRows(); ++i, row += table.rowBytes())
    decodeWeights(table.rowType(), row,
                  {array.as<float>() + i * dimension, dimension});
  return toNumpy(array);
}

/// The same as they are in memory, bytes: a view, which keeps the core alive.
static nb::object getQuantizedRows(std::shared_ptr<EmbeddingCore> core,
                                   const std::string &name) {
  const Table &table = getTable(*core, name);
  Array array{ElementType::I8, {table.numRows(), table.rowBytes()}, {}};
  array.data = std::shared_ptr<void>(std::move(core), table.rowData());
  return toNumpy(array);
}

static void writeBytes(const EmbeddingCore &core, const std::string &name,
                       nb::handle bytes) {
  Array rows = fromNumpy(bytes);
  nb::gil_scoped_release release;
  absl::Status status = writeQuantizedRows(
      getTable(core, name), rows.as<uint8_t>(), rows.shape.back());
  nb::gil_scoped_acquire acquire;
  throwIfError(status);
}

/// Writes all tables of a core from those of another, and returns by table the
/// greatest difference, its row, and the root of the mean square.
static nb::dict convertTables(const EmbeddingCore &from, EmbeddingCore &to) {
  nb::dict errors;
  for (const std::unique_ptr<Table> &table : to.tables()) {
    const Table &source = getTable(from, table->name());
    nb::gil_scoped_release release;
    absl::StatusOr<TableDifference> error = convertRows(source, *table);
    nb::gil_scoped_acquire acquire;
    TableDifference found = unwrap(std::move(error));
    errors[table->name().c_str()] =
        nb::make_tuple(found.maximum, found.row, found.rootMeanSquare);
  }
  return errors;
}

/// Writes all rows, which have the table's shape.
static void writeRows(const EmbeddingCore &core, const std::string &name,
                      nb::handle values) {
  const Table &table = getTable(core, name);
  Array rows = fromNumpy(values);
  int64_t dimension = table.dimension();
  auto getRow = [&](int64_t row) -> absl::Span<const float> {
    return {rows.as<float>() + row * dimension, static_cast<size_t>(dimension)};
  };
  nb::gil_scoped_release release;
  for (int64_t row = 0; row < table.numRows(); ++row)
    // (table-C8)
    if (auto unfit = findUnfit(table.rowType(), getRow(row))) {
      nb::gil_scoped_acquire acquire;
      throwIfError(makeUnfitError(table, row, getRow(row)[*unfit]));
    }
  table.undoLog().keepAll();
  for (int64_t row = 0; row < table.numRows(); ++row)
    table.writeRow(row, getRow(row));
}

/// Where each row is in memory; None where all are in order.
static nb::object getPositions(const EmbeddingCore &core,
                               const std::string &name) {
  const Table &table = getTable(core, name);
  if (table.spec().partition.isInOrder())
    return nb::none();
  Array positions = Array::allocate(ElementType::I64, {table.numRows()});
  for (int64_t row = 0; row < table.numRows(); ++row)
    positions.as<int64_t>()[row] = table.position(row);
  return toNumpy(positions);
}

/// Where each partition begins in memory, and the last one ends.
static std::vector<int64_t> getPartitionStarts(const EmbeddingCore &core,
                                               const std::string &name) {
  const Table &table = getTable(core, name);
  std::vector<int64_t> starts;
  for (int64_t p = 0; p <= table.spec().partition.numPartitions; ++p)
    starts.push_back(table.partitionStart(p));
  return starts;
}

static void bindCore(nb::module_ &module) {
  nb::class_<EmbeddingCore>(module, "EmbeddingCore")
      .def("table_names",
           [](const EmbeddingCore &core) {
             std::vector<std::string> names;
             for (const auto &table : core.tables())
               names.push_back(table->name());
             return names;
           })
      .def("rows", getRows)
      .def("write_rows", writeRows)
      .def("quantized_rows", getQuantizedRows)
      .def("write_quantized_rows", writeBytes)
      .def("is_quantized",
           [](const EmbeddingCore &core, const std::string &name) {
             return isQuantized(getTable(core, name).rowType());
           })
      .def("convert_tables", convertTables, "to"_a)
      .def("shape",
           [](const EmbeddingCore &core, const std::string &name) {
             const Table &table = getTable(core, name);
             return nb::make_tuple(table.numRows(), table.dimension());
           })
      .def("nonfinite_gradients",
           [](const EmbeddingCore &core, const std::string &name) {
             return getTable(core, name).numNonfiniteGradients();
           })
      .def("positions", getPositions)
      .def("partition_starts", getPartitionStarts)
      .def("vocabulary_text",
           [](const EmbeddingCore &core, const std::string &name) {
             const Vocabulary *vocabulary = core.vocabulary(name);
             if (!vocabulary)
               throw nb::key_error(name.c_str());
             std::string text = vocabulary->toText();
             return nb::bytes(text.data(), text.size());
           });
}

static void bindCheckpoints(nb::module_ &module) {
  nb::class_<Snapshot>(module, "Snapshot")
      .def(nb::init<const EmbeddingCore &>(), "core"_a, nb::keep_alive<1, 2>(),
           nb::call_guard<nb::gil_scoped_release>())
      .def("begin", &Snapshot::begin, nb::call_guard<nb::gil_scoped_release>())
      .def("end", &Snapshot::end, nb::call_guard<nb::gil_scoped_release>())
      .def("save", [](Snapshot &snapshot, const std::string &path,
                      const Metadata &metadata,
                      const std::map<std::string, nb::bytes> &files) {
        Files contents;
        for (const auto &[name, content] : files)
          contents[name] = toBytes(content);
        nb::gil_scoped_release release;
        absl::Status status =
            saveCheckpoint(path, snapshot, metadata, contents);
        nb::gil_scoped_acquire acquire;
        throwIfError(status);
      });
  nb::class_<Checkpoint>(module, "Checkpoint")
      .def("metadata", &Checkpoint::metadata)
      .def("is_current", &Checkpoint::isCurrent)
      .def("load", [](const Checkpoint &checkpoint, EmbeddingCore &core) {
        nb::gil_scoped_release release;
        absl::Status status = checkpoint.load(core);
        nb::gil_scoped_acquire acquire;
        throwIfError(status);
      });
  module.def("open_checkpoint", [](const std::string &path) {
    return unwrap(Checkpoint::open(path));
  });
}

void embcol::python::bindModels(nb::module_ &module) {
  nb::class_<VocabularySpec>(module, "VocabularySpec");
  nb::class_<CategoricalColumnSpec>(module, "CategoricalColumnSpec");
  nb::class_<EmbeddingColumnSpec>(module, "EmbeddingColumnSpec");
  nb::class_<EmbeddingTableSpec>(module, "EmbeddingTableSpec");
  module.def("vocabulary", makeVocabulary, "tokens"_a.none(), "is_string"_a,
             "file"_a, "size"_a, "num_oov_buckets"_a, "default_value"_a);
  module.def("categorical_column", makeCategoricalColumn, "key"_a,
             "is_sequence"_a, "vocabulary"_a.none(), "num_buckets"_a,
             "default_value"_a.none(), "weight_feature_key"_a);
  module.def("embedding_column", makeEmbeddingColumn, "name"_a,
             "categorical_column"_a, "table_name"_a, "combiner"_a,
             "max_sequence_length"_a, "embedding_lookup_device"_a.none(),
             "tensor_core_shape"_a.none(), "use_safe_embedding_lookup"_a);
  module.def("embedding_table", makeTable, "name"_a, "num_rows"_a,
             "dimension"_a, "initializer"_a, "a"_a, "b"_a,
             "learning_rate_fn"_a);
  module.def("build_model", makeModel, "mode"_a, "optimizer"_a.none(),
             "optimizer_options"_a.none(), "update_rule"_a, "tables"_a,
             "columns"_a, "gradient_columns"_a.none(),
             "gradient_multiplier_fn"_a, "nonfinite_gradients"_a,
             "partition_strategy"_a, "num_partitions"_a, "precision"_a,
             "stochastic_rounding"_a, "step_functions"_a, "kind"_a);
  module.def("check_step_function", [](const std::string &source) {
    throwIfError(parseStepFunction(getContext(), source).status());
  });
  module.def("check_update_rule", [](const std::string &source,
                                     const std::vector<std::string> &slots) {
    throwIfError(checkUpdateRule(getContext(), source, slots));
  });
  module.def("build_transform", [](const CategoricalColumnSpec &spec) {
    return unwrap(buildTransform(getContext(), spec));
  });

  module.def("parse_program", parseProgram);
  nb::class_<Program>(module, "Program")
      .def("call", callProgram)
      .def("signature", describeSignature)
      .def("function_names", &Program::getFunctionNames)
      .def("report", [](const Program &program) {
        const Program::Report &report = program.getReport();
        return nb::make_tuple(report.seconds, report.numKernels,
                              report.isCached);
      });
  nb::class_<Model>(module, "ModelModule")
      .def("layout",
           [](const Model &model) { return describeLayout(model.layout); })
      .def("text", printStage, "stage"_a, "mode"_a)
      .def("text_with_files", printWithFiles, "files"_a)
      .def("create_core", createCore, "seed"_a, "is_initialized"_a,
           "vocabularies"_a.none() = nb::none())
      .def("compile", compileModel, "core"_a, "mode"_a, "functions"_a,
           "reference"_a = false);
  bindCore(module);
  bindCheckpoints(module);
}
