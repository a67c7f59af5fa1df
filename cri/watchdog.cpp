#include "cri/watchdog.hpp"

#include <cstdlib>

namespace jobpod {

Watchdog::Watchdog(std::chrono::milliseconds limit, std::function<void()> last_words)
    : thread_([this, limit, last_words = std::move(last_words)] {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, limit, [this] { return called_off_; })) return;
        last_words();
        std::_Exit(EXIT_SUCCESS);
      }) {}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    called_off_ = true;
  }
  changed_.notify_one();
}

}  // namespace jobpod
