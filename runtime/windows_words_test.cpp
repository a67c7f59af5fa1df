#include <catch2/catch.hpp>

#include "runtime/windows_command_line.hpp"
#include "runtime/windows_environment.hpp"
#include "runtime/windows_limits.hpp"

namespace jobpod {
namespace {

using Words = std::vector<std::string>;

// What CommandLineToArgvW and the C runtime do, written from their published rules: the other half of
// quoting.
Words Parse(const std::string& line) {
  Words words;
  std::string word;
  bool quoted = false, begun = false;
  for (size_t at = 0; at < line.size();) {
    size_t backslashes = 0;
    while (at < line.size() && line[at] == '\\') ++backslashes, ++at;
    begun = begun || backslashes > 0;
    if (at < line.size() && line[at] == '"') {
      word.append(backslashes / 2, '\\');
      if (backslashes % 2 == 1) {
        word += '"';
      } else {
        quoted = !quoted;
      }
      begun = true;
      ++at;
      continue;
    }
    word.append(backslashes, '\\');
    if (at == line.size()) break;
    if ((line[at] == ' ' || line[at] == '\t') && !quoted) {
      if (begun) words.push_back(word);
      word.clear();
      begun = false;
    } else {
      word += line[at];
      begun = true;
    }
    ++at;
  }
  if (begun) words.push_back(word);
  return words;
}

TEST_CASE("arguments come out of a Windows command line as they went in") {
  const Words arguments = {"C:\\Program Files\\x.exe",
                           "",
                           "plain",
                           "two words",
                           "a\"b",
                           "trailing\\",
                           "trailing blank \\",
                           "\\\\server\\share dir\\",
                           "\\\"",
                           "& {if ('node' -ine \"$(hostname)\") { exit -1 }}",
                           "line\nbreak",
                           "%PATH% ^& | <>"};
  auto line = JoinCommandLine(arguments);
  REQUIRE(line.ok());
  CHECK(Parse(*line) == arguments);
  CHECK(QuoteArgument("plain\\") == "plain\\");
  CHECK(QuoteArgument("") == "\"\"");
  CHECK(absl::IsInvalidArgument(JoinCommandLine({"a", std::string("b\0c", 3)}).status()));
  CHECK(absl::IsInvalidArgument(JoinCommandLine({std::string(40000, 'x')}).status()));
}

TEST_CASE("variables of a Windows container replace the account's whatever their case") {
  const Words account = {"=C:=C:\\", "Path=C:\\Windows\\system32;C:\\Windows", "SystemRoot=C:\\Windows",
                         "TEMP=C:\\T"};
  const Words merged = MergeWindowsEnvironment(account, {"PATH=C:\\app;c:\\windows\\", "EMPTY=", "temp=D:\\T",
                                                         "TEMP=E:\\T", "no name", "=", "SYSTEMROOT="});
  CHECK(WindowsValueOf(merged, "path") == "C:\\app;c:\\windows\\;C:\\Windows\\system32");
  CHECK(WindowsValueOf(merged, "Temp") == "E:\\T");
  CHECK(WindowsValueOf(merged, "SystemRoot") == "C:\\Windows");
  CHECK(std::count(merged.begin(), merged.end(), "EMPTY=") == 1);
  CHECK(merged.size() == 5);
  CHECK(merged[0] == "=C:=C:\\");
  CHECK(MergeWindowsEnvironment({}, {}).empty());
}

WindowsLimits Translate(const Limits& limits) {
  auto translated = TranslateLimits(limits, 8);
  INFO(translated.status().ToString());
  REQUIRE(translated.ok());
  return *translated;
}

TEST_CASE("processors become masks of Windows' groups") {
  Limits limits;
  CHECK(Translate(limits).affinity.empty());
  limits.set_cpuset_cpus("0,2-3,64,130");
  CHECK(Translate(limits).affinity == std::vector<uint64_t>{0b1101, 1, 0b100});
  CHECK(Translate(limits).skipped.empty());
  limits.set_cpuset_cpus("63");
  CHECK(Translate(limits).affinity == std::vector<uint64_t>{uint64_t{1} << 63});
  for (const char* nonsense : {"zero", "3-1", "-", "4096", "1-"}) {
    limits.set_cpuset_cpus(nonsense);
    CHECK(absl::IsInvalidArgument(TranslateLimits(limits, 8).status()));
  }
}

TEST_CASE("limits become those of a job object") {
  Limits limits;
  CHECK_FALSE(Translate(limits).memory_bytes.has_value());
  CHECK_FALSE(Translate(limits).cpu.has_value());
  limits.set_memory_bytes(64 << 20);
  limits.set_pids(10);
  limits.set_windows_cpu_count(2);
  limits.set_cpu_quota_us(1000);
  WindowsLimits translated = Translate(limits);
  CHECK(translated.memory_bytes == 64u << 20);
  CHECK(translated.processes == 10u);
  CHECK_FALSE(translated.cpu->weight);
  CHECK(translated.cpu->value == 2500);
  CHECK(translated.skipped == Words{"cpu_quota_us: not on Windows"});
  limits.set_memory_bytes(-1);
  CHECK(Translate(limits).memory_bytes == 0u);
  limits.set_windows_cpu_count(64);
  CHECK(Translate(limits).cpu->value == 10000);
  limits.set_windows_cpu_count(0);
  limits.set_windows_cpu_shares(10000);
  CHECK(Translate(limits).cpu->weight);
  CHECK(Translate(limits).cpu->value == 9);
}

TEST_CASE("limits a job object cannot have are refused by name") {
  const auto refused = [](auto change) {
    Limits limits;
    change(limits);
    auto translated = TranslateLimits(limits, 8);
    CHECK(absl::IsInvalidArgument(translated.status()));
    return std::string(translated.status().message());
  };
  CHECK(refused([](Limits& l) { l.set_memory_bytes(-7); }).find("memory_bytes") != std::string::npos);
  CHECK(refused([](Limits& l) { l.set_pids(-2); }).find("pids") != std::string::npos);
  CHECK(refused([](Limits& l) {
          l.set_windows_cpu_maximum(10001);
        }).find("processor rate of `10001` is invalid") == 0);
  CHECK(refused([](Limits& l) { l.set_windows_cpu_shares(10001); }).find("processor weight value") == 0);
  CHECK(refused([](Limits& l) {
          l.set_windows_cpu_count(1);
          l.set_windows_cpu_maximum(1);
        }).find("mutually exclusive") != std::string::npos);
}

}  // namespace
}  // namespace jobpod
