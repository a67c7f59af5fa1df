#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "base/handle_linux.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/job_linux.hpp"
#include "runtime/job_test_support.hpp"

namespace jobpod {

std::unique_ptr<Jobs> MakeHostJobs(const std::string& part) {
  if (part == "host") return Take(SystemJobs());
  const int version = part == "v1" ? 1 : 2;
  CgroupSystem host = Take(DetectCgroupSystem());
  std::erase_if(host.hierarchies, [&](const Hierarchy& h) { return h.version != version; });
  StatusOr<CgroupSystem> made = MakeCgroupSystem(host.hierarchies);
  if (!made.ok()) return nullptr;
  made->block_device = host.block_device;
  return MakeLinuxJobs(*std::move(made));
}

bool HostHasNothingOf(const std::string& root) {
  CgroupSystem host = Take(DetectCgroupSystem());
  return std::none_of(host.hierarchies.begin(), host.hierarchies.end(),
                      [&](const Hierarchy& hierarchy) { return CgroupExists(hierarchy.Path(root)); });
}

void CloseProcess(const Spawned& spawned) {
  const Fd owned(static_cast<int>(spawned.process_handle));
}

size_t CountPrograms(const std::vector<int32_t>& pids) {
  return pids.size();
}

bool HostSurvivesStorms() {
  return true;
}

void AdoptOrphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void ReapEnded() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

LetKernelReap::LetKernelReap() {
  before_ = signal(SIGCHLD, SIG_IGN);
}

LetKernelReap::~LetKernelReap() {
  signal(SIGCHLD, before_);
}

}  // namespace jobpod
