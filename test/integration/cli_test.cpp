// The command line, as a person types it.
#include <nlohmann/json.hpp>

#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

CommandResult Jobpod(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {Program("jobpod"), "--address", SharedDaemon().address()});
  return RunCommand(arguments);
}

}  // namespace

TEST_CASE("jobpod run shows the container's output and passes its exit code on") {
  const std::string image = SharedRegistry().Reference("busybox");
  const CommandResult result =
      Jobpod({"run", "--rm", image, "--", kBusybox, "sh", "-c", "echo hello from the pod; exit 17"});
  INFO(result.output);
  CHECK(result.exit_code == 17);
  CHECK(result.output.find("hello from the pod\n") != std::string::npos);
  const CommandResult bad = Jobpod({"run", "--rm", image, "--", "no-such-program"});
  CHECK(bad.exit_code != 0);
  CHECK(bad.output.find("no-such-program") != std::string::npos);
}

TEST_CASE("jobpod ps, image list and doctor speak to people and to scripts") {
  Pod pod;
  const std::string id = pod.Start(Busybox("echo logged; exec sleep 1000"));
  CHECK(Jobpod({"ps"}).output.find(id.substr(0, 12)) != std::string::npos);
  CHECK(nlohmann::json::parse(Jobpod({"ps", "--output", "json"}).output, nullptr, false).is_discarded() ==
        false);
  CHECK(Jobpod({"image", "list"}).output.find("busybox") != std::string::npos);
  CHECK(nlohmann::json::parse(Jobpod({"image", "list", "--output", "json"}).output, nullptr, false)
            .is_discarded() == false);
  REQUIRE(pod.Says(id, "logged"));
  CHECK(Jobpod({"logs", id}).output.find("logged") != std::string::npos);
  const CommandResult doctor = Jobpod({"doctor"});
  INFO(doctor.output);
  CHECK(doctor.output.find("cgroup") != std::string::npos);
}

TEST_CASE("jobpod rm --all takes every pod, running ones only with --force") {
  Daemon daemon;
  Pod running(daemon), empty(daemon);
  running.Start(Busybox("exec sleep 1000", daemon));
  const auto remove = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {Program("jobpod"), "--address", daemon.address(), "rm"});
    return RunCommand(options);
  };
  const CommandResult refused = remove({"--all"});
  CHECK(refused.exit_code != 0);
  CHECK(refused.output.find("--force") != std::string::npos);
  CHECK(remove({"--all", "--force"}).exit_code == 0);
  CHECK(daemon.Shims().empty());
  CHECK(remove({"--all"}).exit_code == 0);
  CHECK(remove({}).exit_code != 0);
}

TEST_CASE("jobpod stop and rm take several, and one that is not there does not save the others") {
  Daemon daemon;
  Pod first(daemon), second(daemon);
  const std::string one = first.Start(Busybox("exec sleep 1000", daemon));
  const std::string two = second.Start(Busybox("exec sleep 1000", daemon));
  for (const char* verb : {"stop", "rm"}) {
    const CommandResult result =
        RunCommand({Program("jobpod"), "--address", daemon.address(), verb, one, "nobody", two});
    CHECK(result.exit_code == 1);
    CHECK(result.output.find("nobody") != std::string::npos);
    if (verb == std::string_view("stop"))
      for (const std::string& id : {one, two})
        CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_EXITED);
  }
  CHECK(daemon.client().Call(&Runtime::ListContainers, cri::ListContainersRequest()).containers_size() == 0);
}

TEST_CASE("an address where nobody listens is a clear error") {
  const CommandResult result =
      RunCommand({Program("jobpod"), "--address", "unix:///nonexistent/jobpod.sock", "ps"});
  CHECK(result.exit_code != 0);
  CHECK(result.output.find("/nonexistent/jobpod.sock") != std::string::npos);
}

}  // namespace jobpod::test
