#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>

namespace jobpod {

void SetUpLog(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("jobpod", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace jobpod
