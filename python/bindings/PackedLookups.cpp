//===- PackedLookups.cpp - Lookups at the least cost of a call ------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"
#include "embcol/EmbeddingCore/Ragged.h"
#include "embcol/EmbeddingCore/Scratch.h"
#include "embcol/ExecutionEngine/Program.h"

#include "absl/strings/str_cat.h"

#include <nanobind/stl/string.h>
#include <optional>

namespace nb = nanobind;
using namespace embcol;
using namespace embcol::python;
using namespace nb::literals;

/// Below this many bytes a call is over before another thread of Python could
/// do anything.
static constexpr int64_t minBytesWithoutGil = 64 << 10;

namespace {
/// An argument that is an array of rank 1.
template <typename T> class Vector {
public:
  Vector(nb::handle object, const char *name) : buffer(object) {
    // (packed_lookup-C6)
    if (buffer.view.ndim != 1 || !hasType(buffer.view))
      throw nb::type_error(
          absl::StrCat(name, " must be an array of rank 1 of ",
                       std::is_same_v<T, float> ? "float32" : "int64")
              .c_str());
  }
  absl::Span<const T> span() const {
    return {static_cast<const T *>(buffer.view.buf),
            static_cast<size_t>(buffer.view.shape[0])};
  }

  static bool hasType(const Py_buffer &view) {
    if (view.itemsize != sizeof(T) || view.format[1] != '\0')
      return false;
    char code = view.format[0];
    return std::is_same_v<T, float> ? code == 'f'
                                    : code == 'i' || code == 'l' || code == 'q';
  }

private:
  Buffer buffer;
};

/// An argument that is an array of rank 1, of int64 or int32.
class IntegerVector {
public:
  IntegerVector(nb::handle object, const char *name)
      : buffer(object), isNarrow(Vector<int32_t>::hasType(buffer.view)) {
    // (packed_lookup-C6)
    if (buffer.view.ndim != 1 ||
        !(isNarrow || Vector<int64_t>::hasType(buffer.view)))
      throw nb::type_error(
          absl::StrCat(name, " must be an array of rank 1 of int64 or int32")
              .c_str());
  }
  IdSpan span() const {
    auto size = static_cast<size_t>(buffer.view.shape[0]);
    if (isNarrow)
      return absl::MakeConstSpan(static_cast<const int32_t *>(buffer.view.buf),
                                 size);
    return absl::MakeConstSpan(static_cast<const int64_t *>(buffer.view.buf),
                               size);
  }

private:
  Buffer buffer;
  bool isNarrow;
};

/// A Ragged that programs can take as it is: values of int64, int32 or float32.
/// What is looked at in each call is in one place, for features lie scattered.
class RaggedView {
public:
  RaggedView(nb::handle values, nb::handle rowSplits)
      : valuesBuffer(values), splitsVector(rowSplits, "row_splits"),
        splits(splitsVector.span()), values(valuesBuffer.view.buf),
        numValues(valuesBuffer.view.ndim == 1 ? valuesBuffer.view.shape[0]
                                              : -1),
        isWeights(Vector<float>::hasType(valuesBuffer.view)),
        isWide(Vector<int64_t>::hasType(valuesBuffer.view)),
        isNarrow(Vector<int32_t>::hasType(valuesBuffer.view)) {}

  bool holdsIds() const { return (isWide || isNarrow) && fits(); }
  bool holdsWeights() const { return isWeights && fits(); }
  size_t size() const { return numValues; }
  IdSpan getIds() const {
    if (isNarrow)
      return getValues<int32_t>();
    return getValues<int64_t>();
  }
  absl::Span<const float> getWeights() const { return getValues<float>(); }
  absl::Span<const int64_t> getRowSplits() const { return splits; }

  void prefetch() const {
    __builtin_prefetch(values);
    __builtin_prefetch(splits.data());
  }

private:
  /// Whether there are as many values as the splits say.
  bool fits() const {
    return areAscendingFromZero(splits) && splits.front() == 0 &&
           splits.back() == numValues;
  }
  template <typename T> absl::Span<const T> getValues() const {
    return {static_cast<const T *>(values), static_cast<size_t>(numValues)};
  }

