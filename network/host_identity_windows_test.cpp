#include <winsock2.h>
#include <windows.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "network/host_identity.hpp"

namespace jobpod {
namespace {

TEST_CASE("the host name is the computer's full one, not its 15 letters for NetBIOS") {
  char name[256];
  DWORD size = sizeof name;
  REQUIRE(GetComputerNameExA(ComputerNameDnsHostname, name, &size));
  CHECK(ReadHostIdentity().hostname == name);
}

TEST_CASE("addresses are global, each once, and IPv4 comes first among equals") {
  const std::vector<std::string> addresses = ReadHostIdentity().addresses;
  for (const std::string& address : addresses) {
    CAPTURE(address);
    CHECK_FALSE(address.starts_with("127."));
    CHECK_FALSE(address.starts_with("169.254."));
    CHECK_FALSE(address.starts_with("fe80"));
    CHECK(address != "::1");
    CHECK(std::ranges::count(addresses, address) == 1);
  }
}

}  // namespace
}  // namespace jobpod
