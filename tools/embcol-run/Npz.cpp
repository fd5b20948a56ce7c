//===- Npz.cpp - Arrays in .npz files -------------------------------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Npz.h"
#include "embcol/ExecutionEngine/Features.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "llvm/Support/ConvertUTF.h"

#include <cstring>
#include <limits>
#include <zip.h>

using namespace embcol;

// The format: numpy.lib.format, versions 1 to 3.
static constexpr absl::string_view kMagic("\x93NUMPY", 6);

namespace {
struct Header {
  /// Kind and width of an element: "i8" is an integer of 8 bytes.
  char kind = 0;
  int64_t width = 0;
  std::vector<int64_t> shape;
  size_t dataBegin = 0;
};
} // namespace

/// What follows `key` in the header's dictionary.
static absl::string_view getField(absl::string_view header,
                                  absl::string_view key) {
  size_t position = header.find(absl::StrCat("'", key, "':"));
  if (position == absl::string_view::npos)
    return "";
  return absl::StripLeadingAsciiWhitespace(
      header.substr(position + key.size() + 3));
}

static absl::StatusOr<Header> parseHeader(absl::string_view file) {
  absl::Status malformed = absl::InvalidArgumentError("not a numpy array");
  if (!absl::StartsWith(file, kMagic) || file.size() < 12)
    return malformed;
  bool isVersion1 = file[6] == 1;
  uint32_t length = 0;
  std::memcpy(&length, file.data() + 8, isVersion1 ? 2 : 4);
  Header header;
  size_t begin = isVersion1 ? 10 : 12;
  header.dataBegin = begin + length;
  if (header.dataBegin > file.size())
    return malformed;
  absl::string_view text = file.substr(begin, length);
  absl::string_view type = getField(text, "descr");
  if (!absl::ConsumePrefix(&type, "'"))
    return malformed;
  type = type.substr(0, type.find('\''));
  if (absl::StartsWith(type, ">"))
    return absl::InvalidArgumentError("big-endian arrays are not taken");
  if (type.size() < 3)
    return malformed;
  header.kind = type[1];
  constexpr int64_t maxWidth = std::numeric_limits<int32_t>::max();
  if (!absl::SimpleAtoi(type.substr(2), &header.width) || header.width < 0 ||
      header.width > maxWidth)
    return malformed;
  if (absl::StartsWith(getField(text, "fortran_order"), "True"))
    return absl::InvalidArgumentError("arrays in Fortran order are not taken");
  absl::string_view shape = getField(text, "shape");
  if (!absl::ConsumePrefix(&shape, "("))
    return malformed;
  shape = shape.substr(0, shape.find(')'));
  for (absl::string_view extent :
       absl::StrSplit(shape, ',', absl::SkipWhitespace())) {
    int64_t value;
    if (!absl::SimpleAtoi(extent, &value) || value < 0)
      return malformed;
    header.shape.push_back(value);
  }
  return header;
}

/// The size of an array; nothing where its bytes cannot be counted.
static absl::optional<int64_t> getSize(const std::vector<int64_t> &shape,
                                       int64_t elementSize) {
  int64_t size = 1, numBytes = elementSize;
  for (int64_t extent : shape)
    if (__builtin_mul_overflow(size, extent, &size) ||
        __builtin_mul_overflow(numBytes, extent, &numBytes))
      return absl::nullopt;
  return size;
}

/// The element type of numbers of numpy; nothing for those that programs do not
/// take.
static absl::optional<ElementType> getElementType(const Header &header) {
  if (header.kind == 'f' && header.width == 4)
    return ElementType::F32;
  bool isUnsigned = header.kind == 'u';
  if (header.kind != 'i' && !isUnsigned)
    return absl::nullopt;
  switch (header.width) {
  case 1:
    return ElementType::I8;
  case 2:
    return ElementType::I16;
  case 4:
    return ElementType::I32;
  case 8:
    if (!isUnsigned)
      return ElementType::I64;
  }
  return absl::nullopt;
}

/// An element of numpy's S or U type, without the zeros at its end.
static std::string parseString(absl::string_view element, bool isUnicode) {
  if (!isUnicode) {
    size_t last = element.find_last_not_of('\0');
    return std::string(element.substr(0, last + 1));
  }
  std::string text;
  for (size_t i = 0; i + 4 <= element.size(); i += 4) {
    uint32_t code;
    std::memcpy(&code, element.data() + i, 4);
    char buffer[UNI_MAX_UTF8_BYTES_PER_CODE_POINT];
    char *end = buffer;
    if (code != 0 && llvm::ConvertCodePointToUTF8(code, end))
      text.append(buffer, end);
  }
  return text;
}

