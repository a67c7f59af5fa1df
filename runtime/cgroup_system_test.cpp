#include "runtime/cgroup_system.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace jobpod {
namespace {

bool Says(const CgroupSystem& system, std::string_view words) {
  const auto& missing = system.description.missing;
  return std::any_of(missing.begin(), missing.end(),
                     [&](const std::string& sentence) { return sentence.find(words) != std::string::npos; });
}

TEST_CASE("A pure v2 host") {
  auto found = ParseCgroupMounts(
      "24 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
      "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].version == 2);
  found[0].controllers = {"cpuset", "cpu", "io", "memory", "pids"};
  auto system = MakeCgroupSystem(found);
  REQUIRE(system.ok());
  CHECK(system->description.mode == "v2");
  CHECK(system->With("memory")->Path("a/b") == "/sys/fs/cgroup/a/b");
  CHECK(Says(*system, "no hugetlb controller"));
  CHECK_FALSE(Says(*system, "no memory controller"));
}

TEST_CASE("A hybrid host, with controllers mounted together and twice") {
  auto found = ParseCgroupMounts(
      "31 25 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"
      "32 31 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "33 31 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
      "34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
      "90 24 0:32 /x /other\\040place rw - cgroup cgroup rw,memory\n");
  REQUIRE(found.size() == 4);
  auto system = MakeCgroupSystem(found);
  REQUIRE(system.ok());
  CHECK(system->description.mode == "hybrid");
  CHECK(system->Tracker().root == "/sys/fs/cgroup/unified");
  CHECK(system->With("cpuacct") == system->With("cpu"));
  CHECK(system->With("memory")->root == "/sys/fs/cgroup/memory");
  CHECK(Says(*system, "hybrid"));
  CHECK(Says(*system, "no pids controller"));
}

TEST_CASE("v1 alone tracks by the freezer, else by name=systemd, else by memory") {
  Hierarchy memory{1, {"memory"}, "/m"}, systemd{1, {"name=systemd"}, "/s"}, freezer{1, {"freezer"}, "/f"};
  auto all = MakeCgroupSystem({memory, systemd, freezer});
  REQUIRE(all.ok());
  CHECK(all->description.mode == "v1");
  CHECK(all->Tracker().root == "/f");
  CHECK(MakeCgroupSystem({memory, systemd})->Tracker().root == "/s");
  CHECK(MakeCgroupSystem({memory})->Tracker().root == "/m");
  CHECK(Says(*all, "no cgroup2 hierarchy"));
}

TEST_CASE("systemd's named v1 hierarchy beside v2 is still v2") {
  auto system = MakeCgroupSystem({{2, {"memory"}, "/c"}, {1, {"name=systemd"}, "/s"}});
  REQUIRE(system.ok());
  CHECK(system->description.mode == "v2");
}

TEST_CASE("A host without cgroups gets a remedy") {
  auto system = MakeCgroupSystem(ParseCgroupMounts("24 1 8:1 / / rw - ext4 /dev/sda1 rw\nrubbish\n- -\n"));
  CHECK(absl::IsNotFound(system.status()));
  CHECK(Message(system.status()).find("mount cgroup2") != std::string_view::npos);
}

TEST_CASE("A mount point with a blank in it") {
  auto found = ParseCgroupMounts("90 24 0:32 / /other\\040place rw - cgroup cgroup rw,memory\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].root == "/other place");
}

}  // namespace
}  // namespace jobpod
