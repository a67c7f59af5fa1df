// What a shim is on Linux alone: signals, descriptors, memory, terminals that the process opens itself.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.hpp"
#include "base/frame.hpp"
#include "base/handle_linux.hpp"
#include "runtime/shim/shim_linux_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

size_t OpenFilesOf(int pid) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

// What is its own: the share of its program grows when another shim ends.
size_t OwnKiB(int pid, std::string_view what = "Pss_Anon:") {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  size_t value = 0;
  while (file >> word) {
    if (word == what && file >> value) return value;
  }
  return 0;
}

}  // namespace

TEST_CASE("A terminal is one stream and the process's own") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan =
      shim.WithLog(ShellPlan("[ -t 0 ] && [ -t 2 ] && echo yes >&2; tty </dev/tty >/dev/null && echo own"));
  plan.mutable_stdio()->set_tty(true);
  REQUIRE(shim.Start(plan).ok());
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 0);
  CHECK(shim.Log(plan) == "stdout F yes\nstdout F own\n");
}

TEST_CASE("What was looked at is said when no program is found") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({});
  plan.clear_executables();
  plan.add_executables("/nowhere/foo");
  plan.set_argv(0, "foo");
  CHECK(std::string(Message(shim.Start(plan).status())) ==
        "exec: \"foo\": executable file not found; looked at /nowhere/foo");
}

TEST_CASE("A stop without a whole tree tells init first") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.WithLog(ShellPlan(
      "(trap 'echo survivor told; exit' TERM; echo up; while :; do sleep 0.02; done) & "
      "trap 'exit 3' TERM; wait; while :; do sleep 0.02; done"));
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n"; }));
  REQUIRE(shim.Stop(plan.id(), 20000).ok());
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 3);
  CHECK(shim.Log(plan).find("stdout F survivor told\n") != std::string::npos);
}

TEST_CASE("A shim does not end by signals") {
  TestShim shim(150);
  REQUIRE(shim.Connect().ok());
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) REQUIRE(kill(shim.process().pid, signal) == 0);
  CHECK_FALSE(Eventually([&] { return shim.HasEnded(); }, milliseconds(400)));
  shim.Disconnect();
  CHECK(shim.Connect().ok());
}

TEST_CASE("A stopped shim makes calls end at their deadline") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  REQUIRE(kill(shim.process().pid, SIGSTOP) == 0);
  shim::ToShim request;
  request.mutable_stop()->set_container_id("ab");
  Status late = shim.client().Call(request, After(milliseconds(100))).status();
  CHECK(absl::IsDeadlineExceeded(late));
  // More than the socket holds: the writer gives up too.
  request.mutable_start()->mutable_plan()->set_working_directory(std::string(4 << 20, 'x'));
  CHECK(absl::IsDeadlineExceeded(shim.client().Call(request, After(milliseconds(100))).status()));
  REQUIRE(kill(shim.process().pid, SIGCONT) == 0);
  CHECK(Eventually([&] { return shim.disconnected(); }));
  shim.Disconnect();
  CHECK(shim.Connect().ok());
}

namespace {

// Answers the first request of its one client as a shim of `version` would, then hangs up.
class Greeter {
 public:
  explicit Greeter(uint32_t version) : path_(std::string(mkdtemp(name_)) + "/shim.sock") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(bind(door_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(door_.get(), 1) == 0);
    thread_ = std::jthread([this, version] { Greet(version); });
  }
  ~Greeter() {
    shutdown(door_.get(), SHUT_RDWR);  // when nobody has come
    thread_.join();
    (void)RemoveTree(name_);
  }
  const std::string& path() const { return path_; }

 private:
  void Greet(uint32_t version) {
    const Fd client(accept(door_.get(), nullptr, nullptr));
    FrameReader frames;
    shim::ToShim request;
    char buffer[1024];
    for (ssize_t got; (got = read(client.get(), buffer, sizeof(buffer))) > 0;) {
      frames.Append({buffer, static_cast<size_t>(got)});
      if (const auto frame = frames.Next().value()) {
        if (request.ParseFromString(*frame)) break;
      }
    }
    shim::FromShim reply;
    reply.set_id(request.id());
    reply.mutable_hello()->set_protocol_version(version);
    const std::string bytes = FrameHeader(reply.ByteSizeLong()) + reply.SerializeAsString();
    (void)!write(client.get(), bytes.data(), bytes.size());
  }

