// The failure contract: the daemon or a shim is really killed or stopped, and the truth comes out.
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/sqlite.hpp"
#include "base/text.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

using Clock = std::chrono::steady_clock;

// The shim of the only pod of a daemon.
pid_t OnlyShim(Daemon& daemon) {
  REQUIRE(Eventually([&] { return daemon.Shims().size() == 1; }));
  return daemon.Shims().front();
}

double SecondsOf(const std::function<void()>& call) {
  const auto start = Clock::now();
  call();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

TEST_CASE("a killed daemon loses nothing: containers go on, logs flow, exits are kept") {
  Daemon daemon;
  Pod pod(daemon, "", [](cri::PodSandboxConfig& config) { (*config.mutable_labels())["kept"] = "yes"; });
  const std::string counts =
      pod.Start(Busybox("i=0; while :; do echo line $i; i=$((i+1)); usleep 5000; done", daemon));
  TemporaryDirectory directory;
  const std::string ends = pod.Start(Busybox(
      "while ! test -e " + directory.path() + "/go; do usleep 5000; done; echo bye; exit 23", daemon));
  const std::string created = pod.Create(Busybox("echo later; exit 4", daemon));
  REQUIRE(pod.Says(counts, "line 3"));
  const std::string log = pod.Log(counts);
  const cri::ContainerStatus before = daemon.client().StatusOf(counts);

  daemon.Kill();
  const size_t size = Slurp(log).size();
  CHECK(Eventually([&] { return Slurp(log).size() > size + 100; }));
  Spill(directory / "go", "");
  std::this_thread::sleep_for(Milliseconds(100));  // the exit happens while no daemon lives
  daemon.Start();

  CHECK(daemon.client().StatusOf(counts).state() == cri::CONTAINER_RUNNING);
  CHECK(daemon.client().StatusOf(counts).started_at() == before.started_at());
  const cri::ContainerStatus ended = daemon.client().Ended(ends);
  CHECK(ended.exit_code() == 23);
  CHECK(LogText(ended.log_path()) == "bye\n");
  CHECK(daemon.client().StatusOf(created).state() == cri::CONTAINER_CREATED);
  daemon.client().Start(created);
  CHECK(daemon.client().Ended(created).exit_code() == 4);
  CHECK(daemon.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_READY);
  CHECK(daemon.client().StatusOfPod(pod.id()).labels().at("kept") == "yes");
  CHECK(daemon.client().Exec(counts, {kBusybox, "echo", "again"}).stdout() == "again\n");
  daemon.client().Stop(counts, 0);
  int expected = 0;
  std::istringstream text(LogText(log));
  for (std::string line; std::getline(text, line);) CHECK(line == Concat("line ", expected++));
}

TEST_CASE("a daemon killed while a command runs leaves none of its processes") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Busybox("exec sleep 1000", daemon));
  TemporaryDirectory directory;
  std::jthread calls([&] {
    Outcome([&] {
      daemon.client().Exec(id, {kBusybox, "sh", "-c", "echo $$ > " + directory.path() + "/pid; sleep 600"},
                           100);
    });
  });
  REQUIRE(Eventually([&] { return !Slurp(directory / "pid").empty(); }));
  daemon.process().Signal(SIGKILL);
  calls.join();
  daemon.Restart();
  const pid_t pid = atoi(Slurp(directory / "pid").c_str());
  CHECK(Eventually([&] { return !Alive(pid); }));
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("SIGTERM leaves pods running") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Busybox("exec sleep 1000", daemon));
  const std::string log = daemon.log_file();
  CHECK(daemon.Terminate());
  CHECK(daemon.Shims().size() == 1);
  daemon.Start();
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("a killed shim: its containers are dead at once, EXITED 255 Unknown, and the pod can go") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Busybox("trap '' TERM; echo pid=$$; while :; do sleep 0.1; done", daemon));
  REQUIRE(pod.Says(id, "pid="));
  const pid_t pid = Reported(LogText(pod.Log(id)), "pid");
  kill(OnlyShim(daemon), SIGKILL);
  CHECK(Eventually([&] { return !Alive(pid); }));
  const cri::ContainerStatus status = daemon.client().Ended(id);
  CHECK(status.exit_code() == 255);
  CHECK(status.reason() == "Unknown");
  CHECK(Eventually([&] { return daemon.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_NOTREADY; }));
}

