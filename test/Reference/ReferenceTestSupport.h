//===- ReferenceTestSupport.h - Programs to compare -------------*- C++ -*-===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef EMBCOL_TEST_REFERENCE_REFERENCETESTSUPPORT_H
#define EMBCOL_TEST_REFERENCE_REFERENCETESTSUPPORT_H

#include "embcol/ExecutionEngine/Features.h"
#include "embcol/Reference/Interpreter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

namespace embcol {

/// Random numbers; a seed gives the same ones on every machine.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}

  /// In [begin, end).
  int64_t number(int64_t begin, int64_t end) {
    return begin + static_cast<int64_t>(engine() % (end - begin));
  }
  bool oneIn(int64_t count) { return number(0, count) == 0; }
  template <typename T> T choose(const std::vector<T> &values) {
    return values[number(0, values.size())];
  }

private:
  std::mt19937_64 engine;
};

/// The splits of rows of up to 4 entries.
inline std::vector<int64_t> makeSplits(Random &random, int64_t numRows) {
  std::vector<int64_t> splits = {0};
  for (int64_t row = 0; row < numRows; ++row)
    splits.push_back(splits.back() + random.number(0, 5));
  return splits;
}

inline Array makeArray(const std::vector<int64_t> &values) {
  Array array =
      Array::allocate(ElementType::I64, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), array.as<int64_t>());
  return array;
}

inline Value makeTensor(const std::vector<float> &values,
                        std::vector<int64_t> shape) {
  Array array = Array::allocate(ElementType::F32, std::move(shape));
  std::copy(values.begin(), values.end(), array.as<float>());
  return {{array}, {}};
}

/// `splits`, the inner ones first.
inline Value makeRagged(const std::vector<int64_t> &values,
                        const std::vector<std::vector<int64_t>> &splits) {
  Value ragged{{makeArray(values)}, {}};
  for (const std::vector<int64_t> &level : splits)
    ragged.parts.push_back(makeArray(level));
  return ragged;
}

inline Value makeWeights(const std::vector<float> &values,
                         const std::vector<std::vector<int64_t>> &splits) {
  Value ragged = makeTensor(values, {static_cast<int64_t>(values.size())});
  for (const std::vector<int64_t> &level : splits)
    ragged.parts.push_back(makeArray(level));
  return ragged;
}

inline Value makeScalar(int64_t value) {
  return {{Array::scalar(ElementType::I64, value)}, {}};
}
inline Value makeScalar(float value) {
  return {{Array::scalar(ElementType::F32, value)}, {}};
}

inline std::vector<float> toFloats(const Value &value, size_t part = 0) {
  const Array &array = value.parts[part];
  return std::vector<float>(array.as<float>(),
                            array.as<float>() + array.size());
}
inline std::vector<int64_t> toIntegers(const Value &value, size_t part = 0) {
  const Array &array = value.parts[part];
  return std::vector<int64_t>(array.as<int64_t>(),
                              array.as<int64_t>() + array.size());
}

/// Equal up to 1e-6, of what is greater than 1 relatively.
inline bool isClose(float lhs, float rhs) {
  if (lhs == rhs || (std::isnan(lhs) && std::isnan(rhs)))
    return true;
  return std::abs(lhs - rhs) <= 1e-6f * std::max(1.0f, std::abs(rhs));
}

inline void expectClose(const Array &compiled, const Array &interpreted) {
  ASSERT_EQ(compiled.type, interpreted.type);
  ASSERT_EQ(compiled.shape, interpreted.shape);
  if (compiled.type != ElementType::F32) {
    EXPECT_EQ(std::memcmp(compiled.data.get(), interpreted.data.get(),
                          compiled.size() * getElementSize(compiled.type)),
              0);
    return;
  }
  for (int64_t i = 0; i < compiled.size(); ++i)
    EXPECT_TRUE(isClose(compiled.as<float>()[i], interpreted.as<float>()[i]))
        << "at " << i << ": compiled " << compiled.as<float>()[i]
        << ", interpreted " << interpreted.as<float>()[i];
}

