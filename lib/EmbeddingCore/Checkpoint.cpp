//===- Checkpoint.cpp - Saving and loading tables -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Checkpoint.h"

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <set>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace embcol;

// The file is little-endian, and floats are written as they are in memory.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

static constexpr absl::string_view metadataKey = "__metadata__";
/// What the reference implementation of the format takes as the longest header.
static constexpr uint64_t maxHeaderBytes = 100'000'000;
/// How much of slots is copied at a time between their columns and the file.
static constexpr int64_t bufferBytes = int64_t(4) << 20;

//===----------------------------------------------------------------------===//
// Tensors of a core
//===----------------------------------------------------------------------===//

namespace {
/// A matrix of a core as the file holds it: the rows of a table, or a slot.
struct Tensor {
  std::string name;
  RowType type;
  void *data;
  int64_t rows, width, stride;

  int64_t rowBytes() const { return width * getSizeInBytes(type); }
  uint64_t numBytes() const { return rows * rowBytes(); }
  char *row(int64_t row) const {
    return static_cast<char *>(data) + row * stride * getSizeInBytes(type);
  }
};
} // namespace

/// As the format calls it.
static std::string getDtype(RowType type) {
  return absl::AsciiStrToUpper(getName(type));
}

/// The type of that name; false for one that no table has.
static bool parseDtype(const std::string &dtype, RowType &type) {
  for (RowType known : {RowType::F32, RowType::BF16, RowType::F16})
    if (getDtype(known) == dtype) {
      type = known;
      return true;
    }
  return false;
}

/// Appends a matrix that has a row for each of the table's: whole, or by
/// partitions, whose names tell the strategy.
static void appendTensors(std::vector<Tensor> &tensors, const Table &table,
                          const Tensor &whole) {
  const Partition &partition = table.spec().partition;
  if (partition.numPartitions == 1)
    return tensors.push_back(whole);
  const char *strategy =
      partition.strategy == PartitionStrategy::Div ? "div" : "mod";
  for (int64_t p = 0; p < partition.numPartitions; ++p) {
    int64_t start = table.partitionStart(p);
    Tensor part = whole;
    part.name = absl::StrCat(whole.name, "/", strategy, "_", p, "_of_",
                             partition.numPartitions);
    part.data = whole.row(start);
    part.rows = table.partitionStart(p + 1) - start;
    tensors.push_back(std::move(part));
  }
}

static std::vector<Tensor> tensorsOf(const EmbeddingCore &core) {
  // Narrow rows come last, so that all are aligned.
  std::vector<Tensor> tensors, narrow;
  for (const std::unique_ptr<Table> &table : core.tables()) {
    appendTensors(table->rowType() == RowType::F32 ? tensors : narrow, *table,
                  {table->name(), table->rowType(), table->rowData(),
                   table->numRows(), table->dimension(), table->dimension()});
    const std::vector<SlotSpec> &slots = table->spec().slots;
    for (size_t slot = 0; slot < slots.size(); ++slot)
      appendTensors(tensors, *table,
                    {absl::StrCat(table->name(), "/", slots[slot].name),
                     RowType::F32, table->slots() + table->slotOffset(slot),
                     table->numRows(), slots[slot].width, table->slotWidth()});
  }
  tensors.insert(tensors.end(), narrow.begin(), narrow.end());
  return tensors;
}

