// How fast a job uses processors: CRI's usage_nano_cores, from samples of its counter.
#pragma once

#include <cstdint>
#include <optional>

namespace jobpod {

// Not thread-safe.
class CpuRate {
 public:
  // Samples closer together than this say little; the rate before them stays.
  static constexpr int64_t kShortestSpan = 1'000'000'000;  // ns

  // Adds a sample, `timestamp` in ns since the epoch. The rate in ns of processor time a second, over the
  // span since the last sample that counted; unset until there has been such a span.
  std::optional<uint64_t> Add(int64_t timestamp, uint64_t cpu_ns) {
    const bool first = since_ == 0 || cpu_ns < cpu_ns_ || timestamp < since_;
    if (!first && timestamp - since_ < kShortestSpan) return rate_;
    if (!first) {
      const double span = static_cast<double>(timestamp - since_);
      rate_ = static_cast<uint64_t>(static_cast<double>(cpu_ns - cpu_ns_) / span * 1e9);
    }
    since_ = timestamp;
    cpu_ns_ = cpu_ns;
    return rate_;
  }

 private:
  int64_t since_ = 0;
  uint64_t cpu_ns_ = 0;
  std::optional<uint64_t> rate_;
};

}  // namespace jobpod
