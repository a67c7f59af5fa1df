#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/clock.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_tree_linux.hpp"

namespace jobpod {
namespace {

// Killed processes need a moment to leave; past it they are stuck, and waiting is the caller's choice.
constexpr std::chrono::milliseconds kLeaveBound{300};
constexpr int kPollMs = 10;

// Sleeps until the group's events change, or a little while.
void WaitForChange(const std::string& directory) {
  Fd events(open(Concat(directory, "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  pollfd changed{events.get(), POLLPRI, 0};
  if (events) {
    char ignored[256];
    if (read(events.get(), ignored, sizeof ignored) >= 0) poll(&changed, 1, kPollMs);
    return;
  }
  timespec moment{0, 1'000'000};
  nanosleep(&moment, nullptr);
}

// 0 or errno of the first directory that could not be removed.
int RemoveNested(const std::string& directory) {
  if (rmdir(directory.c_str()) == 0 || errno == ENOENT) return 0;
  int first = errno;
  for (const std::string& child : CgroupChildren(directory)) {
    if (int error = RemoveNested(Concat(directory, "/", child)); error != 0) return error;
    first = 0;
  }
  if (first != 0) return first;
  return rmdir(directory.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

Status StillBusy(const std::string& job) {
  return absl::FailedPreconditionError(
      Concat("job ", job, " cannot be removed: processes are still in it; stop or kill them first"));
}

bool WaitUntilEmpty(const Hierarchy& tracker, const std::string& directory, Deadline end) {
  while (!TreeEmpty(tracker, directory)) {
    if (std::chrono::steady_clock::now() > end) return false;
    WaitForChange(directory);
  }
  return true;
}

// A group that has just become empty may be busy for a few more microseconds.
Status RemoveIn(const std::string& directory, const std::string& job, Deadline end) {
  for (;;) {
    int error = RemoveNested(directory);
    if (error == 0) return absl::OkStatus();
    if (error != EBUSY) return ErrnoStatus(error, Concat("remove the cgroup ", directory));
    if (std::chrono::steady_clock::now() > end) return StillBusy(job);
    timespec moment{0, 500'000};
    nanosleep(&moment, nullptr);
  }
}

}  // namespace

Status RemoveGroups(const CgroupSystem& system, const std::string& job) {
  Deadline end = After(kLeaveBound);
  if (!WaitUntilEmpty(system.Tracker(), system.Tracker().Path(job), end)) return StillBusy(job);
  for (const Hierarchy& hierarchy : system.hierarchies) {
    if (&hierarchy != &system.Tracker()) RETURN_IF_ERROR(RemoveIn(hierarchy.Path(job), job, end));
  }
  // Last, because it is the one a sweep looks at.
  return RemoveIn(system.Tracker().Path(job), job, end);
}

}  // namespace jobpod
