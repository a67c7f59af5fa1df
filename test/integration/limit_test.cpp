// Limits as the kernel has them, changed live, and what happens to those who hit them.
#include <unistd.h>
#include "base/text.hpp"

#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

// A container that tells its pid; where the kernel keeps its limits.
struct Limited {
  std::string id;
  pid_t pid = -1;

  std::string File(const std::string& controller, const std::string& v1, const std::string& v2) const {
    const std::string directory = CgroupOf(pid, controller);
    const std::string text = Slurp(directory + "/" + v1);
    return text.empty() ? Slurp(directory + "/" + v2) : text;
  }
};

Limited StartLimited(Pod& pod, const std::function<void(cri::LinuxContainerResources&)>& limits) {
  cri::ContainerConfig container = Busybox("echo pid=$$; exec sleep 1000");
  limits(*container.mutable_linux()->mutable_resources());
  Limited limited{pod.Start(container)};
  REQUIRE(pod.Says(limited.id, "pid="));
  limited.pid = Reported(LogText(pod.Log(limited.id)), "pid");
  return limited;
}

constexpr int64_t kMiB = 1 << 20;

}  // namespace

TEST_CASE("a container over its memory limit is OOMKilled with 137") {
  Pod pod;
  cri::ContainerConfig container = Busybox("x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo survived");
  container.mutable_linux()->mutable_resources()->set_memory_limit_in_bytes(24 * kMiB);
  const Ran ran = pod.Run(container, Milliseconds(60'000));
  CHECK(ran.status.reason() == "OOMKilled");
  CHECK(ran.status.exit_code() == 137);
  CHECK(ran.out.empty());
}

TEST_CASE("limits are in the container's cgroup and change live") {
  Pod pod;
  const Limited limited = StartLimited(pod, [](auto& limits) {
    limits.set_memory_limit_in_bytes(64 * kMiB);
    limits.set_cpu_period(100'000);
    limits.set_cpu_quota(50'000);
    limits.set_cpu_shares(512);
  });
  CHECK(atoll(limited.File("memory", "memory.limit_in_bytes", "memory.max").c_str()) == 64 * kMiB);
  CHECK(limited.File("cpu", "cpu.cfs_quota_us", "cpu.max").find("50000") == 0);

  cri::UpdateContainerResourcesRequest update;
  update.set_container_id(limited.id);
  update.mutable_linux()->set_memory_limit_in_bytes(96 * kMiB);
  update.mutable_linux()->set_cpu_quota(25'000);
  pod.client().Call(&Runtime::UpdateContainerResources, update);
  CHECK(atoll(limited.File("memory", "memory.limit_in_bytes", "memory.max").c_str()) == 96 * kMiB);
  CHECK(limited.File("cpu", "cpu.cfs_quota_us", "cpu.max").find("25000") == 0);
  const cri::ContainerStatus status = pod.client().StatusOf(limited.id);
  const auto& now = status.resources().linux();
  CHECK(now.memory_limit_in_bytes() == 96 * kMiB);
  CHECK(now.cpu_quota() == 25'000);
  CHECK(now.cpu_period() == 100'000);
  CHECK(now.cpu_shares() == 512);
}

TEST_CASE("a container is held to its processors") {
  Pod pod;
  const Limited limited = StartLimited(pod, [](auto& limits) { limits.set_cpuset_cpus("0"); });
  CHECK(limited.File("cpuset", "cpuset.cpus", "cpuset.cpus") == "0\n");
  CHECK(Slurp(Concat("/proc/", limited.pid, "/status")).find("Cpus_allowed_list:\t0\n") != std::string::npos);
}

TEST_CASE("every hierarchy holds the whole tree below the pod") {
  Pod pod;
  const Limited limited = StartLimited(pod, [](auto&) {});
  for (const char* controller : {"memory", "cpu", "pids"}) {
    const std::string directory = CgroupOf(limited.pid, controller);
    if (directory.empty() || Slurp("/proc/cgroups").find(controller) == std::string::npos) continue;
    INFO(controller << ": " << directory);
    CHECK(directory.find(pod.id()) != std::string::npos);
    CHECK(directory.find(limited.id) != std::string::npos);
  }
  pod.client().Remove(limited.id);
  CHECK(CgroupsWith(limited.id).empty());
}

TEST_CASE("a pod's cgroup parent is used") {
  const std::string parent = Concat("/jobpod-test-", getpid(), "/burstable");
  std::string pod_id;
  {
    Pod pod(SharedDaemon(), "",
            [&](cri::PodSandboxConfig& config) { config.mutable_linux()->set_cgroup_parent(parent); });
    pod_id = pod.id();
    const Limited limited = StartLimited(pod, [](auto&) {});
    CHECK(CgroupOf(limited.pid, "memory").find(parent + "/") != std::string::npos);
  }
  CHECK(CgroupsWith(pod_id).empty());
  for (const std::string& mount : CgroupMounts()) {
    rmdir((mount + parent).c_str());
    rmdir((mount + parent.substr(0, parent.rfind('/'))).c_str());
  }
}

TEST_CASE("pod limits bound all containers and change live") {
  Pod pod;
  cri::UpdatePodSandboxResourcesRequest update;
  update.set_pod_sandbox_id(pod.id());
  update.mutable_resources()->set_memory_limit_in_bytes(128 * kMiB);
  pod.client().Call(&Runtime::UpdatePodSandboxResources, update);
  const Limited limited = StartLimited(pod, [](auto&) {});
  const std::string directory = CgroupOf(limited.pid, "memory");
  const std::string parent = directory.substr(0, directory.rfind('/'));
  const std::string v1 = Slurp(parent + "/memory.limit_in_bytes");
  CHECK(atoll((v1.empty() ? Slurp(parent + "/memory.max") : v1).c_str()) == 128 * kMiB);
}

TEST_CASE("statistics tell what a container uses") {
  Pod pod;
  const std::string id =
      pod.Start(Busybox("x=$(head -c 8000000 /dev/zero | tr '\\0' x); echo up; while :; do :; done"));
  REQUIRE(pod.Says(id, "up"));
  cri::ContainerStatsRequest request;
  request.set_container_id(id);
  const auto sample = [&] { return pod.client().Call(&Runtime::ContainerStats, request).stats(); };
  const cri::ContainerStats first = sample();
  CHECK(first.attributes().id() == id);
  CHECK(first.attributes().metadata().name() == "container-0");
  CHECK(first.memory().working_set_bytes().value() > 4'000'000u);
  CHECK(first.cpu().timestamp() > 0);
  CHECK(Eventually([&] {
    const cri::ContainerStats later = sample();
    return later.cpu().timestamp() > first.cpu().timestamp() &&
           later.cpu().usage_core_nano_seconds().value() > first.cpu().usage_core_nano_seconds().value();
  }));
  CHECK(sample().writable_layer().fs_id().mountpoint() != "");

  cri::PodSandboxStatsRequest pod_request;
  pod_request.set_pod_sandbox_id(pod.id());
  const auto pod_stats = pod.client().Call(&Runtime::PodSandboxStats, pod_request).stats();
  CHECK(pod_stats.attributes().id() == pod.id());
  CHECK(pod_stats.linux().containers_size() == 1);
  CHECK(pod_stats.linux().process().process_count().value() >= 1);
}

}  // namespace jobpod::test
