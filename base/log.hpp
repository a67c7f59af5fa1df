// The daemon's log: one front before spdlog, so that the sink and the format are chosen in one place and the
// library is compiled in one place. Secrets (CRI AuthConfig) are never passed here.
#pragma once

#include <fmt/core.h>

#include <string>
#include <utility>

#include "base/status.hpp"

namespace jobpod {

// Sets the level ("trace", "debug", "info", "warn", "error", "off") and writes to `file`, of which three of 10 MiB
// are kept, or to standard error: one line an entry: time, level, text. Called once, from main.
Status SetUpLog(const std::string& level, const std::string& file = "");

namespace log {

enum class Level { kDebug, kInfo, kWarning, kError };

// Thread-safe, as everything here.
bool Enabled(Level level);
void Write(Level level, fmt::string_view format, fmt::format_args arguments);

template <typename... Arguments>
void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  Write(Level::kDebug, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  Write(Level::kInfo, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void warn(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  Write(Level::kWarning, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  Write(Level::kError, format, fmt::make_format_args(arguments...));
}

}  // namespace log
}  // namespace jobpod
