#include <fcntl.h>

#include <csignal>

#include "base/file_linux.hpp"
#include "runtime/shim/container.hpp"

namespace jobpod::shim {

// Missing when init has already gone: then there is nothing to exec into either.
void Container::TakeView() {
  StatusOr<Fd> mounts = OpenFile(Concat("/proc/", report_.pid(), "/ns/mnt"), O_RDONLY);
  view_lost_ = !mounts.ok();
  if (mounts.ok()) mount_namespace_ = OwnedHandle(mounts->Release());
}

void Container::SignalStop() {
  if (stop_whole_tree_) return void(job_->Signal(stop_signal_));
  // The reaper has not waited for it yet, or the phase would be another: the pid is still its own.
  if (!init_exited_) kill(report_.pid(), stop_signal_);
}

}  // namespace jobpod::shim
