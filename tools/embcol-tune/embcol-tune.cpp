//===- embcol-tune.cpp - Finds how kernels run best on this machine -------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For each size of rows, in a table that no cache holds and in one that a cache
// does, times lookups by kernels that prefetch rows at several distances and
// into several levels of caches, and writes down the best.
//
//===----------------------------------------------------------------------===//

#include "embcol/Dialect/EmbCol/IR/EmbColAttrs.h"
#include "embcol/Dialect/EmbCol/IR/EmbColDialect.h"
#include "embcol/EmbeddingCore/Threads.h"
#include "embcol/ExecutionEngine/Program.h"
#include "embcol/ExecutionEngine/Tuning.h"

#include "absl/strings/str_cat.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <random>

using namespace embcol;
namespace cl = llvm::cl;
using mlir::embcol::PrefetchAttr;

static cl::OptionCategory category("embcol-tune options");
static cl::opt<std::string>
    output("o",
           cl::desc("Where to write it; where programs look for it when left "
                    "out: the file that EMBCOL_TUNING names, or one in the "
                    "folder of caches"),
           cl::value_desc("file.mlir"), cl::cat(category));
static cl::opt<unsigned>
    numThreads("num-threads",
               cl::desc("How many threads look up; as programs do when left "
                        "out"),
               cl::init(0), cl::cat(category));
static cl::opt<unsigned>
    largeMegabytes("large-mib",
                   cl::desc("The size of a table that no cache holds"),
                   cl::init(1024), cl::cat(category));
static cl::opt<unsigned> rounds("rounds",
                                cl::desc("How often each kernel is timed"),
                                cl::init(9), cl::cat(category));
static cl::list<unsigned>
    rowSizes("row-bytes",
             cl::desc("The sizes of rows, ascending multiples of 4 bytes; the "
                      "last also stands for larger rows"),
             cl::CommaSeparated, cl::list_init<unsigned>({64, 128, 256, 512}),
             cl::cat(category));
static cl::opt<bool> verbose("verbose",
                             cl::desc("Print what each kernel takes"),
                             cl::cat(category));

/// A table that a second-level cache does not hold, but a last-level one does.
static constexpr int64_t smallBytes = int64_t(8) << 20;
static constexpr int64_t bagSize = 16;
/// What a batch reads.
static constexpr int64_t batchBytes = int64_t(2) << 20;
/// How many batches are timed together, and how many there are: a cache has
/// forgotten one when its turn comes again, or all kernels would seem alike.
static constexpr int64_t numTimed = 32;
static constexpr int64_t numBatches = 256;
/// How much faster another way has to be than the one that is otherwise taken:
/// more than timings differ.
static constexpr double minGain = 1.03;

//===----------------------------------------------------------------------===//
// What is timed
//===----------------------------------------------------------------------===//

namespace {
struct Batch {
  std::vector<int64_t> values, offsets;
};

/// Rows of one size in a table, which kernels of several programs look up.
class Workload {
public:
  static absl::StatusOr<Workload> create(mlir::MLIRContext &context,
                                         int64_t rowBytes, bool isLarge);
  /// Adds a way to prefetch, unless it is there.
  absl::Status add(PrefetchAttr prefetch);
  /// The best, or the first if none is much better.
  absl::StatusOr<PrefetchAttr> chooseBest();

private:
  struct Contender {
    PrefetchAttr prefetch;
    std::unique_ptr<Program> program;
    std::vector<double> seconds;
    double getMedian() {
      auto middle = seconds.begin() + seconds.size() / 2;
      std::nth_element(seconds.begin(), middle, seconds.end());
      return *middle;
    }
  };
  absl::Status time(Contender &contender);
  /// Times contenders in turns, for a machine that is slow for a while to be so
  /// for all.
  absl::Status time(llvm::ArrayRef<Contender *> turns);

  mlir::MLIRContext *context;
  int64_t numRows, dimension;
  std::shared_ptr<EmbeddingCore> core;
  std::vector<Batch> batches;
  size_t nextBatch = 0;
  std::vector<float> out;
  std::vector<Contender> contenders;
};
} // namespace