/// Equal, or neighbours among the numbers of a type: what is close may be
/// rounded to either.
inline void expectNeighbours(const Array &compiled, const Array &interpreted,
                             RowType type) {
  float unit = type == RowType::BF16 ? 0x1p-7f : 0x1p-10f;
  for (int64_t i = 0; i < compiled.size(); ++i) {
    float lhs = compiled.as<float>()[i], rhs = interpreted.as<float>()[i];
    EXPECT_TRUE(isClose(lhs, rhs) ||
                std::abs(lhs - rhs) <=
                    unit * std::max(std::abs(lhs), std::abs(rhs)))
        << "at " << i << ": compiled " << lhs << ", interpreted " << rhs;
  }
}

/// The same module compiled and interpreted, each on tables of its own that
/// begin alike.
class ReferenceTest : public ::testing::Test {
protected:
  ReferenceTest() {
    mlir::DialectRegistry registry;
    registerCompilation(registry);
    context.appendDialectRegistry(registry);
  }

  using Create = absl::StatusOr<std::unique_ptr<Program>> (*)(
      mlir::ModuleOp, std::shared_ptr<EmbeddingCore>, const ProgramOptions &);

  absl::StatusOr<std::unique_ptr<Program>>
  create(const std::string &source, Create createProgram,
         mlir::embcol::Mode mode = mlir::embcol::Mode::Training) {
    auto module = parseModule(source, "test.mlir", context);
    if (!module.ok())
      return module.status();
    auto core = createEmbeddingCore(**module, /*seed=*/7);
    if (!core.ok())
      return core.status();
    options.mode = mode;
    return createProgram(**module, *core, options);
  }

  std::unique_ptr<Program> interpret(const std::string &source) {
    auto program = create(source, createInterpreter);
    EXPECT_TRUE(program.ok()) << program.status();
    return program.ok() ? *std::move(program) : nullptr;
  }

  void createBoth(const std::string &source,
                  mlir::embcol::Mode mode = mlir::embcol::Mode::Training) {
    auto first = create(source, Program::create, mode);
    auto second = create(source, createInterpreter, mode);
    ASSERT_TRUE(first.ok()) << first.status();
    ASSERT_TRUE(second.ok()) << second.status();
    compiled = *std::move(first);
    interpreted = *std::move(second);
  }

  /// Calls both: the results or the errors are the same, and so are the tables
  /// then.
  void expectSame(const std::string &function,
                  const std::vector<Value> &arguments) {
    auto expected = interpreted->call(function, arguments);
    auto found = compiled->call(function, arguments);
    ASSERT_EQ(found.status(), expected.status());
    for (size_t i = 0; expected.ok() && i < expected->size(); ++i) {
      SCOPED_TRACE("result " + std::to_string(i));
      ASSERT_EQ((*found)[i].parts.size(), (*expected)[i].parts.size());
      for (size_t part = 0; part < (*expected)[i].parts.size(); ++part)
        expectClose((*found)[i].parts[part], (*expected)[i].parts[part]);
    }
    for (const auto &table : compiled->getCore().tables())
      expectSameTable(*table, *interpreted->getCore().table(table->name()));
  }

  static void expectSameTable(const Table &lhs, const Table &rhs) {
    SCOPED_TRACE("table " + lhs.name());
    ASSERT_EQ(lhs.rowType(), rhs.rowType());
    for (int64_t row = 0; row < lhs.numRows(); ++row) {
      Array lhsRow = readRow(lhs, row), rhsRow = readRow(rhs, row);
      if (lhs.rowType() == RowType::F32)
        expectClose(lhsRow, rhsRow);
      else
        expectNeighbours(lhsRow, rhsRow, lhs.rowType());
    }
    expectClose(view(lhs.slots(), lhs.numRows() * lhs.slotWidth()),
                view(rhs.slots(), rhs.numRows() * rhs.slotWidth()));
  }

  static Array readRow(const Table &table, int64_t row) {
    Array weights = Array::allocate(ElementType::F32, {table.dimension()});
    table.readRow(
        row, {weights.as<float>(), static_cast<size_t>(table.dimension())});
    return weights;
  }

  static Array view(float *data, int64_t size) {
    return {
        ElementType::F32, {size}, std::shared_ptr<void>(data, [](void *) {})};
  }

  mlir::MLIRContext context;
  ProgramOptions options;
  std::unique_ptr<Program> compiled;
  std::unique_ptr<Program> interpreted;
};

} // namespace embcol

#endif // EMBCOL_TEST_REFERENCE_REFERENCETESTSUPPORT_H
