// The addresses of a host, with a time-out and a way to stop: the system's own look-up has neither and may hang for
// as long as its name servers are silent.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "base/workers.hpp"

namespace jobpod {

// Blocks. Addresses as numbers, the preferred one first.
StatusOr<std::vector<std::string>> LookUpByTheSystem(const std::string& host);

// Thread-safe. A few threads of its own do the look-ups, each name once at a time; one that nobody waits for any more
// keeps its thread until the system answers. The end waits for these.
class NameResolver {
 public:
  using LookUp = std::function<StatusOr<std::vector<std::string>>(const std::string& host)>;
  explicit NameResolver(LookUp look_up = LookUpByTheSystem);

  // An address is its own answer. Unavailable when there is none in time, Cancelled soon after `stop`.
  StatusOr<std::vector<std::string>> Resolve(const std::string& host, std::chrono::milliseconds timeout,
                                             const std::stop_token& stop);

 private:
  struct Query {
    std::optional<StatusOr<std::vector<std::string>>> answer;
    size_t waiting = 0;
  };
  using QueryPointer = std::shared_ptr<Query>;

  StatusOr<QueryPointer> JoinLocked(const std::string& host);
  void Answer(const std::string& host, const QueryPointer& query);

  const LookUp look_up_;
  std::mutex mutex_;
  std::condition_variable_any answered_;
  std::map<std::string, QueryPointer> queries_;  // under way
  Workers workers_;                              // ends first
};

}  // namespace jobpod
