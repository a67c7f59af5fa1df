// The failure contract where the host itself fails: a restart, a full disk.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "base/scope_exit.hpp"
#include "base/sqlite.hpp"
#include "base/text.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {

// A restart takes every process and the volatile state; the boot id is what tells.
TEST_CASE("after a restart of the host what ran is EXITED 255 Unknown, and images are kept") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string ran = pod.Start(Busybox("sleep 1000", daemon));
  const std::string created = pod.Create(Busybox("true", daemon));
  const pid_t shim = daemon.Shims().at(0);
  daemon.Kill();
  kill(shim, SIGKILL);
  REQUIRE(Eventually([&] { return daemon.Shims().empty(); }));
  std::filesystem::remove_all(daemon.directory() + "/state");
  {
    auto database = SqliteDatabase::Open(daemon.directory() + "/root/pods.db", false);
    REQUIRE(database.ok());
    REQUIRE(database->Execute("UPDATE meta SET value='another boot' WHERE key='boot_id'").ok());
  }
  daemon.Start();

  const cri::ContainerStatus status = daemon.client().StatusOf(ran);
  CHECK(status.state() == cri::CONTAINER_EXITED);
  CHECK(status.exit_code() == 255);
  CHECK(status.reason() == "Unknown");
  CHECK(daemon.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_NOTREADY);
  CHECK(Outcome([&] { daemon.client().Start(created); }).error_code() ==
        grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(daemon.client().Call(&Images::ListImages, cri::ListImagesRequest()).images_size() == 1);
}

TEST_CASE("on a full disk creating fails with the reason, stop and remove still work") {
  Daemon daemon;
  REQUIRE(daemon.Terminate());
  const std::string root = daemon.directory() + "/root";
  REQUIRE(mount("tmpfs", root.c_str(), "tmpfs", 0, "size=32m") == 0);
  const ScopeExit unmount([&] { umount2(root.c_str(), MNT_DETACH); });
  daemon.Start();
  {
    Pod pod(daemon);
    const std::string id = pod.Start(Busybox("sleep 1000", daemon));
    const std::string ballast = root + "/ballast";
    RunCommand({"dd", "if=/dev/zero", "of=" + ballast, "bs=4096"});
    grpc::Status refused;
    for (int i = 0; i < 2000 && refused.ok(); ++i) {
      cri::ContainerConfig next = Busybox("true", daemon);
      next.mutable_metadata()->set_name(Concat("more-", i));
      refused = Outcome([&] { daemon.client().Create(pod.id(), pod.config(), next); });
    }
    INFO(refused.error_message());
    CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    daemon.client().Stop(id, 0);
    CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_EXITED);
    daemon.client().Remove(id);
    std::filesystem::remove(ballast);
    pod.Create(Busybox("true", daemon));
  }
  CHECK(daemon.RemoveEverything().empty());
  CHECK(daemon.Terminate());
  umount2(root.c_str(), MNT_DETACH);
  daemon.Start();
}

