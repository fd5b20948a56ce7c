//===- VocabularyCacheTest.cpp - Tests of VocabularyCache.h ---------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "embcol/EmbeddingCore/VocabularyCache.h"
#include "embcol/EmbeddingCore/Vocabulary.h"

#include "StatusMatchers.h"
#include "TemporaryDirectory.h"

#include "absl/strings/str_cat.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace embcol;
using namespace embcol::test;
using testing::AnyOf;
using testing::ElementsAre;
using testing::Not;
using TokenType = Vocabulary::TokenType;
using Integers = std::vector<int64_t>;

namespace fs = std::filesystem;

namespace {
class VocabularyCacheTest : public testing::Test {
protected:
  VocabularyCacheTest() { words = directory.write("words.txt", "a\nb\nc\n"); }

  VocabularyCache cache() const {
    return VocabularyCache(
        {directory.file("cache"), /*leastBytes=*/0, /*settling=*/0});
  }

  absl::StatusOr<Vocabulary> open(int64_t size = 0,
                                  TokenType type = TokenType::String) const {
    return Vocabulary::fromFile(words, size, type, {}, cache());
  }

  static Integers lookup(const Vocabulary &vocabulary) {
    Integers offsets{0, 1, 2, 3, 4}, ids(4, -77);
    vocabulary.lookup(StringSpan{"abcd", offsets}, absl::MakeSpan(ids));
    return ids;
  }

  /// Puts a table of other tokens into the cache, by which tests tell that it
  /// is used.
  void storeOther(int64_t size = 0) const {
    absl::string_view tokens[] = {"d", "c", "b"};
    absl::StatusOr<TokenTable> table = TokenTable::create(
        tokens, [](int64_t, int64_t) { return absl::OkStatus(); });
    ASSERT_THAT(table, IsOk());
    cache().store({words, true, size}, *FileIdentity::of(words), *table);
    ASSERT_EQ(numCached(), 1);
  }

  fs::path cached() const {
    return *fs::directory_iterator(directory.file("cache"));
  }

  int numCached() const {
    fs::path path = directory.file("cache");
    if (!fs::exists(path))
      return 0;
    return std::distance(fs::directory_iterator(path), {});
  }

  /// Changes a file as others would, who know nothing of its times.
  static void overwrite(const fs::path &path, uint64_t offset, char byte) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(offset);
    file.put(byte);
  }

  TemporaryDirectory directory;
  std::string words;
};
} // namespace

TEST_F(VocabularyCacheTest, RoundTrip) {
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<Vocabulary> vocabulary = open();
    ASSERT_THAT(vocabulary, IsOk());
    EXPECT_EQ(vocabulary->size(), 3);
    EXPECT_THAT(lookup(*vocabulary), ElementsAre(0, 1, 2, -1));
    EXPECT_EQ(vocabulary->toText(), "a\nb\nc\n");
    EXPECT_EQ(numCached(), 1);
  }
}

TEST_F(VocabularyCacheTest, IsUsed) {
  storeOther();
  EXPECT_THAT(lookup(*open()), ElementsAre(-1, 2, 1, 0));
  // As many lines as there are.
  EXPECT_THAT(lookup(*open(3)), ElementsAre(-1, 2, 1, 0));
  EXPECT_EQ(numCached(), 1);
  EXPECT_THAT(lookup(*open(2)), ElementsAre(0, 1, -1, -1));
  EXPECT_EQ(numCached(), 2);
  EXPECT_THAT(open(4), StatusIs(absl::StatusCode::kInvalidArgument,
                                testing::HasSubstr("has 3 lines")));
}

TEST_F(VocabularyCacheTest, AllLinesByNumber) {
  ASSERT_THAT(open(3), IsOk());
  EXPECT_TRUE(cache().load({words, true, 0}).has_value());
  EXPECT_FALSE(cache().load({words, false, 0}).has_value());
}

