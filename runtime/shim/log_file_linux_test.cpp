// The log's file on Linux: its mode, what is refused in its place, and a file system that is really full
// (tmpfs).
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.hpp"
#include "base/scope_exit.hpp"
#include "base/temporary_directory.hpp"
#include "runtime/shim/log_writer.hpp"

using namespace jobpod;

TEST_CASE("A full disk drops whole records, and one line tells how many once space returns") {
  char name[] = "/tmp/jobpod-full-XXXXXX";
  std::string directory = mkdtemp(name);
  REQUIRE(mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=64k") == 0);
  ScopeExit clean([&] {
    umount2(directory.c_str(), MNT_DETACH);
    rmdir(directory.c_str());
  });
  std::string path = directory + "/0.log";
  auto log = LogWriter::Open(path, 0).value();
  std::ofstream(directory + "/filler") << std::string(32 << 10, 'x');

  uint64_t told = 0;
  std::string why;
  log->TellLosses([&](uint64_t records, const Status& reason) {
    told += records;
    why = Message(reason);
  });

  const std::string line(999, 'y');
  uint64_t sent = 0;
  for (; log->dropped() < 10; ++sent) log->Append(LogStream::kStderr, line + "\n");
  uint64_t dropped = log->dropped();
  std::filesystem::remove(directory + "/filler");
  log->Append(LogStream::kStderr, "after\n");
  CHECK(log->dropped() == 0);
  CHECK(told > 0);  // at once, and not for every record
  CHECK(why.find("No space left") != std::string::npos);
  log->TellLoss();
  CHECK(told == dropped);

  std::string content = ReadFile(path).value();
  uint64_t whole = 0;
  for (size_t at = content.find(line); at != std::string::npos; at = content.find(line, at + 1)) ++whole;
  CHECK(whole == sent - dropped);
  size_t marker = content.find(" stderr F jobpod: " + std::to_string(dropped) + " log records were dropped");
  REQUIRE(marker != std::string::npos);
  CHECK(content.find("No space left", marker) != std::string::npos);
  CHECK(content.ends_with(" stderr F after\n"));
  // Nothing torn: every line begins with a year.
  for (size_t at = 0; at < content.size(); at = content.find('\n', at) + 1)
    CHECK(content.substr(at, 2) == "20");
}

TEST_CASE("A log is made readable for its group") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "/0.log";
  REQUIRE(LogWriter::Open(path, 0).ok());
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
}

TEST_CASE("What is not a regular file is refused as a log") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "/0.log", elsewhere = directory.path + "/elsewhere";
  SECTION("a link") {
    std::filesystem::create_symlink(elsewhere, path);
  }
  SECTION("a fifo") {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  }
  auto log = LogWriter::Open(path, 0);
  REQUIRE_FALSE(log.ok());
  CHECK(std::string(Message(log.status())).find(path) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(elsewhere));
}
