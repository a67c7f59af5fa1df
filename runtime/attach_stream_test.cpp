// Clients attached to a container's own streams, from the PodManager down to real processes.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "runtime/stream_test_support.hpp"

using namespace jobpod;
using namespace jobpod::stream_test;

namespace {

using namespace std::chrono_literals;

constexpr StdioRequest kLook{false, true, true, false};
constexpr StdioRequest kTerminal{true, true, false, true};
// Answers every line; the end of its input ends it.
constexpr const char* kAnswerer = "echo up; while read x; do echo got $x; echo err $x >&2; done; echo bye; exit 3";
// Writes 4 MB when told to, and then waits to be told again.
constexpr const char* kFlood =
    "echo up; read x; i=0; while [ $i -lt 64 ]; do busybox head -c 65536 /dev/zero | busybox tr '\\000' x; "
    "i=$((i+1)); done; echo; echo flooded; read x; exit 7";
constexpr size_t kFloodSize = 64 * 65536;

void Keep(ContainerSpec& spec) {
  spec.set_stdin(true);
}

void Once(ContainerSpec& spec) {
  spec.set_stdin(true);
  spec.set_stdin_once(true);
}

void WithTerminal(ContainerSpec& spec) {
  spec.set_stdin(true);
  spec.set_tty(true);
}

size_t FilesOf(int32_t pid) {
  auto files = std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

bool Logged(Host& host, const std::string& id, const std::string& text) {
  return Eventually([&] { return host.Log(id).find(text) != std::string::npos; });
}

// A running container that has said "up".
std::string StartUp(Host& host, const char* script, const std::function<void(ContainerSpec&)>& edit) {
  const std::string id = host.Start(script, edit);
  REQUIRE(Logged(host, id, "up"));
  return id;
}

size_t Count(const std::string& text, char what) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), what));
}

}  // namespace

TEST_CASE("Several clients are attached at once, and the log has everything too") {
  Host host;
  const std::string id = StartUp(host, kAnswerer, Keep);
  Client first(Attach(host, id, kAll)), second(Attach(host, id, kAll)), looker(Attach(host, id, kLook));
  for (Client* client : {&first, &second, &looker}) REQUIRE(client->opened().ok());
  first.Write("one\n");
  for (Client* client : {&first, &second, &looker}) CHECK(client->Says("got one\n"));
  second.Write("two\n");
  for (Client* client : {&first, &second, &looker}) CHECK(client->Says("got one\ngot two\n"));
  CHECK(Eventually([&] { return looker.error_output() == "err one\nerr two\n"; }));
  CHECK(first.output() == "got one\ngot two\n");  // not what was said before it came
  REQUIRE(host.pods().StopContainer(id, 0ms).ok());
  for (Client* client : {&first, &second, &looker}) CHECK(client->End().value() == 137);
  CHECK(host.Log(id).find("stdout F got two\n") != std::string::npos);
  CHECK(host.Log(id).find("stderr F err two\n") != std::string::npos);
}

TEST_CASE("Kept input outlives its clients: the end of one's input lets it go") {
  Host host;
  const std::string id = StartUp(host, kAnswerer, Keep);
  const size_t files = FilesOf(host.shim_pid());
  for (const char* word : {"one", "two"}) {
    Client client(Attach(host, id, kAll));
    REQUIRE(client.opened().ok());
    client.Write(std::string(word) + "\n");
    client.CloseInput();
    CHECK(client.End().value() == 0);
    CHECK(client.output() == Concat("got ", word, "\n"));
  }
  Client vanishes(Attach(host, id, kAll));
  vanishes.LetGo();
  CHECK(Eventually([&] { return FilesOf(host.shim_pid()) == files; }));
  CHECK(host.pods().FindContainer(id).value()->state() == ContainerState::kRunning);
}

TEST_CASE("stdin_once: the input ends with the first client that brings it") {
  Host host;
  const std::string id = StartUp(host, kAnswerer, Once);
  Client looker(Attach(host, id, kLook));
  Client client(Attach(host, id, kAll));
  // The client the container was made for has missed nothing.
  CHECK(client.Says("up\n"));
  client.Write("one\n");
  CHECK(client.Says("up\ngot one\n"));
  SECTION("which says so") {
    client.CloseInput();
    CHECK(client.End().value() == 3);
    CHECK(client.output() == "up\ngot one\nbye\n");
    CHECK(client.error_output() == "err one\n");
  }
  SECTION("which vanishes") { client.LetGo(); }
  SECTION("and another one has none") {
    Client late(Attach(host, id, kAll));
    REQUIRE(late.opened().ok());
    late.Write("not heard\n");
    late.CloseInput();
    CHECK(late.End().value() == 0);
    CHECK_FALSE(client.Ended());
    client.CloseInput();
    CHECK(client.output().find("not heard") == std::string::npos);
  }
  CHECK(looker.End().value() == 3);
  CHECK(looker.output() == "got one\nbye\n");
}

TEST_CASE("A container without input can be looked at, and what it is sent goes nowhere") {
  Host host;
  const std::string id =
      StartUp(host, "trap 'echo last; exit 4' TERM; echo up; while :; do busybox usleep 5000; done", {});
  Client client(Attach(host, id, kAll));
  REQUIRE(client.opened().ok());
  client.Write(std::string(1 << 20, 'x'));
  REQUIRE(host.pods().StopContainer(id, 10s).ok());
  CHECK(client.End().value() == 4);
  CHECK(client.output() == "last\n");
  boost::asio::io_context io;
  auto end = [](const StatusOr<int32_t>&) { FAIL("it never began"); };
  CHECK(absl::IsFailedPrecondition(host.pods().AttachStream(id, kLook, io.get_executor(), end).status()));
  CHECK(absl::IsNotFound(host.pods().AttachStream("unknown", kLook, io.get_executor(), end).status()));
}

