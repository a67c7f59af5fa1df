#include "runtime/cgroup_tree_linux.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/cgroup_file_linux.hpp"

namespace jobpod {
namespace {

void AppendProcesses(std::string_view text, std::vector<int32_t>& out) {
  std::string_view line;
  while (NextPiece(text, '\n', line)) {
    // 0 is a process of another pid namespace that this one cannot see.
    if (auto pid = ParseNumber<int32_t>(line); pid && *pid > 0) out.push_back(*pid);
  }
}

Status ListTree(const std::string& directory, std::vector<int32_t>& out) {
  ASSIGN_OR_RETURN(std::string text, ReadCgroupFile(Concat(directory, "/cgroup.procs")));
  AppendProcesses(text, out);
  for (const std::string& child : CgroupChildren(directory)) {
    Status listed = ListTree(Concat(directory, "/", child), out);
    if (!listed.ok() && !absl::IsNotFound(listed)) return listed;
  }
  return absl::OkStatus();
}

struct Member {
  int32_t pid;
  Fd handle;
};

std::vector<Member> OpenMembers(const std::vector<int32_t>& pids) {
  std::vector<Member> members;
  members.reserve(pids.size());
  for (int32_t pid : pids) {
    Fd handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (handle) members.push_back({pid, std::move(handle)});
  }
  return members;
}

}  // namespace

StatusOr<std::vector<int32_t>> TreeProcesses(const std::string& directory) {
  std::vector<int32_t> pids;
  RETURN_IF_ERROR(ListTree(directory, pids));
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

bool TreeEmpty(const Hierarchy& tracker, const std::string& directory) {
  if (tracker.version == 2) {
    StatusOr<std::string> events = ReadCgroupFile(Concat(directory, "/cgroup.events"));
    return !events.ok() || FlatKey(*events, "populated") == 0u;
  }
  StatusOr<std::vector<int32_t>> pids = TreeProcesses(directory);
  return !pids.ok() || pids->empty();
}

Status SignalTree(const std::string& directory, int signal) {
  ASSIGN_OR_RETURN(std::vector<int32_t> before, TreeProcesses(directory));
  std::vector<Member> members = OpenMembers(before);
  // A handle made from a number that was freed in between belongs to a stranger, who is not listed.
  ASSIGN_OR_RETURN(std::vector<int32_t> now, TreeProcesses(directory));
  Status result = absl::OkStatus();
  for (const Member& member : members) {
    if (!std::binary_search(now.begin(), now.end(), member.pid)) continue;
    if (syscall(SYS_pidfd_send_signal, member.handle.get(), signal, nullptr, 0) == 0) continue;
    if (errno != ESRCH) result = ErrnoStatus(errno, Concat("signal ", signal, " to process ", member.pid));
  }
  return result;
}

}  // namespace jobpod
