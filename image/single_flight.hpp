// The same work asked for several times at once is done once.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/status.hpp"

namespace jobpod {

// Thread-safe.
class SingleFlight {
 public:
  // Runs `work` on this thread, or waits for the thread that is at the same key and shares its result.
  // If that one is cancelled, one of those waiting does the work.
  StatusOr<std::string> Run(const std::string& key, const std::function<StatusOr<std::string>()>& work,
                            std::stop_token stop);

 private:
  struct Flight {
    std::optional<StatusOr<std::string>> result;
  };
  std::mutex mutex_;
  std::condition_variable_any landed_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace jobpod