  Buffer valuesBuffer;
  Vector<int64_t> splitsVector;
  absl::Span<const int64_t> splits;
  const void *values;
  int64_t numValues;
  bool isWeights, isWide, isNarrow;
};

/// Raggeds of columns, and for weighted columns those of the weights.
struct RaggedViews {
  std::vector<const RaggedView *> ids, weights;
};

/// A packed lookup of a program, which it keeps alive.
class PackedLookup {
public:
  PackedLookup(const Program &program, const Program::PackedLookup &lookup)
      : program(program), lookup(lookup) {}

  /// TypeError for arrays of other types, also for those with gaps.
  nb::object lookUp(nb::handle values, nb::handle offsets, nb::handle weights,
                    nb::handle out) const;
  /// Of Raggeds, one for each column and, unless a key is None, one of its
  /// weights; None unless all can be taken as they are.
  nb::object lookUpFeatures(const nb::dict &features, const nb::tuple &keys,
                            const nb::tuple &weightKeys) const;

private:
  nb::object run(const PackedIds &ids, nb::handle out) const;
  void run(const PackedIds &ids, float *out) const;

  const Program &program;
  const Program::PackedLookup &lookup;
};
} // namespace

void PackedLookup::run(const PackedIds &ids, float *out) const {
  std::optional<nb::gil_scoped_release> release;
  if (static_cast<int64_t>(ids.values.size()) * lookup.shape.width >=
      minBytesWithoutGil)
    release.emplace();
  absl::Status status = program.lookUp(lookup, ids, out, lookup.shape.width);
  release.reset();
  if (!status.ok())
    throwIfError(status);
}

nb::object PackedLookup::run(const PackedIds &ids, nb::handle out) const {
  int64_t batch = unwrap(lookup.shape.getBatch(ids.offsets.size()));
  if (out.is_none()) {
    Array array =
        Array::allocate(ElementType::F32, {batch, lookup.shape.width});
    run(ids, array.as<float>());
    return toNumpy(array);
  }
  Buffer buffer(out, PyBUF_WRITABLE);
  const Py_buffer &view = buffer.view;
  // (packed_lookup-C7)
  if (view.ndim != 2 || view.shape[0] != batch ||
      view.shape[1] != lookup.shape.width || !Vector<float>::hasType(view))
    throw nb::value_error(absl::StrCat("out must be float32 of shape [", batch,
                                       ", ", lookup.shape.width, "]")
                              .c_str());
  run(ids, static_cast<float *>(view.buf));
  return nb::borrow(out);
}

/// Integers as int64, in memory that a thread keeps if they are not.
static absl::Span<const int64_t> widen(IdSpan integers) {
  if (const int64_t *wide = integers.getWide())
    return {wide, integers.size()};
  static thread_local Scratch<int64_t> copy;
  copy.reset(integers.size());
  integers.copyTo(copy.data());
  return copy.span();
}

nb::object PackedLookup::lookUp(nb::handle values, nb::handle offsets,
                                nb::handle weights, nb::handle out) const {
  IntegerVector ids(values, "values"), splits(offsets, "offsets");
  PackedIds packed{ids.span(), widen(splits.span()), {}};
  if (weights.is_none())
    return run(packed, out);
  Vector<float> factors(weights, "weights");
  packed.weights = factors.span();
  return run(packed, out);
}

/// The feature of each key, null for None; false if one is missing.
static bool findFeatures(const nb::dict &features, const nb::tuple &keys,
                         std::vector<PyObject *> &found) {
  found.clear();
  for (nb::handle key : keys) {
    PyObject *feature = nullptr;
    if (!key.is_none()) {
      feature = PyDict_GetItemWithError(features.ptr(), key.ptr());
      if (!feature) {
        PyErr_Clear();
        return false;
      }
      __builtin_prefetch(feature);
    }
    found.push_back(feature);
  }
  return true;
}

