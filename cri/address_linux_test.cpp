#include "cri/address.hpp"

#include <catch2/catch.hpp>

#include "cri/config.hpp"

namespace jobpod {
namespace {

TEST_CASE("endpoints are absolute Unix socket paths that fit") {
  CHECK(ParseEndpoint("unix:///run/j.sock")->path == "/run/j.sock");
  CHECK(ParseEndpoint("unix://///run/j.sock")->path == "/run/j.sock");
  CHECK(ParseEndpoint("unix:///" + std::string(106, 'x')).ok());
  for (const std::string bad : {"", "/run/j.sock", "unix://run/j.sock", "unix:///run/", "tcp://127.0.0.1:1",
                                "npipe:////./pipe/jobpod"}) {
    CHECK(ParseEndpoint(bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
  CHECK_FALSE(ParseEndpoint("unix:///" + std::string(107, 'x')).ok());
}

TEST_CASE("a state directory must leave room for the socket's path") {
  DaemonConfig config;
  config.state = "/" + std::string(100, 's');
  const Status status = CompleteConfig(config);
  CHECK_THAT(std::string(Message(status)), Catch::Contains("[grpc] address has a path of"));
}

}  // namespace
}  // namespace jobpod
