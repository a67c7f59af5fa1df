#include "runtime/launch.hpp"

#include <catch2/catch.hpp>

#include "runtime/command_line.hpp"
#include "runtime/events.hpp"
#include "runtime/job_name.hpp"
#include "runtime/mount_point.hpp"

namespace jobpod {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("command replaces entrypoint and drops cmd, args replace cmd") {
  CHECK(*MergeCommand({}, {}, {"e"}, {"c"}) == Words{"e", "c"});
  CHECK(*MergeCommand({}, {"a"}, {"e"}, {"c"}) == Words{"e", "a"});
  CHECK(*MergeCommand({"x"}, {}, {"e"}, {"c"}) == Words{"x"});
  CHECK(*MergeCommand({"x"}, {"a"}, {"e"}, {"c"}) == Words{"x", "a"});
  CHECK(*MergeCommand({}, {}, {}, {"c"}) == Words{"c"});
  CHECK(absl::IsInvalidArgument(MergeCommand({}, {}, {}, {}).status()));
  CHECK(absl::IsInvalidArgument(MergeCommand({""}, {}, {}, {}).status()));
}

TEST_CASE("the mount point is substituted in every spelling and nowhere else") {
  auto substitute = [](const char* text) { return SubstituteMountPoint(text, "/hpc"); };
  CHECK(substitute("%CONTAINER_SANDBOX_MOUNT_POINT%/bin/x") == "/hpc/bin/x");
  CHECK(substitute("$env:CONTAINER_SANDBOX_MOUNT_POINT/x") == "/hpc/x");
  CHECK(substitute("$Env:container_sandbox_mount_point/x") == "/hpc/x");
  CHECK(substitute("a$CONTAINER_SANDBOX_MOUNT_POINT/x$CONTAINER_SANDBOX_MOUNT_POINT") == "a/hpc/x/hpc");
  CHECK(substitute("${CONTAINER_SANDBOX_MOUNT_POINT}y") == "/hpcy");
  CHECK(substitute("$CONTAINER_SANDBOX_MOUNT_POINTS") == "$CONTAINER_SANDBOX_MOUNT_POINTS");
  CHECK(substitute("100% $HOME %CONTAINER%") == "100% $HOME %CONTAINER%");
  CHECK(substitute("") == "");
  CHECK(substitute("$") == "$");
}

TEST_CASE("on Windows references of Linux shells are theirs") {
  auto substitute = [](const char* text) { return SubstituteMountPoint(text, "C:\\hpc", Spellings::kWindows); };
  CHECK(substitute("%Container_Sandbox_Mount_Point%\\x") == "C:\\hpc\\x");
  CHECK(substitute("$ENV:CONTAINER_SANDBOX_MOUNT_POINT/x ${env:CONTAINER_SANDBOX_MOUNT_POINT}") ==
        "C:\\hpc/x C:\\hpc");
  CHECK(substitute("$CONTAINER_SANDBOX_MOUNT_POINT ${CONTAINER_SANDBOX_MOUNT_POINT}") ==
        "$CONTAINER_SANDBOX_MOUNT_POINT ${CONTAINER_SANDBOX_MOUNT_POINT}");
}

TEST_CASE("stop signals are read by name, short name, number and real-time offset") {
  CHECK(*ParseSignal("SIGTERM") == 15);
  CHECK(*ParseSignal("KILL") == 9);
  CHECK(*ParseSignal("2") == 2);
  CHECK(*ParseSignal("SIGRTMIN+3") == 37);
  CHECK(*ParseSignal("") == 0);
  CHECK_FALSE(ParseSignal("SIGNOPE").ok());
  CHECK_FALSE(ParseSignal("0").ok());
  CHECK_FALSE(ParseSignal("99").ok());
}

TEST_CASE("an update of limits replaces lists and leaves what it does not name") {
  Limits limits, update;
  limits.set_memory_bytes(5);
  limits.add_hugepages()->set_page_size("2MB");
  update.set_cpu_quota_us(7);
  MergeLimits(update, limits);
  CHECK(limits.hugepages_size() == 1);
  update.add_hugepages()->set_page_size("1GB");
  MergeLimits(update, limits);
  MergeLimits(update, limits);
  CHECK(limits.memory_bytes() == 5);
  CHECK(limits.cpu_quota_us() == 7);
  REQUIRE(limits.hugepages_size() == 1);
  CHECK(limits.hugepages(0).page_size() == "1GB");
}

TEST_CASE("a systemd slice is expanded to its path") {
  CHECK(*PodJobName("", "jobpod", "p") == "jobpod/p");
  CHECK(*PodJobName("/kubepods/burstable/podX", "jobpod", "p") == "kubepods/burstable/podX/p");
  CHECK(*PodJobName("a-b-c.slice", "jobpod", "p") == "a.slice/a-b.slice/a-b-c.slice/p");
  CHECK(absl::IsInvalidArgument(PodJobName("/a/../b", "jobpod", "p").status()));
}

TEST_CASE("a slow reader of events gets what fitted and then an error, never a gap") {
  EventHub hub(3);
  CHECK_FALSE(hub.HasSubscribers());
  auto slow = hub.Subscribe();
  int wakes = 0;
  slow->OnReady([&] { ++wakes; });
  for (int i = 0; i < 5; ++i) {
    auto event = std::make_shared<Event>();
    event->created_at = i;
    hub.Publish(event);
  }
  CHECK(wakes == 5);
  for (int i = 0; i < 3; ++i) CHECK((*slow->Next())->created_at == i);
  CHECK(absl::IsResourceExhausted(slow->Next().status()));
  slow.reset();
  CHECK_FALSE(hub.HasSubscribers());
}

}  // namespace
}  // namespace jobpod
