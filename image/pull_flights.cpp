#include "image/pull_flights.hpp"

#include <system_error>

namespace jobpod {

StatusOr<std::string> PullFlights::Run(const std::string& key, const std::string& reference, const Work& work,
                                       const ProgressFunction& progress, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  ASSIGN_OR_RETURN(const FlightPointer flight, JoinLocked(key, reference, work));
  WaitTelling(lock, *flight, progress, stop);
  const bool last = --flight->waiting == 0;
  if (last && !flight->result) {
    ForgetLocked(key, *flight);  // who asks from now on gets a flight of his own
    flight->stop.request_stop();
    changed_.wait(lock, [&] { return flight->result.has_value(); });
  }
  auto result = flight->result ? *flight->result : StatusOr<std::string>(absl::CancelledError("cancelled"));
  lock.unlock();
  if (last) flight->thread.join();
  return result;
}

StatusOr<PullFlights::FlightPointer> PullFlights::JoinLocked(const std::string& key, const std::string& reference,
                                                             const Work& work) {
  FlightPointer& flight = flights_[key];
  if (!flight) {
    flight = std::make_shared<Flight>();
    flight->reference = reference;
    try {
      flight->thread = std::jthread([this, key, at = flight.get(), work] { Fly(key, *at, work); });
    } catch (const std::system_error& error) {
      flights_.erase(key);
      return absl::ResourceExhaustedError(Concat("start a thread to pull ", reference, ": ", error.what()));
    }
  }
  ++flight->waiting;
  return flight;
}

void PullFlights::Fly(const std::string& key, Flight& flight, const Work& work) {
  auto result = work([&](const PullProgress& progress) { Note(flight, progress); }, flight.stop.get_token());
  const std::lock_guard lock(mutex_);
  flight.result = std::move(result);
  ForgetLocked(key, flight);
  changed_.notify_all();
}

void PullFlights::Note(Flight& flight, const PullProgress& progress) {
  const std::lock_guard lock(mutex_);
  flight.layers[progress.layer] = {progress, ++flight.changes};
  changed_.notify_all();
}

void PullFlights::WaitTelling(std::unique_lock<std::mutex>& lock, Flight& flight,
                              const ProgressFunction& progress, const std::stop_token& stop) {
  uint64_t told = 0;
  const auto news = [&] { return flight.result.has_value() || (progress && flight.changes > told); };
  while (changed_.wait(lock, stop, news)) {
    std::vector<PullProgress> fresh;
    for (const auto& [digest, layer] : flight.layers)
      if (layer.change > told) fresh.push_back(layer.last);
    told = flight.changes;
    const bool over = flight.result.has_value();
    if (progress && !fresh.empty()) {
      lock.unlock();
      for (const PullProgress& one : fresh) progress(one);
      lock.lock();
    }
    if (over) return;
  }
}

void PullFlights::ForgetLocked(const std::string& key, const Flight& flight) {
  const auto found = flights_.find(key);
  if (found != flights_.end() && found->second.get() == &flight) flights_.erase(found);
}

std::vector<PullInFlight> PullFlights::Current() const {
  const std::lock_guard lock(mutex_);
  std::vector<PullInFlight> out;
  for (const auto& [key, flight] : flights_) {
    PullInFlight& pull = out.emplace_back();
    pull.reference = flight->reference;
    pull.waiting = flight->waiting;
    for (const auto& [digest, layer] : flight->layers) pull.layers.push_back(layer.last);
  }
  return out;
}

}  // namespace jobpod
