#include "runtime/windows_executable.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

using Words = std::vector<std::string>;

const WindowsSearch kSearch{"C:\\Tools;D:/bin/;\"C:\\Program Files\\x\"", "C:\\work", "C:\\hpc\\id",
                            "C:\\Windows"};

bool Before(const Words& all, const std::string& first, const std::string& second) {
  const auto one = std::find(all.begin(), all.end(), first), two = std::find(all.begin(), all.end(), second);
  return one != all.end() && two != all.end() && one < two;
}

TEST_CASE("a Windows path with a drive or server is looked for as it is given") {
  CHECK(WindowsCandidates("C:/hpc/id/bin\\x.exe", kSearch) == Words{"C:\\hpc\\id\\bin\\x.exe"});
  CHECK(WindowsCandidates("\\\\server\\share\\x.exe", kSearch) == Words{"\\\\server\\share\\x.exe"});
  CHECK(WindowsCandidates("C:\\Program Files\\tool", kSearch) ==
        Words{"C:\\Program Files\\tool.exe", "C:\\Program Files\\tool.com", "C:\\Program Files\\tool.bat",
              "C:\\Program Files\\tool.cmd", "C:\\Program Files\\tool"});
  CHECK(WindowsCandidates("C:\\a\\tool.v2", kSearch) == Words{"C:\\a\\tool.v2", "C:\\a\\tool.v2.exe"});
}

TEST_CASE("a path that begins with a slash is the host's, then the image's") {
  CHECK(WindowsCandidates("/usr/local/bin/x.exe", kSearch) ==
        Words{"C:\\usr\\local\\bin\\x.exe", "C:\\hpc\\id\\usr\\local\\bin\\x.exe"});
}

TEST_CASE("a relative path is below the working directory, then below the image's files") {
  CHECK(WindowsCandidates("./bin\\uname.exe", kSearch) ==
        Words{"C:\\work\\bin\\uname.exe", "C:\\hpc\\id\\bin\\uname.exe"});
  const Words all = WindowsCandidates("System32/cmd.exe", kSearch);
  CHECK(all.front() == "C:\\work\\System32\\cmd.exe");
  CHECK(Before(all, "C:\\hpc\\id\\System32\\cmd.exe", "C:\\Tools\\System32\\cmd.exe"));
  CHECK(Before(all, "C:\\Tools\\System32\\cmd.exe", "C:\\Windows\\System32\\cmd.exe"));
}

TEST_CASE("a bare name is looked for everywhere, the host's directories before the image's") {
  const Words all = WindowsCandidates("tool", kSearch);
  CHECK(all.front() == "C:\\work\\tool.exe");
  CHECK(Before(all, "C:\\work\\tool", "C:\\hpc\\id\\tool.exe"));
  CHECK(Before(all, "C:\\hpc\\id\\tool.exe", "C:\\Tools\\tool.exe"));
  CHECK(Before(all, "C:\\Tools\\tool.exe", "D:\\bin\\tool.exe"));
  CHECK(Before(all, "C:\\Program Files\\x\\tool.exe", "C:\\Windows\\System32\\tool.exe"));
  CHECK(Before(all, "C:\\Windows\\tool.exe", "C:\\hpc\\id\\Tools\\tool.exe"));
  CHECK(all.back() == "C:\\hpc\\id\\Program Files\\x\\tool");
}

TEST_CASE("cmd.exe runs its own commands and batch files") {
  CHECK(IsShellBuiltIn("Echo"));
  CHECK_FALSE(IsShellBuiltIn("echo.exe"));
  CHECK_FALSE(IsShellBuiltIn(""));
  CHECK(IsBatchFile("C:\\x\\Run.CMD"));
  CHECK_FALSE(IsBatchFile("C:\\x\\run.cmd.exe"));
  CHECK(*BuiltInCommandLine({"echo", "a b", "%PATH%"}) ==
        "cmd.exe /e:on /v:off /d /s /c \"echo \"a b\" %PATH%\"");
  CHECK(*BatchCommandLine("C:\\a b\\x.cmd", {"&calc", "say \"hi\"", "end\\", "100%"}) ==
        "cmd.exe /e:on /v:off /d /s /c \"\"C:\\a b\\x.cmd\" \"&calc\" \"say \"\"hi\"\"\" \"end\\\\\" "
        "\"100%%cd:~,%\"\"");
  CHECK(absl::IsInvalidArgument(BatchCommandLine("x.cmd", {"two\nlines"}).status()));
}

}  // namespace
}  // namespace jobpod
