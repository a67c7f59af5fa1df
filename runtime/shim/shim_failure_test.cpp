// A shim that is alone, killed, or shut down.
#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>
#include <filesystem>

#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

TEST_CASE("A shim nobody greets ends and leaves nothing") {
  TestShim shim(150);
  REQUIRE(Eventually([&] { return shim.HasEnded(); }));
  CHECK(Eventually([&] { return !shim.JobExists(); }));
  CHECK_FALSE(std::filesystem::exists(shim.state()));
}

TEST_CASE("A greeted shim stays, also without its daemon") {
  TestShim shim(150);
  REQUIRE(shim.Connect().ok());
  shim.Disconnect();
  CHECK_FALSE(Eventually([&] { return shim.HasEnded(); }, milliseconds(400)));
  REQUIRE(shim.Connect().ok());
  CHECK(shim.client().shim_pid() == shim.process().pid);
}

TEST_CASE("Exits while no daemon is there are told by Hello and by the record") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"sleep", "200", "exit", "9"});
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
  LaunchPlan plan = shim.Program({"ignore", "apart", "ignore", "say", "up", "wait", "done", "wait"});
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n"; }));
  shim::ToShim request;
  request.mutable_shutdown();
  Status answered = shim.Ask(request).status();
  INFO(answered.ToString());
  CHECK(answered.ok());
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 137);
  CHECK(Eventually([&] { return shim.HasEnded(); }));
  // On Windows its name stays for as long as the system closes its handles.
  CHECK(Eventually([&] { return !shim.JobExists(); }));
  CHECK_FALSE(std::filesystem::exists(shim.state()));
}

TEST_CASE("A killed shim is noticed, and its pod ends with it or by its job") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"apart", "say", "up", "wait", "done", "wait"});
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n"; }));
  const std::vector<int32_t> processes = shim.Processes();
  shim.Kill();
  CHECK(Eventually([&] { return shim.disconnected(); }));
  CHECK(absl::IsUnavailable(shim.Stop(plan.id(), 0)));
  CHECK(Eventually([&] { return shim.HasEnded(); }));
  if (auto job = SystemJobs().value()->Open(shim.job_name()); job.ok()) CHECK((*job)->Terminate().ok());
  CHECK(Eventually([&] { return shim.Processes().empty() && CountLiving(processes) == 0; }));
}

TEST_CASE("The shim of a directory is found and killed without its word") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  KillShimOf(0, shim.state() + "-of-another");
  CHECK_FALSE(Eventually([&] { return shim.HasEnded(); }, milliseconds(100)));
  KillShimOf(0, shim.state());
  CHECK(Eventually([&] { return shim.HasEnded(); }));
  KillShimOf(0, shim.state());  // there is none any more
}

TEST_CASE("Nonsense on the socket ends that connection only") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  const OwnedHandle other = ConnectRaw(shim.process().socket);
  REQUIRE(other);
  REQUIRE(WriteText(other, std::string(64, '\xff')));
  CHECK(EndsSoon(other));
  CHECK_FALSE(shim.disconnected());
  CHECK(absl::IsNotFound(shim.Stop("ab", 0)));
}

TEST_CASE("Several daemons may be connected, and come and go") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  for (int round = 0; round < 20; ++round) {
    const OwnedHandle one = ConnectRaw(shim.process().socket), two = ConnectRaw(shim.process().socket);
    CHECK(one);
    CHECK(two);
  }
  CHECK(absl::IsNotFound(shim.Stop("ab", 0)));
}

TEST_CASE("A shim that cannot be reached is an error") {
  boost::asio::io_context io;
  CHECK_FALSE(ShimClient::Connect(io, ShimSocket("/tmp/jobpod-no-such-directory"), {}).ok());
}

TEST_CASE("A plan too large to be passed on is refused, and the pod goes on") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan runs = shim.Program({"wait"});
  REQUIRE(shim.Start(runs).ok());
  LaunchPlan plan = shim.Program({"exit", "0"});
  plan.add_argv(std::string(17 << 20, 'x'));
  Status refused = shim.Start(plan).status();
  CHECK(absl::IsInvalidArgument(refused));
  CHECK(refused.message().find("command line") != std::string_view::npos);
  CHECK(shim.Start(shim.Program({"wait"})).ok());
}
