#include "cri/watchdog.hpp"

#include <cstdlib>

namespace jobpod {

Watchdog::Watchdog(std::chrono::milliseconds limit, std::function<void()> last_words)
    : thread_([this, limit, last_words = std::move(last_words)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        never_.wait_for(lock, stop, limit, [] { return false; });
        if (stop.stop_requested()) return;
        last_words();
        std::_Exit(EXIT_SUCCESS);
      }) {}

}  // namespace jobpod
