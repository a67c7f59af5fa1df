// The same pull asked for several times at once is done once, and goes on as long as somebody waits for it.
//
//   Run ──┐                    ┌─ progress → each one that waits, on its own thread
//   Run ──┼─▶ one thread: work ┤
//   Run ──┘                    └─ result → all of them
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "image/images.hpp"

namespace jobpod {

// Thread-safe. Nobody may be inside Run when it ends.
class PullFlights {
 public:
  using Work = std::function<StatusOr<std::string>(const ProgressFunction& progress, std::stop_token stop)>;

  // Has `work` done on a thread of its own, or waits for the one that is at the same key. `progress` (may be
  // empty) is called on this thread. Cancelled when `stop` is requested: the last one who leaves stops the work and
  // sees it out, the others leave at once. ResourceExhausted when there is no thread.
  StatusOr<std::string> Run(const std::string& key, const std::string& reference, const Work& work,
                            const ProgressFunction& progress, std::stop_token stop);

  std::vector<PullInFlight> Current() const;

 private:
  struct Layer {
    PullProgress last;
    uint64_t change = 0;
  };
  struct Flight {
    std::string reference;
    std::map<std::string, Layer> layers;
    uint64_t changes = 0;
    std::optional<StatusOr<std::string>> result;
    size_t waiting = 0;
    std::stop_source stop;
    std::jthread thread;  // joined by the last who waits
  };
  using FlightPointer = std::shared_ptr<Flight>;

  StatusOr<FlightPointer> JoinLocked(const std::string& key, const std::string& reference, const Work& work);
  void Fly(const std::string& key, Flight& flight, const Work& work);
  void Note(Flight& flight, const PullProgress& progress);
  void WaitTelling(std::unique_lock<std::mutex>& lock, Flight& flight, const ProgressFunction& progress,
                   const std::stop_token& stop);
  void ForgetLocked(const std::string& key, const Flight& flight);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, FlightPointer> flights_;
};

}  // namespace jobpod
