//===- CheckpointTest.cpp - Tests of Checkpoint.h -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Checkpoint.h"
#include "embcol/EmbeddingCore/SystemError.h"

#include "StatusMatchers.h"
#include "TemporaryDirectory.h"

#include "absl/strings/str_replace.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

using namespace embcol;
using namespace embcol::test;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// A core with table "a" [3, 2], which has slots "m" [3, 2] and "n" [3, 1], and
/// table "b" [1, 1]: 64 bytes in all.
static EmbeddingCore makeCore(float value) {
  EmbeddingCore core(1);
  ConstantInitializer constant{value};
  EXPECT_THAT(
      core.addTable({"a", 3, 2, constant, {{"m", 2, value}, {"n", 1, value}}}),
      IsOk());
  EXPECT_THAT(core.addTable({"b", 1, 1, constant, {}}), IsOk());
  return core;
}

/// A core whose values are all different.
static EmbeddingCore makeNumberedCore() {
  EmbeddingCore core = makeCore(0);
  for (int i = 0; i < 6; ++i)
    core.table("a")->rows()[i] = 1 + i;
  for (int i = 0; i < 9; ++i)
    core.table("a")->slots()[i] = 101 + i;
  core.table("b")->rows()[0] = 7;
  return core;
}

static const char *const numberedHeader =
    R"({"__metadata__":{"step":"12"},)"
    R"("a":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},)"
    R"("a/m":{"dtype":"F32","shape":[3,2],"data_offsets":[24,48]},)"
    R"("a/n":{"dtype":"F32","shape":[3,1],"data_offsets":[48,60]},)"
    R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[60,64]}})";

/// A file with that header and 64 bytes of data, or another number.
static std::string makeFile(const std::string &header, size_t dataBytes = 64) {
  uint64_t length = header.size();
  return std::string(reinterpret_cast<char *>(&length), sizeof(length)) +
         header + std::string(dataBytes, '\1');
}

namespace {
class CheckpointTest : public testing::Test {
protected:
  /// Expects that a file is refused, and leaves a core as it is.
  void expectError(const std::string &content, absl::StatusCode code,
                   const std::string &message) {
    EmbeddingCore core = makeCore(0);
    std::string path = directory.write("bad", content);
    EXPECT_THAT(loadCheckpoint(path, core),
                StatusIs(code, HasSubstr("checkpoint \"" + path + "\"")));
    EXPECT_THAT(loadCheckpoint(path, core), StatusIs(code, HasSubstr(message)));
    EXPECT_THAT(absl::MakeConstSpan(core.table("a")->rows(), 6), Each(0.0f));
    EXPECT_THAT(absl::MakeConstSpan(core.table("a")->slots(), 9), Each(0.0f));
  }

  /// The same for a file whose header has `to` in place of `from`.
  void expectEditError(const std::string &from, const std::string &to,
                       absl::StatusCode code, const std::string &message) {
    std::string edited = absl::StrReplaceAll(numberedHeader, {{from, to}});
    EXPECT_NE(edited, numberedHeader);
    expectError(makeFile(edited), code, message);
  }

  TemporaryDirectory directory;
};
} // namespace

