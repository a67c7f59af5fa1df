#include "cri/service_windows.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "cri/host_defaults.hpp"

namespace jobpod {
namespace {

TEST_CASE("a service's log lies in a private directory, whatever its root") {
  CHECK(ServiceLogFile(kHostDefaults.root) == "C:\\ProgramData\\jobpod\\logs\\jobpodd.log");
  CHECK(ServiceLogFile("D:\\data\\root") == "D:\\data\\root\\logs\\jobpodd.log");
}

TEST_CASE("a service is given full paths, for its current directory is another") {
  DaemonOptions options;
  options.file = "some place\\config.toml";
  options.flags = {{"--root", "C:\\root"}};
  const auto line = ServiceCommandLine(options);
  REQUIRE(line.ok());
  const std::string file = std::filesystem::absolute("some place\\config.toml").string();
  CHECK_THAT(*line, Catch::EndsWith("service run --config \"" + file + "\" --root C:\\root"));
}

TEST_CASE("a service with a wrong configuration is not installed") {
  DaemonOptions options;
  options.flags = {{"--root", "relative"}};
  CHECK_THAT(std::string(InstallService(options).message()), Catch::Contains("use an absolute path"));
}

}  // namespace
}  // namespace jobpod
