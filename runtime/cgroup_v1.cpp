// Limits by cgroup v1 files. The kernel checks each write against the files beside it, so order matters.
#include <algorithm>
#include <cerrno>

#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_limits.hpp"

namespace jobpod {
namespace {

struct MemoryFiles {
  std::string memory, with_swap, usage;
};

MemoryFiles FilesOf(const std::string& directory) {
  return {Concat(directory, "/memory.limit_in_bytes"), Concat(directory, "/memory.memsw.limit_in_bytes"),
          Concat(directory, "/memory.usage_in_bytes")};
}

// Unlimited counts as more than any number.
uint64_t Height(int64_t limit) {
  return limit < 0 ? UINT64_MAX : static_cast<uint64_t>(limit);
}

Status WriteMemory(const std::string& file, int64_t limit, const std::string& directory) {
  int error = TryWriteCgroupFile(file, LimitText(limit, "-1"));
  if (error == 0) return absl::OkStatus();
  if (error == EBUSY) {
    StatusOr<std::string> usage = ReadCgroupFile(FilesOf(directory).usage);
    return BelowUsage(limit, usage.ok() ? *usage : "?", directory);
  }
  return ErrnoStatus(error, Concat("write ", limit, " to ", file));
}

// memory ≤ memory + swap must hold after each write: raise the sum first, lower it last.
Status WriteBoth(const MemoryFiles& files, int64_t memory, int64_t with_swap, uint64_t with_swap_now,
                 const std::string& directory) {
  bool raise = Height(with_swap) > with_swap_now;
  if (raise) RETURN_IF_ERROR(WriteMemory(files.with_swap, with_swap, directory));
  RETURN_IF_ERROR(WriteMemory(files.memory, memory, directory));
  return raise ? absl::OkStatus() : WriteMemory(files.with_swap, with_swap, directory);
}

Status WriteMemoryOnly(const MemoryFiles& files, int64_t memory, uint64_t with_swap_now,
                       const std::string& directory) {
  if (Height(memory) > with_swap_now) return WriteBoth(files, memory, memory, with_swap_now, directory);
  return WriteMemory(files.memory, memory, directory);
}

Status WriteSwapOnly(const MemoryFiles& files, int64_t with_swap, const std::string& directory) {
  ASSIGN_OR_RETURN(std::string memory, ReadCgroupFile(files.memory));
  if (Height(with_swap) < ParseNumber(memory).value_or(0)) {
    return absl::InvalidArgumentError(
        Concat("memory_swap_bytes is ", with_swap, ", but must be at least the ", "memory limit, ", memory));
  }
  return WriteMemory(files.with_swap, with_swap, directory);
}

// The kernel refuses a pair in which the quota is above the parent's share, also for the moment between
// two writes: when the period does not fit the old quota, the quota goes first.
Status WritePeriodAndQuota(const std::string& directory, int64_t period, int64_t quota) {
  std::string period_file = Concat(directory, "/cpu.cfs_period_us");
  std::string quota_file = Concat(directory, "/cpu.cfs_quota_us");
  bool period_done = period == 0 || TryWriteCgroupFile(period_file, std::to_string(period)) == 0;
  if (quota != 0) RETURN_IF_ERROR(WriteCgroupFile(quota_file, std::to_string(quota)));
  return period_done ? absl::OkStatus() : WriteCgroupFile(period_file, std::to_string(period));
}

}  // namespace

Status ApplyMemoryV1(const std::string& directory, const Limits& limits, Skipped& skipped) {
  MemoryFiles files = FilesOf(directory);
  int64_t memory = limits.memory_bytes(), with_swap = limits.memory_swap_bytes();
  StatusOr<std::string> now = ReadCgroupFile(files.with_swap);
  if (!now.ok()) {
    if (with_swap != 0) skipped.push_back("memory_swap_bytes: the kernel does not account swap");
    return memory == 0 ? absl::OkStatus() : WriteMemory(files.memory, memory, directory);
  }
  uint64_t with_swap_now = ParseNumber(*now).value_or(UINT64_MAX);
  if (memory == 0) return WriteSwapOnly(files, with_swap, directory);
  if (with_swap == 0) return WriteMemoryOnly(files, memory, with_swap_now, directory);
  return WriteBoth(files, memory, with_swap, with_swap_now, directory);
}

Status ApplyCpuV1(const std::string& directory, const Limits& limits) {
  if (limits.cpu_shares() != 0) {
    RETURN_IF_ERROR(WriteCgroupFile(Concat(directory, "/cpu.shares"), std::to_string(limits.cpu_shares())));
  }
  return WritePeriodAndQuota(directory, limits.cpu_period_us(), limits.cpu_quota_us());
}

Status ApplyIoV1(const std::string& directory, const std::string& device, const Limits& limits) {
  auto write = [&](std::string_view file, int64_t rate) {
    if (rate == 0) return absl::OkStatus();
    return WriteCgroupFile(Concat(directory, "/blkio.throttle.", file), Concat(device, " ", rate));
  };
  RETURN_IF_ERROR(write("read_bps_device", limits.read_bytes_per_second()));
  return write("write_bps_device", limits.write_bytes_per_second());
}

}  // namespace jobpod
