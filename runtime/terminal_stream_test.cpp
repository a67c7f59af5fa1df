// Execs with a terminal.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "runtime/stream_test_support.hpp"

using namespace jobpod;
using namespace jobpod::stream_test;

namespace {

constexpr StdioRequest kTerminal{true, true, false, true};
constexpr const char* kSleeper = "exec /bin/busybox sleep 1000";

}  // namespace

TEST_CASE("An exec with a terminal has it as its controlling terminal and TERM set") {
  for (const char* layout : {"hostprocess", "hostprocess-link", "image-root"}) {
    INFO(layout);
    Host host(layout);
    const std::string id = host.Start(kSleeper);
    Client client(Exec(host, id, "busybox stty -echo; busybox tty; [ -t 2 ] && echo term=$TERM >/dev/tty; read x; "
                                 "echo got $x; exit 6", kTerminal));
    INFO(client.opened().ToString());
    REQUIRE(client.opened().ok());
    CHECK(client.Says("term=xterm\r\n"));
    CHECK(client.output().find("/dev/pts/") == 0);
    client.Write("words\n");
    CHECK(client.End().value() == 6);
    CHECK(client.output().find("got words\r\n") != std::string::npos);
  }
}

TEST_CASE("A terminal is resized, and its program is told") {
  Host host;
  const std::string id = host.Start(kSleeper);
  Client client(Exec(host, id,
                     "trap 'busybox stty size; exit 0' WINCH; echo ready; while :; do busybox usleep 5000; done",
                     kTerminal));
  REQUIRE(client.opened().ok());
  REQUIRE(client.Says("ready"));
  client.Resize(0, 0);
  client.Resize(132, 43);
  CHECK(client.End().value() == 0);
  CHECK(client.output() == "ready\r\n43 132\r\n");
}

TEST_CASE("Ctrl-C on a terminal interrupts its foreground program") {
  Host host;
  const std::string id = host.Start(kSleeper);
  Client client(Exec(host, id, "trap 'echo interrupted; exit 130' INT; echo ready; while :; do busybox usleep 5000; done",
                     kTerminal));
  REQUIRE(client.Says("ready"));
  client.Write("\x03");
  CHECK(client.End().value() == 130);
  CHECK(client.Says("interrupted"));
}

TEST_CASE("A client that leaves its terminal hangs up; who does not heed it is killed") {
  Host host;
  const std::string id = host.Start(kSleeper);
  const std::string mark = "/tmp/jobpod-hangup-" + host.pod_id();
  SECTION("heeded") {
    Client client(Exec(host, id, "trap 'echo bye > " + mark + "; exit' HUP; echo on; while :; do busybox usleep 5000; done",
                       kTerminal));
    REQUIRE(client.Says("on"));
    client.LetGo();
    CHECK(Eventually([&] { return access(mark.c_str(), F_OK) == 0; }));
    unlink(mark.c_str());
  }
  SECTION("ignored") {
    Client client(Exec(host, id, "trap '' HUP TERM; (setsid sleep 1000 &); echo on; while :; do busybox usleep 5000; done",
                       kTerminal));
    REQUIRE(client.Says("on"));
    client.LetGo();
  }
  CHECK(Eventually([&] { return host.Processes() == 1; }));
}

TEST_CASE("A terminal that outlives its exec in other hands comes to its end") {
  Host host;
  const std::string id = host.Start(kSleeper);
  // What the program printed last is there, although the survivor kept the terminal until it was killed.
  Client client(Exec(host, id, "(trap '' HUP; exec busybox sleep 1000) & echo last words; exit 3", kTerminal));
  CHECK(client.End().value() == 3);
  CHECK(client.output() == "last words\r\n");
}

TEST_CASE("A container's own terminal belongs to its user and is /dev/console of an image-root container") {
  Host host("image-root");
  const std::string id = host.Start(
      "busybox tty; busybox stat -c '%u %t:%T' /dev/console; echo console > /dev/console; busybox ls /dev/pts; "
      "sleep 1000",
      [](ContainerSpec& spec) {
        spec.set_tty(true);
        spec.mutable_user()->set_uid(4321);
      });
  CHECK(Eventually([&] { return host.Log(id).find("ptmx") != std::string::npos; }));
  const std::string log = host.Log(id);
  INFO(log);
  CHECK(log.find("F /dev/pts/0\n") != std::string::npos);
  CHECK(log.find("F 4321 88:0\n") != std::string::npos);
  CHECK(log.find("F console\n") != std::string::npos);
}
