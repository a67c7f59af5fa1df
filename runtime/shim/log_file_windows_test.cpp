#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"
#include "runtime/shim/log_file.hpp"
#include "runtime/shim/log_writer.hpp"

using namespace jobpod;

TEST_CASE("A log is renamed and removed while it is written") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "\\0.log", renamed = directory.path + "\\0.log.1";
  auto log = LogWriter::Open(path, 0);
  REQUIRE(log.ok());
  (*log)->Append(LogStream::kStdout, "one\r\n");
  std::filesystem::rename(path, renamed);
  (*log)->Append(LogStream::kStdout, "two\r\n");
  CHECK(ReadFile(renamed).value().ends_with(" stdout F two\n"));
  CHECK(std::filesystem::remove(renamed));
  REQUIRE((*log)->Reopen().ok());
  (*log)->Append(LogStream::kStdout, "three\r\n");
  CHECK(ReadFile(path).value().ends_with(" stdout F three\n"));
}

TEST_CASE("The end of a log file is taken back, and what comes then follows") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "\\0.log";
  auto file = LogFile::Open(path);
  REQUIRE(file.ok());
  CHECK(file->Append("whole\ntorn") == 10);
  CHECK(file->CutBack(4));
  CHECK(file->Append("next\n") == 5);
  CHECK(ReadFile(path).value() == "whole\nnext\n");
}

TEST_CASE("Only a path with a drive or server is absolute") {
  CHECK(LogFile::DirectoryOf("C:\\a/b\\0.log").value() == "C:\\a/b");
  CHECK(LogFile::DirectoryOf("\\\\server\\share\\0.log").value() == "\\\\server\\share");
  for (const char* path : {"\\a\\0.log", "/a/0.log", "C:0.log", "0.log", ""}) {
    CHECK(absl::IsInvalidArgument(LogFile::DirectoryOf(path).status()));
  }
}
