//===- VocabularyCache.cpp - Vocabulary files as tables -------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/VocabularyCache.h"
#include "embcol/EmbeddingCore/CacheDirectory.h"

#include "File.h"

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>

#include <farmhash.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace embcol;
using namespace embcol::detail;

namespace fs = std::filesystem;

/// Changes with the format of files, the layout of tables and the hash
/// function. Files of different versions stand side by side.
static constexpr absl::string_view suffix = ".2.vocabulary";

/// After this, a temporary file is not being written any more.
static constexpr std::chrono::hours abandoned(1);

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {
/// What a file begins with. The path of the source follows, then, at the next
/// multiple of 64, the table.
struct Header {
  static constexpr uint64_t expectedMagic = 0x6C6F76'6C6F636265; // "ebcolvol"

  uint64_t magic = expectedMagic;
  FileIdentity identity;
  int64_t size;
  uint64_t isString;
  uint64_t pathBytes;
  TokenTable::Sizes sizes;
  /// Seconds since 1970: when the file was modified last.
  int64_t sealed;
  uint64_t blockSum;
  /// Of what stands before, and the path.
  uint64_t headerSum;

  uint64_t tableOffset() const {
    return (sizeof(Header) + pathBytes + 63) / 64 * 64;
  }
  uint64_t sum(absl::string_view path) const {
    return util::Fingerprint64(
        absl::StrCat(absl::string_view(reinterpret_cast<const char *>(this),
                                       offsetof(Header, headerSum)),
                     path));
  }
};

/// A file of the cache.
struct Entry {
  Header header;
  std::string path;
  std::shared_ptr<const char> mapping;
  uint64_t numBytes;
  bool isSealed;

  absl::string_view block() const {
    uint64_t offset = header.tableOffset();
    return {mapping.get() + offset, numBytes - offset};
  }
};
} // namespace

