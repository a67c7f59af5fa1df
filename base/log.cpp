#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace jobpod {

void SetUpLog(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("jobpod", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

namespace log {
namespace {

spdlog::level::level_enum Of(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

bool Enabled(Level level) { return spdlog::should_log(Of(level)); }

void Write(Level level, fmt::string_view format, fmt::format_args arguments) {
  if (Enabled(level)) spdlog::log(Of(level), fmt::vformat(format, arguments));
}

}  // namespace log
}  // namespace jobpod