TEST_F(CheckpointTest, RoundTrip) {
  std::string path = directory.file("model.safetensors");
  Metadata metadata{{"step", "12"}, {"key \"é\"", "line\nline"}};
  ASSERT_THAT(saveCheckpoint(path, makeNumberedCore(), metadata), IsOk());
  EmbeddingCore core = makeCore(0);
  absl::StatusOr<Metadata> loaded = loadCheckpoint(path, core);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(*loaded, metadata);
  EXPECT_THAT(absl::MakeConstSpan(core.table("a")->rows(), 6),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(absl::MakeConstSpan(core.table("a")->slots(), 9),
              ElementsAre(101, 102, 103, 104, 105, 106, 107, 108, 109));
  EXPECT_EQ(core.table("b")->rows()[0], 7);
  EXPECT_EQ(directory.numFiles(), 1u);
}

TEST_F(CheckpointTest, FileIsSafetensors) {
  std::string path = directory.file("m");
  ASSERT_THAT(saveCheckpoint(path, makeNumberedCore(), {{"step", "12"}}),
              IsOk());
  std::string content = directory.read("m"), header = numberedHeader;
  // Data begin with a cache line.
  header.resize((8 + header.size() + 63) / 64 * 64 - 8, ' ');
  ASSERT_EQ(content.size(), 8 + header.size() + 64);
  uint64_t length;
  std::memcpy(&length, content.data(), sizeof(length));
  EXPECT_EQ(length, header.size());
  EXPECT_EQ(content.substr(8, length), header);
  std::vector<float> data(16);
  std::memcpy(data.data(), content.data() + 8 + length, 64);
  EXPECT_THAT(data, ElementsAre(1, 2, 3, 4, 5, 6, 101, 102, 104, 105, 107, 108,
                                103, 106, 109, 7));
}

/// They are bytes; f32 comes first, and so is aligned.
TEST_F(CheckpointTest, QuantizedRows) {
  auto make = [](float value) {
    EmbeddingCore core(1);
    TableSpec spec{"t", 3, 5, ConstantInitializer{value}, {}};
    spec.partition = {PartitionStrategy::Mod, 2};
    spec.rowType = RowType::I4;
    EXPECT_THAT(core.addTable(spec), IsOk());
    EXPECT_THAT(core.addTable({"w", 1, 1, ConstantInitializer{value}, {}}),
                IsOk());
    return core;
  };
  std::string path = directory.file("m");
  EmbeddingCore saved = make(3), loaded = make(0);
  ASSERT_THAT(saveCheckpoint(path, saved, {}), IsOk());
  EXPECT_THAT(
      directory.read("m"),
      HasSubstr(
          R"("w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},)"
          R"("t/mod_0_of_2":{"dtype":"U8","shape":[2,7],"data_offsets":[4,18]},)"
          R"("t/mod_1_of_2":{"dtype":"U8","shape":[1,7],"data_offsets":[18,25]})"));
  ASSERT_THAT(loadCheckpoint(path, loaded), IsOk());
  std::vector<float> weights(5);
  loaded.table("t")->readRow(1, absl::MakeSpan(weights));
  EXPECT_THAT(weights, testing::Each(3.0f));
}

TEST_F(CheckpointTest, NarrowRows) {
  auto make = [](RowType type, float value) {
    EmbeddingCore core(1);
    TableSpec spec{"t", 3, 1, ConstantInitializer{value}, {{"m", 1, value}}};
    spec.rowType = type;
    EXPECT_THAT(core.addTable(spec), IsOk());
    return core;
  };
  std::string path = directory.file("m");
  EmbeddingCore saved = make(RowType::BF16, 3);
  ASSERT_THAT(saveCheckpoint(path, saved, {}), IsOk());
  // f32 comes first, and so is aligned.
  EXPECT_THAT(
      directory.read("m"),
      HasSubstr(
          R"("t/m":{"dtype":"F32","shape":[3,1],"data_offsets":[0,12]},)"
          R"("t":{"dtype":"BF16","shape":[3,1],"data_offsets":[12,18]})"));
  EmbeddingCore loaded = make(RowType::BF16, 0);
  ASSERT_THAT(loadCheckpoint(path, loaded), IsOk());
  float weight = 0;
  loaded.table("t")->readRow(2, {&weight, 1});
  EXPECT_EQ(weight, 3.0f);
  EXPECT_EQ(loaded.table("t")->slots()[2], 3.0f);

  EmbeddingCore other = make(RowType::F16, 0);
  EXPECT_THAT(
      loadCheckpoint(path, other),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr(R"(tensor "t" has dtype "BF16", expected "F16")")));
  other.table("t")->readRow(2, {&weight, 1});
  EXPECT_EQ(weight, 0.0f);
  EXPECT_EQ(other.table("t")->slots()[2], 0.0f);
}

