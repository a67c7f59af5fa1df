#include "cri/config.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

using Catch::Contains;

// "/srv/pods" on Linux, "C:/srv/pods" on Windows.
std::string At(const std::string& path) {
  return std::filesystem::temp_directory_path().root_name().string() + path;
}

std::string ErrorOf(const std::string& text) {
  DaemonConfig config;
  const Status status = ParseConfig(text, "/etc/some.toml", config);
  REQUIRE_FALSE(status.ok());
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(Message(status));
}

TEST_CASE("the printed default parses back to the defaults") {
  DaemonConfig config;
  config.root = At("/elsewhere");
  REQUIRE(ParseConfig(DefaultConfigText(), "default", config).ok());
  CHECK(config == DaemonConfig{});
}

TEST_CASE("every key of the printed default is explained") {
  for (const ConfigKey& key : ConfigKeys()) {
    CHECK_THAT(DefaultConfigText(),
               Contains(Concat("# ", key.help, "\n", key.derived ? "# " : "", key.name, " = ")));
  }
}

TEST_CASE("derived values that are shown commented out are the ones that are used") {
  DaemonConfig config;
  REQUIRE(CompleteConfig(config).ok());
  CHECK(config.address == kHostDefaults.address);
  CHECK(config.preload == kHostDefaults.preload);
  CHECK(config.link_root == kHostDefaults.link_root);
  CHECK_THAT(DefaultConfigText(), Contains("# address = \"" + config.address + "\"\n"));
  CHECK_THAT(DefaultConfigText(), Contains("\n# preload = ") && Contains(config.preload));
}

TEST_CASE("the file that comes with jobpodd is the printed default") {
  const StatusOr<std::string> text = ReadFile(Concat(JOBPOD_SOURCE_DIR, "/", kHostDefaults.example_config));
  REQUIRE(text.ok());
  CHECK(*text == DefaultConfigText());
}

TEST_CASE("a file sets texts and numbers") {
  DaemonConfig config;
  REQUIRE(ParseConfig("version = 1\nroot = \"" + At("/srv/pods") +
                          "\"\n[pods]\nadmit = \"all\"\n[image]\nmax_layers = 9\n",
                      "f", config)
              .ok());
  CHECK(config.root == At("/srv/pods"));
  CHECK(config.admit == "all");
  CHECK(config.max_layers == 9);
}

TEST_CASE("errors name file, line and key") {
  CHECK_THAT(ErrorOf("version = 1\n\n[grpc]\nadress = \"x\"\n"),
             Contains("/etc/some.toml:4: unknown key [grpc] adress; known here: address, workers"));
  CHECK_THAT(ErrorOf("version = 1\nrott = \"/x\"\n"),
             Contains("/etc/some.toml:2: unknown key rott; known here: version, root"));
  CHECK_THAT(ErrorOf("version = 1\n[nonsense]\na = 1\n"),
             Contains("/etc/some.toml:2: unknown table [nonsense]"));
  CHECK_THAT(ErrorOf("version = 1\n[pods]\nadmit = \"everyone\"\n"),
             Contains("/etc/some.toml:3: [pods] admit is \"everyone\"; use one of \"host-process\""));
  CHECK_THAT(ErrorOf("version = 1\nroot = \"relative\"\n"),
             Contains("/etc/some.toml:2: root is \"relative\"; use an absolute"));
  CHECK_THAT(ErrorOf("version = 1\nroot = 7\n"), Contains("/etc/some.toml:2: root must be a text in quotes"));
  CHECK_THAT(ErrorOf("version = 1\n[image]\nmax_layers = \"9\"\n"),
             Contains(":3: [image] max_layers must be a whole number"));
  CHECK_THAT(ErrorOf("version = 1\n[image]\nmax_layers = 0\n"),
             Contains(":3: [image] max_layers is 0; use a number from 1"));
  CHECK_THAT(ErrorOf("version = 1\n[image]\nmax_layers = -4\n"),
             Contains(":3: [image] max_layers is -4; use"));
  CHECK_THAT(ErrorOf("version = 1\n[http]\naddress = \"0.0.0.0:9450\"\n"),
             Contains(":3: [http] address is \"0.0.0.0:9450\"; only loopback"));
  CHECK_THAT(ErrorOf("version = 1\nhttp = \"off\"\n"), Contains(":2: unknown key http"));
  CHECK_THAT(ErrorOf("version = 1\n[grpc]\naddress = \"http://localhost\"\n"),
             Contains(":3: [grpc] address is \"http://localhost\"; use "));
}

TEST_CASE("a broken or foreign file is refused") {
  CHECK_THAT(ErrorOf("root = \"/x\"\n"), Contains("/etc/some.toml:1: version is missing"));
  CHECK_THAT(ErrorOf("# 1\nversion = 2\n"), Contains("/etc/some.toml:2: version is not 1"));
  CHECK_THAT(ErrorOf("version = 1\nroot = \n"), Contains("/etc/some.toml:2: is not valid TOML"));
  CHECK_THAT(ErrorOf("version = 1\nroot = \"/a\"\nroot = \"/b\"\n"),
             Contains("/etc/some.toml:3: is not valid TOML"));
}

TEST_CASE("flags win over the file") {
  const TemporaryDirectory directory;
  const std::string file = Concat(directory.path, "/config.toml");
  const std::string state = At("/run/a");
  REQUIRE(WriteFileAtomic(file, Concat("version = 1\nstate = \"", state, "\"\n[pods]\nadmit = \"all\"\n")).ok());
  const auto config = LoadConfig(file, {{"--admit", "host-network"}, {"--root", At("/srv/r")}});
  REQUIRE(config.ok());
  CHECK(config->admit == "host-network");
  CHECK(config->address == DefaultAddress(state));
  CHECK(config->preload == Below(At("/srv/r"), "preload"));
}

TEST_CASE("bad flags name the flag, a named file must exist, root and state differ") {
  const TemporaryDirectory directory;
  const std::string missing = directory.path + "/none.toml", file = directory.path + "/config.toml";
  CHECK_THAT(std::string(LoadConfig(missing, {}).status().message()), Contains("none.toml"));
  REQUIRE(WriteFileAtomic(file, "version = 1\n").ok());
  const auto bad = LoadConfig(file, {{"--admit", "x"}});
  const auto same = LoadConfig(file, {{"--root", At("/a")}, {"--state", At("/a")}});
  CHECK_THAT(std::string(bad.status().message()), Contains("--admit is \"x\"; use one of"));
  CHECK_THAT(std::string(same.status().message()), Contains("root and state are the same"));
}

}  // namespace
}  // namespace jobpod
