// Containers through a real shim: start, log, exit, stop.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "base/file.hpp"
#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

double SecondsOf(const std::function<void()>& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

shim::ContainerReport RecordOf(const TestShim& shim, const std::string& id) {
  shim::ContainerReport report;
  REQUIRE(report.ParseFromString(ReadFile(shim.state() + "/" + id + ".exit").value()));
  return report;
}

}  // namespace

TEST_CASE("A container runs, its output is in the log before its exit is told") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"say", "out", "cry", "err", "sleep", "50", "print", "rest", "exit", "7"});
  auto started = shim.Start(plan);
  INFO(started.status().ToString());
  REQUIRE(started.ok());
  CHECK(started->start().pid() > 0);
  auto report = shim.AwaitExit(plan.id());
  CHECK(report.exit_code() == 7);
  CHECK(report.reason() == "Error");
  CHECK(report.message().empty());
  CHECK(report.started_at() < report.finished_at());
  std::string log = shim.Log(plan);
  CHECK(log.find("stdout F out\n") != std::string::npos);
  CHECK(log.find("stderr F err\n") != std::string::npos);
  CHECK(log.ends_with("stdout P rest\n"));
  CHECK(RecordOf(shim, plan.id()).SerializeAsString() == report.SerializeAsString());
}

TEST_CASE("All of a large output is in the log") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"count", "200000"});
  REQUIRE(shim.Start(plan).ok());
  CHECK(shim.AwaitExit(plan.id()).reason() == "Completed");
  std::string log = shim.Log(plan);
  CHECK(std::count(log.begin(), log.end(), '\n') == 200000);
  CHECK(log.ends_with("stdout F 200000\n"));
}

TEST_CASE("What cannot start says why, and leaves a StartError") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({});
  plan.clear_executables();
  plan.add_executables("/nowhere/foo");
  plan.set_argv(0, "foo");
  auto started = shim.Start(plan);
  REQUIRE_FALSE(started.ok());
  CHECK(absl::IsNotFound(started.status()));
  const std::string message(Message(started.status()));
  CHECK(message.find("foo") != std::string::npos);
  auto record = RecordOf(shim, plan.id());
  CHECK(record.exit_code() == 128);
  CHECK(record.reason() == "StartError");
  CHECK(record.message() == message);
  CHECK(record.finished_at() > 0);
  CHECK(absl::IsAlreadyExists(shim.Start(plan).status()));
  CHECK(shim.Processes().empty());
}

TEST_CASE("Standard input is empty unless it is kept open") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan closed = shim.Program({"echo", "say", "end"});
  LaunchPlan open = shim.Program({"echo", "say", "end"});
  open.mutable_stdio()->set_stdin(true);
  REQUIRE(shim.Start(open).ok());
  REQUIRE(shim.Start(closed).ok());
  shim.AwaitExit(closed.id());
  CHECK(shim.Log(closed) == "stdout F end\n");
  CHECK(Eventually([&] { return shim.Programs() == 1; }));  // the other one
  REQUIRE(shim.Stop(open.id(), 0).ok());
  CHECK(shim.AwaitExit(open.id()).exit_code() == 137);
}

TEST_CASE("A program that heeds the stop ends with its own code") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"heed", "3", "told", "say", "up", "wait"});
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n"; }));
  REQUIRE(shim.Stop(plan.id(), 10000).ok());
  auto report = shim.AwaitExit(plan.id());
  INFO(report.message());
  CHECK(report.exit_code() == 3);
  CHECK(report.reason() == "Error");
  CHECK(shim.Log(plan) == "stdout F up\nstdout F told\n");
}

TEST_CASE("A stop kills a tree that ignores the signal, at its deadline") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"ignore", "apart", "ignore", "say", "child", "wait", "done", "wait"});
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F child\n" && shim.Programs() == 2; }));
  double took = SecondsOf([&] {
    REQUIRE(shim.Stop(plan.id(), 60000).ok());
    REQUIRE(shim.Stop(plan.id(), 300).ok());  // the shorter one counts
    CHECK(shim.AwaitExit(plan.id()).exit_code() == 137);
  });
  CHECK(took > 0.29);
  CHECK(took < 5);
  CHECK(Eventually([&] { return shim.Processes().empty(); }));
}

TEST_CASE("After a stop survivors hear of it, too, and init's code is the container's") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"apart", "heed", "0", "survivor told", "say", "up", "wait", "done", "heed", "3",
                                  "told", "say", "up", "wait"});
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\nstdout F up\n"; }));
  double took = SecondsOf([&] {
    REQUIRE(shim.Stop(plan.id(), 20000).ok());
    CHECK(shim.AwaitExit(plan.id()).exit_code() == 3);
  });
  CHECK(took < 10);
  CHECK(shim.Log(plan).find("stdout F survivor told\n") != std::string::npos);
}

TEST_CASE("When init exits by itself survivors have their grace and then go") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"apart", "ignore", "say", "up", "wait", "done", "sleep", "500", "say", "bye"});
  plan.set_survivor_grace_ms(300);
  double took = SecondsOf([&] {
    REQUIRE(shim.Start(plan).ok());
    shim.AwaitExit(plan.id());
  });
  CHECK(took > 0.79);
  auto report = shim.AwaitExit(plan.id());
  CHECK(report.reason() == "Completed");
  CHECK(Eventually([&] { return shim.Processes().empty(); }));
  CHECK(shim.Log(plan).find("stdout F bye\n") != std::string::npos);
}

TEST_CASE("Forget, ReopenLog and Stop know what they may do") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({"wait"});
  REQUIRE(shim.Start(plan).ok());
  shim::ToShim forget;
  forget.mutable_forget()->set_container_id(plan.id());
  CHECK(absl::IsFailedPrecondition(shim.Ask(forget).status()));

  std::filesystem::rename(shim.LogPath(plan.id()), shim.LogPath(plan.id()) + ".1");
  shim::ToShim reopen;
  reopen.mutable_reopen_log()->set_container_id(plan.id());
  CHECK(shim.Ask(reopen).ok());
  CHECK(std::filesystem::exists(shim.LogPath(plan.id())));

  REQUIRE(shim.Stop(plan.id(), 0, true).ok());
  shim.AwaitExit(plan.id());
  CHECK(absl::IsFailedPrecondition(shim.Ask(reopen).status()));
  CHECK(shim.Stop(plan.id(), 0).ok());
  CHECK(absl::IsNotFound(shim.Stop("ab", 0)));
  CHECK(shim.Ask(forget).ok());
  CHECK(shim.Ask(forget).ok());
  CHECK_FALSE(std::filesystem::exists(shim.state() + "/" + plan.id() + ".exit"));
}