/// Calls `transfer(data, bytes)` for all of a tensor, in order. A tensor that
/// is not one block goes through a buffer, which `transfer` reads or, when
/// `isLoad`, fills.
static absl::Status
forEachBlock(const Tensor &tensor, bool isLoad,
             const std::function<absl::Status(char *, size_t)> &transfer) {
  if (tensor.stride == tensor.width)
    return transfer(tensor.row(0), tensor.numBytes());
  int64_t rowBytes = tensor.rowBytes();
  int64_t blockRows = std::max<int64_t>(bufferBytes / rowBytes, 1);
  std::vector<char> buffer(std::min(blockRows, tensor.rows) * rowBytes);
  for (int64_t first = 0; first < tensor.rows; first += blockRows) {
    int64_t count = std::min(blockRows, tensor.rows - first);
    auto copyRows = [&] {
      for (int64_t row = 0; row < count; ++row) {
        char *inTable = tensor.row(first + row);
        char *inBuffer = buffer.data() + row * rowBytes;
        std::copy_n(isLoad ? inBuffer : inTable, rowBytes,
                    isLoad ? inTable : inBuffer);
      }
    };
    if (!isLoad)
      copyRows();
    absl::Status status = transfer(buffer.data(), count * rowBytes);
    if (!status.ok())
      return status;
    if (isLoad)
      copyRows();
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static std::string describe(const std::string &path) {
  return absl::StrCat("checkpoint \"", path, "\"");
}

static absl::Status systemError(const std::string &path) {
  return absl::ErrnoToStatus(errno, describe(path));
}

static absl::Status writeAll(int file, const std::string &path,
                             const char *data, size_t size) {
  while (size != 0) {
    // Linux transfers 2 GiB a call at most.
    ssize_t written = write(file, data, std::min(size, size_t(1) << 30));
    if (written < 0) {
      if (errno == EINTR)
        continue;
      return systemError(path);
    }
    data += written;
    size -= written;
  }
  return absl::OkStatus();
}

static absl::Status readAll(int file, const std::string &path, char *data,
                            size_t size) {
  while (size != 0) {
    ssize_t count = read(file, data, std::min(size, size_t(1) << 30));
    if (count < 0) {
      if (errno == EINTR)
        continue;
      return systemError(path);
    }
    if (count == 0)
      return absl::DataLossError(
          absl::StrCat(describe(path), ": the file ends early"));
    data += count;
    size -= count;
  }
  return absl::OkStatus();
}

/// Creates a file beside `path`, whose name it puts into `temporary`.
static int createBeside(const std::string &path, std::string &temporary) {
  uint64_t number = std::chrono::system_clock::now().time_since_epoch().count();
  int file;
  do {
    temporary = absl::StrCat(path, ".", absl::Hex(number++), ".tmp");
    file =
        open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  } while (file < 0 && errno == EEXIST);
  return file;
}

/// Makes a rename in the directory of `path` outlast a crash.
static absl::Status syncDirectory(const std::string &path) {
  size_t slash = path.rfind('/');
  std::string directory =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0)
    return systemError(path);
  absl::Cleanup closer = [file] { close(file); };
  // Some file systems sync no directories, and say so.
  if (fsync(file) != 0 && errno != EINVAL)
    return systemError(path);
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Saving
//===----------------------------------------------------------------------===//

/// The length of the header and the header, padded to a multiple of 8 bytes.
static absl::StatusOr<std::string>
makeHeader(const std::string &path, const std::vector<Tensor> &tensors,
           const Metadata &metadata) {
  nlohmann::ordered_json header;
  header[std::string(metadataKey)] = nlohmann::ordered_json::object();
  for (const auto &[key, value] : metadata)
    header[std::string(metadataKey)][key] = value;
  uint64_t offset = 0;
  for (const Tensor &tensor : tensors) {
    if (header.contains(tensor.name))
      return absl::InvalidArgumentError(absl::StrCat(
          describe(path), ": two tensors are called \"", tensor.name, "\""));
    uint64_t end = offset + tensor.numBytes();
    header[tensor.name] = {{"dtype", getDtype(tensor.type)},
                           {"shape", {tensor.rows, tensor.width}},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  using ErrorHandler = nlohmann::ordered_json::error_handler_t;
  std::string text = header.dump(-1, ' ', false, ErrorHandler::replace);
  // Bytes that are not UTF-8 were replaced.
  if (nlohmann::ordered_json::parse(text, nullptr, false) != header)
    return absl::InvalidArgumentError(absl::StrCat(
        describe(path), ": names and metadata must be valid UTF-8"));
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > maxHeaderBytes)
    return absl::InvalidArgumentError(
        absl::StrCat(describe(path), ": the header would have ", text.size(),
                     " bytes, more than ", maxHeaderBytes));
  uint64_t length = text.size();
  return std::string(reinterpret_cast<char *>(&length), sizeof(length)) + text;
}

static absl::Status writeContent(int file, const std::string &path,
                                 const std::string &header,
                                 const std::vector<Tensor> &tensors) {
  absl::Status status = writeAll(file, path, header.data(), header.size());
  for (const Tensor &tensor : tensors) {
    if (!status.ok())
      return status;
    status = forEachBlock(tensor, /*isLoad=*/false,
                          [&](char *data, size_t numBytes) {
                            return writeAll(file, path, data, numBytes);
                          });
  }
  if (status.ok() && fsync(file) != 0)
    return systemError(path);
  return status;
}

absl::Status embcol::saveCheckpoint(const std::string &path,
                                    const EmbeddingCore &core,
                                    const Metadata &metadata) {
  std::vector<Tensor> tensors = tensorsOf(core);
  absl::StatusOr<std::string> header = makeHeader(path, tensors, metadata);
  if (!header.ok())
    return header.status();
  std::string temporary;
  int file = createBeside(path, temporary);
  if (file < 0)
    return systemError(path);
  absl::Cleanup remover = [&] { unlink(temporary.c_str()); };
  absl::Status status = writeContent(file, path, *header, tensors);
  if (close(file) != 0 && status.ok())
    status = systemError(path);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0)
    status = systemError(path);
  if (!status.ok())
    return status;
  std::move(remover).Cancel();
  return syncDirectory(path);
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

namespace {
/// Where a tensor is within the data of a file.
struct Entry {
  std::string name;
  RowType type;
  std::vector<uint64_t> shape;
  uint64_t begin, end;
};

/// A file whose header has been read and found to describe the file.
class CheckpointFile {
public:
  explicit CheckpointFile(const std::string &path) : path(path) {}
  CheckpointFile(const CheckpointFile &) = delete;
  ~CheckpointFile() {
    if (file >= 0)
      close(file);
  }

  absl::Status open();
  /// Checks that the tensors of the file and of a core are the same ones.
  absl::Status match(const EmbeddingCore &core,
                     const std::vector<Tensor> &tensors) const;
  absl::Status read(const Tensor &tensor);

  const Metadata &metadata() const { return fileMetadata; }

private:
  template <typename... Parts> absl::Status corrupt(const Parts &...parts) {
    return absl::DataLossError(absl::StrCat(describe(path), ": ", parts...));
  }
  template <typename... Parts>
  absl::Status mismatch(const Parts &...parts) const {
    return absl::InvalidArgumentError(
        absl::StrCat(describe(path), ": ", parts...));
  }
  absl::Status parseHeader(const nlohmann::json &header);
  absl::Status parseMetadata(const nlohmann::json &object);
  absl::Status parseEntry(const std::string &name,
                          const nlohmann::json &object);
  absl::Status checkLayout();
  const Entry *find(absl::string_view name) const;

  std::string path;
  int file = -1;
  uint64_t dataBegin = 0, dataBytes = 0;
  Metadata fileMetadata;
  /// In the order of their data.
  std::vector<Entry> entries;
};
} // namespace

absl::Status CheckpointFile::open() {
  file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0)
    return systemError(path);
  if (!S_ISREG(info.st_mode))
    return absl::InvalidArgumentError(
        absl::StrCat(describe(path), " is not a file"));
  uint64_t fileBytes = info.st_size, headerBytes = 0;
  if (fileBytes < sizeof(headerBytes))
    return corrupt("has ", fileBytes, " bytes, too few for a header");
  absl::Status status = readAll(
      file, path, reinterpret_cast<char *>(&headerBytes), sizeof(headerBytes));
  if (!status.ok())
    return status;
  if (headerBytes > maxHeaderBytes ||
      headerBytes > fileBytes - sizeof(headerBytes))
    return corrupt("has a header of ", headerBytes, " bytes in a file of ",
                   fileBytes);
  std::string text(headerBytes, '\0');
  if (status = readAll(file, path, text.data(), text.size()); !status.ok())
    return status;
  dataBegin = sizeof(headerBytes) + headerBytes;
  dataBytes = fileBytes - dataBegin;
  nlohmann::json header = nlohmann::json::parse(text, nullptr, false);
  if (!header.is_object())
    return corrupt("the header is not a JSON object");
  return parseHeader(header);
}

absl::Status CheckpointFile::parseHeader(const nlohmann::json &header) {
  for (const auto &[name, object] : header.items()) {
    absl::Status status =
        name == metadataKey ? parseMetadata(object) : parseEntry(name, object);
    if (!status.ok())
      return status;
  }
  return checkLayout();
}

absl::Status CheckpointFile::parseMetadata(const nlohmann::json &object) {
  if (!object.is_object())
    return corrupt("the metadata is not a JSON object");
  for (const auto &[key, value] : object.items()) {
    if (!value.is_string())
      return corrupt("the metadata \"", key, "\" is not a string");
    fileMetadata[key] = value.get_ref<const std::string &>();
  }
  return absl::OkStatus();
}

/// Reads an array of unsigned numbers; false when `object` has none at `key`.
static bool parseNumbers(const nlohmann::json &object, const char *key,
                         std::vector<uint64_t> &numbers) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_array())
    return false;
  for (const nlohmann::json &number : *found) {
    if (!number.is_number_unsigned())
      return false;
    numbers.push_back(number.get<uint64_t>());
  }
  return true;
}

