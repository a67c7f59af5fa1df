// Limits by cgroup v2 files.
#include <algorithm>

#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_groups.hpp"
#include "runtime/cgroup_limits.hpp"

namespace jobpod {
namespace {

constexpr int64_t kDefaultPeriod = 100'000;

// memory.max below the usage makes the kernel kill at once instead of refusing: refused here, unless
// dropping file pages is enough.
Status CheckAboveUsage(const std::string& directory, int64_t limit) {
  if (limit < 0) return absl::OkStatus();
  StatusOr<std::string> usage = ReadCgroupFile(Concat(directory, "/memory.current"));
  StatusOr<std::string> stat = ReadCgroupFile(Concat(directory, "/memory.stat"));
  if (!usage.ok() || !stat.ok()) return absl::OkStatus();
  uint64_t used = ParseNumber(*usage).value_or(0);
  uint64_t reclaimable =
      FlatKey(*stat, "inactive_file").value_or(0) + FlatKey(*stat, "active_file").value_or(0);
  if (used - std::min(used, reclaimable) <= static_cast<uint64_t>(limit)) return absl::OkStatus();
  return BelowUsage(limit, *usage, directory);
}

// CRI counts memory + swap, v2 counts swap alone.
StatusOr<std::string> SwapAlone(const std::string& directory, const Limits& limits) {
  int64_t memory = limits.memory_bytes(), both = limits.memory_swap_bytes();
  if (both < 0) return std::string("max");
  if (memory == 0) {
    ASSIGN_OR_RETURN(std::string now, ReadCgroupFile(Concat(directory, "/memory.max")));
    memory = ParseNumber<int64_t>(now).value_or(-1);
  }
  if (memory < 0 || both < memory) {
    return absl::InvalidArgumentError(
        Concat("memory_swap_bytes is ", both, ", but must be -1 or at least the memory limit"));
  }
  return std::to_string(both - memory);
}

Status WriteSwap(const std::string& directory, const Limits& limits, Skipped& skipped) {
  if (limits.memory_swap_bytes() == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string swap, SwapAlone(directory, limits));
  Status written = WriteCgroupFile(Concat(directory, "/memory.swap.max"), swap);
  if (!absl::IsNotFound(written)) return written;
  skipped.push_back("memory_swap_bytes: the kernel does not account swap");
  return absl::OkStatus();
}

// "<quota|max> <period>": what is not given stays.
Status WriteCpuMax(const std::string& directory, int64_t period, int64_t quota) {
  std::string file = Concat(directory, "/cpu.max");
  ASSIGN_OR_RETURN(std::string now, ReadCgroupFile(file));
  std::string_view rest = now, quota_now = "max", period_now;
  NextPiece(rest, ' ', quota_now);
  NextPiece(rest, ' ', period_now);
  std::string new_quota = quota == 0 ? std::string(quota_now) : LimitText(quota, "max");
  int64_t new_period = period != 0 ? period : ParseNumber<int64_t>(period_now).value_or(kDefaultPeriod);
  return WriteCgroupFile(file, Concat(new_quota, " ", new_period));
}

// "memory.high" → "memory"; empty for what is no limit file of a controller.
std::string_view ControllerOf(std::string_view file) {
  std::string_view controller = file.substr(0, file.find('.'));
  bool plain = file.find('/') == std::string_view::npos && controller.size() + 1 < file.size();
  return plain && controller != "cgroup" ? controller : std::string_view{};
}

Status WriteUnified(const CgroupSystem& system, const std::string& job, const std::string& file,
                    const std::string& value, Skipped& skipped) {
  std::string_view controller = ControllerOf(file);
  if (controller.empty()) {
    return absl::InvalidArgumentError(Concat("unified limit \"", file, "\" is not a cgroup v2 limit file"));
  }
  const Hierarchy* hierarchy = system.With(controller);
  if (hierarchy == nullptr || hierarchy->version != 2) {
    skipped.push_back(Concat("unified ", file, ": no cgroup v2 ", controller, " controller"));
    return absl::OkStatus();
  }
  if (!IsCoreController(controller)) RETURN_IF_ERROR(EnsureController(system, job, controller));
  return WriteCgroupFile(Concat(hierarchy->Path(job), "/", file), value);
}

}  // namespace

int64_t WeightFromShares(int64_t shares) {
  return 1 + (shares - 2) * 9999 / 262142;
}

// Lowering below the swap in use is fine, so memory goes first and swap after it.
Status ApplyMemoryV2(const std::string& directory, const Limits& limits, Skipped& skipped) {
  if (limits.memory_bytes() != 0) {
    RETURN_IF_ERROR(CheckAboveUsage(directory, limits.memory_bytes()));
    RETURN_IF_ERROR(
        WriteCgroupFile(Concat(directory, "/memory.max"), LimitText(limits.memory_bytes(), "max")));
  }
  return WriteSwap(directory, limits, skipped);
}

Status ApplyCpuV2(const std::string& directory, const Limits& limits) {
  if (limits.cpu_shares() != 0) {
    RETURN_IF_ERROR(WriteCgroupFile(Concat(directory, "/cpu.weight"),
                                    std::to_string(WeightFromShares(limits.cpu_shares()))));
  }
  if (limits.cpu_period_us() == 0 && limits.cpu_quota_us() == 0) return absl::OkStatus();
  return WriteCpuMax(directory, limits.cpu_period_us(), limits.cpu_quota_us());
}

Status ApplyIoV2(const std::string& directory, const std::string& device, const Limits& limits) {
  std::string line = device;
  if (limits.read_bytes_per_second() != 0) line += Concat(" rbps=", limits.read_bytes_per_second());
  if (limits.write_bytes_per_second() != 0) line += Concat(" wbps=", limits.write_bytes_per_second());
  return WriteCgroupFile(Concat(directory, "/io.max"), line);
}

Status ApplyUnified(const CgroupSystem& system, const std::string& job, const Limits& limits,
                    Skipped& skipped) {
  for (const auto& [file, value] : limits.unified()) {
    RETURN_IF_ERROR(WriteUnified(system, job, file, value, skipped));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
