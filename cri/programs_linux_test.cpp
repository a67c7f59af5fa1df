// jobpodd and jobpod as programs, with a real registry and real pods. Needs root.
#include <signal.h>
#include <sys/stat.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cri/config.hpp"
#include "test/harness/daemon.hpp"
#include "test/harness/registry.hpp"

namespace jobpod::test {
namespace {

using Catch::Contains;
using nlohmann::json;

// One daemon and one registry for all cases; each case removes what it makes.
struct Set {
  Registry registry;
  Daemon daemon;
  std::string image = registry.Reference("busybox");
  std::string run_logs = daemon.directory() + "/run-logs";
  Set() { registry.Push(ImageLayout(), "busybox"); }
};
Set& Shared() {
  static Set set;
  return set;
}

std::vector<std::string> Line(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {Program("jobpod"), "--address", Shared().daemon.address()});
  return arguments;
}

CommandResult Jobpod(std::vector<std::string> arguments) {
  return RunCommand(Line(std::move(arguments)));
}

std::vector<std::string> Run(std::vector<std::string> options, const std::string& script) {
  std::vector<std::string> line = {"run", "--log-dir", Shared().run_logs};
  line.insert(line.end(), options.begin(), options.end());
  for (const std::string word :
       {Shared().image.c_str(), "--", "$CONTAINER_SANDBOX_MOUNT_POINT/bin/busybox", "sh", "-c"}) {
    line.push_back(word);
  }
  line.push_back(script);
  return line;
}

bool NothingIsLeft() {
  const json left = json::parse(Jobpod({"ps", "--all", "--output", "json"}).output);
  return left.empty() && RunCommand({"find", Shared().run_logs, "-mindepth", "1"}).output.empty();
}

// The id that a detached run prints last, behind what a pull may have said.
std::string StartedId(const CommandResult& started) {
  REQUIRE(started.exit_code == 0);
  const std::string& text = started.output;
  const std::string id = text.substr(text.size() < 65 ? 0 : text.size() - 65, 64);
  REQUIRE(id.find('\n') == std::string::npos);
  return id;
}

std::string ReadyLine() {
  const std::string log = Slurp(Shared().daemon.log_file());
  const size_t at = log.find("is ready after");
  REQUIRE(at != std::string::npos);
  return log.substr(log.rfind('\n', at) + 1, log.find('\n', at) - log.rfind('\n', at) - 1);
}

std::string Page(const std::string& path) {
  const std::string line = ReadyLine();
  const size_t at = line.find("http port ");
  REQUIRE(at != std::string::npos);
  return MustRun({"curl", "-sf", Concat("http://127.0.0.1:", std::atoi(line.c_str() + at + 10), path)});
}

}  // namespace

TEST_CASE("jobpodd prints its configuration and checks files") {
  CHECK(MustRun({Program("jobpodd"), "config", "default"}) == DefaultConfigText());
  const TemporaryDirectory directory;
  Spill(directory / "good.toml", DefaultConfigText());
  Spill(directory / "bad.toml", "version = 1\n[pods]\nadmitt = \"all\"\n");
  CHECK(RunCommand({Program("jobpodd"), "config", "check", directory / "good.toml"}).exit_code == 0);
  const CommandResult bad = RunCommand({Program("jobpodd"), "config", "check", directory / "bad.toml"});
  CHECK(bad.exit_code == 1);
  CHECK_THAT(bad.output, Contains(directory / "bad.toml" + ":3: unknown key [pods] admitt"));
  CHECK(RunCommand({Program("jobpodd"), "--config", directory / "none.toml"}).exit_code == 1);
}

TEST_CASE("a ready daemon listens for root, and has its root to itself") {
  Daemon& daemon = Shared().daemon;
  struct stat info {};
  REQUIRE(stat((daemon.directory() + "/jobpod.sock").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0660);
  CHECK(info.st_uid == 0);
  CHECK_THAT(ReadyLine(), Contains("ms: " + daemon.address()));

  const CommandResult second = RunCommand(daemon.Command());
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.output, Contains(Concat("another jobpodd (pid ", daemon.pid(), ") works on")));
  const TemporaryDirectory other;
  const CommandResult same_socket =
      RunCommand({Program("jobpodd"), "--root", other / "r", "--state", other / "s", "--address",
                  daemon.address(), "--http-address", "off"});
  CHECK(same_socket.exit_code == 1);
  CHECK_THAT(same_socket.output, Contains("already listens at"));
  CHECK(daemon.client().Connects(Milliseconds(1000)));
}

