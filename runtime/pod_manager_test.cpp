// The life of pods and containers, from the PodManager down to real processes, in the layout that every system has.
#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "runtime/pod_test_node.hpp"

using namespace jobpod;
using namespace jobpod::pod_test;
using jobpod::stream_test::Eventually;
using namespace std::chrono_literals;

namespace {

Edit Command(const Words& words) {
  return [words](ContainerSpec& spec) {
    spec.clear_command();
    spec.clear_args();
    for (const std::string& word : words) spec.add_command(word);
  };
}

void AddVolume(ContainerSpec& spec, const std::string& source, const std::string& target) {
  VolumeSpec& volume = *spec.add_volumes();
  volume.set_host_path(source);
  volume.set_container_path(target);
}

std::string OutputOf(Node& node, const std::string& id, const Words& command) {
  StatusOr<ExecResult> result = node.pods().ExecSync(id, command, 20s, 1 << 20, {});
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  CHECK(result->exit_code == 0);
  return result->standard_output;
}

}  // namespace

TEST_CASE("A container runs, is logged, ends with its code, and is removed without a trace") {
  Node node;
  const std::string id = node.Start({"say", "hello", "cry", "oh no", "exit", "3"});
  CHECK(node.Exits(id, 3));
  const ContainerRecord& record = node.container(id)->record;
  CHECK(record.reason() == "Error");
  CHECK((record.started_at() > record.created_at() && record.finished_at() >= record.started_at()));
  CHECK(node.Log(id).find(" stdout F hello\n") != std::string::npos);
  CHECK(node.Log(id).find(" stderr F oh no\n") != std::string::npos);
  CHECK(absl::IsFailedPrecondition(node.pods().StartContainer(id)));
  CHECK(node.Entries("hpc") == 1);
  CHECK(node.pods().RemoveContainer(id).ok());
  CHECK(node.pods().RemoveContainer(id).ok());
  CHECK(node.Entries("hpc") == 0);
  CHECK(node.Entries("images/containers") == 0);
  CHECK(absl::IsNotFound(node.pods().FindContainer(id).status()));
  CHECK(node.container(node.Run({}, 0))->record.reason() == "Completed");
}

TEST_CASE("A pod is gone with all that belonged to it") {
  Node node;
  node.Start({"ignore", "say", "up", "apart", "ignore", "wait", "done", "wait"});
  node.Create({"wait"});
  const std::string job = node.pod()->record.job_name();
  CHECK(Eventually([&] { return node.Processes() == 2; }));
  CHECK(node.pods().StopPod(node.pod_id()).ok());
  CHECK_FALSE(node.pod()->ready());
  CHECK(node.Entries("state/pods/" + node.pod_id()) == 0);
  CHECK(Eventually([&] { return absl::IsNotFound(SystemJobs().value()->Open(job).status()); }));
  CHECK(node.pods().StopPod(node.pod_id()).ok());
  CHECK(node.pods().RemovePod(node.pod_id()).ok());
  CHECK(node.pods().ListContainers().empty());
  CHECK(node.Entries("hpc") == 0);
}

TEST_CASE("Environment, working directory and the mount point are as the pod asks") {
  Node node;
  const std::string id = node.Start({"wait"}, [](ContainerSpec& spec) {
    spec.add_environment("GREETING=hello");
    spec.add_environment("NOTE=%CONTAINER_SANDBOX_MOUNT_POINT%/etc/note");
    spec.add_environment("CONTAINER_SANDBOX_MOUNT_POINT=elsewhere");
  });
  const std::string rootfs = node.Rootfs(id);
  CHECK(OutputOf(node, id, PrintVariable("GREETING")) == Line("hello"));
  CHECK(OutputOf(node, id, PrintVariable("NOTE")) == Line(rootfs + "/etc/note"));
  const std::string mount_point = OutputOf(node, id, PrintVariable("CONTAINER_SANDBOX_MOUNT_POINT"));
  CHECK(mount_point.substr(0, rootfs.size()) == rootfs);
  CHECK(OutputOf(node, id, PrintDirectory()) == Line(rootfs));
  CHECK(OutputOf(node, id, PrintFile(Below("%CONTAINER_SANDBOX_MOUNT_POINT%", "etc/note"))) == "from the image");
  const std::string inside = node.Run({}, 0, [&](ContainerSpec& spec) {
    Command(PrintDirectory())(spec);
    spec.set_working_directory("/made/here");
  });
  CHECK(node.Log(inside).find(Below(node.Rootfs(inside), "made/here")) != std::string::npos);
}

TEST_CASE("Stopping asks, and kills what does not listen") {
  Node node;
  const std::string polite = node.Start({"heed", "7", "bye", "say", "up", "wait"});
  REQUIRE(node.Logs(polite, "up"));
  CHECK(node.pods().StopContainer(polite, 15s).ok());
  CHECK(node.Exits(polite, 7));
  CHECK(node.Log(polite).find("stdout F bye\n") != std::string::npos);
  const std::string deaf = node.Start({"ignore", "apart", "ignore", "wait", "done", "say", "up", "wait"});
  REQUIRE(node.Logs(deaf, "up"));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(node.pods().StopContainer(deaf, 300ms).ok());
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(node.Exits(deaf, 137));
  CHECK(Eventually([&] { return node.Processes() == 0; }));
  CHECK(node.pods().StopContainer(deaf, 300ms).ok());
}

