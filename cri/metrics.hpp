// Counters of the daemon in Prometheus' text format.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "cri/services.hpp"

namespace jobpod {

// Writes metrics one after the other; a family's HELP and TYPE come before its first sample.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  void Family(std::string_view name, std::string_view type, std::string_view help);
  void Sample(std::string_view name, Labels labels, double value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Counts RPCs as they end. Thread-safe. Bounded: names come from our own services only.
class RpcMetrics : public RpcObserver {
 public:
  void Finished(std::string_view rpc, int code, std::chrono::nanoseconds elapsed) override;
  void Write(MetricsText& out) const;

  static constexpr std::array<double, 10> kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                      0.05,   0.25,  1,      5,     30};

 private:
  struct Durations {
    std::array<uint64_t, kBuckets.size()> buckets{};  // cumulative, as Prometheus wants them
    uint64_t count = 0;
    double seconds = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, uint64_t> ended_;
  std::map<std::string, Durations, std::less<>> durations_;
};

// Pods and containers by state, images, this process, the build.
void WriteState(const PodManager& pods, const Images& images, std::string_view version, MetricsText& out);

}  // namespace jobpod