/// A program that looks up rows so.
static absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>>
makeModule(mlir::MLIRContext &context, int64_t numRows, int64_t dimension,
           PrefetchAttr prefetch) {
  std::string source;
  llvm::raw_string_ostream os(source);
  os << "module attributes {embcol.prefetch = [" << prefetch << "]} {\n"
     << llvm::formatv(R"(
  embcol.table @table : tensor<{0}x{1}xf32> {{
      initializer = #embcol.constant<value = 1.0>}
  embcol.column @column
      : #embcol.identity<key = "ids", num_buckets = {0}> -> @table {{
      combiner = #embcol.combiner<sum>}
  embcol.packed_lookup @lookup [@column]
})",
                      numRows, dimension);
  return parseModule(source, "embcol-tune", context);
}

absl::StatusOr<Workload> Workload::create(mlir::MLIRContext &context,
                                          int64_t rowBytes, bool isLarge) {
  Workload workload;
  workload.context = &context;
  workload.dimension = rowBytes / sizeof(float);
  int64_t numBytes = isLarge ? int64_t(largeMegabytes) << 20 : smallBytes;
  workload.numRows = numBytes / rowBytes;
  std::mt19937_64 random(/*seed=*/0);
  for (int64_t i = 0; i < numBatches; ++i) {
    Batch batch;
    batch.values.resize(batchBytes / rowBytes / bagSize * bagSize);
    for (int64_t &id : batch.values)
      id = random() % workload.numRows;
    for (size_t end = 0; end <= batch.values.size(); end += bagSize)
      batch.offsets.push_back(end);
    workload.batches.push_back(std::move(batch));
  }
  workload.out.resize((workload.batches[0].offsets.size() - 1) *
                      workload.dimension);
  absl::Status status =
      workload.add(PrefetchAttr::getDefault(&context, rowBytes, isLarge));
  if (!status.ok())
    return status;
  return workload;
}

absl::Status Workload::add(PrefetchAttr prefetch) {
  for (const Contender &other : contenders)
    if (other.prefetch == prefetch)
      return absl::OkStatus();
  auto module = makeModule(*context, numRows, dimension, prefetch);
  if (!module.ok())
    return module.status();
  if (!core) {
    auto created = createEmbeddingCore(**module, /*seed=*/0);
    if (!created.ok())
      return created.status();
    core = *std::move(created);
  }
  ProgramOptions options;
  options.mode = mlir::embcol::Mode::Serving;
  auto program = Program::create(**module, core, options);
  if (!program.ok())
    return program.status();
  contenders.push_back({prefetch, *std::move(program), {}});
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Timing
//===----------------------------------------------------------------------===//

absl::Status Workload::time(Contender &contender) {
  const Program::PackedLookup &lookup =
      *contender.program->getPackedLookup("lookup");
  auto begin = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < numTimed; ++i) {
    const Batch &batch = batches[nextBatch++ % numBatches];
    PackedIds ids{absl::MakeConstSpan(batch.values), batch.offsets, {}};
    absl::Status status =
        contender.program->lookUp(lookup, ids, out.data(), dimension);
    if (!status.ok())
      return status;
  }
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - begin;
  contender.seconds.push_back(elapsed.count());
  return absl::OkStatus();
}

absl::Status Workload::time(llvm::ArrayRef<Contender *> turns) {
  for (unsigned round = 0; round < rounds; ++round)
    for (Contender *contender : turns)
      if (absl::Status status = time(*contender); !status.ok())
        return status;
  return absl::OkStatus();
}

absl::StatusOr<PrefetchAttr> Workload::chooseBest() {
  std::vector<Contender *> all;
  for (Contender &contender : contenders)
    all.push_back(&contender);
  if (absl::Status status = time(all); !status.ok())
    return status;
  auto *best = *std::min_element(all.begin(), all.end(), [](auto *a, auto *b) {
    return a->getMedian() < b->getMedian();
  });
  // The least of many is often so by chance: it has to win once more.
  for (Contender *contender : {&contenders.front(), best})
    contender->seconds.clear();
  if (absl::Status status = time({&contenders.front(), best}); !status.ok())
    return status;
  double before = contenders.front().getMedian();
  if (before / best->getMedian() < minGain)
    best = &contenders.front();
  auto print = [&](Contender &contender) {
    double seconds = contender.getMedian();
    PrefetchAttr prefetch = contender.prefetch;
    llvm::outs() << llvm::formatv(
        "| {0} | {1} | {2} | {3} | {4:f2} | {5:f2} |\n",
        dimension * sizeof(float), prefetch.getIsLarge() ? "memory" : "cache",
        prefetch.getDistance(), prefetch.getLocality(),
        seconds / (numTimed * batches[0].values.size()) * 1e9,
        before / seconds);
  };
  if (verbose)
    llvm::for_each(contenders, print);
  print(*best);
  return best->prefetch;
}

