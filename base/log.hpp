// The daemon's log: spdlog behind one name, so that the sink and format are chosen in one place.
// Secrets (CRI AuthConfig) are never passed here.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace jobpod {

namespace log = spdlog;

// Sets the level ("trace", "debug", "info", "warn", "error") and writes to standard error, one line an
// entry: time, level, text. Called once, from main.
void SetUpLog(const std::string& level);

}  // namespace jobpod
