// Streamed execs from the PodManager down to real processes.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "runtime/stream_test_support.hpp"

using namespace jobpod;
using namespace jobpod::stream_test;

namespace {

constexpr const char* kSleeper = "exec /bin/busybox sleep 1000";

size_t OwnFiles() {
  auto files = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

}  // namespace

TEST_CASE("A streamed exec has its input, both outputs and its exit code") {
  Host host;
  const std::string id = host.Start(kSleeper);
  Client client(Exec(host, id, "cat; echo wrong >&2; exit 42", kAll));
  REQUIRE(client.opened().ok());
  client.Write("over and ");
  client.Write("out");
  CHECK(client.Says("over and out"));
  CHECK_FALSE(client.Ended());
  client.CloseInput();
  CHECK(client.End().value() == 42);
  CHECK(client.output() == "over and out");
  CHECK(client.error_output() == "wrong\n");
}

TEST_CASE("Streams that are not asked for are empty") {
  Host host;
  const std::string id = host.Start(kSleeper);
  Client client(Exec(host, id, "cat; echo on stderr >&2; echo done; kill -9 $$", {false, true, false, false}));
  REQUIRE(client.opened().ok());
  CHECK(client.End().value() == 137);
  CHECK(client.output() == "done\n");
}

TEST_CASE("What cannot be executed is refused with the reason") {
  Host host;
  const std::string id = host.Start("sleep 1000 & echo $!; read x; exit 3",
                                    [](ContainerSpec& spec) { spec.set_stdin(true); });
  auto end = [](const StatusOr<int32_t>&) { FAIL("it never began"); };
  boost::asio::io_context io;
  Status missing = host.pods().ExecStream(id, {"no-such-program"}, kAll, io.get_executor(), end).status();
  CHECK(absl::IsNotFound(missing));
  CHECK(missing.ToString().find("no-such-program") != std::string::npos);
  REQUIRE(host.pods().StopContainer(id, std::chrono::milliseconds(0)).ok());
  CHECK(absl::IsFailedPrecondition(
      host.pods().ExecStream(id, {"/bin/busybox"}, kAll, io.get_executor(), end).status()));
  CHECK(absl::IsNotFound(
      host.pods().ExecStream("unknown", {"/bin/busybox"}, kAll, io.get_executor(), end).status()));
  io.run();
}

TEST_CASE("A client that reads late loses nothing") {
  Host host;
  const std::string id = host.Start(kSleeper);
  // Together more than pipes hold: the program waits for the reader.
  const std::string padding(500, '.');
  const std::string program = "i=0; while [ $i -lt 5000 ]; do echo line $i " + padding + "; i=$((i+1)); done; exit 9";
  Client client(Exec(host, id, program, kAll), false);
  REQUIRE(client.opened().ok());
  SECTION("while the program runs") {}
  SECTION("after a short program has ended") {
    Client early(Exec(host, id, "echo early", kAll), false);
    CHECK(Eventually([&] { return early.Ended(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // past the bound for pipes kept by others
    early.Read();
    CHECK(early.End().value() == 0);
    CHECK(early.output() == "early\n");
  }
  client.Read();
  CHECK(client.End().value() == 9);
  std::string expected;
  for (int i = 0; i < 5000; ++i) expected += "line " + std::to_string(i) + " " + padding + "\n";
  CHECK((client.output() == expected));  // in parentheses: a failure does not print it all
}

TEST_CASE("What a streamed exec leaves behind is killed and does not hold its end back") {
  Host host;
  const std::string id = host.Start(kSleeper);
  Client client(Exec(host, id, "(setsid sleep 1000 &); echo gone; exit 4", kAll));
  CHECK(client.End().value() == 4);
  CHECK(client.output() == "gone\n");
  CHECK(Eventually([&] { return host.Processes() == 1; }));
}

TEST_CASE("A client that vanishes takes the whole tree of its exec along") {
  Host host;
  const std::string id = host.Start(kSleeper);
  const size_t files = OwnFiles();
  for (const char* script : {"trap '' TERM HUP PIPE; (setsid sleep 1000 &); echo on; sleep 1000", "echo on; cat",
                             "echo on; exec cat /dev/zero"}) {
    Client client(Exec(host, id, script, kAll));
    REQUIRE(client.opened().ok());
    CHECK(client.Says("on\n"));
    client.LetGo();
    CHECK_FALSE(client.Ended());
  }
  CHECK(Eventually([&] { return host.Processes() == 1; }));
  CHECK(Eventually([&] { return OwnFiles() == files; }));
}

TEST_CASE("A streamed exec ends with its container and with its shim") {
  Host host;
  const std::string id = host.Start(kSleeper);
  Client client(Exec(host, id, "echo on; sleep 1000", kAll));
  REQUIRE(client.opened().ok());
  REQUIRE(client.Says("on\n"));
  SECTION("container stopped") {
    REQUIRE(host.pods().StopContainer(id, std::chrono::milliseconds(0)).ok());
    CHECK(client.End().value() == 137);
  }
  SECTION("shim killed") {
    kill(host.shim_pid(), SIGKILL);
    CHECK(absl::IsUnavailable(client.End().status()));
    CHECK(Eventually([&] { return host.Processes() == 0; }));
  }
}

TEST_CASE("Execs are streamed into containers started before a restart") {
  Host host;
  const std::string id = host.Start(kSleeper);
  host.Restart();
  Client client(Exec(host, id, "cat; exit 5", kAll));
  REQUIRE(client.opened().ok());
  client.Write("again");
  client.CloseInput();
  CHECK(client.End().value() == 5);
  CHECK(client.output() == "again");
}

TEST_CASE("Many streamed execs at once, one after the other, leave nothing") {
  Host host;
  const std::string id = host.Start(kSleeper);
  const size_t files = OwnFiles();
  for (int round = 0; round < 4; ++round) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 25; ++i) {
      clients.push_back(std::make_unique<Client>(Exec(host, id, "cat; exit " + std::to_string(i), kAll)));
      REQUIRE(clients.back()->opened().ok());
      clients.back()->Write(std::to_string(i));
    }
    for (auto& client : clients) client->CloseInput();
    for (int i = 0; i < 25; ++i) {
      CHECK(clients[static_cast<size_t>(i)]->End().value() == i);
      CHECK(clients[static_cast<size_t>(i)]->output() == std::to_string(i));
    }
  }
  CHECK(Eventually([&] { return OwnFiles() == files && host.Processes() == 1; }));
}