  char name_[32] = "/tmp/jobpod-greeter-XXXXXX";
  const std::string path_;
  const Fd door_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::jthread thread_;
};

}  // namespace

TEST_CASE("A shim of the version before is welcome, one of the version to come is refused") {
  for (uint32_t version = kShimProtocolVersion - 1; version <= kShimProtocolVersion + 1; ++version) {
    const Greeter greeter(version);
    boost::asio::io_context io;
    const auto work = boost::asio::make_work_guard(io);
    std::jthread loop([&] { io.run(); });
    auto client = ShimClient::Connect(io, greeter.path(), {});
    REQUIRE(client.ok());
    const auto hello = (*client)->Hello(After(milliseconds(5000)));
    INFO(version << " " << hello.status().ToString());
    CHECK(hello.ok() == (version <= kShimProtocolVersion));
    if (hello.ok()) CHECK((*client)->protocol_version() == version);
    if (!hello.ok()) CHECK(absl::IsFailedPrecondition(hello.status()));
    (*client)->Close();
    io.stop();
  }
}

TEST_CASE("Many execs leave no descriptor, memory or job behind") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  auto run = [&](int count) {
    const TestPipe pipe = OutputPipe(PipeFor::kProcess);
    for (int i = 0; i < count; ++i) {
      auto reply = shim.Exec(plan.id(), Words{"exit", "0"}, 0, pipe.theirs.get());
      INFO("exec " << i << ": " << reply.status().ToString());
      REQUIRE(reply.ok());
    }
  };
  run(50);
  int pid = shim.process().pid;
  const size_t files = OpenFilesOf(pid);
  const size_t memory = OwnKiB(pid);
  const char* asked = std::getenv("JOBPOD_TEST_EXECS");
  const int count = asked != nullptr ? std::atoi(asked) : 300;
  auto start = std::chrono::steady_clock::now();
  run(count);
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  CHECK(Eventually([&] { return OpenFilesOf(pid) == files; }));
  // A sanitizer keeps what was freed.
  if (!JOBPOD_SANITIZED) CHECK(OwnKiB(pid) <= memory + 16);
  CHECK(Eventually([&] { return shim.Jobs() == 2; }));  // the pod's and the container's
  INFO(count << " execs, " << took.count() / count << "ms each, own memory " << OwnKiB(pid) << " KiB");
  CHECK(shim.Processes().size() == 1);
  if (asked != nullptr)
    WARN(count << " execs, " << took.count() / count << "ms each, own memory " << memory << " -> " << OwnKiB(pid)
               << " KiB");
}

// Run by name: prints what many shims with two containers each cost.
TEST_CASE("Memory of shims", "[.memory]") {
  std::vector<std::unique_ptr<TestShim>> shims;
  for (int i = 0; i < 20; ++i) {
    shims.push_back(std::make_unique<TestShim>());
    REQUIRE(shims.back()->Connect().ok());
    for (int container = 0; container < 2; ++container) {
      REQUIRE(shims.back()->Start(shims.back()->Program({"wait"})).ok());
    }
  }
  size_t sum = 0;
  for (const auto& shim : shims) sum += OwnKiB(shim->process().pid, "Pss:");
  std::ifstream rollup("/proc/" + std::to_string(shims.back()->process().pid) + "/smaps_rollup");
  std::ifstream maps("/proc/" + std::to_string(shims.back()->process().pid) + "/smaps");
  WARN("PSS of each of " << shims.size() << " shims: " << sum / shims.size() << " KiB\n" << rollup.rdbuf());
  if (std::getenv("JOBPOD_TEST_MAPS") != nullptr) WARN(maps.rdbuf());
  CHECK(sum / shims.size() <= 300);
}
