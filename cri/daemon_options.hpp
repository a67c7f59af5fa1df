// The command line of jobpodd.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/status.hpp"

namespace jobpod {

struct DaemonOptions {
  enum class Action { kServe, kPrintDefault, kCheck, kShow };
  Action action = Action::kServe;
  std::string text;                          // kShow: help or version, to be printed
  std::optional<std::string> file;           // --config, or the file to check
  std::map<std::string, std::string> flags;  // "--root" → value
};

// InvalidArgument, with a hint at --help, when the arguments make no sense. Thread-safe.
StatusOr<DaemonOptions> ParseDaemonOptions(int count, const char* const* arguments);

}  // namespace jobpod