TEST_F(CheckpointTest, LargeSlotsGoThroughTheBuffer) {
  // More rows than the buffer takes at a time.
  constexpr int64_t numRows = 2'500'000;
  auto make = [](float value) {
    EmbeddingCore core(1);
    EXPECT_THAT(core.addTable({"t",
                               numRows,
                               1,
                               ConstantInitializer{value},
                               {{"m", 1, value}, {"n", 1, value}}}),
                IsOk());
    return core;
  };
  EmbeddingCore saved = make(1), loaded = make(0);
  absl::Span<float> slots =
      absl::MakeSpan(saved.table("t")->slots(), 2 * numRows);
  for (int64_t i = 0; i < 2 * numRows; ++i)
    slots[i] = i % 1000;
  std::string path = directory.file("m");
  ASSERT_THAT(saveCheckpoint(path, saved, {}), IsOk());
  ASSERT_THAT(loadCheckpoint(path, loaded), IsOk());
  EXPECT_TRUE(slots == absl::MakeSpan(loaded.table("t")->slots(), 2 * numRows));
  EXPECT_EQ(loaded.table("t")->rows()[numRows - 1], 1.0f);
}

TEST_F(CheckpointTest, SavingReplacesTheFile) {
  std::string path = directory.write("m", "something else");
  ASSERT_THAT(saveCheckpoint(path, makeCore(1), {{"n", "1"}}), IsOk());
  ASSERT_THAT(saveCheckpoint(path, makeCore(2), {{"n", "2"}}), IsOk());
  EmbeddingCore core = makeCore(0);
  ASSERT_THAT(loadCheckpoint(path, core), IsOk());
  EXPECT_EQ(core.table("b")->rows()[0], 2.0f);
  EXPECT_EQ(directory.numFiles(), 1u);
}

