#include "image/single_flight.hpp"

namespace jobpod {

StatusOr<std::string> SingleFlight::Run(const std::string& key,
                                        const std::function<StatusOr<std::string>()>& work,
                                        std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto found = flights_.find(key);
    if (found == flights_.end()) break;
    const std::shared_ptr<Flight> flight = found->second;
    if (!landed_.wait(lock, stop, [&] { return flight->result.has_value(); }))
      return absl::CancelledError("cancelled");
    if (!absl::IsCancelled(flight->result->status())) return *flight->result;
  }
  const auto flight = flights_[key] = std::make_shared<Flight>();
  lock.unlock();
  auto result = work();
  lock.lock();
  flight->result = result;
  flights_.erase(key);
  landed_.notify_all();
  return result;
}

}  // namespace jobpod