TEST_CASE("A terminal is shared by the clients attached to it, resized, and stays when they leave") {
  Host host;
  const std::string id = StartUp(host,
                                 "trap 'busybox stty size' WINCH; busybox stty -echo; echo up; "
                                 "while :; do read x || continue; echo got $x; [ $x = end ] && exit 5; done",
                                 WithTerminal);
  {
    Client client(Attach(host, id, kTerminal)), looker(Attach(host, id, {false, true, true, false}));
    REQUIRE(client.opened().ok());
    client.Resize(101, 33);
    client.Write("one\n");
    for (Client* each : {&client, &looker}) CHECK(each->Says("33 101\r\n"));
    for (Client* each : {&client, &looker}) CHECK(each->Says("got one\r\n"));
    CHECK(looker.error_output().empty());
  }
  Client client(Attach(host, id, kTerminal));
  REQUIRE(client.opened().ok());
  client.Write("end\n");
  CHECK(client.End().value() == 5);
  CHECK(client.output() == "got end\r\n");
}

TEST_CASE("Who looks on and does not read is cut off, told so, and holds nobody back") {
  Host host;
  const std::string id = StartUp(host, kFlood, Keep);
  Client stuck(Attach(host, id, kLook), false), reader(Attach(host, id, kAll));
  reader.Write("go\n");
  CHECK(reader.Says("flooded"));
  CHECK(Logged(host, id, "F flooded"));
  CHECK(Count(reader.output(), 'x') == kFloodSize);
  CHECK_FALSE(reader.Ended());
  stuck.Read();
  CHECK(absl::IsResourceExhausted(stuck.End().status()));
  const std::string seen = stuck.output();
  CHECK(seen.size() >= 65536);  // a beginning without holes
  CHECK(Count(seen, 'x') == seen.size());
}

TEST_CASE("Who looks at a terminal and reads too slowly misses something and is told how much") {
  Host host;
  const std::string id = StartUp(host, kFlood, WithTerminal);
  Client slow(Attach(host, id, kTerminal), false);
  slow.Write("go\n");
  CHECK(Logged(host, id, "F flooded"));
  slow.Read();
  REQUIRE(slow.Says("xxx"));
  slow.Write("\n");  // the echo comes after the gap
  CHECK(slow.End().value() == 7);
  const std::string seen = slow.output();
  size_t notes = 0, missed = 0;
  for (size_t at = 0; (at = seen.find("\r\njobpod: ", at)) != std::string::npos; ++notes)
    missed += static_cast<size_t>(atol(seen.c_str() + (at += 10)));
  CHECK(notes > 0);
  CHECK(Count(seen, 'x') + missed >= kFloodSize);
}

TEST_CASE("The client a stdin_once container was made for loses nothing, however late it reads") {
  Host host;
  const std::string id = StartUp(host, kFlood, Once);
  Client client(Attach(host, id, kAll), false);
  client.Write("go\n");
  SECTION("and is waited for") {
    CHECK_FALSE(Eventually([&] { return host.Log(id).find("flooded") != std::string::npos; }, 1s));
    client.Read();
    CHECK(client.Says("flooded\n"));
    client.CloseInput();
    CHECK(client.End().value() == 7);
    CHECK(Count(client.output(), 'x') == kFloodSize);
  }
  SECTION("unless it leaves") {
    client.LetGo();
    CHECK(Logged(host, id, "F flooded"));
  }
  SECTION("or the container is killed: what it had written still comes") {
    REQUIRE(Eventually([&] { return host.Log(id).size() > 1'000'000; }));  // about what a pipe holds
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(host.pods().StopContainer(id, 0ms).ok());
    CHECK(std::chrono::steady_clock::now() - before < 2s);
    const std::string view = host.pods().FindContainer(id).value()->record.message();
    CHECK(view.empty());
    const size_t logged = Count(host.Log(id), 'x');
    client.Read();
    CHECK(client.End().value() == 137);
    CHECK(Count(client.output(), 'x') == logged);
  }
}

TEST_CASE("A container is attached to after a restart of the daemon") {
  Host host;
  const std::string id = StartUp(host, kAnswerer, Keep);
  auto before = std::make_unique<Client>(Attach(host, id, kAll));
  before.reset();
  host.Restart();
  Client client(Attach(host, id, kAll));
  REQUIRE(client.opened().ok());
  client.Write("again\n");
  CHECK(client.Says("got again\n"));
}

TEST_CASE("Attached clients end with the shim") {
  Host host;
  const std::string id = StartUp(host, kAnswerer, Keep);
  Client client(Attach(host, id, kAll));
  REQUIRE(client.opened().ok());
  kill(host.shim_pid(), SIGKILL);
  CHECK(absl::IsUnavailable(client.End().status()));
}

TEST_CASE("Clients that come and go leave nothing, and more than sixteen at once are refused") {
  Host host;
  const std::string id = StartUp(host, kAnswerer, Keep);
  const size_t own = FilesOf(getpid()), shim = FilesOf(host.shim_pid());
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 16; ++i) {
      clients.push_back(std::make_unique<Client>(Attach(host, id, kAll), i % 2 == 0));
      REQUIRE(clients.back()->opened().ok());
    }
    CHECK(absl::IsResourceExhausted(Client(Attach(host, id, kLook)).opened()));
    clients[0]->Write("hello\n");
    CHECK(clients[14]->Says("got hello\n"));
  }
  CHECK(Eventually([&] { return FilesOf(getpid()) == own && FilesOf(host.shim_pid()) == shim; }));
}
