// Frames (frame.hpp) over a pipe whose ends wait.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/frame.hpp"
#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// Waits until the whole frame is there. Unavailable when the other end closes before.
StatusOr<std::string> ReadFrame(HANDLE pipe);

// Unavailable when nobody reads any more.
Status WriteFrame(HANDLE pipe, std::string_view payload);

// The same over an end that is overlapped, as long as the other side takes part: DeadlineExceeded when it has not until
// `until`. What is half read or written is lost then.
StatusOr<std::string> ReadFrameBefore(HANDLE pipe, Deadline until);
Status WriteFrameBefore(HANDLE pipe, std::string_view payload, Deadline until);

}  // namespace jobpod