/// The views of features, null for null; false if one has none. The features
/// keep them alive.
static bool findViews(const std::vector<PyObject *> &features,
                      std::vector<const RaggedView *> &views) {
  static PyObject *attribute = PyUnicode_InternFromString("_view");
  static auto *type =
      reinterpret_cast<PyTypeObject *>(nb::type<RaggedView>().ptr());
  views.clear();
  for (PyObject *feature : features) {
    const RaggedView *view = nullptr;
    if (feature) {
      nb::object object = nb::steal(PyObject_GetAttr(feature, attribute));
      if (!object.is_valid() || Py_TYPE(object.ptr()) != type) {
        PyErr_Clear();
        return false;
      }
      view = nb::inst_ptr<RaggedView>(object);
      __builtin_prefetch(view);
    }
    views.push_back(view);
  }
  return true;
}

/// Whether views are ids of one batch, and weights split as they are.
static bool fit(const RaggedViews &views) {
  for (const RaggedView *ids : views.ids)
    ids->prefetch();
  size_t numSplits = views.ids.front()->getRowSplits().size();
  for (size_t i = 0; i < views.ids.size(); ++i) {
    const RaggedView *ids = views.ids[i], *weights = views.weights[i];
    if (!ids->holdsIds() || ids->getRowSplits().size() != numSplits)
      return false;
    if (weights && (!weights->holdsWeights() ||
                    weights->getRowSplits() != ids->getRowSplits()))
      return false;
  }
  return true;
}

/// One array of what the views hold, from memory that a thread keeps.
static PackedIds pack(const RaggedViews &views, bool isWeighted) {
  static thread_local Scratch<int64_t> values, offsets;
  static thread_local Scratch<float> weights;
  int64_t numIds = 0, batch = views.ids[0]->getRowSplits().size() - 1;
  for (const RaggedView *view : views.ids)
    numIds += view->size();
  values.reset(numIds);
  offsets.reset(batch * views.ids.size() + 1);
  weights.reset(isWeighted ? numIds : 0);
  int64_t begin = 0, *offset = offsets.data();
  for (size_t i = 0; i < views.ids.size(); ++i) {
    IdSpan ids = views.ids[i]->getIds();
    ids.copyTo(values.data() + begin);
    if (views.weights[i]) {
      absl::Span<const float> factors = views.weights[i]->getWeights();
      std::copy(factors.begin(), factors.end(), weights.data() + begin);
    }
    const int64_t *splits = views.ids[i]->getRowSplits().data();
    for (int64_t row = 0; row < batch; ++row)
      *offset++ = begin + splits[row];
    begin += ids.size();
  }
  *offset = begin;
  return {IdSpan(values.span()), offsets.span(), weights.span()};
}

nb::object PackedLookup::lookUpFeatures(const nb::dict &features,
                                        const nb::tuple &keys,
                                        const nb::tuple &weightKeys) const {
  static thread_local std::vector<PyObject *> found;
  static thread_local RaggedViews views;
  // In passes, for what each of them comes upon to be fetched meanwhile.
  if (!findFeatures(features, keys, found) || !findViews(found, views.ids) ||
      !findFeatures(features, weightKeys, found) ||
      !findViews(found, views.weights) || !fit(views))
    return nb::none();
  if (views.ids.size() > 1)
    return run(pack(views, lookup.shape.isWeighted), nb::none());
  PackedIds packed{views.ids[0]->getIds(), views.ids[0]->getRowSplits(), {}};
  if (views.weights[0])
    packed.weights = views.weights[0]->getWeights();
  return run(packed, nb::none());
}

void embcol::python::bindPackedLookups(nb::module_ &module) {
  nb::class_<RaggedView>(module, "RaggedView")
      .def(nb::init<nb::handle, nb::handle>());
  nb::class_<PackedLookup>(module, "PackedLookup")
      .def("look_up", &PackedLookup::lookUp, "values"_a, "offsets"_a,
           "weights"_a.none(), "out"_a.none())
      .def("look_up_features", &PackedLookup::lookUpFeatures);
  module.def(
      "packed_lookup",
      [](const Program &program, const std::string &name) {
        return PackedLookup(program, *program.getPackedLookup(name));
      },
      "program"_a, "name"_a, nb::keep_alive<0, 1>());
}
