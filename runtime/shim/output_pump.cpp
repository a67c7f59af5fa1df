#include "runtime/shim/output_pump.hpp"

#include <utility>

namespace jobpod::shim {

void OutputPump::Start(std::function<void()> on_end) {
  on_end_ = std::move(on_end);
  Read();
}

void OutputPump::Resume() {
  if (std::exchange(paused_, false) && !ended_) Read();
}

void OutputPump::Take(std::string_view bytes) {
  log_->Append(stream_, bytes);
  audience_->Tell(stream_, bytes);
}

}  // namespace jobpod::shim
