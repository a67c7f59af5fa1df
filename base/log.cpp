#include "base/log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace jobpod {

namespace {

constexpr size_t kLargestFile = 10u << 20, kOlderFiles = 2;

std::shared_ptr<spdlog::sinks::sink> OpenSink(const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, kLargestFile, kOlderFiles);
}

}  // namespace

Status SetUpLog(const std::string& level, const std::string& file) {
  std::shared_ptr<spdlog::logger> logger;
  try {
    logger = std::make_shared<spdlog::logger>("jobpod", OpenSink(file));
  } catch (const spdlog::spdlog_ex& error) {
    return absl::UnavailableError(Concat("cannot write the log to ", file, ": ", error.what()));
  }
  if (!file.empty()) logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
  return absl::OkStatus();
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
