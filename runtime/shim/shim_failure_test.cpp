// A shim that is alone, killed, stopped, or shut down.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "base/file.hpp"
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
  CHECK(shim.HasEnded());
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

TEST_CASE("A shim that cannot be reached is Unavailable") {
  boost::asio::io_context io;
  auto client =
      ShimClient::Connect(io, "/tmp/jobpod-no-such-directory/shim.sock", {});
  CHECK_FALSE(client.ok());
}