TEST_F(VocabularyCacheTest, Integers) {
  words = directory.write("numbers.txt", "7\n-3\n");
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<Vocabulary> vocabulary = open(0, TokenType::Integer);
    ASSERT_THAT(vocabulary, IsOk());
    Integers tokens{-3, 7, 8}, ids(3);
    vocabulary->lookup(tokens, absl::MakeSpan(ids));
    EXPECT_THAT(ids, ElementsAre(1, 0, -1));
    EXPECT_EQ(vocabulary->toText(), "7\n-3\n");
  }
  // The same file as words.
  EXPECT_EQ(open()->tokenType(), TokenType::String);
  EXPECT_EQ(numCached(), 2);
}

TEST_F(VocabularyCacheTest, MappedAfterItsFileIsGone) {
  ASSERT_THAT(open(), IsOk());
  absl::StatusOr<Vocabulary> vocabulary = open();
  fs::remove_all(directory.file("cache"));
  EXPECT_THAT(lookup(*vocabulary), ElementsAre(0, 1, 2, -1));
}

TEST_F(VocabularyCacheTest, SourceOfAnotherSize) {
  storeOther();
  directory.write("words.txt", "a\nb\nc\nd\n");
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(numCached(), 1);
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, 3));
}

TEST_F(VocabularyCacheTest, SourceOfAnotherTime) {
  storeOther();
  fs::last_write_time(words,
                      fs::last_write_time(words) - std::chrono::hours(1));
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, -1));
}

TEST_F(VocabularyCacheTest, SourceReplaced) {
  storeOther();
  auto time = fs::last_write_time(words);
  fs::rename(directory.write("new.txt", "c\nb\na\n"), words);
  fs::last_write_time(words, time);
  EXPECT_THAT(lookup(*open()), ElementsAre(2, 1, 0, -1));
}

TEST_F(VocabularyCacheTest, AnyDamage) {
  storeOther();
  fs::path path = cached();
  uint64_t size = fs::file_size(path);
  std::string name = "cache/" + path.filename().string();
  std::string content = directory.read(name);
  auto sealed = fs::last_write_time(path);
  for (uint64_t offset = 0; offset < size; ++offset) {
    directory.write(name, content);
    overwrite(path, offset, content[offset] ^ 4);
    // Either as it is stored, where nothing is in the byte, or anew.
    EXPECT_THAT(lookup(*open()),
                AnyOf(ElementsAre(-1, 2, 1, 0), ElementsAre(0, 1, 2, -1)))
        << offset;
  }
  for (uint64_t length : {uint64_t(0), uint64_t(100), size - 64, size - 1}) {
    directory.write(name, content.substr(0, length));
    fs::last_write_time(path, sealed);
    EXPECT_FALSE(cache().load({words, true, 0})) << length;
  }
  directory.write(name, content + "x");
  EXPECT_FALSE(cache().load({words, true, 0}));
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, -1));
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, -1));
}

TEST_F(VocabularyCacheTest, DamagedTable) {
  storeOther();
  fs::path path = cached();
  uint64_t last = fs::file_size(path) - 8;
  overwrite(path, last, 'x');
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, -1));
}

// The content is summed up where the time does not vouch for it.
TEST_F(VocabularyCacheTest, CopiedTable) {
  storeOther();
  fs::last_write_time(cached(), fs::file_time_type::clock::now());
  EXPECT_THAT(lookup(*open()), ElementsAre(-1, 2, 1, 0));
}

TEST_F(VocabularyCacheTest, TableOfAnotherSource) {
  storeOther();
  fs::path mine = cached();
  std::string other = directory.write("other.txt", "a\nb\nc\n");
  ASSERT_THAT(Vocabulary::fromFile(other, 0, TokenType::String, {}, cache()),
              IsOk());
  for (const fs::directory_entry &file :
       fs::directory_iterator(directory.file("cache")))
    if (file.path() != mine)
      fs::copy_file(mine, file, fs::copy_options::overwrite_existing);
  EXPECT_FALSE(cache().load({other, true, 0}));
}