absl::Status CheckpointFile::parseEntry(const std::string &name,
                                        const nlohmann::json &object) {
  std::vector<uint64_t> shape, offsets;
  if (!object.is_object() || !parseNumbers(object, "shape", shape) ||
      !parseNumbers(object, "data_offsets", offsets) || offsets.size() != 2)
    return corrupt("tensor \"", name, "\" has a malformed header");
  auto dtype = object.find("dtype");
  RowType type;
  if (dtype == object.end() || !dtype->is_string() ||
      !parseDtype(dtype->get<std::string>(), type))
    return mismatch("tensor \"", name, "\" has dtype ",
                    dtype == object.end() ? "none" : dtype->dump(),
                    ", expected \"F32\", \"BF16\" or \"F16\"");
  if (offsets[0] > offsets[1] || offsets[1] > dataBytes)
    return corrupt("tensor \"", name, "\" has data [", offsets[0], ", ",
                   offsets[1], ") in a file with ", dataBytes,
                   " bytes of data");
  uint64_t numBytes = getSizeInBytes(type);
  for (uint64_t size : shape)
    if (__builtin_mul_overflow(numBytes, size, &numBytes))
      return corrupt("tensor \"", name, "\" has more than 2^64 bytes");
  if (numBytes != offsets[1] - offsets[0])
    return corrupt("tensor \"", name, "\" has ", offsets[1] - offsets[0],
                   " bytes of data, but its shape takes ", numBytes);
  entries.push_back({name, type, std::move(shape), offsets[0], offsets[1]});
  return absl::OkStatus();
}

