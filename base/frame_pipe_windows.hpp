// Frames (frame.hpp) over a pipe whose ends wait.
#pragma once

#include <string>
#include <string_view>

#include "base/frame.hpp"
#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// Waits until the whole frame is there. Unavailable when the other end closes before.
StatusOr<std::string> ReadFrame(HANDLE pipe);

// Unavailable when nobody reads any more.
Status WriteFrame(HANDLE pipe, std::string_view payload);

}  // namespace jobpod