TEST_F(CheckpointTest, SavingIntoNowhere) {
  EXPECT_THAT(saveCheckpoint(directory.file("absent/m"), makeCore(1), {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent/m")));
  std::filesystem::create_directory(directory.file("taken"));
  EXPECT_THAT(saveCheckpoint(directory.file("taken"), makeCore(1), {}),
              testing::Not(IsOk()));
  // The temporary file is gone.
  EXPECT_EQ(directory.numFiles(), 1u);
}

TEST_F(CheckpointTest, FilesBesideIt) {
  EmbeddingCore core = makeCore(1);
  std::string path = directory.file("m");
  auto save = [&](const std::string &to, const Files &files) {
    Snapshot snapshot(core);
    snapshot.begin();
    return saveCheckpoint(to, snapshot, {}, files);
  };
  directory.write("damaged", "word");
  ASSERT_THAT(save(path, {{"damaged", "words"}, {"new", ""}}), IsOk());
  EXPECT_EQ(directory.read("damaged"), "words");
  EXPECT_EQ(directory.read("new"), "");
  EXPECT_EQ(directory.numFiles(), 3u);
  // Those that a save adds go with it where it fails.
  std::filesystem::create_directory(directory.file("taken"));
  absl::Status status =
      save(directory.file("taken"), {{"new", ""}, {"newer", "words"}});
  EXPECT_THAT(getSystemError(status), testing::Optional(EISDIR));
  EXPECT_EQ(directory.numFiles(), 4u);
  EXPECT_EQ(directory.read("new"), "");
}

TEST_F(CheckpointTest, NamesThatCannotBeSaved) {
  EmbeddingCore core = makeCore(1);
  ASSERT_THAT(core.addTable({"a/m", 1, 1, ConstantInitializer{0}, {}}), IsOk());
  EXPECT_THAT(saveCheckpoint(directory.file("m"), core, {}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("two tensors are called \"a/m\"")));
  EXPECT_THAT(
      saveCheckpoint(directory.file("m"), makeCore(1), {{"key", "\xff"}}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("must be valid UTF-8")));
  EXPECT_EQ(directory.numFiles(), 0u);
}

TEST_F(CheckpointTest, MetadataAlone) {
  std::string path = directory.file("m");
  ASSERT_THAT(saveCheckpoint(path, makeCore(1), {{"a", "b"}}), IsOk());
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::open(path);
  ASSERT_THAT(checkpoint, IsOk());
  EXPECT_THAT(checkpoint->metadata(), ElementsAre(Pair("a", "b")));
  EXPECT_TRUE(checkpoint->isCurrent());
}

TEST_F(CheckpointTest, SlotsMayBeLeftOut) {
  std::string path = directory.file("m");
  ASSERT_THAT(saveCheckpoint(path, makeNumberedCore(), {}), IsOk());
  EmbeddingCore core(1);
  ConstantInitializer zero{0};
  ASSERT_THAT(core.addTable({"b", 1, 1, zero, {}}), IsOk());
  ASSERT_THAT(core.addTable({"a", 3, 2, zero, {{"n", 1, 0.0f}}}), IsOk());
  ASSERT_THAT(loadCheckpoint(path, core), IsOk());
  EXPECT_THAT(absl::MakeConstSpan(core.table("a")->slots(), 3),
              ElementsAre(103, 106, 109));
  EXPECT_EQ(core.table("b")->rows()[0], 7);
}

TEST_F(CheckpointTest, PartitionsAreTensors) {
  std::string path = directory.file("m");
  auto make = [](Partition partition) {
    EmbeddingCore core(1);
    EXPECT_THAT(core.addTable({"a",
                               3,
                               2,
                               UniformInitializer{0, 1},
                               {{"m", 2, 1.0f}, {"n", 1, 2.0f}},
                               partition}),
                IsOk());
    return core;
  };
  EmbeddingCore core = make({PartitionStrategy::Mod, 2});
  for (int i = 0; i < 6; ++i)
    core.table("a")->rows()[i] = i;
  for (int i = 0; i < 9; ++i)
    core.table("a")->slots()[i] = 101 + i;
  ASSERT_THAT(saveCheckpoint(path, core, {}), IsOk());
  std::string content = directory.read("m");
  for (const char *tensor :
       {R"("a/mod_0_of_2":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]})",
        R"("a/mod_1_of_2":{"dtype":"F32","shape":[1,2],)",
        R"("a/m/mod_0_of_2":{"dtype":"F32","shape":[2,2],)",
        R"("a/n/mod_1_of_2":{"dtype":"F32","shape":[1,1],)"})
    EXPECT_THAT(content, HasSubstr(tensor));

  EmbeddingCore again = make({PartitionStrategy::Mod, 2});
  ASSERT_THAT(loadCheckpoint(path, again), IsOk());
  EXPECT_EQ(absl::MakeConstSpan(again.table("a")->rows(), 6),
            absl::MakeConstSpan(core.table("a")->rows(), 6));
  EXPECT_EQ(absl::MakeConstSpan(again.table("a")->slots(), 9),
            absl::MakeConstSpan(core.table("a")->slots(), 9));
  // Partitions of another kind are never taken for these.
  for (Partition other : {Partition{PartitionStrategy::Div, 2},
                          Partition{PartitionStrategy::Mod, 3}, Partition{}}) {
    EmbeddingCore different = make(other);
    EXPECT_THAT(loadCheckpoint(path, different),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("has no tensor \"a")));
  }
}

/// The tables of `makeCore` without slots, to be mapped.
static EmbeddingCore makeMappedCore(Partition partition = {}) {
  EmbeddingCore core(1);
  TableSpec a{"a", 3, 2, SuppliedInitializer{}, {}, partition};
  TableSpec b{"b", 1, 1, SuppliedInitializer{}, {}};
  a.isMapped = b.isMapped = true;
  EXPECT_THAT(core.addTable(a), IsOk());
  EXPECT_THAT(core.addTable(b), IsOk());
  return core;
}

static absl::Status map(const std::string &path, EmbeddingCore &core) {
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::open(path);
  return checkpoint.ok() ? checkpoint->map(core) : checkpoint.status();
}

TEST_F(CheckpointTest, MappedRowsAreThoseOfTheFile) {
  std::string path = directory.file("model.safetensors");
  ASSERT_THAT(saveCheckpoint(path, makeNumberedCore(), {}), IsOk());
  EmbeddingCore core = makeMappedCore();
  ASSERT_THAT(map(path, core), IsOk());
  // A save that replaces the file leaves what is mapped.
  ASSERT_THAT(saveCheckpoint(path, makeCore(0), {}), IsOk());
  EXPECT_THAT(absl::MakeConstSpan(core.table("a")->rows(), 6),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(core.table("b")->rows()[0], 7);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(core.table("a")->rowData()) % 64, 0u);
}

TEST_F(CheckpointTest, MappedPartitionsFollowOneAnother) {
  Partition partition{PartitionStrategy::Mod, 2};
  EmbeddingCore saved(1);
  ASSERT_THAT(
      saved.addTable({"a", 3, 2, ConstantInitializer{0}, {}, partition}),
      IsOk());
  ASSERT_THAT(saved.addTable({"b", 1, 1, ConstantInitializer{7}, {}}), IsOk());
  for (int i = 0; i < 6; ++i)
    saved.table("a")->rows()[i] = 1 + i;
  std::string path = directory.file("model.safetensors");
  ASSERT_THAT(saveCheckpoint(path, saved, {}), IsOk());
  EmbeddingCore core = makeMappedCore(partition);
  ASSERT_THAT(map(path, core), IsOk());
  EXPECT_THAT(absl::MakeConstSpan(core.table("a")->rows(), 6),
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(CheckpointTest, FilesThatCannotBeMapped) {
  EmbeddingCore core = makeMappedCore();
  EXPECT_THAT(map(directory.file("absent"), core),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent")));
  std::string wide = absl::StrReplaceAll(
      numberedHeader, {{R"("shape":[3,2],"data_offsets":[0,)",
                        R"("shape":[2,3],"data_offsets":[0,)"}});
  EXPECT_THAT(map(directory.write("wide", makeFile(wide)), core),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("has shape [2,3], expected [3,2]")));
  std::string odd = std::string(numberedHeader) + " ";
  odd.resize((odd.size() + 3) / 4 * 4 + 1, ' ');
  EXPECT_THAT(map(directory.write("odd", makeFile(odd)), core),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("tensor \"a\" is not aligned")));
  EmbeddingCore parts = makeMappedCore({PartitionStrategy::Mod, 2});
  std::string swapped =
      R"({"a/mod_0_of_2":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
      R"("a/mod_1_of_2":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[24,28]}})";
  EXPECT_THAT(map(directory.write("swapped", makeFile(swapped, 28)), parts),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("tensor \"a/mod_1_of_2\" starts at 0, "
                                 "expected 24")));
}

TEST_F(CheckpointTest, OtherModels) {
  std::string path = directory.file("m");
  ASSERT_THAT(saveCheckpoint(path, makeCore(1), {}), IsOk());
  ConstantInitializer zero{0};
  auto load = [&](TableSpec first, TableSpec second) {
    EmbeddingCore core(1);
    EXPECT_THAT(core.addTable(std::move(first)), IsOk());
    EXPECT_THAT(core.addTable(std::move(second)), IsOk());
    return loadCheckpoint(path, core);
  };
  auto mismatch = [](const char *message) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message));
  };
  TableSpec a{"a", 3, 2, zero, {}}, b{"b", 1, 1, zero, {}};
  EXPECT_THAT(load(a, b), IsOk());
  EXPECT_THAT(load(a, {"c", 1, 1, zero, {}}), mismatch("has no tensor \"c\""));
  EXPECT_THAT(load(a, {"b", 1, 2, zero, {}}),
              mismatch("tensor \"b\" has shape [1,1], expected [1,2]"));
  EXPECT_THAT(load({"a", 3, 2, zero, {{"v", 1, 0.0f}}}, b),
              mismatch("has no tensor \"a/v\""));
  EXPECT_THAT(load({"a", 3, 2, zero, {{"m", 1, 0.0f}}}, b),
              mismatch("tensor \"a/m\" has shape [3,2], expected [3,1]"));
  EmbeddingCore only(1);
  ASSERT_THAT(only.addTable(a), IsOk());
  EXPECT_THAT(loadCheckpoint(path, only),
              mismatch("has a tensor \"b\", which the model has not"));
}

