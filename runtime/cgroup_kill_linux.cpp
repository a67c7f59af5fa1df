#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/clock.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_tree_linux.hpp"

namespace jobpod {
namespace {

// Far above what freezing takes; a process in uninterruptible sleep must not hold the caller longer.
constexpr std::chrono::milliseconds kFreezeBound{200};
constexpr std::chrono::milliseconds kKillBound{2000};

void Pause() {
  timespec moment{0, 500'000};
  nanosleep(&moment, nullptr);
}

// How a tracker stops its processes: cgroup.freeze (v2), freezer.state (v1), or not at all.
struct Freezer {
  std::string file, frozen, thawed, state_file, state_key;
};

Freezer FreezerOf(const Hierarchy& tracker, const std::string& directory) {
  if (tracker.version == 2)
    return {Concat(directory, "/cgroup.freeze"), "1", "0", Concat(directory, "/cgroup.events"), "frozen 1"};
  if (!tracker.Has("freezer")) return {};
  std::string file = Concat(directory, "/freezer.state");
  return {file, "FROZEN", "THAWED", file, "FROZEN"};
}

bool IsFrozen(const Freezer& freezer) {
  StatusOr<std::string> state = ReadCgroupFile(freezer.state_file);
  return !state.ok() || state->find(freezer.state_key) != std::string::npos;
}

// Whether everything in the group stands still.
bool Freeze(const Freezer& freezer) {
  if (freezer.file.empty() || TryWriteCgroupFile(freezer.file, freezer.frozen) != 0) return false;
  for (Deadline end = After(kFreezeBound); !IsFrozen(freezer);) {
    if (std::chrono::steady_clock::now() > end) return false;
    Pause();
  }
  return true;
}

// A frozen tree cannot fork, so one pass over it reaches everybody: `complete` is true then.
Status KillPass(const Freezer& freezer, const std::string& directory, bool& complete) {
  complete = Freeze(freezer);
  Status signalled = SignalTree(directory, SIGKILL);
  if (!freezer.file.empty()) TryWriteCgroupFile(freezer.file, freezer.thawed);
  return signalled;
}

// Where nothing freezes, forks may be ahead of a pass: repeated until the group is empty.
Status KillOneByOne(const Hierarchy& tracker, const std::string& directory) {
  Freezer freezer = FreezerOf(tracker, directory);
  Status last = absl::OkStatus();
  for (Deadline end = After(kKillBound); std::chrono::steady_clock::now() < end; Pause()) {
    bool complete = false;
    last = KillPass(freezer, directory, complete);
    if (absl::IsNotFound(last) || (last.ok() && complete)) return absl::OkStatus();
    if (TreeEmpty(tracker, directory)) return absl::OkStatus();
  }
  if (!last.ok()) return last;
  return absl::DeadlineExceededError(
      Concat("processes of ", directory, " do not end although they were killed: they wait for the kernel ",
             "(state D); see their /proc/PID/stack"));
}

}  // namespace

Status KillTree(const Hierarchy& tracker, const std::string& directory) {
  if (!CgroupExists(directory)) return absl::OkStatus();
  if (tracker.version == 2) {
    int error = TryWriteCgroupFile(Concat(directory, "/cgroup.kill"), "1");
    if (error == 0 || error == ENODEV) return absl::OkStatus();
    if (error != ENOENT) return ErrnoStatus(error, Concat("kill the processes of ", directory));
  }
  return KillOneByOne(tracker, directory);
}

}  // namespace jobpod
