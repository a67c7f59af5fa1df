#include "cri/watchdog.hpp"

#include <cstdlib>

#include "base/log.hpp"

namespace jobpod {

Watchdog::Watchdog(std::chrono::milliseconds limit, const char* reason)
    : thread_([this, limit, reason](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        never_.wait_for(lock, stop, limit, [] { return false; });
        if (stop.stop_requested()) return;
        log::warn("{}", reason);
        std::_Exit(EXIT_SUCCESS);
      }) {}

}  // namespace jobpod