static absl::StatusOr<NpzArray> parseArray(absl::string_view file) {
  absl::StatusOr<Header> header = parseHeader(file);
  if (!header.ok())
    return header.status();
  absl::string_view data = file.substr(header->dataBegin);
  bool isUnicode = header->kind == 'U';
  int64_t elementSize = isUnicode ? 4 * header->width : header->width;
  absl::optional<int64_t> size = getSize(header->shape, elementSize);
  if (!size || static_cast<int64_t>(data.size()) < *size * elementSize)
    return absl::InvalidArgumentError("the array is cut short");
  NpzArray array;
  array.shape = header->shape;
  if (header->kind == 'S' || isUnicode) {
    std::vector<std::string> strings;
    for (int64_t i = 0; i < *size; ++i)
      strings.push_back(
          parseString(data.substr(i * elementSize, elementSize), isUnicode));
    array.parts = makeStrings(strings).parts;
    return array;
  }
  absl::optional<ElementType> type = getElementType(*header);
  if (!type)
    return absl::InvalidArgumentError(
        absl::StrCat("arrays of type ", std::string(1, header->kind),
                     header->width, " are not taken"));
  array.isSigned = header->kind != 'u';
  Array numbers = Array::allocate(*type, header->shape);
  std::memcpy(numbers.data.get(), data.data(), *size * elementSize);
  array.parts = {std::move(numbers)};
  return array;
}

//===----------------------------------------------------------------------===//
// Archives
//===----------------------------------------------------------------------===//

static absl::Status makeArchiveError(const std::string &path, int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string message = absl::StrCat(path, ": ", zip_error_strerror(&error));
  zip_error_fini(&error);
  return code == ZIP_ER_NOENT ? absl::NotFoundError(message)
                              : absl::InvalidArgumentError(message);
}

static absl::StatusOr<std::string> readEntry(zip_t *archive, int64_t index) {
  zip_stat_t information;
  zip_file_t *file = zip_fopen_index(archive, index, 0);
  if (!file || zip_stat_index(archive, index, 0, &information) != 0)
    return absl::InvalidArgumentError("cannot be read");
  std::string content(information.size, '\0');
  zip_int64_t numRead = zip_fread(file, content.data(), content.size());
  zip_fclose(file);
  if (numRead != static_cast<zip_int64_t>(content.size()))
    return absl::InvalidArgumentError("cannot be read");
  return content;
}

absl::StatusOr<std::map<std::string, NpzArray>>
embcol::readNpz(const std::string &path) {
  int code = 0;
  std::unique_ptr<zip_t, decltype(&zip_discard)> archive(
      zip_open(path.c_str(), ZIP_RDONLY, &code), zip_discard);
  if (!archive)
    return makeArchiveError(path, code);
  std::map<std::string, NpzArray> arrays;
  int64_t numEntries = zip_get_num_entries(archive.get(), 0);
  for (int64_t index = 0; index < numEntries; ++index) {
    absl::string_view name = zip_get_name(archive.get(), index, 0);
    absl::ConsumeSuffix(&name, ".npy");
    absl::StatusOr<std::string> content = readEntry(archive.get(), index);
    absl::StatusOr<NpzArray> array =
        content.ok() ? parseArray(*content) : content.status();
    if (!array.ok())
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": array \"", name, "\": ", array.status().message()));
    arrays[std::string(name)] = *std::move(array);
  }
  return arrays;
}

static std::string formatArray(const Array &array) {
  std::string type = array.type == ElementType::F32 ? "f4"
                     : array.type == ElementType::I8
                         ? "i1"
                         : absl::StrCat("i", getElementSize(array.type));
  std::string header = absl::StrCat(
      "{'descr': '", array.type == ElementType::I8 ? "|" : "<", type,
      "', 'fortran_order': False, 'shape': (", absl::StrJoin(array.shape, ", "),
      array.shape.size() == 1 ? ",)" : ")", ", }");
  // The data begins at a multiple of 64.
  size_t padding = 64 - (kMagic.size() + 4 + header.size() + 1) % 64;
  header.append(padding, ' ').push_back('\n');
  uint16_t length = header.size();
  std::string file(kMagic);
  file += std::string("\x01\x00", 2);
  file.append(reinterpret_cast<const char *>(&length), 2);
  file += header;
  file.append(array.as<char>(), array.size() * getElementSize(array.type));
  return file;
}

absl::Status embcol::writeNpz(const std::string &path,
                              const std::map<std::string, Array> &arrays) {
  int code = 0;
  zip_t *archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!archive)
    return makeArchiveError(path, code);
  // libzip reads the contents when it closes the archive.
  std::vector<std::string> contents;
  contents.reserve(arrays.size());
  for (const auto &[name, array] : arrays) {
    contents.push_back(formatArray(array));
    zip_source_t *source = zip_source_buffer(
        archive, contents.back().data(), contents.back().size(), /*freep=*/0);
    if (!source || zip_file_add(archive, absl::StrCat(name, ".npy").c_str(),
                                source, ZIP_FL_ENC_UTF_8) < 0) {
      zip_source_free(source);
      absl::Status status =
          absl::InternalError(absl::StrCat(path, ": ", zip_strerror(archive)));
      zip_discard(archive);
      return status;
    }
  }
  if (zip_close(archive) == 0)
    return absl::OkStatus();
  absl::Status status =
      absl::InternalError(absl::StrCat(path, ": ", zip_strerror(archive)));
  zip_discard(archive);
  return status;
}
