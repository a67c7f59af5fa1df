#include "cri/address.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

TEST_CASE("only loopback addresses are served") {
  const auto v4 = ParseLoopback("127.0.0.1:9450");
  REQUIRE(v4.ok());
  CHECK(v4->host == "127.0.0.1");
  CHECK(v4->port == 9450);
  CHECK(ParseLoopback("[::1]:0")->host == "::1");
  CHECK(ParseLoopback("localhost:80").ok());
  for (const std::string bad :
       {"0.0.0.0:80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8x",
        "10.0.0.1:80", "127.evil.example:80", "127.0.0:80", "[::]:80", "127.0.0.1.5:80", "127.0.0.1234:80"}) {
    CHECK_FALSE(ParseLoopback(bad).ok());
  }
}

}  // namespace
}  // namespace jobpod