/// What is best for rows of `rowBytes`, for those of up to `maxRowBytes`.
static absl::StatusOr<PrefetchAttr> tune(mlir::MLIRContext &context,
                                         int64_t rowBytes, int64_t maxRowBytes,
                                         bool isLarge) {
  absl::StatusOr<Workload> workload =
      Workload::create(context, rowBytes, isLarge);
  if (!workload.ok())
    return workload.status();
  for (int64_t locality : {3, 2})
    for (int64_t distance : {4, 8, 12, 16, 24, 32, 48, 64}) {
      absl::Status status = workload->add(
          PrefetchAttr::get(&context, rowBytes, isLarge, distance, locality));
      if (!status.ok())
        return status;
    }
  absl::StatusOr<PrefetchAttr> best = workload->chooseBest();
  if (!best.ok())
    return best;
  return PrefetchAttr::get(&context, maxRowBytes, isLarge, best->getDistance(),
                           best->getLocality());
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static absl::Status write(const std::string &path,
                          const std::vector<PrefetchAttr> &prefetches) {
  llvm::sys::fs::create_directories(llvm::sys::path::parent_path(path));
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_Text);
  if (error)
    return absl::InternalError(absl::StrCat(path, ": ", error.message()));
  file.os() << "[\n";
  llvm::interleave(
      prefetches, file.os(),
      [&](PrefetchAttr prefetch) { file.os() << "  " << prefetch; }, ",\n");
  file.os() << "\n]\n";
  file.keep();
  return absl::OkStatus();
}

static absl::Status checkOptions(const std::string &path) {
  if (path.empty())
    return absl::InvalidArgumentError(
        "there is no folder of caches: choose a file with -o");
  // Kernels take a table to be in a cache below this.
  if (largeMegabytes < 128)
    return absl::InvalidArgumentError(
        absl::StrCat("expected --large-mib to be at least 128, found ",
                     largeMegabytes.getValue()));
  if (rounds == 0)
    return absl::InvalidArgumentError("expected --rounds to be positive");
  unsigned last = 0;
  for (unsigned size : rowSizes) {
    if (size <= last || size % sizeof(float) != 0 ||
        size > batchBytes / bagSize)
      return absl::InvalidArgumentError(absl::StrCat(
          "expected --row-bytes to be ascending multiples of 4 up to ",
          batchBytes / bagSize, ", found ", size));
    last = size;
  }
  return numThreads == 0 ? absl::OkStatus() : setNumThreads(numThreads);
}

static absl::Status run() {
  std::string path = output.empty() ? getTuningFile() : output.getValue();
  absl::Status status = checkOptions(path);
  if (!status.ok())
    return status;
  // What was found before does not matter, nor is the code used again.
  setenv("EMBCOL_TUNING", "", /*replace=*/1);
  setenv("EMBCOL_CACHE_DIR", "", /*replace=*/1);
  mlir::DialectRegistry registry;
  registerCompilation(registry);
  mlir::MLIRContext context(registry);
  context.loadDialect<mlir::embcol::EmbColDialect>();
  llvm::outs() << "| bytes a row | from | distance | locality | ns a row | "
                  "times as fast |\n|---|---|---|---|---|---|\n";
  std::vector<PrefetchAttr> prefetches;
  for (bool isLarge : {false, true})
    for (unsigned size : rowSizes) {
      int64_t maxRowBytes = size == *std::prev(rowSizes.end())
                                ? std::numeric_limits<int64_t>::max()
                                : int64_t(size);
      auto best = tune(context, size, maxRowBytes, isLarge);
      if (!best.ok())
        return best.status();
      prefetches.push_back(*best);
    }
  status = write(path, prefetches);
  if (status.ok())
    llvm::outs() << "written to " << path << "\n";
  return status;
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLLVM(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Finds how far ahead, and where to, lookups prefetch rows best on this "
      "machine.\n");
  absl::Status status = run();
  if (status.ok())
    return 0;
  llvm::errs() << "embcol-tune: " << std::string(status.message()) << "\n";
  return 1;
}
