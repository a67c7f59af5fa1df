// Who may read a database, and what one-off statements give.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "base/scope_exit.hpp"
#include "base/sqlite.hpp"
#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

TEST_CASE("a database is its owner's alone, made new or found open to others") {
  const mode_t before = ::umask(022);
  const ScopeExit restore([&] { ::umask(before); });
  TemporaryDirectory directory;
  const std::string path = directory.path + "/a.db";
  const auto check = [&](const char* when) {
    for (const char* end : {"", "-wal", "-shm"}) {
      INFO(when << end);
      CHECK(ModeOf(path + end) == 0600);
    }
  };
  auto database = SqliteDatabase::Open(path, false);
  REQUIRE(database.ok());
  REQUIRE(database->Run("CREATE TABLE t (secret TEXT)").ok());
  check("new");
  for (const char* end : {"", "-wal", "-shm"}) REQUIRE(::chmod((path + end).c_str(), 0644) == 0);
  auto again = SqliteDatabase::Open(path, false);
  REQUIRE(again.ok());
  check("found");
}

TEST_CASE("a statement that is run once takes texts and gives rows") {
  TemporaryDirectory directory;
  auto database = SqliteDatabase::Open(directory.path + "/a.db", false);
  REQUIRE(database.ok());
  REQUIRE(database->Run("CREATE TABLE t (name TEXT, size INTEGER)").ok());
  REQUIRE(database->Run("INSERT INTO t VALUES (?1, ?2)", {"a", "7"}).ok());
  int64_t size = 0;
  const auto take = [&](SqliteStatement& row) { size = row.Integer(0); };
  CHECK(database->Run("SELECT size FROM t WHERE name = ?1", {"a"}, take).ok());
  CHECK(size == 7);
  CHECK_FALSE(database->Run("SELECT nothing").ok());
}

}  // namespace
}  // namespace jobpod
