// What the daemon tells the program that started it.
#pragma once

#include <string_view>

namespace jobpod {

// Tells systemd ("READY=1", "STOPPING=1") through NOTIFY_SOCKET; does nothing without one. Best effort.
void NotifyServiceManager(std::string_view state);

}  // namespace jobpod
