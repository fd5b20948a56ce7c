//===- Checkpoint.cpp - Saving and loading tables -------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/Checkpoint.h"

#include "CheckpointTensors.h"
#include "File.h"
#include "embcol/EmbeddingCore/SystemError.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <set>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace embcol;
using namespace embcol::detail;

// The file is little-endian, and floats are written as they are in memory.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

static constexpr absl::string_view metadataKey = "__metadata__";
/// What the reference implementation of the format takes as the longest header.
static constexpr uint64_t maxHeaderBytes = 100'000'000;
/// What data begin at a multiple of: a cache line, so that rows of full lines
/// do not straddle two where the file is mapped.
static constexpr size_t dataAlignment = 64;
/// How much of slots is copied at a time between their columns and the file.
static constexpr int64_t bufferBytes = int64_t(4) << 20;

static std::string describe(const std::string &path) {
  return absl::StrCat("checkpoint \"", path, "\"");
}

/// Where the matrix at `data` is in a file. Its partitions follow one another.
static uint64_t offsetOf(const std::vector<Tensor> &tensors, const void *data) {
  auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const Tensor &tensor) {
        return tensor.data == data && tensor.rows != 0;
      });
  return found->offset;
}

/// Calls `read(data, bytes)` to fill all of a tensor, in order. A tensor that
/// is not one block goes through a buffer.
static absl::Status
fillBlocks(const Tensor &tensor,
           const std::function<absl::Status(char *, size_t)> &read) {
  if (tensor.stride == tensor.width)
    return read(tensor.row(0), tensor.numBytes());
  int64_t rowBytes = tensor.rowBytes();
  int64_t blockRows = std::max<int64_t>(bufferBytes / rowBytes, 1);
  std::vector<char> buffer(std::min(blockRows, tensor.rows) * rowBytes);
  for (int64_t first = 0; first < tensor.rows; first += blockRows) {
    int64_t count = std::min(blockRows, tensor.rows - first);
    absl::Status status = read(buffer.data(), count * rowBytes);
    if (!status.ok())
      return status;
    for (int64_t row = 0; row < count; ++row)
      std::copy_n(buffer.data() + row * rowBytes, rowBytes,
                  tensor.row(first + row));
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Saving
//===----------------------------------------------------------------------===//

/// The length of the header and the header, padded so that data are aligned.
static absl::StatusOr<std::string>
makeHeader(const std::string &path, const std::vector<Tensor> &tensors,
           const Metadata &metadata) {
  nlohmann::ordered_json header;
  header[std::string(metadataKey)] = nlohmann::ordered_json::object();
  for (const auto &[key, value] : metadata)
    header[std::string(metadataKey)][key] = value;
  for (const Tensor &tensor : tensors) {
    if (header.contains(tensor.name))
      return absl::InvalidArgumentError(absl::StrCat(
          describe(path), ": two tensors are called \"", tensor.name, "\""));
    uint64_t end = tensor.offset + tensor.numBytes();
    header[tensor.name] = {{"dtype", tensor.type->name},
                           {"shape", {tensor.rows, tensor.width}},
                           {"data_offsets", {tensor.offset, end}}};
  }
  using ErrorHandler = nlohmann::ordered_json::error_handler_t;
  std::string text = header.dump(-1, ' ', false, ErrorHandler::replace);
  // Bytes that are not UTF-8 were replaced.
  if (nlohmann::ordered_json::parse(text, nullptr, false) != header)
    return absl::InvalidArgumentError(absl::StrCat(
        describe(path), ": names and metadata must be valid UTF-8"));
  uint64_t length = text.size() + sizeof(length);
  length = (length + dataAlignment - 1) / dataAlignment * dataAlignment;
  length -= sizeof(length);
  text.resize(length, ' ');
  if (text.size() > maxHeaderBytes)
    return absl::InvalidArgumentError(
        absl::StrCat(describe(path), ": the header would have ", text.size(),
                     " bytes, more than ", maxHeaderBytes));
  return std::string(reinterpret_cast<char *>(&length), sizeof(length)) + text;
}

/// Writes a table chunk by chunk, so that rows and slots of the same positions
/// are let go together.
static absl::Status writeTable(NewFile &file, uint64_t dataBegin,
                               const std::vector<Tensor> &tensors,
                               const Table &table) {
  UndoLog &log = table.undoLog();
  int64_t rowBytes = table.rowBytes(), slotBytes = table.slotBytes();
  std::vector<char> rows(log.chunkRows() * rowBytes);
  std::vector<char> slots(log.chunkRows() * slotBytes), column;
  for (int64_t chunk = 0; chunk < log.numChunks(); ++chunk) {
    int64_t first = chunk * log.chunkRows();
    int64_t count = std::min(log.chunkRows(), table.numRows() - first);
    log.take(chunk, rows.data(), slots.data());
    auto write = [&](const std::vector<char> &bytes, const void *matrix,
                     int64_t width) {
      uint64_t offset = dataBegin + offsetOf(tensors, matrix) + first * width;
      return file.write(bytes.data(), count * width, offset);
    };
    absl::Status status = write(rows, table.rowData(), rowBytes);
    for (size_t slot = 0; slot < table.spec().slots.size(); ++slot) {
      int64_t width = table.spec().slots[slot].width * sizeof(float);
      const char *source =
          slots.data() + table.slotOffset(slot) * sizeof(float);
      column.resize(count * width);
      for (int64_t row = 0; row < count; ++row)
        std::copy_n(source + row * slotBytes, width,
                    column.data() + row * width);
      status.Update(
          write(column, table.slots() + table.slotOffset(slot), width));
    }
    if (!status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status embcol::saveCheckpoint(const std::string &path, Snapshot &snapshot,
                                    const Metadata &metadata,
                                    const Files &files) {
  std::vector<Tensor> tensors = tensorsOf(snapshot.core());
  absl::StatusOr<std::string> header = makeHeader(path, tensors, metadata);
  if (!header.ok())
    return header.status();
  uint64_t numBytes = header->size();
  for (const Tensor &tensor : tensors)
    numBytes += tensor.numBytes();
  // The header comes before the other files: should this end here, the metadata
  // tell what may lie about.
  NewFile file(path, describe(path));
  absl::Status status = file.create(numBytes);
  if (status.ok())
    status = file.write(header->data(), header->size(), /*offset=*/0);
  CompanionFiles companions(directoryOf(path));
  if (status.ok())
    status = companions.write(files);
  for (const std::unique_ptr<Table> &table : snapshot.core().tables()) {
    if (!status.ok())
      return status;
    status = writeTable(file, header->size(), tensors, *table);
  }
  if (status.ok())
    status = file.commit();
  if (!status.ok())
    return status;
  companions.commit();
  return syncDirectory(directoryOf(path));
}

absl::Status embcol::saveCheckpoint(const std::string &path,
                                    const EmbeddingCore &core,
                                    const Metadata &metadata) {
  Snapshot snapshot(core);
  snapshot.begin();
  return saveCheckpoint(path, snapshot, metadata, /*files=*/{});
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

namespace {
/// Where a tensor is within the data of a file.
struct Entry {
  std::string name;
  const Dtype *type;
  std::vector<uint64_t> shape;
  uint64_t begin, end;
};

} // namespace

/// A file whose header has been read and found to describe the file.
class embcol::CheckpointFile {
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
  /// The data of the file in memory, read-only.
  absl::StatusOr<std::shared_ptr<const char>> map() const;
  /// Where the data are of tensors that follow one another, as the partitions
  /// of a table do in memory.
  absl::StatusOr<uint64_t> findRun(const std::vector<Tensor> &tensors) const;

  const Metadata &metadata() const { return fileMetadata; }
  bool isCurrent() const;

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

absl::Status CheckpointFile::open() {
  file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0)
    return makeSystemError(errno, describe(path));
  if (!S_ISREG(info.st_mode))
    return absl::InvalidArgumentError(
        absl::StrCat(describe(path), " is not a file"));
  uint64_t fileBytes = info.st_size, headerBytes = 0;
  if (fileBytes < sizeof(headerBytes))
    return corrupt("has ", fileBytes, " bytes, too few for a header");
  absl::Status status =
      readAll(file, describe(path), reinterpret_cast<char *>(&headerBytes),
              sizeof(headerBytes));
  if (!status.ok())
    return status;
  if (headerBytes > maxHeaderBytes ||
      headerBytes > fileBytes - sizeof(headerBytes))
    return corrupt("has a header of ", headerBytes, " bytes in a file of ",
                   fileBytes);
  std::string text(headerBytes, '\0');
  if (status = readAll(file, describe(path), text.data(), text.size());
      !status.ok())
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
  const Dtype *type = nullptr;
  if (dtype != object.end() && dtype->is_string())
    type = parseDtype(dtype->get<std::string>());
  if (!type)
    return mismatch("tensor \"", name, "\" has dtype ",
                    dtype == object.end() ? "none" : dtype->dump(),
                    ", expected \"F32\", \"BF16\", \"F16\" or \"U8\"");
  if (offsets[0] > offsets[1] || offsets[1] > dataBytes)
    return corrupt("tensor \"", name, "\" has data [", offsets[0], ", ",
                   offsets[1], ") in a file with ", dataBytes,
                   " bytes of data");
  uint64_t numBytes = type->numBytes;
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
                      entry->type->name, "\", expected \"", tensor.type->name,
                      "\"");
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
    return makeSystemError(errno, describe(path));
  return fillBlocks(tensor, [&](char *data, size_t numBytes) {
    return readAll(file, describe(path), data, numBytes);
  });
}

absl::StatusOr<std::shared_ptr<const char>> CheckpointFile::map() const {
  uint64_t numBytes = dataBegin + dataBytes;
  void *address = mmap(nullptr, numBytes, PROT_READ, MAP_SHARED, file, 0);
  if (address == MAP_FAILED)
    return makeSystemError(errno, describe(path));
  return std::shared_ptr<const char>(
      static_cast<const char *>(address) + dataBegin,
      [=](const char *) { munmap(address, numBytes); });
}

absl::StatusOr<uint64_t>
CheckpointFile::findRun(const std::vector<Tensor> &tensors) const {
  const Entry *first = find(tensors.front().name);
  uint64_t offset = first->begin;
  for (const Tensor &tensor : tensors) {
    const Entry *entry = find(tensor.name);
    if (entry->begin != offset)
      return mismatch("tensor \"", entry->name, "\" starts at ", entry->begin,
                      ", expected ", offset,
                      ", where the partition before ends");
    offset = entry->end;
  }
  if ((dataBegin + first->begin) % first->type->numBytes != 0)
    return mismatch("tensor \"", first->name, "\" is not aligned");
  return first->begin;
}

bool CheckpointFile::isCurrent() const {
  struct stat opened, found;
  return fstat(file, &opened) == 0 && stat(path.c_str(), &found) == 0 &&
         opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

//===----------------------------------------------------------------------===//
// Checkpoint
//===----------------------------------------------------------------------===//

Checkpoint::Checkpoint(std::unique_ptr<CheckpointFile> file)
    : file(std::move(file)) {}
Checkpoint::Checkpoint(Checkpoint &&) = default;
Checkpoint::~Checkpoint() = default;

absl::StatusOr<Checkpoint> Checkpoint::open(const std::string &path) {
  auto file = std::make_unique<CheckpointFile>(path);
  if (absl::Status status = file->open(); !status.ok())
    return status;
  return Checkpoint(std::move(file));
}

const Metadata &Checkpoint::metadata() const { return file->metadata(); }

bool Checkpoint::isCurrent() const { return file->isCurrent(); }

absl::Status Checkpoint::load(EmbeddingCore &core) const {
  std::vector<Tensor> tensors = tensorsOf(core);
  absl::Status status = file->match(core, tensors);
  // No save may see a part of this.
  std::lock_guard<std::mutex> turn(core.turn());
  for (const Tensor &tensor : tensors)
    if (status.ok())
      status = file->read(tensor);
  return status;
}

absl::Status Checkpoint::map(EmbeddingCore &core) const {
  absl::Status status = file->match(core, tensorsOf(core));
  if (!status.ok())
    return status;
  absl::StatusOr<std::shared_ptr<const char>> data = file->map();
  if (!data.ok())
    return data.status();
  for (const std::unique_ptr<Table> &table : core.tables()) {
    absl::StatusOr<uint64_t> begin = file->findRun(rowsOf(*table));
    if (!begin.ok())
      return begin.status();
    table->setMappedRows({*data, data->get() + *begin});
  }
  return absl::OkStatus();
}

absl::StatusOr<Metadata> embcol::loadCheckpoint(const std::string &path,
                                                EmbeddingCore &core) {
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::open(path);
  if (!checkpoint.ok())
    return checkpoint.status();
  if (absl::Status status = checkpoint->load(core); !status.ok())
    return status;
  return checkpoint->metadata();
}
