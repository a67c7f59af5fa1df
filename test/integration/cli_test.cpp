// The command line, as a person types it.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "base/sqlite.hpp"
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

TEST_CASE("jobpod run tells a mistake in its options before it pulls, and by its exit code what could not start") {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"-m", "12q"}, {"--cpus", "-3"}, {"--mount", "relative:/x"}, {"--name", "a/b"}}) {
    std::vector<std::string> command = {"run"};
    command.insert(command.end(), wrong.begin(), wrong.end());
    command.push_back("127.0.0.1:1/nowhere:1");
    const CommandResult result = Jobpod(command);
    INFO(result.output);
    CHECK(result.exit_code == 125);
    CHECK(result.output.find("RegistryUnavailable") == std::string::npos);
  }
  const std::string image = SharedRegistry().Reference("busybox");
  CHECK(Jobpod({"run", image, "--", "/"}).exit_code == 126);
  CHECK(Jobpod({"run", image, "--", "no-such-program"}).exit_code == 127);
  CHECK(Jobpod({"run", "-u", "no-such-user", image, "--", "id"}).exit_code == 127);
}

// The database is kept locked meanwhile, so that the pod is begun and not yet made.
TEST_CASE("Ctrl-C while jobpod run makes its pod leaves no pod behind") {
  Daemon daemon;
  const std::string image = SharedRegistry().Reference("busybox");
  MustRun({Program("jobpod"), "--address", daemon.address(), "image", "pull", image});
  const TemporaryDirectory out;
  auto database = SqliteDatabase::Open(daemon.directory() + "/root/pods.db", false);
  REQUIRE(database.ok());
  REQUIRE(database->Execute("BEGIN IMMEDIATE").ok());
  Process run({Program("jobpod"), "--address", daemon.address(), "run", image, "--", kBusybox, "sleep", "1000"},
              out / "output");
  REQUIRE(Eventually([&] { return daemon.Shims().size() == 1; }));
  run.Signal(SIGINT);
  CHECK_FALSE(run.Wait(Milliseconds(200)));
  REQUIRE(database->Execute("ROLLBACK").ok());
  const std::optional<int> code = run.Wait(Milliseconds(10'000));
  INFO(Slurp(out / "output"));
  REQUIRE(code);
  CHECK(*code == 125);
  CHECK(daemon.Shims().empty());
  CHECK(daemon.client().Call(&Runtime::ListPodSandbox, cri::ListPodSandboxRequest()).items().empty());
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
