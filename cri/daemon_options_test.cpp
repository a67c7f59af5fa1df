#include "cri/daemon_options.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace jobpod {
namespace {

using Action = DaemonOptions::Action;

StatusOr<DaemonOptions> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "jobpodd");
  return ParseDaemonOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST_CASE("without arguments the daemon serves") {
  const auto options = Parse({});
  REQUIRE(options.ok());
  CHECK(options->action == Action::kServe);
  CHECK(options->flags.empty());
  CHECK_FALSE(options->file);
}

TEST_CASE("every documented flag is taken") {
  const auto options = Parse({"--config", "/c", "--root", "/r", "--state", "/s", "--address", "unix:///a",
                              "--admit", "all", "--http-address", "off", "--log-level=debug", "--preload",
                              "/p", "--shim", "/x", "--registry-config", "/y"});
  REQUIRE(options.ok());
  CHECK(options->file == "/c");
  CHECK(options->flags.size() == 9);
  CHECK(options->flags.at("--http-address") == "off");
  CHECK(options->flags.at("--log-level") == "debug");
}

TEST_CASE("config default and config check are commands") {
  CHECK(Parse({"config", "default"})->action == Action::kPrintDefault);
  CHECK(Parse({"config", "check"})->action == Action::kCheck);
  CHECK(Parse({"config", "check", "/f"})->file == "/f");
  CHECK(Parse({"config", "check", "--config", "/f"})->file == "/f");
  CHECK(Parse({"--config", "/f", "config", "check"})->file == "/f");
  CHECK(Parse({"config", "check", "--admit", "all"})->flags.at("--admit") == "all");
}

TEST_CASE("help and version are texts to print") {
  CHECK(Parse({"--version"})->text == "jobpodd " JOBPOD_VERSION "\n");
  const auto help = Parse({"--help"});
  CHECK(help->action == Action::kShow);
  for (const char* word : {"--root", "--admit", "config", "HostProcess"}) {
    CHECK(help->text.find(word) != std::string::npos);
  }
}

TEST_CASE("nonsense is refused with a hint") {
  for (const auto& bad :
       {std::vector<const char*>{"--rot", "/r"}, {"serve"}, {"--root"}, {"config"}, {"config", "x"}}) {
    const auto options = Parse(bad);
    CHECK(options.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(options.status().message().find("jobpodd --help") != absl::string_view::npos);
  }
}

}  // namespace
}  // namespace jobpod
