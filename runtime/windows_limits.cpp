#include "runtime/windows_limits.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace jobpod {
namespace {

constexpr int64_t kWholeHost = 10000;
constexpr int64_t kMaxShares = 10000;

Status OutOfRange(std::string_view field, int64_t value) {
  return absl::InvalidArgumentError(Concat(field, " is ", value, ", but must be -1 (unlimited) or positive"));
}

Status CheckCpu(const Limits& limits) {
  const int64_t count = limits.windows_cpu_count(), maximum = limits.windows_cpu_maximum(),
                shares = limits.windows_cpu_shares();
  if ((count != 0) + (maximum != 0) + (shares != 0) > 1) {
    return absl::InvalidArgumentError(Concat("Windows Container CPU Count: '", count, "', Limit: '", maximum,
                                             "', and Weight: '", shares, "' are mutually exclusive"));
  }
  if (count < 0) return absl::InvalidArgumentError(Concat("a processor count of `", count, "` is invalid"));
  if (maximum < 0 || maximum > kWholeHost) {
    return absl::InvalidArgumentError(
        Concat("processor rate of `", maximum, "` is invalid; it is 1 to 10000"));
  }
  if (shares < 0 || shares > kMaxShares) {
    return absl::InvalidArgumentError(
        Concat("processor weight value of `", shares, "` is invalid; it is 0 to 10000"));
  }
  return absl::OkStatus();
}

std::optional<WindowsLimits::Cpu> TranslateCpu(const Limits& limits, uint32_t processors) {
  if (int64_t shares = limits.windows_cpu_shares(); shares > 0) {
    return WindowsLimits::Cpu{true, static_cast<uint32_t>(1 + 8 * shares / kMaxShares)};
  }
  int64_t rate = limits.windows_cpu_maximum();
  if (int64_t count = limits.windows_cpu_count(); count > 0) {
    rate = std::min<int64_t>(count, processors) * kWholeHost / std::max<uint32_t>(processors, 1);
  }
  if (rate == 0) return std::nullopt;
  return WindowsLimits::Cpu{false, static_cast<uint32_t>(std::clamp<int64_t>(rate, 1, kWholeHost))};
}

constexpr uint64_t kMostProcessors = 64 * 64, kGroup = 64;

bool ParseNumber(std::string_view text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "0,2,64-67", or nothing of sense.
std::optional<std::vector<uint64_t>> ParseProcessors(std::string_view list) {
  std::vector<uint64_t> masks;
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    const size_t dash = std::min(item.find('-'), item.size());
    uint64_t first = 0, last = 0;
    if (!ParseNumber(item.substr(0, dash), first)) return std::nullopt;
    last = first;
    if (dash < item.size() && !ParseNumber(item.substr(dash + 1), last)) return std::nullopt;
    if (first > last || last >= kMostProcessors) return std::nullopt;
    masks.resize(std::max<size_t>(masks.size(), last / kGroup + 1));
    for (uint64_t one = first; one <= last; ++one) masks[one / kGroup] |= uint64_t{1} << one % kGroup;
  }
  return masks;
}

void Skip(bool asked, std::string_view field, std::vector<std::string>& skipped) {
  if (asked) skipped.push_back(Concat(field, ": not on Windows"));
}

void SkipLinux(const Limits& limits, std::vector<std::string>& skipped) {
  Skip(limits.memory_swap_bytes() != 0, "memory_swap_bytes", skipped);
  Skip(limits.cpu_quota_us() != 0, "cpu_quota_us", skipped);
  Skip(limits.cpu_shares() != 0, "cpu_shares", skipped);
  Skip(!limits.cpuset_mems().empty(), "cpuset_mems", skipped);
  Skip(limits.unified_size() != 0, "unified", skipped);
  Skip(limits.hugepages_size() != 0, "hugepages", skipped);
  Skip(limits.read_bytes_per_second() != 0, "read_bytes_per_second", skipped);
  Skip(limits.write_bytes_per_second() != 0, "write_bytes_per_second", skipped);
}

}  // namespace

StatusOr<WindowsLimits> TranslateLimits(const Limits& limits, uint32_t processors) {
  if (limits.memory_bytes() < -1) return OutOfRange("memory_bytes", limits.memory_bytes());
  if (limits.pids() < -1 || limits.pids() > std::numeric_limits<uint32_t>::max()) {
    return OutOfRange("pids", limits.pids());
  }
  RETURN_IF_ERROR(CheckCpu(limits));
  WindowsLimits out;
  if (limits.memory_bytes() != 0) {
    out.memory_bytes = static_cast<uint64_t>(std::max<int64_t>(limits.memory_bytes(), 0));
  }
  if (limits.pids() != 0) out.processes = static_cast<uint32_t>(std::max<int64_t>(limits.pids(), 0));
  out.cpu = TranslateCpu(limits, processors);
  auto affinity = ParseProcessors(limits.cpuset_cpus());
  if (!affinity)
    return absl::InvalidArgumentError(Concat("affinity_cpus: \"", limits.cpuset_cpus(), "\" is no list of processors"));
  out.affinity = *std::move(affinity);
  SkipLinux(limits, out.skipped);
  return out;
}

}  // namespace jobpod