TEST_CASE("a shim killed while no daemon lives is found out at the next start") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Busybox("echo pid=$$; exec sleep 1000", daemon));
  REQUIRE(pod.Says(id, "pid="));
  const pid_t pid = Reported(LogText(pod.Log(id)), "pid");
  const pid_t shim = OnlyShim(daemon);
  daemon.Kill();
  kill(shim, SIGKILL);
  daemon.Start();
  CHECK(Eventually([&] { return !Alive(pid); }));
  CHECK(daemon.client().Ended(id).reason() == "Unknown");
  CHECK(daemon.client().StatusOf(id).exit_code() == 255);
}

TEST_CASE("a stopped shim: no call hangs, lists answer, stop and remove work") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Busybox("trap '' TERM; echo pid=$$; while :; do sleep 0.1; done", daemon));
  REQUIRE(pod.Says(id, "pid="));
  const pid_t pid = Reported(LogText(pod.Log(id)), "pid");
  const pid_t shim = OnlyShim(daemon);
  kill(shim, SIGSTOP);
  CHECK(SecondsOf([&] { daemon.client().Call(&Runtime::ListContainers, cri::ListContainersRequest()); }) < 1);
  CHECK(SecondsOf([&] {
          daemon.client().Call(&Runtime::ListContainerStats, cri::ListContainerStatsRequest());
        }) < 1);
  CHECK(SecondsOf([&] { Outcome([&] { daemon.client().Exec(id, {kBusybox, "true"}, 2); }); }) < 20);
  CHECK(SecondsOf([&] { Outcome([&] { daemon.client().Stop(id, 1); }); }) < 15);
  CHECK(Eventually([&] { return !Alive(pid); }));
  CHECK(SecondsOf([&] {
          CHECK(Outcome([&] { daemon.client().StopPod(pod.id()); }).ok());
          CHECK(Outcome([&] { daemon.client().RemovePod(pod.id()); }).ok());
        }) < 30);
  CHECK(Eventually([&] { return !Alive(shim); }));
}

// The shim is stopped meanwhile, so that both starts wait in its socket when it goes on.
TEST_CASE("a start that the last daemon asked for and died in is this daemon's start, with its exit code") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Create(Busybox("echo once; exit 7", daemon));
  const pid_t shim = OnlyShim(daemon);
  kill(shim, SIGSTOP);
  const auto start = [&] {
    CriClient client(daemon.address());
    return Outcome([&] { client.Start(id); });
  };
  std::future<grpc::Status> first = std::async(std::launch::async, start);
  std::this_thread::sleep_for(Milliseconds(300));  // nothing tells when a request lies in the socket
  daemon.Kill();
  CHECK_FALSE(first.get().ok());
  daemon.Start();
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_CREATED);
  std::future<grpc::Status> second = std::async(std::launch::async, start);
  std::this_thread::sleep_for(Milliseconds(300));
  kill(shim, SIGCONT);
  CHECK(second.get().ok());
  CHECK(daemon.client().Ended(id).exit_code() == 7);
  CHECK(LogText(pod.Log(id)) == "once\n");
}

