// The system's event log, where administrators look first.
#pragma once

#include <string_view>

#include "base/status.hpp"

namespace jobpod {

enum class EventKind { kInformation, kWarning, kError };

// One entry under the service's name. Best effort. Thread-safe.
void LogEvent(EventKind kind, std::string_view text);

// Tells the event viewer where the entries' words are: in this program (event_log_windows.mc).
Status RegisterEventSource();
void UnregisterEventSource();

}  // namespace jobpod
