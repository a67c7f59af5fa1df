#include "runtime/shim/log_writer.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <vector>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"

using namespace jobpod;

namespace {

struct Record {
  std::string stream, tag, text;
  bool operator==(const Record&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Record& record) {
  return out << record.stream << ' ' << record.tag << ' ' << record.text;
}

// Fails the test for anything that is not a record with a nanosecond UTC time.
std::vector<Record> Records(const std::string& path) {
  std::string content = ReadFile(path).value();
  std::vector<Record> records;
  static const std::regex kForm(
      R"((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (stdout|stderr) ([PF]) ([^\n]*)\n)");
  auto at = content.cbegin();
  std::smatch match;
  while (at != content.cend()) {
    REQUIRE(std::regex_search(at, content.cend(), match, kForm, std::regex_constants::match_continuous));
    records.push_back({match[2], match[3], match[4]});
    at = match[0].second;
  }
  return records;
}

class Directory {
 public:
  std::string operator/(const std::string& name) const { return directory_.path + "/" + name; }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("Lines become full records, whatever pieces they come in") {
  Directory directory;
  std::string path = directory / "a/b/0.log";
  auto log = LogWriter::Open(path, 0).value();
  log->Append(LogStream::kStdout, "one\ntwo");
  log->Append(LogStream::kStderr, "bad\r\n");
  log->Append(LogStream::kStdout, " more\r");
  log->Append(LogStream::kStdout, "\n\nrest");
  log->Finish(LogStream::kStdout);
  log->Finish(LogStream::kStderr);
  CHECK(Records(path) == std::vector<Record>{{"stdout", "F", "one"},
                                             {"stderr", "F", "bad"},
                                             {"stdout", "F", "two more"},
                                             {"stdout", "F", ""},
                                             {"stdout", "P", "rest"}});
}

TEST_CASE("A line over the limit is split and its last piece is full") {
  Directory directory;
  const size_t step = GENERATE(1, 3, 7, 1000);
  std::string path = directory / "0.log";
  auto log = LogWriter::Open(path, 4).value();
  std::string input = "abcd\nabcdefgh\r\nabcdefghi\nabcd\r\n";
  for (size_t at = 0; at < input.size(); at += step) log->Append(LogStream::kStdout, input.substr(at, step));
  CHECK(Records(path) == std::vector<Record>{{"stdout", "F", "abcd"},
                                             {"stdout", "P", "abcd"},
                                             {"stdout", "F", "efgh"},
                                             {"stdout", "P", "abcd"},
                                             {"stdout", "P", "efgh"},
                                             {"stdout", "F", "i"},
                                             {"stdout", "F", "abcd"}});
}

TEST_CASE("Reopening goes on in a new file, and keeps the old one when that fails") {
  Directory directory;
  std::string path = directory / "0.log";
  auto log = LogWriter::Open(path, 0).value();
  log->Append(LogStream::kStdout, "old\n");
  std::filesystem::rename(path, directory / "0.log.1");
  REQUIRE(log->Reopen().ok());
  log->Append(LogStream::kStdout, "new\n");
  CHECK(Records(directory / "0.log.1") == std::vector<Record>{{"stdout", "F", "old"}});
  CHECK(Records(path) == std::vector<Record>{{"stdout", "F", "new"}});

  std::filesystem::rename(path, directory / "kept");
  std::filesystem::create_directory(path);
  CHECK_FALSE(log->Reopen().ok());
  log->Append(LogStream::kStdout, "still\n");
  CHECK(Records(directory / "kept").back() == Record{"stdout", "F", "still"});
}

TEST_CASE("What is no file, and what is no absolute path, is refused as a log") {
  Directory directory;
  std::string path = directory / "0.log";
  std::filesystem::create_directory(path);
  auto log = LogWriter::Open(path, 0);
  REQUIRE_FALSE(log.ok());
  CHECK(std::string(Message(log.status())).find(path) != std::string::npos);
  CHECK(absl::IsInvalidArgument(LogWriter::Open("relative.log", 0).status()));
}

TEST_CASE("Without a path output is dropped") {
  auto log = LogWriter::Open("", 0).value();
  log->Append(LogStream::kStdout, "nobody\n");
  log->Finish(LogStream::kStdout);
  CHECK(log->Reopen().ok());
  CHECK(log->dropped() == 0);
}
