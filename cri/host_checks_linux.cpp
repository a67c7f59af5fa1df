#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "cri/host_checks.hpp"
#include "cri/host_checks_jobs.hpp"
#include "cri/host_probe_linux.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kGiB = 1ull << 30;

HostCheck Ok(std::string name, std::string detail) {
  return {std::move(name), CheckResult::kOk, std::move(detail), ""};
}

HostCheck CheckUser() {
  if (geteuid() == 0) return Ok("user", "root");
  return {"user", CheckResult::kFail, Concat("uid ", geteuid(), ", not root"),
          "run as root: HostProcess containers are host processes of any user"};
}

uint64_t EffectiveCapabilities() {
  const StatusOr<std::string> status = ReadFile("/proc/self/status", 64u << 10);
  const size_t at = status.ok() ? status->find("\nCapEff:") : std::string::npos;
  return at == std::string::npos ? 0 : std::strtoull(status->c_str() + at + 8, nullptr, 16);
}

struct Capability {
  int number;
  const char* name;
  bool needed;
  const char* cost;
};

constexpr Capability kCapabilities[] = {
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", true, "no mounts, so no container filesystem"},
    {CAP_SETUID, "CAP_SETUID", true, "containers cannot run as another user"},
    {CAP_SETGID, "CAP_SETGID", true, "containers cannot run with other groups"},
    {CAP_CHOWN, "CAP_CHOWN", true, "image files cannot get their owners"},
    {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE", true, "image files of other users cannot be written"},
    {CAP_FOWNER, "CAP_FOWNER", true, "image files of other users cannot get their modes"},
    {CAP_KILL, "CAP_KILL", true, "processes of other users cannot be stopped"},
    {CAP_MKNOD, "CAP_MKNOD", false, "whiteouts and devices of images cannot be made"},
    {CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", false,
     "negative oom_score_adj and raised rlimits are not applied; containers run without them"},
};

HostCheck CheckCapability(const Capability& capability, uint64_t effective) {
  if (effective >> capability.number & 1) return Ok(capability.name, "held");
  return {capability.name, capability.needed ? CheckResult::kFail : CheckResult::kWarn,
          Concat("not held: ", capability.cost),
          Concat("give it to jobpodd (in systemd: CapabilityBoundingSet=, in a container: --cap-add)")};
}

bool HasOpenat2() {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const Fd fd(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how)));
  return fd.valid();
}

// An argument of no size is refused by a kernel that has the call.
bool HasClone3() {
  return syscall(SYS_clone3, nullptr, 0) == -1 && errno == EINVAL;
}

bool HasOpenTree() {
  const Fd fd(static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, "/", O_CLOEXEC)));
  return fd.valid();
}

bool HasPidfd() {
  const Fd fd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  return fd.valid();
}

HostCheck CheckKernel() {
  utsname name{};
  uname(&name);
  std::string missing;
  const auto need = [&](bool there, const char* call) {
    if (!there) missing += Concat(missing.empty() ? "" : ", ", call);
  };
  need(HasOpenat2(), "openat2 (Linux 5.6)");
  need(HasClone3(), "clone3 (Linux 5.7 for cgroups)");
  need(HasOpenTree(), "open_tree (Linux 5.2)");
  need(HasPidfd(), "pidfd_open (Linux 5.3)");
  const std::string release = Concat("Linux ", name.release);
  if (missing.empty()) return Ok("kernel", Concat(release, ": openat2, clone3, open_tree, pidfd_open"));
  return {"kernel", CheckResult::kFail, Concat(release, " lacks or denies ", missing),
          "use Linux 5.12 or newer; inside a container allow these calls in its seccomp profile"};
}

// The directory itself or its nearest parent that exists.
std::string Existing(std::string path) {
  struct stat info {};
  while (path.size() > 1 && stat(path.c_str(), &info) != 0) {
    path.resize(path.rfind('/'));
    if (path.empty()) path = "/";
  }
  return path;
}

HostCheck CheckOverlay(const std::string& root) {
  const Status mounted = ProbeOverlay(Existing(root));
  if (mounted.ok()) return Ok("overlayfs", Concat("works below ", root));
  return {"overlayfs", CheckResult::kWarn,
          Concat(Message(mounted), "; every container copies its image instead"),
          "load the overlay module, and keep root on a disk file system such as ext4 or xfs"};
}

HostCheck CheckHpc() {
  struct stat info {};
  if (stat("/hpc", &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Ok("/hpc", "is there");
    return {"/hpc", CheckResult::kFail, "is not a directory", "move it away: images are shown at /hpc"};
  }
  struct statvfs root {};
  if (statvfs("/", &root) == 0 && (root.f_flag & ST_RDONLY) == 0) return Ok("/hpc", "can be made");
  return {"/hpc", CheckResult::kWarn, "is missing and / is read-only",
          "make the directory /hpc in the host's image, or use the handler hostprocess-link"};
}

HostCheck CheckSpace(const std::string& root) {
  const std::string place = Existing(root);
  struct statvfs disk {};
  if (statvfs(place.c_str(), &disk) != 0)
    return {"disk", CheckResult::kWarn, Concat("cannot look at ", place), ""};
  const uint64_t free = disk.f_bavail * disk.f_frsize;
  const std::string detail = Concat(free / (kGiB / 1024) / 1024, " GiB free at ", place);
  if (free >= 2 * kGiB) return Ok("disk", detail);
  return {"disk", CheckResult::kWarn, detail, "free some space, or put --root on a bigger disk"};
}

HostCheck CheckFiles() {
  constexpr rlim_t kWanted = 16384;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::string detail = limit.rlim_max == RLIM_INFINITY
                                 ? "no limit"
                                 : Concat("at most ", static_cast<uint64_t>(limit.rlim_max));
  if (limit.rlim_max >= kWanted) return Ok("open files", detail);
  return {"open files", CheckResult::kWarn, Concat(detail, "; some hundred pods need more"),
          "raise LimitNOFILE= in systemd or ulimit -n, at least 16384"};
}

}  // namespace

const JobWords kJobWords = {
    .name = "cgroups",
    .without = "mount cgroup2 at /sys/fs/cgroup and run as root, outside of an unprivileged container",
    .with_less = "boot with systemd.unified_cgroup_hierarchy=1, or mount the missing controllers",
};

std::vector<HostCheck> CheckHost(const std::string& root) {
  std::vector<HostCheck> checks = {CheckUser(), CheckKernel(), CheckJobs()};
  const uint64_t effective = EffectiveCapabilities();
  for (const Capability& capability : kCapabilities) checks.push_back(CheckCapability(capability, effective));
  checks.push_back(CheckOverlay(root));
  checks.push_back(CheckHpc());
  checks.push_back(CheckSpace(root));
  checks.push_back(CheckFiles());
  return checks;
}

}  // namespace jobpod