TEST_F(CheckpointTest, NoFile) {
  EmbeddingCore core = makeCore(0);
  EXPECT_THAT(loadCheckpoint(directory.file("absent"), core),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent")));
  EXPECT_THAT(
      Checkpoint::open(directory.file(".")),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is not a file")));
}

TEST_F(CheckpointTest, EveryTruncationIsAnError) {
  std::string path = directory.file("m");
  ASSERT_THAT(saveCheckpoint(path, makeNumberedCore(), {{"step", "12"}}),
              IsOk());
  std::string content = directory.read("m");
  for (size_t size = 0; size < content.size(); ++size) {
    EmbeddingCore core = makeCore(0);
    EXPECT_THAT(
        loadCheckpoint(directory.write("cut", content.substr(0, size)), core),
        StatusIs(absl::StatusCode::kDataLoss, testing::_))
        << size;
    EXPECT_EQ(core.table("a")->rows()[0], 0.0f);
  }
}

TEST_F(CheckpointTest, CorruptHeaders) {
  auto loss = absl::StatusCode::kDataLoss;
  expectError("", loss, "has 0 bytes, too few for a header");
  expectError(std::string(16, '\xff'), loss,
              "has a header of 18446744073709551615 bytes in a file of 16");
  expectError(makeFile("{"), loss, "the header is not a JSON object");
  expectError(makeFile("[]"), loss, "the header is not a JSON object");
  expectError(makeFile("{\"\xff\":1}"), loss, "is not a JSON object");
  expectError(makeFile(std::string(100'000, '[')), loss,
              "is not a JSON object");
  expectError(makeFile(numberedHeader, 68), loss,
              "has 68 bytes of data, expected 64");
  expectError(makeFile(numberedHeader, 60), loss,
              "tensor \"b\" has data [60, 64) in a file with 60 bytes");
}

TEST_F(CheckpointTest, CorruptTensors) {
  auto loss = absl::StatusCode::kDataLoss;
  auto invalid = absl::StatusCode::kInvalidArgument;
  const char *malformed = "has a malformed header";
  expectEditError(R"({"step":"12"})", "3", loss,
                  "the metadata is not a JSON object");
  expectEditError(R"("12")", "12", loss,
                  "the metadata \"step\" is not a string");
  expectEditError("[60,64]", "[60]", loss, malformed);
  expectEditError("[60,64]", "[60.0,64]", loss, malformed);
  expectEditError("[60,64]", "[-1,64]", loss, malformed);
  expectEditError(R"("shape":[3,1])", R"("shape":3)", loss, malformed);
  expectEditError(R"("shape":[3,1],)", "", loss, malformed);
  expectEditError(R"({"dtype":"F32","shape":[3,1],"data_offsets":[48,60]})",
                  "[]", loss, malformed);
  expectEditError("[60,64]", "[64,60]", loss, "has data [64, 60)");
  expectEditError("[60,64]", "[0,4]", loss,
                  "tensor \"a\" starts at 0, expected 4");
  expectEditError("[48,60]", "[48,64]", loss,
                  "has 16 bytes of data, but its shape takes 12");
  expectEditError("[3,1]", "[4294967296,4294967296]", loss,
                  "tensor \"a/n\" has more than 2^64 bytes");
  expectEditError("F32", "F64", invalid, "has dtype \"F64\", expected \"F32\"");
  expectEditError(R"("dtype":"F32",)", "", invalid, "has dtype none");
  expectEditError("[3,2]", "[2,3]", invalid, "has shape [2,3], expected [3,2]");
  expectEditError("[3,2]", "[6]", invalid, "has shape [6], expected [3,2]");
}
