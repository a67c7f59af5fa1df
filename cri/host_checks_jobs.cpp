#include <boost/asio/io_context.hpp>

#include "cri/host_checks.hpp"
#include "runtime/job.hpp"

namespace jobpod {
namespace {

std::string Join(const std::vector<std::string>& items, const char* separator) {
  std::string text;
  for (const std::string& item : items) text += Concat(text.empty() ? "" : separator, item);
  return text;
}

}  // namespace

HostCheck CheckJobs() {
  const StatusOr<std::unique_ptr<Jobs>> jobs = SystemJobs();
  if (!jobs.ok()) {
    return {"cgroups", CheckResult::kFail, std::string(Message(jobs.status())),
            "mount cgroup2 at /sys/fs/cgroup and run as root, outside of an unprivileged container"};
  }
  const JobSystem& system = (*jobs)->system();
  const std::string detail =
      Concat(system.mode, "; controllers: ", Join(system.controllers, " "), "; tree kill by ",
             system.kernel_tree_kill ? "the kernel" : "freezing and killing");
  if (system.missing.empty()) return {"cgroups", CheckResult::kOk, detail, ""};
  return {"cgroups", CheckResult::kWarn, Concat(detail, "; ", Join(system.missing, "; ")),
          "boot with systemd.unified_cgroup_hierarchy=1, or mount the missing controllers"};
}

}  // namespace jobpod
