//===- Dialect.cpp - C API of the dialect ---------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol-c/Dialect.h"
#include "embcol/Dialect/EmbCol/IR/EmbColOps.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"

using namespace mlir;
using namespace mlir::embcol;

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(EmbCol, embcol, EmbColDialect)

// Enumerations of C and C++ have the same values.
#define EMBCOL_SAME_CASE(Enum, Case)                                           \
  static_assert(static_cast<int>(EmbCol##Enum##Case) ==                        \
                static_cast<int>(Enum::Case))
EMBCOL_SAME_CASE(Mode, Training);
EMBCOL_SAME_CASE(Mode, Serving);
EMBCOL_SAME_CASE(Combiner, Sum);
EMBCOL_SAME_CASE(Combiner, Mean);
EMBCOL_SAME_CASE(Combiner, Sqrtn);
EMBCOL_SAME_CASE(Device, Cpu);
EMBCOL_SAME_CASE(Device, TpuTensorCore);
EMBCOL_SAME_CASE(Device, TpuEmbeddingCore);
#undef EMBCOL_SAME_CASE

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

bool embcolTypeIsAString(MlirType type) {
  return isa<StringType>(unwrap(type));
}

MlirTypeID embcolStringTypeGetTypeID() { return wrap(StringType::getTypeID()); }

MlirType embcolStringTypeGet(MlirContext context) {
  return wrap(StringType::get(unwrap(context)));
}

bool embcolTypeIsARagged(MlirType type) {
  return isa<RaggedType>(unwrap(type));
}

MlirTypeID embcolRaggedTypeGetTypeID() { return wrap(RaggedType::getTypeID()); }

MlirType embcolRaggedTypeGet(MlirType elementType, unsigned raggedRank) {
  return wrap(RaggedType::get(unwrap(elementType), raggedRank));
}

MlirType embcolRaggedTypeGetChecked(MlirLocation location, MlirType elementType,
                                    unsigned raggedRank) {
  Location loc = unwrap(location);
  return wrap(RaggedType::getChecked([loc] { return emitError(loc); },
                                     unwrap(elementType), raggedRank));
}

MlirType embcolRaggedTypeGetElementType(MlirType type) {
  return wrap(cast<RaggedType>(unwrap(type)).getElementType());
}

unsigned embcolRaggedTypeGetRaggedRank(MlirType type) {
  return cast<RaggedType>(unwrap(type)).getRaggedRank();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

bool embcolAttributeIsAMode(MlirAttribute attribute) {
  return isa<ModeAttr>(unwrap(attribute));
}

MlirAttribute embcolModeAttrGet(MlirContext context, EmbColMode mode) {
  return wrap(ModeAttr::get(unwrap(context), static_cast<Mode>(mode)));
}

EmbColMode embcolModeAttrGetValue(MlirAttribute attribute) {
  return static_cast<EmbColMode>(cast<ModeAttr>(unwrap(attribute)).getValue());
}

bool embcolAttributeIsACombiner(MlirAttribute attribute) {
  return isa<CombinerAttr>(unwrap(attribute));
}

MlirAttribute embcolCombinerAttrGet(MlirContext context,
                                    EmbColCombiner combiner) {
  return wrap(
      CombinerAttr::get(unwrap(context), static_cast<Combiner>(combiner)));
}

EmbColCombiner embcolCombinerAttrGetValue(MlirAttribute attribute) {
  return static_cast<EmbColCombiner>(
      cast<CombinerAttr>(unwrap(attribute)).getValue());
}

bool embcolAttributeIsADevice(MlirAttribute attribute) {
  return isa<DeviceAttr>(unwrap(attribute));
}

MlirAttribute embcolDeviceAttrGet(MlirContext context, EmbColDevice device) {
  return wrap(DeviceAttr::get(unwrap(context), static_cast<Device>(device)));
}

EmbColDevice embcolDeviceAttrGetValue(MlirAttribute attribute) {
  return static_cast<EmbColDevice>(
      cast<DeviceAttr>(unwrap(attribute)).getValue());
}

bool embcolAttributeIsAIdentity(MlirAttribute attribute) {
  return isa<IdentityAttr>(unwrap(attribute));
}

MlirAttribute embcolIdentityAttrGetChecked(MlirLocation location,
                                           MlirStringRef key,
                                           int64_t numBuckets,
                                           const int64_t *defaultValue) {
  Location loc = unwrap(location);
  MLIRContext *context = loc.getContext();
  return wrap(IdentityAttr::getChecked(
      [loc] { return emitError(loc); }, context,
      StringAttr::get(context, unwrap(key)), numBuckets,
      defaultValue ? std::optional<int64_t>(*defaultValue) : std::nullopt));
}

MlirStringRef embcolIdentityAttrGetKey(MlirAttribute attribute) {
  return wrap(cast<IdentityAttr>(unwrap(attribute)).getKey().getValue());
}

int64_t embcolIdentityAttrGetNumBuckets(MlirAttribute attribute) {
  return cast<IdentityAttr>(unwrap(attribute)).getNumBuckets();
}

bool embcolIdentityAttrGetDefaultValue(MlirAttribute attribute,
                                       int64_t *defaultValue) {
  std::optional<int64_t> value =
      cast<IdentityAttr>(unwrap(attribute)).getDefaultValue();
  if (value)
    *defaultValue = *value;
  return value.has_value();
}