TEST_CASE("on a full log disk the container goes on; log, daemon's log and metric tell what was lost") {
  Daemon daemon;
  const std::string logs = daemon.logs() + "/full";
  std::filesystem::create_directories(logs);
  REQUIRE(mount("tmpfs", logs.c_str(), "tmpfs", 0, "size=2m") == 0);
  const ScopeExit unmount([&] { umount2(logs.c_str(), MNT_DETACH); });
  // Without it there is room for what a slow shim still finds in the pipe.
  Spill(logs + "/ballast", std::string(1920 << 10, 'x'));
  TemporaryDirectory directory;
  Pod pod(daemon, "", [&](cri::PodSandboxConfig& config) { config.set_log_directory(logs); });
  const std::string id = pod.Start(Busybox(Concat("seq 1 50000; touch ", directory.path(), "/written; while ! test -e ",
                                                  directory.path(), "/go; do usleep 5000; done; echo after; exit 3"),
                                           daemon));
  REQUIRE(Eventually([&] { return std::filesystem::exists(directory / "written"); }));
  std::filesystem::remove(logs + "/ballast");
  Spill(directory / "go", "");
  const cri::ContainerStatus status = daemon.client().Ended(id);
  CHECK(status.exit_code() == 3);
  const std::string text = LogText(status.log_path());
  CHECK(text.starts_with("1\n2\n3\n"));
  CHECK(text.find("log records were dropped here") != std::string::npos);
  CHECK(text.ends_with("after\n"));
  CHECK(Slurp(daemon.log_file()).find(id + ": ") != std::string::npos);
  CHECK(Slurp(daemon.log_file()).find("are lost: write: No space left on device") != std::string::npos);
  uint64_t told = 0, written = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool marker = line.starts_with("jobpod: ");
    told += marker ? std::strtoull(line.c_str() + 8, nullptr, 10) : 0;
    written += marker || line == "after" ? 0 : 1;
  }
  CHECK(told > 0);
  CHECK(told + written == 50'000);
  CHECK(daemon.Metric("jobpod_log_records_lost_total") == static_cast<double>(told));
}

TEST_CASE("an output that a process outside holds does not keep the container from being EXITED") {
  Pod pod;
  const std::string id = pod.Start(Busybox("echo pid=$$; while :; do sleep 0.05; done"));
  REQUIRE(pod.Says(id, "pid="));
  const pid_t init = Reported(LogText(pod.Log(id)), "pid");
  const Fd held(open(Concat("/proc/", init, "/fd/1").c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(held.valid());
  pod.client().Stop(id, 0);
  const cri::ContainerStatus status = pod.client().StatusOf(id);
  CHECK(status.state() == cri::CONTAINER_EXITED);
  CHECK(status.exit_code() == 137);
  CHECK(status.message().find("outside the container") != std::string::npos);
  pod.client().Remove(id);
}

// A process that is frozen in a v1 freezer group does not die of SIGKILL until it is thawed: what a process that
// hangs in the kernel looks like to the shim.
TEST_CASE("a process that does not die of being killed keeps no call waiting and its pod goes away") {
  const std::string freezer = "/sys/fs/cgroup/freezer";
  if (!std::filesystem::exists(freezer + "/cgroup.procs")) JOBPOD_SKIP("no v1 freezer to hang a process with");
  const std::string group = Concat(freezer, "/jobpod-hang-", getpid());
  std::filesystem::create_directory(group);
  const ScopeExit remove([&] {
    Spill(group + "/freezer.state", "THAWED");
    std::error_code error;
    Eventually([&] { return std::filesystem::remove(group, error); });
  });
  pid_t init = 0;
  std::string pod_id;
  {
    Pod pod;
    pod_id = pod.id();
    const std::string id = pod.Start(Busybox("echo pid=$$; while :; do sleep 0.05; done"));
    REQUIRE(pod.Says(id, "pid="));
    init = Reported(LogText(pod.Log(id)), "pid");
    Spill(group + "/cgroup.procs", std::to_string(init));
    Spill(group + "/freezer.state", "FROZEN");
    REQUIRE(Eventually([&] { return Slurp(group + "/freezer.state") == "FROZEN\n"; }));
    pod.client().Stop(id, 0);
    const cri::ContainerStatus status = pod.client().StatusOf(id);
    CHECK(status.state() == cri::CONTAINER_EXITED);
    CHECK(status.exit_code() == 137);
    CHECK(status.message().find("hang in the kernel") != std::string::npos);
    CHECK(Alive(init));
    pod.client().Remove(id);
    pod.client().StopPod(pod.id());
    pod.client().RemovePod(pod.id());
    Spill(group + "/freezer.state", "THAWED");
  }
  CHECK(Eventually([&] { return !Alive(init); }));
  CHECK(Eventually([&] { return CgroupsWith(pod_id).empty(); }));
}

}  // namespace jobpod::test
