// A shim that is alone, killed, stopped, or shut down.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/file.hpp"
#include "base/frame.hpp"
#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

TEST_CASE("A shim nobody greets ends and leaves nothing") {
  TestShim shim(150);
  REQUIRE(Eventually([&] { return shim.HasEnded(); }));
  CHECK_FALSE(shim.JobExists());
  CHECK_FALSE(std::filesystem::exists(shim.state()));
}

TEST_CASE("A greeted shim stays, also without its daemon and when told to end by signals") {
  TestShim shim(150);
  REQUIRE(shim.Connect().ok());
  shim.Disconnect();
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) REQUIRE(kill(shim.process().pid, signal) == 0);
  CHECK_FALSE(Eventually([&] { return shim.HasEnded(); }, milliseconds(400)));
  REQUIRE(shim.Connect().ok());
  CHECK(shim.client().shim_pid() == shim.process().pid);
}

TEST_CASE("Exits while no daemon is there are told by Hello and by the record") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Shell("sleep 0.2; exit 9");
  REQUIRE(shim.Start(plan).ok());
  shim.Disconnect();
  REQUIRE(Eventually([&] { return std::filesystem::exists(shim.state() + "/" + plan.id() + ".exit"); }));
  REQUIRE(shim.Connect().ok());
  REQUIRE(shim.hello().containers_size() == 1);
  const auto& report = shim.hello().containers(0);
  CHECK(report.exited());
  CHECK(report.exit_code() == 9);
}

TEST_CASE("A shutdown kills what runs, removes every trace and answers") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Shell("trap '' TERM; (setsid sleep 1000 &); sleep 1000");
  REQUIRE(shim.Start(plan).ok());
  shim::ToShim request;
  request.mutable_shutdown();
  Status answered = shim.Ask(request).status();
  INFO(answered.ToString());
  CHECK(answered.ok());
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 137);
  CHECK(Eventually([&] { return shim.HasEnded(); }));
  CHECK_FALSE(shim.JobExists());
  CHECK_FALSE(std::filesystem::exists(shim.state()));
}

TEST_CASE("A killed shim is noticed, and its pod can be killed by its job") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Shell("(setsid sleep 1000 &); echo up; sleep 1000");
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n"; }));
  REQUIRE(kill(shim.process().pid, SIGKILL) == 0);
  CHECK(Eventually([&] { return shim.disconnected(); }));
  CHECK(absl::IsUnavailable(shim.Stop(plan.id(), 0)));
  CHECK(Eventually([&] { return shim.HasEnded(); }));
  auto jobs = SystemJobs().value();
  auto job = jobs->Open(shim.job_name());
  REQUIRE(job.ok());
  REQUIRE((*job)->Terminate().ok());
  CHECK(Eventually([&] { return shim.Processes().empty(); }));
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

TEST_CASE("Nonsense on the socket ends that connection only") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  shim.SendNonsense();
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

TEST_CASE("A shim that cannot be reached is Unavailable") {
  boost::asio::io_context io;
  auto client =
      ShimClient::Connect(io, "/tmp/jobpod-no-such-directory/shim.sock", {});
  CHECK_FALSE(client.ok());
}