/// Tensors lie one after another and fill the file.
absl::Status CheckpointFile::checkLayout() {
  std::sort(
      entries.begin(), entries.end(), [](const Entry &lhs, const Entry &rhs) {
        return std::tie(lhs.begin, lhs.end) < std::tie(rhs.begin, rhs.end);
      });
  uint64_t offset = 0;
  for (const Entry &entry : entries) {
    if (entry.begin != offset)
      return corrupt("tensor \"", entry.name, "\" starts at ", entry.begin,
                     ", expected ", offset);
    offset = entry.end;
  }
  if (offset != dataBytes)
    return corrupt("has ", dataBytes, " bytes of data, expected ", offset);
  return absl::OkStatus();
}

const Entry *CheckpointFile::find(absl::string_view name) const {
  for (const Entry &entry : entries)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

absl::Status CheckpointFile::match(const EmbeddingCore &core,
                                   const std::vector<Tensor> &tensors) const {
  std::set<absl::string_view> known;
  for (const Tensor &tensor : tensors) {
    known.insert(tensor.name);
    const Entry *entry = find(tensor.name);
    if (!entry)
      return mismatch("has no tensor \"", tensor.name, "\"");
    if (entry->type != tensor.type)
      return mismatch("tensor \"", tensor.name, "\" has dtype \"",
                      getDtype(entry->type), "\", expected \"",
                      getDtype(tensor.type), "\"");
    std::vector<uint64_t> shape{static_cast<uint64_t>(tensor.rows),
                                static_cast<uint64_t>(tensor.width)};
    if (entry->shape != shape)
      return mismatch("tensor \"", tensor.name, "\" has shape ",
                      nlohmann::json(entry->shape).dump(), ", expected ",
                      nlohmann::json(shape).dump());
  }
  auto isSlotOfTable = [&](const Entry &entry) {
    for (const std::unique_ptr<Table> &table : core.tables())
      if (absl::StartsWith(entry.name, table->name() + "/"))
        return true;
    return false;
  };
  for (const Entry &entry : entries)
    if (known.count(entry.name) == 0 && !isSlotOfTable(entry))
      return mismatch("has a tensor \"", entry.name,
                      "\", which the model has not");
  return absl::OkStatus();
}

absl::Status CheckpointFile::read(const Tensor &tensor) {
  if (lseek(file, dataBegin + find(tensor.name)->begin, SEEK_SET) < 0)
    return systemError(path);
  return forEachBlock(tensor, /*isLoad=*/true,
                      [&](char *data, size_t numBytes) {
                        return readAll(file, path, data, numBytes);
                      });
}

absl::StatusOr<Metadata> embcol::loadCheckpoint(const std::string &path,
                                                EmbeddingCore &core) {
  CheckpointFile file(path);
  std::vector<Tensor> tensors = tensorsOf(core);
  absl::Status status = file.open();
  if (status.ok())
    status = file.match(core, tensors);
  for (const Tensor &tensor : tensors)
    if (status.ok())
      status = file.read(tensor);
  if (!status.ok())
    return status;
  return file.metadata();
}

absl::StatusOr<Metadata>
embcol::readCheckpointMetadata(const std::string &path) {
  CheckpointFile file(path);
  if (absl::Status status = file.open(); !status.ok())
    return status;
  return file.metadata();
}
