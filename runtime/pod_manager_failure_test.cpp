// What stays, and what is told, when the daemon or a shim goes.
#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "runtime/pod_test_node.hpp"

using namespace jobpod;
using namespace jobpod::pod_test;
using jobpod::stream_test::Client;
using jobpod::stream_test::Eventually;
using namespace std::chrono_literals;

TEST_CASE("Containers outlive the manager, and what happens meanwhile is told to the next one") {
  Node node;
  const std::string stays = node.Start({"say", "up", "lines", "exit", "5"}, [](ContainerSpec& spec) { spec.set_stdin(true); });
  const std::string ends = node.Start({"sleep", "500", "say", "late", "exit", "6"});
  const std::string created = node.Create({"exit", "2"});
  REQUIRE(node.Logs(stays, "up"));
  const int32_t pid = node.container(stays)->record.pid();
  node.Stop();
  CHECK(Eventually([&] { return PathExists(node.Directory("state/pods/" + node.pod_id()) + "/" + ends + ".exit"); }));
  node.Begin();
  CHECK(node.Exits(ends, 6));
  CHECK(node.Logs(ends, "late"));
  CHECK(node.container(stays)->state() == ContainerState::kRunning);
  CHECK(node.container(stays)->record.pid() == pid);
  CHECK(node.pods().StartContainer(created).ok());
  CHECK(node.Exits(created, 2));
  StatusOr<ExecResult> exec = node.pods().ExecSync(stays, {"/bin/program", "say", "again"}, 20s, 100, {});
  REQUIRE(exec.ok());
  CHECK(exec->standard_output == "again\n");
  Client client(node.Attach(stays));
  REQUIRE(client.opened().ok());
  client.Write("quit\n");
  CHECK(client.End().value() == 5);
  CHECK(node.Exits(stays, 5));
}

TEST_CASE("A shim that dies takes its pod along, and nobody knows how it ended") {
  Node node;
  const std::string id = node.Start({"ignore", "apart", "ignore", "wait", "done", "say", "up", "wait"});
  REQUIRE(node.Logs(id, "up"));
  CHECK(Eventually([&] { return node.Processes() == 2; }));
  SECTION("while the manager looks on") { KillProcess(node.pod()->record.shim_pid()); }
  SECTION("while nobody does") {
    const int32_t shim = node.pod()->record.shim_pid();
    node.Stop();
    KillProcess(shim);
    node.Begin();
  }
  CHECK(Eventually([&] { return !node.pod()->ready(); }));
  CHECK(node.Exits(id, 255));
  CHECK(node.container(id)->record.reason() == "Unknown");
  CHECK(Eventually([&] { return node.Processes() == 0; }));
  CHECK(node.pods().RemovePod(node.pod_id()).ok());
  CHECK(node.Entries("state/pods") == 0);
}
