#include "cri/address.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

TEST_CASE("an endpoint is a pipe of this machine, however clients spell it") {
  for (const std::string good : {"npipe:////./pipe/jobpod", "npipe://./pipe/jobpod", "npipe:\\\\.\\pipe\\jobpod",
                                 "npipe://\\\\.\\pipe\\jobpod"}) {
    INFO(good);
    const auto parsed = ParseEndpoint(good.starts_with("npipe://") ? good : "npipe://" + good.substr(6));
    REQUIRE(parsed.ok());
    CHECK(parsed->path == "\\\\.\\pipe\\jobpod");
  }
  CHECK(ParseEndpoint("npipe:////./PIPE/jobpod").ok());
  const auto guarded = ParseEndpoint("npipe:////./pipe/ProtectedPrefix/Administrators/jobpod");
  REQUIRE(guarded.ok());
  CHECK(guarded->path == "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\jobpod");
  for (const std::string bad :
       {"", "npipe://", "npipe:////./pipe/", "npipe:////server/pipe/jobpod", "npipe:////./pipe/a/b",
        "npipe:////./pipe/ProtectedPrefix/Administrators/", "npipe:////./pipe/ProtectedPrefix/Users/jobpod",
        "npipe:////./jobpod", "\\\\.\\pipe\\jobpod", "unix:///run/j.sock"}) {
    INFO(bad);
    CHECK(ParseEndpoint(bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
  CHECK_FALSE(ParseEndpoint("npipe:////./pipe/" + std::string(256, 'x')).ok());
}

TEST_CASE("an endpoint may be a port, of the loopback only") {
  const auto parsed = ParseEndpoint("tcp://127.0.0.1:2376");
  REQUIRE(parsed.ok());
  CHECK(parsed->path.empty());
  CHECK(parsed->tcp.port == 2376);
  CHECK_FALSE(ParseEndpoint("tcp://0.0.0.0:2376").ok());
  CHECK_FALSE(ParseEndpoint("tcp://127.0.0.1").ok());
}

}  // namespace
}  // namespace jobpod