static int64_t nanoseconds(const timespec &time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::optional<FileIdentity> FileIdentity::of(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return std::nullopt;
  return FileIdentity{static_cast<uint64_t>(info.st_size), info.st_ino,
                      nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

static bool operator==(const FileIdentity &lhs, const FileIdentity &rhs) {
  return lhs.numBytes == rhs.numBytes && lhs.inode == rhs.inode &&
         lhs.modified == rhs.modified && lhs.changed == rhs.changed;
}

/// Maps a file whose header is valid, but whose table may be anything.
static std::optional<Entry> openEntry(const std::string &name) {
  int file = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return std::nullopt;
  absl::Cleanup closer = [file] { close(file); };
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) ||
      static_cast<uint64_t>(info.st_size) < sizeof(Header))
    return std::nullopt;
  Entry entry;
  entry.numBytes = info.st_size;
  void *mapped = mmap(nullptr, entry.numBytes, PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED)
    return std::nullopt;
  entry.mapping =
      std::shared_ptr<const char>(static_cast<const char *>(mapped),
                                  [size = entry.numBytes](const char *data) {
                                    munmap(const_cast<char *>(data), size);
                                  });
  Header &header = entry.header;
  std::memcpy(&header, entry.mapping.get(), sizeof(header));
  if (header.magic != Header::expectedMagic ||
      header.pathBytes > entry.numBytes - sizeof(header) ||
      header.tableOffset() > entry.numBytes)
    return std::nullopt;
  entry.path.assign(entry.mapping.get() + sizeof(header), header.pathBytes);
  if (header.headerSum != header.sum(entry.path))
    return std::nullopt;
  entry.isSealed = nanoseconds(info.st_mtim) == header.sealed * 1'000'000'000;
  return entry;
}

static std::optional<TokenTable> tableOf(const Entry &entry) {
  absl::string_view block = entry.block();
  if (!entry.isSealed &&
      util::Fingerprint64(block.data(), block.size()) != entry.header.blockSum)
    return std::nullopt;
  absl::StatusOr<TokenTable> table = TokenTable::fromBlock(
      {entry.mapping, block.data()}, block.size(), entry.header.sizes);
  if (!table.ok())
    return std::nullopt;
  return *std::move(table);
}

//===----------------------------------------------------------------------===//
// The cache
//===----------------------------------------------------------------------===//

VocabularyCache VocabularyCache::fromEnvironment() {
  Options options;
  options.directory = getCacheDirectory("vocabularies");
  return VocabularyCache(std::move(options));
}

bool VocabularyCache::takes(const FileIdentity &identity) const {
  return !options.directory.empty() && identity.numBytes >= options.leastBytes;
}

static std::string absolute(const std::string &path) {
  std::error_code error;
  return fs::absolute(path, error).string();
}

std::string VocabularyCache::fileOf(const VocabularySource &source) const {
  uint64_t number = util::Fingerprint64(absl::StrCat(
      absolute(source.path), source.isString ? "\ns" : "\ni", source.size));
  return absl::StrCat(options.directory, "/",
                      absl::Hex(number, absl::kZeroPad16), suffix);
}

std::optional<TokenTable>
VocabularyCache::load(const VocabularySource &source) const {
  std::optional<FileIdentity> identity = FileIdentity::of(source.path);
  if (!identity || !takes(*identity))
    return std::nullopt;
  std::string path = absolute(source.path);
  // All lines may be as many as are asked for.
  for (int64_t size : {int64_t(0), source.size}) {
    std::optional<Entry> entry =
        openEntry(fileOf({source.path, source.isString, size}));
    if (!entry)
      continue;
    const Header &header = entry->header;
    bool fits = header.identity == *identity && entry->path == path &&
                (header.isString != 0) == source.isString &&
                header.size == size &&
                (source.size == 0 ||
                 header.sizes.numTokens == static_cast<uint64_t>(source.size));
    if (!fits)
      continue;
    if (std::optional<TokenTable> table = tableOf(*entry))
      return table;
  }
  return std::nullopt;
}

void VocabularyCache::store(const VocabularySource &source,
                            const FileIdentity &identity,
                            const TokenTable &table) const {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  // What changes from now on is told apart from this by its time.
  bool isSettled =
      nanoseconds(now) - std::max(identity.modified, identity.changed) >=
      options.settling;
  if (!takes(identity) || !isSettled)
    return;
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (error)
    return;
  clean();
  // The table is good without it.
  write(source, identity, table).IgnoreError();
}

absl::Status VocabularyCache::write(const VocabularySource &source,
                                    const FileIdentity &identity,
                                    const TokenTable &table) const {
  std::string path = absolute(source.path);
  absl::string_view block = table.block();
  Header header;
  header.identity = identity;
  header.size = source.size;
  header.isString = source.isString;
  header.pathBytes = path.size();
  header.sizes = table.sizes();
  header.sealed = time(nullptr);
  header.blockSum = util::Fingerprint64(block.data(), block.size());
  header.headerSum = header.sum(path);
  std::string front(header.tableOffset(), '\0');
  std::memcpy(front.data(), &header, sizeof(header));
  std::memcpy(front.data() + sizeof(header), path.data(), path.size());

  std::string name = fileOf(source);
  NewFile file(name, absl::StrCat("cache \"", name, "\""));
  absl::Status status = file.create(front.size() + block.size());
  if (status.ok())
    status = file.write(front.data(), front.size(), 0);
  if (status.ok())
    status = file.write(block.data(), block.size(), front.size());
  if (status.ok())
    status = file.setModified(header.sealed);
  if (status.ok())
    status = file.commit();
  return status;
}

/// Removes tables that no file is the source of any more, and what processes
/// that crashed have left.
void VocabularyCache::clean() const {
  std::error_code error;
  for (const fs::directory_entry &file :
       fs::directory_iterator(options.directory, error)) {
    std::string name = file.path().string();
    bool isUseless = false;
    if (absl::EndsWith(name, suffix)) {
      std::optional<Entry> entry = openEntry(name);
      isUseless = !entry || !fs::exists(entry->path, error);
    } else if (absl::EndsWith(name, ".tmp")) {
      isUseless =
          fs::file_time_type::clock::now() - file.last_write_time(error) >
          abandoned;
    }
    if (isUseless)
      fs::remove(name, error);
  }
}
