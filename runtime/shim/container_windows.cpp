#include "runtime/shim/container.hpp"

namespace jobpod::shim {

// A layout's view of the host is the job's.
void Container::TakeView() {}

// No program of Windows passes an event on to its children: all of them hear it at once.
void Container::SignalStop() {
  stop_whole_tree_ = true;
  (void)job_->Signal(stop_signal_);
}

}  // namespace jobpod::shim
