#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include <cerrno>
#include <cstdio>

#include "base/file.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_system.hpp"

namespace jobpod {
namespace {

bool KernelAtLeast(int major, int minor) {
  utsname name{};
  int found_major = 0, found_minor = 0;
  if (uname(&name) != 0) return false;
  if (sscanf(name.release, "%d.%d", &found_major, &found_minor) != 2) return false;
  return found_major > major || (found_major == major && found_minor >= minor);
}

bool HasCapability(unsigned number) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[number / 32].effective >> (number % 32) & 1u) != 0;
}

// IO limits are kept per disk: a partition has to be named by the disk it is on.
std::string DiskBelow(const char* path) {
  struct stat info {};
  if (stat(path, &info) != 0 || major(info.st_dev) == 0) return {};
  std::string device = Concat(major(info.st_dev), ":", minor(info.st_dev));
  std::string node = Concat("/sys/dev/block/", device);
  if (access(Concat(node, "/partition").c_str(), F_OK) != 0) {
    return access(node.c_str(), F_OK) == 0 ? device : std::string();
  }
  StatusOr<std::string> disk = ReadCgroupFile(Concat(node, "/../dev"));
  return disk.ok() ? *disk : std::string();
}

Status CheckWritable(const Hierarchy& hierarchy) {
  if (access(hierarchy.root.c_str(), W_OK) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(Concat("the cgroup hierarchy ", hierarchy.root,
                                            " cannot be written: ", Message(ErrnoStatus(errno, "access")),
                                            "; run jobpodd as root of the host"));
}

void DescribeProcess(JobSystem& out) {
  if (!HasCapability(CAP_SYS_RESOURCE)) {
    out.missing.push_back(
        "no CAP_SYS_RESOURCE: negative oom_score_adj values and higher resource limits are not applied");
  }
}

StatusOr<std::vector<Hierarchy>> MountedHierarchies() {
  ASSIGN_OR_RETURN(std::string mounts, ReadFile("/proc/self/mountinfo"));
  std::vector<Hierarchy> found = ParseCgroupMounts(mounts);
  for (Hierarchy& hierarchy : found) {
    if (hierarchy.version != 2) continue;
    ASSIGN_OR_RETURN(std::string names, ReadCgroupFile(Concat(hierarchy.root, "/cgroup.controllers")));
    std::string_view rest = names, name;
    while (NextPiece(rest, ' ', name)) hierarchy.controllers.emplace_back(name);
  }
  return found;
}

}  // namespace

StatusOr<CgroupSystem> DetectCgroupSystem() {
  ASSIGN_OR_RETURN(std::vector<Hierarchy> found, MountedHierarchies());
  ASSIGN_OR_RETURN(CgroupSystem system, MakeCgroupSystem(std::move(found)));
  RETURN_IF_ERROR(CheckWritable(system.Tracker()));
  system.block_device = DiskBelow("/");
  JobSystem& out = system.description;
  // cgroup.kill came with 5.14.
  out.kernel_tree_kill = system.Tracker().version == 2 && KernelAtLeast(5, 14);
  if (!out.kernel_tree_kill) {
    out.missing.push_back("no cgroup.kill: process trees are frozen and killed one by one");
  }
  if (system.block_device.empty()) {
    out.missing.push_back("the root file system is not on a disk of its own: IO limits are not applied");
  }
  DescribeProcess(out);
  return system;
}

}  // namespace jobpod