TEST_CASE("a second daemon on the same root is refused") {
  Daemon daemon;
  std::vector<std::string> command = daemon.Command();
  command.back() += ".second";
  const CommandResult second = RunCommand(command, Milliseconds(10'000));
  INFO(second.output);
  CHECK(second.exit_code != 0);
  CHECK(second.exit_code != 124);
  CHECK(second.output.find(daemon.directory() + "/root") != std::string::npos);
  CHECK(daemon.client().Connects(Milliseconds(2'000)));
}

TEST_CASE("a second daemon on another root and the same state is refused, and the first one's pods live on") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Busybox("sleep 1000", daemon));
  TemporaryDirectory elsewhere;
  std::vector<std::string> command = daemon.Command();
  std::replace(command.begin(), command.end(), daemon.directory() + "/root", elsewhere.path());
  command.back() += ".second";
  const CommandResult second = RunCommand(command, Milliseconds(10'000));
  INFO(second.output);
  CHECK(second.exit_code != 0);
  CHECK(second.exit_code != 124);
  CHECK(second.output.find(daemon.directory() + "/state") != std::string::npos);
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("an old socket file is in nobody's way") {
  Daemon daemon;
  daemon.Kill();
  struct stat old {};
  CHECK(stat((daemon.directory() + "/jobpod.sock").c_str(), &old) == 0);
  daemon.Start();
  struct stat now {};
  REQUIRE(stat((daemon.directory() + "/jobpod.sock").c_str(), &now) == 0);
  CHECK((now.st_mode & 07777) == 0660);
}

TEST_CASE("a damaged database is set aside, said loudly, and what runs is found again") {
  Daemon daemon;
  const TemporaryDirectory source, target;
  const std::string mount_point = target / "made-for-it";
  Pod pod(daemon, "", [](cri::PodSandboxConfig& config) { (*config.mutable_labels())["kept"] = "yes"; });
  cri::ContainerConfig container = Busybox("echo up; exec sleep 1000", daemon);
  container.mutable_linux()->mutable_security_context()->mutable_run_as_user()->set_value(1234);
  AddMount(container, source.path(), mount_point);
  const std::string id = pod.Start(container);
  REQUIRE(pod.Says(id, "up"));
  REQUIRE(std::filesystem::exists(mount_point));
  cri::UpdateContainerResourcesRequest update;
  update.set_container_id(id);
  update.mutable_linux()->set_memory_limit_in_bytes(100 << 20);
  daemon.client().Call(&Runtime::UpdateContainerResources, update);
  daemon.Kill();
  const std::string database = daemon.directory() + "/root/pods.db";
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string path = database + suffix;
    REQUIRE(std::filesystem::exists(path));
    Spill(path, std::string(8192, 'x'));
  }
  daemon.Start();
  CHECK(daemon.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_READY);
  CHECK(daemon.client().StatusOfPod(pod.id()).labels().at("kept") == "yes");
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
  CHECK(daemon.client().Exec(id, {kBusybox, "id", "-u"}).stdout() == "1234\n");
  CHECK(daemon.client().StatusOf(id).resources().linux().memory_limit_in_bytes() == 100 << 20);
  CHECK(Slurp(daemon.log_file()).find("is damaged") != std::string::npos);
  size_t set_aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(daemon.directory() + "/root"))
    set_aside += entry.path().filename().string().starts_with("pods.db.damaged");
  CHECK(set_aside > 0);
  daemon.client().RemovePod(pod.id());
  CHECK_FALSE(std::filesystem::exists(mount_point));
}

// The database is kept locked meanwhile, so that the daemon has a shim and cannot record it.
TEST_CASE("a daemon killed between spawning a shim and recording it leaves no orphan, and the name is free") {
  Daemon daemon;
  const cri::PodSandboxConfig config = HostProcessPod("unrecorded", daemon.logs() + "/unrecorded");
  pid_t shim = 0;
  {
    auto database = SqliteDatabase::Open(daemon.directory() + "/root/pods.db", false);
    REQUIRE(database.ok());
    REQUIRE(database->Execute("BEGIN IMMEDIATE").ok());
    std::jthread call([&] { Outcome([&] { daemon.client().RunPod(config); }); });
    REQUIRE(Eventually([&] { return daemon.Shims().size() == 1; }));
    shim = daemon.Shims().front();
    const std::string pods = daemon.directory() + "/state/pods";
    REQUIRE(Eventually([&] {  // written right before it is recorded: the shim has been greeted
      for (const auto& entry : std::filesystem::directory_iterator(pods))
        if (std::filesystem::exists(entry.path() / "pod.record")) return true;
      return false;
    }));
    daemon.Kill();
  }
  CHECK(Alive(shim));
  const std::string pod = std::filesystem::directory_iterator(daemon.directory() + "/state/pods")->path().filename();
  daemon.Start();
  CHECK(Eventually([&] { return !Alive(shim); }));
  CHECK(Eventually([&] { return CgroupsWith(pod).empty(); }));
  CHECK(!std::filesystem::exists(daemon.directory() + "/state/pods/" + pod));
  CHECK(daemon.client().Call(&Runtime::ListPodSandbox, cri::ListPodSandboxRequest()).items().empty());
  CHECK(daemon.client().StatusOfPod(daemon.client().RunPod(config)).state() == cri::SANDBOX_READY);
}

TEST_CASE("mistakes in the configuration name file, line and key") {
  TemporaryDirectory directory;
  Spill(directory / "bad.toml", "version = 1\n[grpc]\nadress = \"unix:///x\"\n");
  const CommandResult result = RunCommand({Program("jobpodd"), "config", "check", directory / "bad.toml"});
  INFO(result.output);
  CHECK(result.exit_code != 0);
  CHECK(result.output.find("bad.toml") != std::string::npos);
  CHECK(result.output.find("3") != std::string::npos);
  CHECK(result.output.find("adress") != std::string::npos);
  const CommandResult whole = RunCommand({Program("jobpodd"), "config", "default"});
  Spill(directory / "good.toml", whole.output);
  CHECK(RunCommand({Program("jobpodd"), "config", "check", directory / "good.toml"}).exit_code == 0);
}

}  // namespace jobpod::test
