// Time. CRI timestamps are nanoseconds since the Unix epoch; deadlines use std::chrono::steady_clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace jobpod {

// Nanoseconds since the Unix epoch (CRI created_at, started_at, finished_at).
inline int64_t NowUnixNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline After(std::chrono::milliseconds delay) {
  return std::chrono::steady_clock::now() + delay;
}

}  // namespace jobpod
