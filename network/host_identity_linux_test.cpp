#include "network/host_identity.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>

#include "base/file_linux.hpp"

namespace jobpod {
namespace {

// What ReadHostIdentity says in a network namespace set up by these `ip` commands. Needs root and iproute2.
std::string AddressesAfter(const std::vector<std::string>& commands) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    bool done = unshare(CLONE_NEWNET) == 0;
    for (const std::string& command : commands) done = done && std::system(("ip " + command).c_str()) == 0;
    std::string text;
    for (const std::string& address : ReadHostIdentity().addresses) text += address + " ";
    _exit(done && WriteAll(writer.get(), text, "pipe").ok() ? 0 : 1);
  }
  writer.Reset();
  std::string text = ReadAll(reader.get(), 65536, "pipe").value_or("");
  int state = 0;
  REQUIRE(waitpid(pid, &state, 0) == pid);
  REQUIRE(state == 0);
  return text;
}

// The kernel makes the peer first, so "first" has the lower index and is listed first.
const std::vector<std::string> kTwoInterfaces{
    "link set lo up",
    "link add second type veth peer name first",
    "link set first up",
    "link set second up",
    "addr add 10.0.0.1/24 dev first",
    "addr add fd01::1/64 dev first nodad",
    "addr add fd02::2/64 dev second nodad",
    "addr add 10.0.1.2/24 dev second",
    "addr add 169.254.7.7/16 dev second",
};

std::vector<std::string> Plus(std::vector<std::string> commands, const std::vector<std::string>& more) {
  commands.insert(commands.end(), more.begin(), more.end());
  return commands;
}

TEST_CASE("the host name is the kernel's") {
  utsname name{};
  REQUIRE(uname(&name) == 0);
  CHECK(ReadHostIdentity().hostname == name.nodename);
}

TEST_CASE("a host with nothing but loopback has no addresses") {
  CHECK(AddressesAfter({"link set lo up"}) == "");
}

TEST_CASE("without a default route IPv4 comes first; loopback and link-local never come") {
  CHECK(AddressesAfter(kTwoInterfaces) == "10.0.0.1 10.0.1.2 fd01::1 fd02::2 ");
}

TEST_CASE("the default route's interface comes first") {
  std::string addresses =
      AddressesAfter(Plus(kTwoInterfaces, {"route add default via 10.0.1.9 dev second",
                                           "-6 route add default via fd02::9 dev second"}));
  CHECK(addresses == "10.0.1.2 fd02::2 10.0.0.1 fd01::1 ");
}

TEST_CASE("of two default routes the one with the lower metric counts, and a prohibited one does not") {
  std::string addresses =
      AddressesAfter(Plus(kTwoInterfaces, {"route add prohibit default metric 1",
                                           "route add default via 10.0.1.9 dev second metric 5",
                                           "route add default via 10.0.0.9 dev first metric 20"}));
  CHECK(addresses == "10.0.1.2 10.0.0.1 fd01::1 fd02::2 ");
}

TEST_CASE("interfaces that are down are left out") {
  CHECK(AddressesAfter(Plus(kTwoInterfaces, {"link set first down"})) == "10.0.1.2 fd02::2 ");
}

}  // namespace
}  // namespace jobpod
