//===- EmbColAttrs.cpp - Attributes ---------------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "Verifiers.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::embcol;

namespace mlir::embcol::detail {
/// Numbers are written without a type and are f64.
static FailureOr<FloatAttr> parseNumber(AsmParser &parser) {
  double value;
  if (parser.parseFloat(value))
    return failure();
  return parser.getBuilder().getF64FloatAttr(value);
}
} // namespace mlir::embcol::detail

/// The slots of a custom optimizer: `{name = number, ...}`.
static ParseResult parseSlots(AsmParser &parser, ArrayAttr &names,
                              DenseF64ArrayAttr &initialValues) {
  Builder &builder = parser.getBuilder();
  SmallVector<Attribute> parsedNames;
  SmallVector<double> parsedValues;
  auto parseSlot = [&]() -> ParseResult {
    std::string name;
    if (parser.parseKeywordOrString(&name) || parser.parseEqual() ||
        parser.parseFloat(parsedValues.emplace_back()))
      return failure();
    parsedNames.push_back(builder.getStringAttr(name));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces, parseSlot))
    return failure();
  names = builder.getArrayAttr(parsedNames);
  initialValues = builder.getDenseF64ArrayAttr(parsedValues);
  return success();
}

static void printSlots(AsmPrinter &printer, ArrayAttr names,
                       DenseF64ArrayAttr initialValues) {
  printer << "{";
  llvm::interleaveComma(
      llvm::zip(names.getAsRange<StringAttr>(), initialValues.asArrayRef()),
      printer, [&](auto slot) {
        auto [name, value] = slot;
        printer.printKeywordOrString(name.getValue());
        printer << " = ";
        printer.printFloat(APFloat(value));
      });
  printer << "}";
}

static FloatAttr getNumber(MLIRContext *context, double value) {
  return FloatAttr::get(Float64Type::get(context), value);
}

#include "embcol/Dialect/EmbCol/IR/EmbColEnums.cpp.inc"
#include "embcol/Dialect/EmbCol/IR/EmbColInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.cpp.inc"

void EmbColDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Categorical kinds
//===----------------------------------------------------------------------===//

LogicalResult
mlir::embcol::verifyKey(function_ref<InFlightDiagnostic()> emitError,
                        StringRef name, StringAttr key) {
  // (categorical-C1)
  if (key.empty() || key.getValue().contains('\0'))
    return emitError() << "expected " << name
                       << " not to be empty, and without zero bytes, found "
                       << key;
  return success();
}

static LogicalResult
verifyIdentity(function_ref<InFlightDiagnostic()> emitError, StringAttr key,
               int64_t numBuckets, std::optional<int64_t> defaultValue) {
  if (failed(verifyKey(emitError, "key", key)))
    return failure();
  // (identity-C1)
  if (numBuckets < 1)
    return emitError() << "expected num_buckets to be positive, found "
                       << numBuckets;
  // (identity-C2)
  if (defaultValue && (*defaultValue < 0 || *defaultValue >= numBuckets))
    return emitError() << "expected default_value in [0, " << numBuckets
                       << "), found " << *defaultValue;
  return success();
}

LogicalResult IdentityAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   StringAttr key, int64_t numBuckets,
                                   std::optional<int64_t> defaultValue) {
  return verifyIdentity(emitError, key, numBuckets, defaultValue);
}

LogicalResult
SequenceIdentityAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                             StringAttr key, int64_t numBuckets,
                             std::optional<int64_t> defaultValue) {
  return verifyIdentity(emitError, key, numBuckets, defaultValue);
}

LogicalResult
VocabularyListAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                           StringAttr key, FlatSymbolRefAttr) {
  return verifyKey(emitError, "key", key);
}

LogicalResult
SequenceVocabularyListAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   StringAttr key, FlatSymbolRefAttr) {
  return verifyKey(emitError, "key", key);
}

LogicalResult
VocabularyFileAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                           StringAttr key, FlatSymbolRefAttr) {
  return verifyKey(emitError, "key", key);
}

LogicalResult
SequenceVocabularyFileAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   StringAttr key, FlatSymbolRefAttr) {
  return verifyKey(emitError, "key", key);
}

bool SequenceIdentityAttr::isSequence() const { return true; }
bool SequenceVocabularyListAttr::isSequence() const { return true; }
bool SequenceVocabularyFileAttr::isSequence() const { return true; }
bool SequenceVocabularyFileAttr::isVocabularyFile() const { return true; }
bool VocabularyFileAttr::isVocabularyFile() const { return true; }

StringAttr WeightedAttr::getKey() const { return getCategorical().getKey(); }
FlatSymbolRefAttr WeightedAttr::getVocabulary() const {
  return getCategorical().getVocabulary();
}
int64_t WeightedAttr::getNumBuckets() const {
  return getCategorical().getNumBuckets();
}
std::optional<int64_t> WeightedAttr::getDefaultValue() const {
  return getCategorical().getDefaultValue();
}
bool WeightedAttr::isVocabularyFile() const {
  return getCategorical().isVocabularyFile();
}