TEST_F(VocabularyCacheTest, SmallOrUnsettledFiles) {
  VocabularyCache patient(
      {directory.file("cache"), 0, /*settling=*/int64_t(1) << 60});
  ASSERT_THAT(Vocabulary::fromFile(words, 0, TokenType::String, {}, patient),
              IsOk());
  VocabularyCache large({directory.file("cache"), /*leastBytes=*/7, 0});
  ASSERT_THAT(Vocabulary::fromFile(words, 0, TokenType::String, {}, large),
              IsOk());
  EXPECT_EQ(numCached(), 0);
}

TEST_F(VocabularyCacheTest, NoPlaceToWrite) {
  directory.write("cache", "a file");
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, -1));
  VocabularyCache none({"", 0, 0});
  EXPECT_THAT(Vocabulary::fromFile(words, 0, TokenType::String, {}, none),
              IsOk());
}

TEST_F(VocabularyCacheTest, RefusedFilesAreNotKept) {
  words = directory.write("twice.txt", "a\na\n");
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(open(), Not(IsOk()));
  EXPECT_THAT(Vocabulary::fromFile(directory.file("absent"), 0,
                                   TokenType::String, {}, cache()),
              StatusIs(absl::StatusCode::kNotFound, testing::_));
  EXPECT_EQ(numCached(), 0);
}

TEST_F(VocabularyCacheTest, RemovesWhatIsOfNoUse) {
  storeOther();
  std::string first = words;
  fs::path old = directory.file("cache/0.2.vocabulary.1.tmp");
  directory.write("cache/0.2.vocabulary.1.tmp", "");
  directory.write("cache/0.2.vocabulary.2.tmp", "");
  directory.write("cache/0.1.vocabulary", "of another version");
  directory.write("cache/mine", "");
  fs::last_write_time(old,
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  words = directory.write("more.txt", "a\nb\n");
  ASSERT_THAT(open(), IsOk());
  EXPECT_FALSE(fs::exists(old));
  EXPECT_EQ(numCached(), 5);
  fs::remove(first);
  words = directory.write("most.txt", "a\nb\n");
  ASSERT_THAT(open(), IsOk());
  EXPECT_EQ(numCached(), 5);
  EXPECT_FALSE(cache().load({first, true, 0}));
}

// Each process finds a whole table or makes one, while others replace it.
TEST_F(VocabularyCacheTest, ManyProcesses) {
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid != 0) {
      children.push_back(pid);
      continue;
    }
    bool isRight = true;
    for (int round = 0; round < 50 && isRight; ++round) {
      absl::StatusOr<Vocabulary> vocabulary = open();
      isRight = vocabulary.ok() && lookup(*vocabulary) == Integers{0, 1, 2, -1};
      std::error_code error;
      if (round % 3 == child % 3)
        fs::remove_all(directory.file("cache"), error);
    }
    _exit(isRight ? 0 : 1);
  }
  for (pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(lookup(*open()), ElementsAre(0, 1, 2, -1));
}

TEST(VocabularyCacheEnvironmentTest, Directory) {
  auto with = [](const char *name, const char *value) {
    value ? setenv(name, value, 1) : unsetenv(name);
  };
  with("EMBCOL_CACHE_DIR", "/mine");
  EXPECT_EQ(VocabularyCache::fromEnvironment().directory(),
            "/mine/vocabularies");
  with("EMBCOL_CACHE_DIR", "");
  EXPECT_EQ(VocabularyCache::fromEnvironment().directory(), "");
  with("EMBCOL_CACHE_DIR", nullptr);
  with("XDG_CACHE_HOME", "/base");
  EXPECT_EQ(VocabularyCache::fromEnvironment().directory(),
            "/base/embcol/vocabularies");
  with("XDG_CACHE_HOME", nullptr);
  with("HOME", "/home/me");
  EXPECT_EQ(VocabularyCache::fromEnvironment().directory(),
            "/home/me/.cache/embcol/vocabularies");
  with("HOME", nullptr);
  EXPECT_EQ(VocabularyCache::fromEnvironment().directory(), "");
}
