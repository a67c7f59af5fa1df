// What is Windows' own.
#include <catch2/catch.hpp>

#include "runtime/pod_test_node.hpp"
#include "volumes/volumes.hpp"

using namespace jobpod;
using namespace jobpod::pod_test;

TEST_CASE("A pod without a handler gets the link layout where there is no other, and says so") {
  if (CheckBindLayout().ok()) {
    WARN("this system has the bind filter: not tested");
    return;
  }
  Node node([](PodSpec& spec) {
    spec.set_layout("hostprocess");
    spec.clear_handler();
  });
  CHECK(node.pod()->record.spec().layout() == "hostprocess-link");
  REQUIRE(node.pod()->record.notes_size() == 1);
  CHECK(node.pod()->record.notes(0).find("hostprocess-link") != std::string::npos);
  PodSpec named = node.pod()->record.spec();
  named.set_name("named");
  named.set_layout("hostprocess");
  named.set_handler("hostprocess");
  CHECK_FALSE(node.pods().RunPod(named, {}).ok());
}

TEST_CASE("Pods that want to be shut in are refused, and so are users without a name") {
  Node node;
  PodSpec spec = node.pod()->record.spec();
  spec.set_name("other");
  spec.set_layout("image-root");
  const Status refused = node.pods().RunPod(spec, {}).status();
  CHECK(absl::IsInvalidArgument(refused));
  CHECK(refused.ToString().find("host_process") != std::string::npos);
  ContainerSpec nobody = node.container(node.Create({}))->record.spec();
  nobody.set_name("nobody");
  nobody.clear_user();
  const Status empty = node.pods().CreateContainer(node.pod_id(), nobody, {}).status();
  CHECK(empty.ToString().find("empty username or group name passed") != std::string::npos);
}

TEST_CASE("A signal that images ask for is the console event that means the same") {
  Node node;
  const std::string id = node.Start({"heed", "8", "bye", "say", "up", "wait"},
                                    [](ContainerSpec& spec) { spec.set_stop_signal(2); });
  REQUIRE(node.Logs(id, "up"));
  CHECK(node.pods().StopContainer(id, std::chrono::seconds(15)).ok());
  CHECK(node.Exits(id, 8));
}

TEST_CASE("Programs are found with either slash, with and without extension, and by cmd.exe alone where it must be") {
  Node node;
  const auto says = [&](const Words& words, const std::string& text) {
    CAPTURE(words);
    const std::string id = node.Run({}, 0, [&](ContainerSpec& spec) {
      spec.clear_command();
      for (const std::string& word : words) spec.add_command(word);
    });
    CHECK(node.Log(id).find("stdout F " + text + "\n") != std::string::npos);
  };
  says({"/bin/program", "say", "a"}, "a");
  says({"bin\\program.exe", "say", "b c"}, "b c");
  says({"./bin/program", "say", "d"}, "d");
  says({"%CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\program.exe", "say", "%PATH%"}, "%PATH%");
  says({"$env:CONTAINER_SANDBOX_MOUNT_POINT/bin/program", "say", "e\"f"}, "e\"f");
  says({"cmd", "/c", "%CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\program.exe say g"}, "g");
  says({"echo", "h"}, "h");
}