TEST_CASE("health, readiness and metrics are served on the loopback") {
  CHECK(Page("/healthz") == "ok\n");
  CHECK(Page("/readyz") == "ok\n");
  REQUIRE(Jobpod({"ps"}).exit_code == 0);
  const std::string metrics = Page("/metrics");
  for (const char* line :
       {"jobpod_rpc_total{method=\"ListContainers\",code=\"OK\"}", "jobpod_pods{state=\"ready\"} 0",
        "jobpod_containers{state=\"running\"} 0", "process_resident_memory_bytes ",
        "jobpod_build_info{version=\"" JOBPOD_VERSION "\"} 1"}) {
    CHECK_THAT(metrics, Contains(line));
  }
}

TEST_CASE("run pulls, keeps the streams apart, passes the exit code on and leaves nothing") {
  const TemporaryDirectory directory;
  const std::string errors = directory / "errors";
  std::vector<std::string> shell = {"sh", "-c", "errors=$1; shift; \"$@\" 2>\"$errors\"", "sh", errors};
  const auto line = Line(
      Run({"--rm", "-w", "/tmp", "-e", "WHO=pod"}, "echo out $WHO $PWD; echo err >&2; printf tail; exit 17"));
  shell.insert(shell.end(), line.begin(), line.end());
  const CommandResult result = RunCommand(shell);
  CHECK(result.exit_code == 17);
  CHECK(result.output == "out pod /tmp\ntail");
  CHECK_THAT(Slurp(errors), Contains("err\n"));
  CHECK_THAT(Slurp(errors), Contains(" done\n") || Contains(" present\n") || !Contains("downloading"));
  CHECK(NothingIsLeft());
}

TEST_CASE("options of run that may be repeated take one value each") {
  const TemporaryDirectory directory;
  Spill(directory / "file", "mounted");
  const CommandResult result =
      Jobpod(Run({"--env", "A=1", "-e", "B=2", "--mount", directory.path() + ":/mnt/jobpod-a:ro", "--mount",
                  directory.path() + ":/mnt/jobpod-b"},
                 "echo $A $B $(cat /mnt/jobpod-a/file) $(cat /mnt/jobpod-b/file)"));
  CHECK(result.exit_code == 0);
  CHECK(result.output == "1 2 mounted mounted\n");
  CHECK(NothingIsLeft());
}

TEST_CASE("mistakes on the command line are named") {
  CHECK_THAT(Jobpod({"dance"}).output, Contains("there is no command \"dance\""));
  CHECK_THAT(Jobpod({"run", Shared().image, "sh", "-c", "true"}).output, Contains("behind --"));
  CHECK_THAT(Jobpod({"image", "pull"}).output, Contains("jobpod image --help"));
  CHECK_THAT(Jobpod({"image", "pull", "--help"}).output, Contains("Usage: jobpod image pull [OPTIONS]"));
}

TEST_CASE("run's own failures have codes of their own and leave nothing") {
  CHECK(Jobpod({"run", Shared().image, "--", "no-such-program"}).exit_code == 127);
  const CommandResult missing = Jobpod({"run", Shared().registry.Reference("no-such-image")});
  CHECK(missing.exit_code == 125);
  CHECK_THAT(missing.output, Contains("no-such-image"));
  CHECK(Jobpod(Run({"--handler", "nonsense"}, "true")).exit_code == 125);
  const CommandResult no_source = Jobpod(Run({"--mount", "/no/such/dir:/x"}, "true"));
  CHECK(no_source.exit_code == 125);
  CHECK_THAT(no_source.output, Contains("/no/such/dir"));
  CHECK(NothingIsLeft());
}