TEST_CASE("What cannot be started fails its container with the reason") {
  Node node;
  const auto fails = [&](const Edit& edit) {
    const std::string id = node.Create({}, edit);
    const Status why = node.pods().StartContainer(id);
    CHECK_FALSE(why.ok());
    CHECK(node.container(id)->record.exit_code() == 128);
    CHECK(node.container(id)->record.reason() == "StartError");
    CHECK(node.container(id)->record.message() == Message(why));
    return std::string(Message(why));
  };
  CHECK(fails(Command({"no-such-program"})).find("no-such-program") != std::string::npos);
  CHECK(fails([](ContainerSpec& spec) { spec.mutable_user()->set_name("no-such-user"); }).find("no-such-user") !=
        std::string::npos);
  CHECK(node.Processes() == 0);
}

TEST_CASE("An exec has its output, its code, its time and its tree") {
  Node node;
  const std::string id = node.Start({"wait"});
  const auto exec = [&](Words words, std::chrono::milliseconds timeout, size_t limit = 1 << 20) {
    words.insert(words.begin(), "/bin/program");
    return node.pods().ExecSync(id, words, timeout, limit, {});
  };
  StatusOr<ExecResult> result = exec({"say", "one two", "cry", "three", "exit", "9"}, 20s);
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  CHECK((result->standard_output == "one two\n" && result->standard_error == "three\n" && result->exit_code == 9));
  result = exec({"count", "20000"}, 20s, 1000);
  REQUIRE(result.ok());
  CHECK(result->standard_output.size() == 1000);
  CHECK(result->standard_output.substr(0, 6) == "1\n2\n3\n");
  CHECK(absl::IsDeadlineExceeded(exec({"ignore", "apart", "wait", "done", "wait"}, 1s).status()));
  CHECK(Eventually([&] { return node.Processes() == 1; }));
  CHECK(absl::IsNotFound(node.pods().ExecSync(id, {"no-such-program"}, 20s, 100, {}).status()));
  std::stop_source gone;
  std::jthread client([&] {
    Eventually([&] { return node.Processes() == 2; });
    gone.request_stop();
  });
  CHECK(absl::IsCancelled(
      node.pods().ExecSync(id, {"/bin/program", "ignore", "wait"}, 0s, 100, gone.get_token()).status()));
  CHECK(Eventually([&] { return node.Processes() == 1; }));
  CHECK(node.container(id)->state() == ContainerState::kRunning);
}

TEST_CASE("Volumes are below the rootfs, and stay when the container goes") {
  Node node;
  const std::string data = node.Directory("data"), file = Below(node.Directory("files"), "log");
  REQUIRE(WriteFileAtomic(Below(data, "note"), "from the volume").ok());
  REQUIRE(WriteFileAtomic(file, "old").ok());
  const std::string id = node.Start({"wait"}, [&](ContainerSpec& spec) {
    AddVolume(spec, data, "/var/data");
    AddVolume(spec, file, "/dev/termination-log");
  });
  CHECK(OutputOf(node, id, PrintFile(Below(node.Rootfs(id), "var/data/note"))) == "from the volume");
  CHECK(OutputOf(node, id, PrintFile(Below(node.Rootfs(id), "dev/termination-log"))) == "old");
  CHECK(node.pods().RemoveContainer(id).ok());
  CHECK(node.Entries("hpc") == 0);
  CHECK(ReadFile(Below(data, "note")).value() == "from the volume");
  CHECK(ReadFile(file).value() == "old");
}

TEST_CASE("What runs is measured, and can be limited") {
  Node node;
  const std::string id = node.Start({"wait"});
  REQUIRE(Eventually([&] { return node.Processes() == 1; }));
  StatusOr<ContainerUsage> usage = node.pods().Usage(id, UsageDetail::kFull);
  INFO(usage.status().ToString());
  REQUIRE(usage.ok());
  CHECK(usage->job.processes >= 1);
  CHECK(usage->job.memory_bytes > 0);
  CHECK(usage->writable_layer.used_bytes > 0);
  CHECK(node.pods().UsageOfPod(node.pod_id(), UsageDetail::kBasic)->containers.size() == 1);
  Limits limits;
  limits.set_pids(50);
  CHECK(node.pods().UpdateLimits(id, limits).ok());
  CHECK(node.container(id)->record.limits().pids() == 50);
  REQUIRE(node.pods().StopContainer(id, 0s).ok());
  CHECK(absl::IsFailedPrecondition(node.pods().Usage(id, UsageDetail::kBasic).status()));
}

TEST_CASE("A log goes on in a new file when it was renamed") {
  Node node;
  const std::string id = node.Start({"say", "one", "lines"}, [](ContainerSpec& spec) { spec.set_stdin(true); });
  REQUIRE(node.Logs(id, "one"));
  const std::string path = node.container(id)->record.log_path();
  REQUIRE(RenamePath(path, path + ".1").ok());
  CHECK(node.pods().ReopenLog(id).ok());
  stream_test::Client client(node.Attach(id));
  REQUIRE(client.opened().ok());
  client.Write("two\n");
  CHECK(node.Logs(id, "got two"));
  CHECK(node.Log(id).find("one") == std::string::npos);
  CHECK(ReadFile(path + ".1").value().find("one") != std::string::npos);
}
