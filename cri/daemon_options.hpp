// The command line of jobpodd.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/status.hpp"
#include "cri/service_manager.hpp"

namespace jobpod {

struct DaemonOptions {
  enum class Action { kServe, kPrintDefault, kCheck, kShow, kService };
  // What a service does until its manager ends it.
  using Serve = std::function<Status(ServiceManager&)>;

  Action action = Action::kServe;
  std::string text;                          // kShow: help or version, to be printed
  std::optional<std::string> file;           // --config, or the file to check
  std::map<std::string, std::string> flags;  // "--root" → value
  std::function<Status(const DaemonOptions&, const Serve&)> service;  // kService
};

// InvalidArgument, with a hint at --help, when the arguments make no sense. Thread-safe.
StatusOr<DaemonOptions> ParseDaemonOptions(int count, const char* const* arguments);

}  // namespace jobpod
