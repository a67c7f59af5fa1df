#include "runtime/cgroup_limits.hpp"

#include <algorithm>

#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_groups.hpp"

namespace jobpod {
namespace {

Status OutOfRange(std::string_view field, int64_t value, std::string_view range) {
  return absl::InvalidArgumentError(Concat(field, " is ", value, ", but must be ", range));
}

bool IsCpuList(std::string_view text) {
  return text.find_first_not_of("0123456789,-") == std::string_view::npos;
}

Status CheckCpuLists(const Limits& limits) {
  for (const std::string* list : {&limits.cpuset_cpus(), &limits.cpuset_mems()}) {
    if (IsCpuList(*list)) continue;
    return absl::InvalidArgumentError(Concat("\"", *list, "\" is not a list of CPUs or nodes such as 0-3,5"));
  }
  return absl::OkStatus();
}

Status CheckCpu(const Limits& limits) {
  int64_t period = limits.cpu_period_us(), quota = limits.cpu_quota_us(), shares = limits.cpu_shares();
  if (period != 0 && (period < 1000 || period > 1'000'000)) {
    return OutOfRange("cpu_period_us", period, "1000 to 1000000");
  }
  if (quota < -1 || (quota > 0 && quota < 1000))
    return OutOfRange("cpu_quota_us", quota, "-1 or at least 1000");
  if (shares != 0 && (shares < 2 || shares > 262144)) return OutOfRange("cpu_shares", shares, "2 to 262144");
  return CheckCpuLists(limits);
}

Status CheckMemory(const Limits& limits) {
  int64_t memory = limits.memory_bytes(), swap = limits.memory_swap_bytes();
  if (memory < -1) return OutOfRange("memory_bytes", memory, "-1 (unlimited) or positive");
  if (swap < -1) return OutOfRange("memory_swap_bytes", swap, "-1 (unlimited) or positive");
  if (memory > 0 && swap > 0 && swap < memory) {
    return OutOfRange("memory_swap_bytes", swap, Concat("at least memory_bytes, ", memory));
  }
  return absl::OkStatus();
}

// The group of a controller, made when it is an optional one. Empty = this system has none; said so.
StatusOr<std::string> GroupFor(const CgroupSystem& system, const std::string& job,
                               std::string_view controller, std::string_view field, Skipped& skipped) {
  const Hierarchy* hierarchy = system.With(controller);
  if (hierarchy == nullptr) {
    skipped.push_back(Concat(field, ": no ", controller, " controller"));
    return std::string();
  }
  if (!IsCoreController(controller)) RETURN_IF_ERROR(EnsureController(system, job, controller));
  return hierarchy->Path(job);
}

Status ApplyMemory(const CgroupSystem& system, const std::string& job, const Limits& limits,
                   Skipped& skipped) {
  if (limits.memory_bytes() == 0 && limits.memory_swap_bytes() == 0) return absl::OkStatus();
  std::string_view field = limits.memory_bytes() != 0 ? "memory_bytes" : "memory_swap_bytes";
  ASSIGN_OR_RETURN(std::string group, GroupFor(system, job, "memory", field, skipped));
  if (group.empty()) return absl::OkStatus();
  bool v1 = system.With("memory")->version == 1;
  return v1 ? ApplyMemoryV1(group, limits, skipped) : ApplyMemoryV2(group, limits, skipped);
}

std::string_view FirstCpuField(const Limits& limits) {
  if (limits.cpu_quota_us() != 0) return "cpu_quota_us";
  if (limits.cpu_period_us() != 0) return "cpu_period_us";
  return limits.cpu_shares() != 0 ? "cpu_shares" : "";
}

Status ApplyCpu(const CgroupSystem& system, const std::string& job, const Limits& limits, Skipped& skipped) {
  std::string_view field = FirstCpuField(limits);
  if (field.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string group, GroupFor(system, job, "cpu", field, skipped));
  if (group.empty()) return absl::OkStatus();
  return system.With("cpu")->version == 1 ? ApplyCpuV1(group, limits) : ApplyCpuV2(group, limits);
}

Status ApplyPids(const CgroupSystem& system, const std::string& job, const Limits& limits, Skipped& skipped) {
  if (limits.pids() == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string group, GroupFor(system, job, "pids", "pids", skipped));
  if (group.empty()) return absl::OkStatus();
  return WriteCgroupFile(Concat(group, "/pids.max"), LimitText(limits.pids(), "max"));
}

Status ApplyCpuset(const CgroupSystem& system, const std::string& job, const Limits& limits,
                   Skipped& skipped) {
  for (auto [file, value] :
       {std::pair{"cpuset.cpus", limits.cpuset_cpus()}, {"cpuset.mems", limits.cpuset_mems()}}) {
    if (value.empty()) continue;
    std::string field = Concat("cpuset_", file + sizeof "cpuset." - 1);
    ASSIGN_OR_RETURN(std::string group, GroupFor(system, job, "cpuset", field, skipped));
    if (!group.empty()) RETURN_IF_ERROR(WriteCgroupFile(Concat(group, "/", file), value));
  }
  return absl::OkStatus();
}

Status ApplyIo(const CgroupSystem& system, const std::string& job, const Limits& limits, Skipped& skipped) {
  std::string_view field = limits.read_bytes_per_second() != 0    ? "read_bytes_per_second"
                           : limits.write_bytes_per_second() != 0 ? "write_bytes_per_second"
                                                                  : "";
  if (field.empty()) return absl::OkStatus();
  if (system.block_device.empty()) {
    skipped.push_back(Concat(field, ": the root file system is not on a disk of its own"));
    return absl::OkStatus();
  }
  std::string_view controller = system.With("blkio") != nullptr ? "blkio" : "io";
  ASSIGN_OR_RETURN(std::string group, GroupFor(system, job, controller, field, skipped));
  if (group.empty()) return absl::OkStatus();
  return controller == "io" ? ApplyIoV2(group, system.block_device, limits)
                            : ApplyIoV1(group, system.block_device, limits);
}

Status ApplyHugepages(const CgroupSystem& system, const std::string& job, const Limits& limits,
                      Skipped& skipped) {
  for (const HugepageLimit& page : limits.hugepages()) {
    std::string field = Concat("hugepages ", page.page_size());
    ASSIGN_OR_RETURN(std::string group, GroupFor(system, job, "hugetlb", field, skipped));
    if (group.empty()) return absl::OkStatus();
    bool v1 = system.With("hugetlb")->version == 1;
    std::string file = Concat(group, "/hugetlb.", page.page_size(), v1 ? ".limit_in_bytes" : ".max");
    Status written = WriteCgroupFile(file, std::to_string(page.limit_bytes()));
    // Kubelet sends a limit of 0 for every size it knows of.
    if (absl::IsNotFound(written))
      skipped.push_back(Concat(field, ": this kernel has no pages of that size"));
    else
      RETURN_IF_ERROR(written);
  }
  return absl::OkStatus();
}

void SkipWindows(const Limits& limits, Skipped& skipped) {
  if (limits.windows_cpu_maximum() != 0) skipped.push_back("windows_cpu_maximum: not on Linux");
  if (limits.windows_cpu_count() != 0) skipped.push_back("windows_cpu_count: not on Linux");
  if (limits.windows_cpu_shares() != 0) skipped.push_back("windows_cpu_shares: not on Linux");
}

}  // namespace

Status CheckLimits(const Limits& limits) {
  RETURN_IF_ERROR(CheckCpu(limits));
  RETURN_IF_ERROR(CheckMemory(limits));
  for (const HugepageLimit& page : limits.hugepages()) {
    bool plain = page.page_size().find_first_not_of("0123456789KMGB") == std::string::npos;
    if (page.page_size().empty() || !plain) {
      return absl::InvalidArgumentError(Concat("\"", page.page_size(), "\" is not a page size such as 2MB"));
    }
  }
  if (limits.read_bytes_per_second() < 0) {
    return OutOfRange("read_bytes_per_second", limits.read_bytes_per_second(), "positive");
  }
  if (limits.write_bytes_per_second() < 0) {
    return OutOfRange("write_bytes_per_second", limits.write_bytes_per_second(), "positive");
  }
  return absl::OkStatus();
}

Status ApplyLimits(const CgroupSystem& system, const std::string& job, const Limits& limits,
                   Skipped& skipped) {
  RETURN_IF_ERROR(CheckLimits(limits));
  for (auto apply : {ApplyMemory, ApplyCpu, ApplyPids, ApplyCpuset, ApplyIo, ApplyHugepages, ApplyUnified}) {
    RETURN_IF_ERROR(apply(system, job, limits, skipped));
  }
  SkipWindows(limits, skipped);
  return absl::OkStatus();
}

std::string LimitText(int64_t value, std::string_view unlimited) {
  return value < 0 ? std::string(unlimited) : std::to_string(value);
}

Status BelowUsage(int64_t limit, std::string_view in_use, const std::string& directory) {
  return absl::FailedPreconditionError(
      Concat("the memory limit of ", limit, " bytes is below what ", directory, " uses now (", in_use,
             " bytes) and cannot give back; choose a higher limit or stop processes first"));
}

}  // namespace jobpod