LogicalResult WeightedAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   CategoricalAttrInterface categorical,
                                   StringAttr weightKey) {
  // (weighted-C1)
  if (isa<WeightedAttr>(categorical))
    return emitError() << "expected a column without weights to be weighted, "
                          "found "
                       << categorical;
  // (weighted-C2)
  if (categorical.isSequence())
    return emitError() << "expected a plain column to be weighted, found the "
                          "sequence column "
                       << categorical;
  // (weighted-C3)
  if (categorical.getKey() == weightKey)
    return emitError() << "expected weights from a feature other than the "
                          "ids', found "
                       << weightKey << " for both";
  return verifyKey(emitError, "weight_key", weightKey);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

LogicalResult
PartitionAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      PartitionStrategy, int64_t numPartitions) {
  // (partition-C1)
  if (numPartitions < 1)
    return emitError() << "expected num_partitions to be positive, found "
                       << numPartitions;
  return success();
}

PrefetchAttr PrefetchAttr::getDefault(MLIRContext *context, int64_t maxRowBytes,
                                      bool isLarge) {
  return get(context, maxRowBytes, isLarge, /*distance=*/isLarge ? 32 : 16,
             /*locality=*/isLarge ? 2 : 3);
}

LogicalResult PrefetchAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t maxRowBytes, bool, int64_t distance,
                                   int64_t locality) {
  // (prefetch-C1)
  if (maxRowBytes < 1)
    return emitError() << "expected max_row_bytes to be positive, found "
                       << maxRowBytes;
  // (prefetch-C2)
  if (distance < 1 || distance > kMaxDistance)
    return emitError() << "expected a distance from 1 to " << kMaxDistance
                       << ", found " << distance;
  // (prefetch-C3)
  if (locality < 0 || locality > 3)
    return emitError() << "expected a locality from 0 to 3, found " << locality;
  return success();
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

LogicalResult
mlir::embcol::verifyFinite(function_ref<InFlightDiagnostic()> emitError,
                           StringRef name, FloatAttr number) {
  double value = number.getValueAsDouble();
  if (!std::isfinite(static_cast<float>(value)))
    return emitError() << "expected " << name << " to be finite in f32, found "
                       << value;
  return success();
}

static bool isInRange(float value, Range range) {
  switch (range) {
  case Range::Finite:
    return true;
  case Range::Positive:
    return value > 0;
  case Range::NotNegative:
    return value >= 0;
  case Range::NotPositive:
    return value <= 0;
  case Range::BelowOne:
    return value >= 0 && value < 1;
  case Range::UpToOne:
    return value >= 0 && value <= 1;
  }
  llvm_unreachable("unknown range");
}

static StringRef describe(Range range) {
  switch (range) {
  case Range::Finite:
    return "to be finite in f32";
  case Range::Positive:
    return "to be positive in f32";
  case Range::NotNegative:
    return "not to be negative";
  case Range::NotPositive:
    return "not to be positive";
  case Range::BelowOne:
    return "in [0, 1) in f32";
  case Range::UpToOne:
    return "in [0, 1] in f32";
  }
  llvm_unreachable("unknown range");
}

LogicalResult
mlir::embcol::verifyNumbers(function_ref<InFlightDiagnostic()> emitError,
                            ArrayRef<NumberInRange> numbers) {
  for (const NumberInRange &number : numbers) {
    if (!number.value)
      continue;
    if (failed(verifyFinite(emitError, number.name, number.value)))
      return failure();
    double value = number.value.getValueAsDouble();
    // (optimizer-C1)
    if (!isInRange(static_cast<float>(value), number.range))
      return emitError() << "expected " << number.name << " "
                         << describe(number.range) << ", found " << value;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Initializers
//===----------------------------------------------------------------------===//

TruncatedNormalAttr TruncatedNormalAttr::get(MLIRContext *context, double mean,
                                             double stddev) {
  return get(context, getNumber(context, mean), getNumber(context, stddev));
}

LogicalResult
TruncatedNormalAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                            FloatAttr mean, FloatAttr stddev) {
  // (initializer-C1)
  if (failed(verifyFinite(emitError, "mean", mean)) ||
      failed(verifyFinite(emitError, "stddev", stddev)))
    return failure();
  // (initializer-C2)
  if (stddev.getValueAsDouble() < 0)
    return emitError() << "expected stddev not to be negative, found "
                       << stddev.getValueAsDouble();
  return success();
}

double TruncatedNormalAttr::getLargestMagnitude() const {
  return std::abs(getMean().getValueAsDouble()) +
         2 * getStddev().getValueAsDouble();
}

ConstantAttr ConstantAttr::get(MLIRContext *context, double value) {
  return get(context, getNumber(context, value));
}

LogicalResult ConstantAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   FloatAttr value) {
  // (initializer-C1)
  return verifyFinite(emitError, "value", value);
}

double ConstantAttr::getLargestMagnitude() const {
  return std::abs(getValue().getValueAsDouble());
}

UniformAttr UniformAttr::get(MLIRContext *context, double minval,
                             double maxval) {
  return get(context, getNumber(context, minval), getNumber(context, maxval));
}

LogicalResult UniformAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  FloatAttr minval, FloatAttr maxval) {
  // (initializer-C1)
  if (failed(verifyFinite(emitError, "minval", minval)) ||
      failed(verifyFinite(emitError, "maxval", maxval)))
    return failure();
  // (initializer-C3)
  if (minval.getValueAsDouble() > maxval.getValueAsDouble())
    return emitError() << "expected minval not above maxval, found "
                       << minval.getValueAsDouble() << " and "
                       << maxval.getValueAsDouble();
  return success();
}

double UniformAttr::getLargestMagnitude() const {
  return std::max(std::abs(getMinval().getValueAsDouble()),
                  std::abs(getMaxval().getValueAsDouble()));
}
