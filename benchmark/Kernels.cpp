//===- Kernels.cpp - How fast the kernels of lookups are ------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times the kernel of a lookup by itself, for every kind of rows, combiner and
// many dimensions, so that what a change does to all of them is seen in a run:
//
//   Kernels [--mebibytes=<size of the table>] [--threads=<number>,...]
//       [--benchmark_filter=<part of a name>]
//
// lookup/<rows>/<combiner>[_weighted]/<dimension>/<threads>: a packed lookup of
// one column. Items are rows that are looked up, bytes those that are read.
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Threads.h"
#include "embcol/ExecutionEngine/Program.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace embcol;

static constexpr int64_t bagsPerBatch = 2048;
static constexpr int64_t maxIdsPerBag = 40;
/// One after another, so that branches are not learnt by heart.
static constexpr size_t numBatches = 8;

template <typename T> static T take(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::cerr << result.status() << "\n";
    std::exit(1);
  }
  return *std::move(result);
}

namespace {
/// What tells kernels from each other.
struct Signature {
  std::string rowType, combiner;
  bool isWeighted;
  int64_t dimension;

  std::string name() const {
    return absl::StrCat("lookup/", rowType, "/", combiner,
                        isWeighted ? "_weighted/" : "/", dimension);
  }
};

/// Ids of a batch, from 0 to `maxIdsPerBag` of them a bag.
struct Batch {
  Batch(std::mt19937_64 &random, int64_t numRows) : offsets{0} {
    for (int64_t bag = 0; bag < bagsPerBatch; ++bag) {
      for (int64_t count = random() % (maxIdsPerBag + 1); count > 0; --count)
        ids.push_back(random() % numRows);
      offsets.push_back(ids.size());
    }
    weights.assign(ids.size(), 0.5f);
  }

  std::vector<int64_t> ids, offsets;
  std::vector<float> weights;
};

/// A lookup that is compiled, and batches for it.
class Lookup {
public:
  Lookup(const Signature &signature, int64_t tableBytes)
      : signature(signature), program(compile(tableBytes)),
        lookup(*program->getPackedLookup("packed")),
        out(bagsPerBatch * signature.dimension) {
    std::mt19937_64 random(0);
    for (size_t i = 0; i < numBatches; ++i)
      batches.emplace_back(random, table().numRows());
  }

  const Table &table() const { return *program->getCore().table("table"); }

  /// Looks up a batch, and returns the number of its ids.
  int64_t run(size_t number) {
    const Batch &batch = batches[number % batches.size()];
    PackedIds ids{absl::MakeConstSpan(batch.ids), batch.offsets, {}};
    if (signature.isWeighted)
      ids.weights = batch.weights;
    absl::Status status =
        program->lookUp(lookup, ids, out.data(), signature.dimension);
    if (!status.ok())
      take<int>(status);
    return batch.ids.size();
  }

private:
  std::unique_ptr<Program> compile(int64_t tableBytes) const {
    static mlir::MLIRContext *context = [] {
      mlir::DialectRegistry registry;
      registerCompilation(registry);
      return new mlir::MLIRContext(registry);
    }();
    bool isQuantized = absl::StartsWith(signature.rowType, "i");
    std::string element =
        isQuantized ? absl::StrCat("!embcol.quantized<", signature.rowType, ">")
                    : signature.rowType;
    // Of about so many bytes: rows of integers have as many bits as they say.
    int64_t bits = std::stoi(signature.rowType.substr(
        signature.rowType.find_first_of("0123456789")));
    int64_t numRows =
        std::max<int64_t>(tableBytes * 8 / (bits * signature.dimension), 1);
    std::string column = absl::Substitute(
        "#embcol.identity<key = \"i\", num_buckets = $0>", numRows);
    if (signature.isWeighted)
      column = absl::Substitute(
          "#embcol.weighted<categorical = $0, weight_key = \"w\">", column);
    std::string source = absl::Substitute(
        "embcol.table @table : tensor<$0x$1x$2> "
        "{initializer = #embcol.uniform<minval = -1.0, maxval = 1.0>}\n"
        "embcol.column @column : $3 -> @table "
        "{combiner = #embcol.combiner<$4>}\n"
        "embcol.packed_lookup @packed [@column]\n",
        numRows, signature.dimension, element, column, signature.combiner);
    auto module = take(parseModule(source, "kernel", *context));
    return take(Program::create(
        *module, take(createEmbeddingCore(*module, /*seed=*/0)), {}));
  }

  Signature signature;
  std::unique_ptr<Program> program;
  const Program::PackedLookup &lookup;
  std::vector<float> out;
  std::vector<Batch> batches;
};
} // namespace

static void timeLookup(benchmark::State &state, const Signature &signature,
                       int64_t tableBytes, int numThreads) {
  // A benchmark is called several times, and tables are large: one is kept.
  static std::string kept;
  static std::unique_ptr<Lookup> lookup;
  if (kept != signature.name()) {
    lookup = std::make_unique<Lookup>(signature, tableBytes);
    kept = signature.name();
  }
  if (absl::Status status = setNumThreads(numThreads); !status.ok())
    take<int>(status);
  int64_t numIds = 0;
  size_t batch = 0;
  for (auto _ : state)
    numIds += lookup->run(batch++);
  state.SetItemsProcessed(numIds);
  state.SetBytesProcessed(numIds * lookup->table().rowBytes());
}

/// All dimensions with all kinds of rows, and with all combiners.
static std::vector<Signature> listSignatures() {
  std::vector<Signature> signatures;
  for (int64_t dimension : {3, 10, 16, 64, 100, 128, 1000, 4096}) {
    for (const char *rowType : {"f32", "bf16", "f16", "i8", "i4"})
      signatures.push_back({rowType, "sum", false, dimension});
    for (const char *combiner : {"mean", "sqrtn"})
      signatures.push_back({"f32", combiner, false, dimension});
    for (const char *combiner : {"sum", "mean", "sqrtn"})
      signatures.push_back({"f32", combiner, true, dimension});
  }
  return signatures;
}

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  int64_t mebibytes = 1;
  std::vector<int> threads{1, 2};
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    bool isRead = false;
    if (absl::ConsumePrefix(&argument, "--mebibytes=")) {
      isRead = absl::SimpleAtoi(argument, &mebibytes) && mebibytes >= 1;
    } else if (absl::ConsumePrefix(&argument, "--threads=")) {
      threads.clear();
      isRead = true;
      for (absl::string_view number : absl::StrSplit(argument, ',')) {
        threads.push_back(0);
        isRead &=
            absl::SimpleAtoi(number, &threads.back()) && threads.back() >= 1;
      }
    }
    if (!isRead) {
      std::cerr << "cannot read " << argv[i]
                << ": --mebibytes=<number> or --threads=<number>,...\n";
      return 1;
    }
  }
  for (const Signature &signature : listSignatures())
    for (int numThreads : threads)
      benchmark::RegisterBenchmark(
          absl::StrCat(signature.name(), "/", numThreads).c_str(),
          [=](benchmark::State &state) {
            timeLookup(state, signature, mebibytes << 20, numThreads);
          })
          ->UseRealTime()
          ->Unit(benchmark::kMicrosecond);
  benchmark::RunSpecifiedBenchmarks();
}
