#include "cri/own_ports.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

TEST_CASE("a port is ours while its entry lives, and nothing that only looks like it is") {
  const auto ports = std::make_shared<OwnPorts>();
  auto entry = ports->Add(50123);
  const auto other = ports->Add(5012);
  CHECK(ports->Has("ipv4:127.0.0.1:50123"));
  CHECK(ports->Has("ipv4:127.0.0.1:5012"));
  for (const char* foreign :
       {"", "ipv4:127.0.0.1:50124", "ipv4:127.0.0.1:501", "ipv4:127.0.0.1:", "ipv4:127.0.0.1:50123x",
        "ipv4:127.0.0.2:50123", "ipv6:[::1]:50123", "ipv4:127.0.0.1:115659", "unix:/run/j.sock", "50123"}) {
    INFO(foreign);
    CHECK_FALSE(ports->Has(foreign));
  }
  entry.reset();
  CHECK_FALSE(ports->Has("ipv4:127.0.0.1:50123"));
  CHECK(ports->Has("ipv4:127.0.0.1:5012"));
}

}  // namespace
}  // namespace jobpod
