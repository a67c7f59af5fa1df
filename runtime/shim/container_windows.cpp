#include "runtime/shim/container.hpp"

namespace jobpod::shim {

// A layout's view of the host is the job's.
void Container::TakeView() {}

// No program of Windows passes an event on to its children: all of them hear it at once.
void Container::SignalStop() {
  stop_whole_tree_ = true;
  Status told = job_->Signal(stop_signal_);
  if (!told.ok()) report_.set_message(Concat("some process was not told to stop: ", Message(told)));
}

}  // namespace jobpod::shim