TEST_CASE("Ctrl-C stops gracefully, a second one at once") {
  const TemporaryDirectory directory;
  const auto start = [&](const std::string& name, const std::string& script) {
    Process process(Line(Run({"--stop-timeout", "30"}, script)), directory / name);
    REQUIRE(Eventually([&] { return Slurp(directory / name).find("ready\n") != std::string::npos; }));
    return process;
  };
  Process polite = start("polite", "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done");
  polite.Signal(SIGINT);
  const auto status = polite.Wait(Milliseconds(10'000));
  REQUIRE(status);
  CHECK(*status == 7);
  CHECK_THAT(Slurp(directory / "polite"), Contains("bye\n"));

  Process deaf = start("deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done");
  deaf.Signal(SIGINT);
  CHECK_FALSE(deaf.Wait(Milliseconds(700)));
  deaf.Signal(SIGINT);
  const auto killed = deaf.Wait(Milliseconds(10'000));
  REQUIRE(killed);
  CHECK(*killed == 137);
  CHECK(NothingIsLeft());
}

TEST_CASE("a detached pod is listed, logged, stopped and removed") {
  const CommandResult started =
      Jobpod(Run({"--detach", "--name", "web"}, "echo here; echo there >&2; sleep 1000"));
  const std::string id = StartedId(started);
  CHECK(Jobpod(Run({"--detach", "--name", "web"}, "true")).exit_code == 125);

  const json list = json::parse(Jobpod({"ps", "--output", "json"}).output);
  REQUIRE(list.size() == 1);
  CHECK(list[0]["id"] == id);
  CHECK(list[0]["state"] == "running");
  CHECK_THAT(Jobpod({"ps"}).output, Contains(id.substr(0, 13)) && Contains("web"));
  CHECK(Eventually([&] { return Jobpod({"logs", "web"}).output == "here\nthere\n"; }));

  const CommandResult running = Jobpod({"rm", id});
  CHECK(running.exit_code == 1);
  CHECK_THAT(running.output, Contains("is running"));
  CHECK(Jobpod({"stop", "--timeout", "0", id.substr(0, 12)}).exit_code == 0);
  CHECK(json::parse(Jobpod({"ps", "--output", "json"}).output).empty());
  CHECK(Jobpod({"logs", "-f", "web"}).output == "here\nthere\n");
  CHECK(Jobpod({"rm", "web"}).exit_code == 0);
  CHECK(Jobpod({"rm", "web"}).exit_code == 1);
  CHECK(NothingIsLeft());
}

TEST_CASE("images are imported, pulled, listed and removed") {
  const CommandResult imported = Jobpod({"image", "import", ImageLayout()});
  INFO(imported.output);
  CHECK(imported.exit_code == 0);
  CHECK(Jobpod({"image", "import", "/no/such/file"}).exit_code == 1);
  const CommandResult pulled = Jobpod({"image", "pull", "--quiet", "--output", "json", Shared().image});
  REQUIRE(pulled.exit_code == 0);
  const std::string id = json::parse(pulled.output)["images"][0];
  const json list = json::parse(Jobpod({"image", "list", "--output", "json"}).output);
  const auto has_id = [&](const json& image) { return image["id"] == id; };
  CHECK(std::any_of(list.begin(), list.end(), has_id));
  CHECK_THAT(Jobpod({"image", "list"}).output, Contains(Shared().image));
  CHECK(Jobpod({"image", "remove", Shared().image}).exit_code == 0);
  CHECK(Jobpod({"image", "remove", Shared().image}).exit_code == 1);
}

TEST_CASE("doctor has a line for each thing, with and without a daemon") {
  const json asked = json::parse(Jobpod({"doctor", "--output", "json"}).output);
  const json own = json::parse(
      RunCommand({Program("jobpod"), "--address", "unix:///nonexistent/j.sock", "doctor", "--output", "json"})
          .output);
  for (const json& checks : {asked, own}) {
    CHECK(checks.size() > 10);
    for (const json& check : checks)
      CHECK((check["result"] == "ok") == check["remedy"].get<std::string>().empty());
  }
  CHECK(asked.back()["result"] == "ok");
  CHECK(own.back()["result"] == "warn");
  CHECK(own[own.size() - 2]["name"] == "http port");
}

TEST_CASE("SIGTERM ends the daemon in good order and leaves its pods") {
  const CommandResult started = Jobpod(Run({"--detach"}, "sleep 1000"));
  const std::string id = StartedId(started);
  CHECK(Shared().daemon.Terminate());
  struct stat info {};
  CHECK(stat((Shared().daemon.directory() + "/jobpod.sock").c_str(), &info) != 0);
  CHECK(Shared().daemon.Shims().size() == 1);
  Shared().daemon.Start();
  CHECK(json::parse(Jobpod({"ps", "--output", "json"}).output)[0]["state"] == "running");
  const CommandResult removed = Jobpod({"rm", "--force", id.substr(0, 12)});
  INFO(removed.output);
  CHECK(removed.exit_code == 0);
  CHECK(NothingIsLeft());
}

}  // namespace jobpod::test
