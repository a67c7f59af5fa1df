#include "cri/translate.hpp"

#include <catch2/catch.hpp>

#include "test/fakes/fake_images.hpp"

namespace jobpod {
namespace {

using Catch::Matchers::Contains;
using Change = std::function<void(cri::ContainerConfig&)>;

StatusOr<ContainerSpec> Container(const Change& change, const std::string& log_directory = "/var/log/p") {
  cri::ContainerConfig config;
  config.mutable_metadata()->set_name("main");
  change(config);
  PodRecord pod;
  pod.mutable_spec()->set_log_directory(log_directory);
  Image image;
  image.id = "sha256:1";
  FakeImages images;
  images.Put({.id = "sha256:2", .repo_tags = {"data:1"}});
  return TranslateContainer(config, pod, cri::PodSandboxConfig(), image, images);
}

std::string Refusal(const Status& status, absl::StatusCode kind = absl::StatusCode::kInvalidArgument) {
  CHECK(status.code() == kind);
  return std::string(Message(status));
}

TEST_CASE("limits are checked against what the kernel takes") {
  using Resources = cri::LinuxContainerResources;
  struct Case {
    const char* field;
    void (*set)(Resources&, int64_t);
    std::vector<int64_t> good, bad;
  };
  const std::vector<Case> cases = {
      {"cpu_period",
       [](Resources& r, int64_t v) { r.set_cpu_period(v); },
       {0, 1000, 1'000'000},
       {-1, 999, 1'000'001}},
      {"cpu_quota",
       [](Resources& r, int64_t v) { r.set_cpu_quota(v); },
       {0, -1, 1000, 1 << 30},
       {-2, 1, 999}},
      {"cpu_shares", [](Resources& r, int64_t v) { r.set_cpu_shares(v); }, {0, 2, 262'144}, {-1, 1, 262'145}},
      {"memory_limit",
       [](Resources& r, int64_t v) { r.set_memory_limit_in_bytes(v); },
       {0, 4 << 20},
       {-1, 4096}},
      {"memory_swap",
       [](Resources& r, int64_t v) { r.set_memory_swap_limit_in_bytes(v); },
       {0, -1, 5000},
       {-2}},
      {"oom_score_adj",
       [](Resources& r, int64_t v) { r.set_oom_score_adj(v); },
       {-1000, 0, 1000},
       {-1001, 1001}},
  };
  for (const auto& c : cases) {
    for (const bool good : {true, false}) {
      for (const int64_t value : good ? c.good : c.bad) {
        INFO(c.field << " = " << value);
        Resources resources;
        c.set(resources, value);
        const auto limits = TranslateLinuxLimits(resources);
        CHECK(limits.ok() == good);
        if (!good) CHECK_THAT(Refusal(limits.status()), Contains(c.field));
      }
    }
  }
}

TEST_CASE("a swap limit below the memory limit is refused") {
  cri::LinuxContainerResources resources;
  resources.set_memory_limit_in_bytes(8 << 20);
  resources.set_memory_swap_limit_in_bytes(4 << 20);
  CHECK_THAT(Refusal(TranslateLinuxLimits(resources).status()), Contains("memory and swap together"));
}

TEST_CASE("processor lists are lists") {
  const auto check = [](const std::string& list) {
    cri::LinuxContainerResources resources;
    resources.set_cpuset_cpus(list);
    return TranslateLinuxLimits(resources).ok();
  };
  for (const char* good : {"", "0", "0-3", "0-3,5", "1,2,7-9"}) CHECK(check(good));
  for (const char* bad : {",", "0-", "3-1", "a", "0,", "-1", "0 1", "99999999999999999999", "0-1-2"}) {
    INFO(bad);
    CHECK_FALSE(check(bad));
  }
}

TEST_CASE("unified names controllers' files and nothing else") {
  const auto check = [](const std::string& file) {
    cri::LinuxContainerResources resources;
    (*resources.mutable_unified())[file] = "1";
    return TranslateLinuxLimits(resources).ok();
  };
  for (const char* good : {"memory.high", "memory.oom.group", "hugetlb.2MB.max"}) CHECK(check(good));
  for (const char* bad :
       {"", "cgroup.kill", "cgroup.procs", "../memory.high", "a/b.c", ".x", "high", "a.b\n"}) {
    INFO(bad);
    CHECK_FALSE(check(bad));
  }
}

TEST_CASE("Windows limits have their own ranges, and processor groups become a list") {
  cri::WindowsContainerResources resources;
  resources.set_cpu_maximum(10'000);
  auto* group = resources.add_affinity_cpus();
  group->set_cpu_mask(0b101);
  group->set_cpu_group(1);
  const auto limits = TranslateWindowsLimits(resources);
  REQUIRE(limits.ok());
  CHECK(limits->windows_cpu_maximum() == 10'000);
  CHECK(limits->cpuset_cpus() == "64,66");
  group->set_cpu_group(4'000'000'000);
  CHECK_FALSE(TranslateWindowsLimits(resources).ok());
  resources.clear_affinity_cpus();
  resources.set_cpu_maximum(10'001);
  CHECK_THAT(std::string(Message(TranslateWindowsLimits(resources).status())), Catch::Contains("processor rate of `10001` is invalid"));
  resources.set_cpu_maximum(1);
  resources.set_cpu_shares(1);
  CHECK_THAT(std::string(Message(TranslateWindowsLimits(resources).status())), Catch::Contains("are mutually exclusive"));
}

TEST_CASE("stop signals have Linux's numbers, there and back") {
  CHECK(SignalNumber(cri::SIGNAL_RUNTIME_DEFAULT) == 0);
  CHECK(SignalNumber(cri::SIGNAL_SIGTERM) == 15);
  CHECK(SignalNumber(cri::SIGNAL_SIGUSR1) == 10);
  CHECK(SignalNumber(cri::SIGNAL_SIGRTMIN) == 34);
  CHECK(SignalNumber(cri::SIGNAL_SIGRTMAX) == 64);
  for (int number = 1; number <= 64; ++number) {
    if (number == 32 || number == 33) continue;  // the C library's own
    INFO(number);
    CHECK(SignalNumber(SignalOf(number)) == number);
  }
}

TEST_CASE("log paths stay below the pod's log directory") {
  const auto log_path = [](const std::string& path) {
    return Container([&](auto& c) { c.set_log_path(path); });
  };
  REQUIRE(log_path("main/0.log").ok());
  CHECK(log_path("main/0.log")->log_path() == "main/0.log");
  for (const char* bad : {"/etc/passwd", "../x", "a/../../x", ".."}) {
    INFO(bad);
    CHECK_THAT(Refusal(log_path(bad).status()), Contains("config.log_path"));
  }
  CHECK(Container([](auto& c) { c.set_log_path("x.log"); }, "")->log_path().empty());
}

TEST_CASE("the environment keeps its order, its empty values and bytes that are no UTF-8") {
  const auto spec = Container([](auto& c) {
    const auto add = [&](const std::string& key, const std::string& value) {
      auto* variable = c.add_envs();
      variable->set_key(key);
      variable->set_value(value);
    };
    add("B", "\xff\xfe");
    add("A", "");
  });
  REQUIRE(spec.ok());
  CHECK(spec->environment(0) == "B=\xff\xfe");
  CHECK(spec->environment(1) == "A=");
  CHECK_FALSE(Container([](auto& c) { c.add_envs()->set_key("A=B"); }).ok());
  CHECK_FALSE(Container([](auto& c) { c.add_envs(); }).ok());
}

TEST_CASE("zero bytes are refused wherever the operating system would cut the text") {
  const std::string zero("a\0b", 3);
  const std::vector<Change> changes = {
      [&](auto& c) { c.add_command(zero); },
      [&](auto& c) { c.add_args(zero); },
      [&](auto& c) { c.set_working_dir(zero); },
      [&](auto& c) { c.set_log_path(zero); },
      [&](auto& c) { c.add_mounts()->set_container_path(zero); },
      [&](auto& c) {
        c.add_envs()->set_key("A");
        c.mutable_envs(0)->set_value(zero);
      },
      [&](auto& c) { c.mutable_linux()->mutable_security_context()->set_run_as_username(zero); },
  };
  for (const auto& change : changes) CHECK_THAT(Refusal(Container(change).status()), Contains("zero byte"));
}

TEST_CASE("users come from the container, by number or by name") {
  const auto by_number = Container([](auto& c) {
    auto* security = c.mutable_linux()->mutable_security_context();
    security->mutable_run_as_user()->set_value(0);
    security->mutable_run_as_group()->set_value(7);
    security->add_supplemental_groups(9);
    security->set_supplemental_groups_policy(cri::Strict);
  });
  REQUIRE(by_number.ok());
  CHECK(by_number->user().has_uid());
  CHECK(by_number->user().uid() == 0);
  CHECK(by_number->user().gid() == 7);
  CHECK(by_number->user().strict_groups());
  const auto by_name =
      Container([](auto& c) { c.mutable_windows()->mutable_security_context()->set_run_as_username("www"); });
  CHECK_FALSE(by_name->user().has_uid());
  CHECK(by_name->user().name() == "www");
  CHECK_FALSE(Container([](auto& c) {
                c.mutable_linux()->mutable_security_context()->mutable_run_as_user()->set_value(-1);
              }).ok());
}

TEST_CASE("volumes: host paths, images, devices") {
  const auto image_volume = [](bool readonly, const std::string& name) {
    return Container([&](auto& c) {
      auto* mount = c.add_mounts();
      mount->set_container_path("/data");
      mount->mutable_image()->set_image(name);
      mount->set_readonly(readonly);
    });
  };
  CHECK(image_volume(true, "data:1")->volumes(0).image_id() == "sha256:2");
  CHECK_THAT(Refusal(image_volume(false, "data:1").status()), Contains("readonly"));
  CHECK_THAT(Refusal(image_volume(true, "no:1").status(), absl::StatusCode::kNotFound),
             Contains("ImageVolumeMountFailed") && Contains("crictl pull no:1"));
  CHECK_THAT(Refusal(Container([](auto& c) { c.add_mounts()->set_container_path("/x"); }).status()),
             Contains("host_path is empty"));
  const auto devices = Container([](auto& c) {
    c.add_devices()->set_host_path("/dev/fuse");
    c.add_devices()->set_host_path("/dev/null");
    c.mutable_devices(1)->set_container_path("/dev/other");
  });
  REQUIRE(devices->volumes_size() == 1);
  CHECK(devices->volumes(0).container_path() == "/dev/other");
}

TEST_CASE("pods: metadata, log directory, cgroup parent, limits") {
  const auto pod = [](const std::function<void(cri::PodSandboxConfig&)>& change) {
    cri::PodSandboxConfig config;
    config.mutable_metadata()->set_name("web");
    config.mutable_metadata()->set_namespace_("default");
    config.mutable_metadata()->set_uid("u");
    config.mutable_linux()->mutable_resources()->set_memory_limit_in_bytes(8 << 20);
    config.mutable_linux()->mutable_overhead()->set_memory_limit_in_bytes(1 << 20);
    change(config);
    return TranslatePod(config, "", "hostprocess");
  };
  CHECK(pod([](auto&) {})->limits().memory_bytes() == 9 << 20);
  CHECK(pod([](auto& c) { c.mutable_linux()->set_cgroup_parent("/kubepods/x"); })->limits().memory_bytes() ==
        0);
  CHECK_THAT(Refusal(pod([](auto& c) { c.clear_metadata(); }).status()), Contains("metadata"));
  CHECK_THAT(Refusal(pod([](auto& c) { c.mutable_metadata()->clear_uid(); }).status()),
             Contains("uid is empty"));
  CHECK_THAT(Refusal(pod([](auto& c) { c.mutable_metadata()->set_name("a/b"); }).status()),
             Contains("slash"));
  CHECK_THAT(Refusal(pod([](auto& c) { c.mutable_metadata()->set_name("a\nb"); }).status()),
             Contains("control"));
  CHECK_THAT(Refusal(pod([](auto& c) { c.mutable_metadata()->set_name(std::string(254, 'a')); }).status()),
             Contains("254 bytes"));
  CHECK_THAT(Refusal(pod([](auto& c) { c.set_log_directory("logs"); }).status()), Contains("absolute"));
  CHECK_THAT(Refusal(pod([](auto& c) { c.set_log_directory("/var/../etc"); }).status()),
             Contains("without .."));
  CHECK_THAT(Refusal(pod([](auto& c) { c.mutable_linux()->set_cgroup_parent("/a/../b"); }).status()),
             Contains("cgroup_parent"));
}

TEST_CASE("resources in force are what was asked for with the updates on top") {
  cri::ContainerConfig config;
  config.mutable_linux()->mutable_resources()->set_cpu_shares(100);
  config.mutable_linux()->mutable_resources()->set_oom_score_adj(5);
  ContainerRecord record;
  record.mutable_limits()->set_cpu_shares(200);
  const auto resources = ResourcesInForce(config, record);
  CHECK(resources.linux().cpu_shares() == 200);
  CHECK(resources.linux().oom_score_adj() == 5);
  CHECK_FALSE(resources.has_windows());
}

}  // namespace
}  // namespace jobpod
