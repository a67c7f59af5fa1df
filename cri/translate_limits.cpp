#include <array>
#include <cctype>
#include <limits>
#include <string_view>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

// What the kernel takes (cpu.cfs_period_us, cpu.shares); a program cannot be started in less memory.
constexpr int64_t kMinPeriod = 1000, kMaxPeriod = 1'000'000, kMinQuota = 1000;
constexpr int64_t kMinShares = 2, kMaxShares = 262'144;
constexpr int64_t kMinMemory = 4 << 20;

Status OutOfRange(const char* field, int64_t value, std::string_view allowed) {
  return absl::InvalidArgumentError(
      Concat("resources: ", field, " is ", value, "; allowed: ", allowed, " (0 = leave as it is)"));
}

Status CheckRange(const char* field, int64_t value, int64_t least, int64_t most) {
  if (value == 0 || (value >= least && value <= most)) return absl::OkStatus();
  if (most == std::numeric_limits<int64_t>::max()) {
    return OutOfRange(field, value, Concat(least, " or more"));
  }
  return OutOfRange(field, value, Concat(least, " to ", most));
}

Status CheckMemory(int64_t bytes) {
  return CheckRange("memory_limit_in_bytes", bytes, kMinMemory, std::numeric_limits<int64_t>::max());
}

Status CheckQuota(int64_t quota) {
  if (quota == 0 || quota == -1 || quota >= kMinQuota) return absl::OkStatus();
  return OutOfRange("cpu_quota", quota, Concat("-1 (no limit), or ", kMinQuota, " or more microseconds"));
}

Status CheckSwap(int64_t swap, int64_t memory) {
  if (swap == 0 || swap == -1 || (swap > 0 && swap >= memory)) return absl::OkStatus();
  return OutOfRange("memory_swap_limit_in_bytes", swap,
                    "-1 (no limit), or memory_limit_in_bytes or more: it counts memory and swap together");
}

// "0-3,5": numbers and rising ranges, the kernel's list format.
bool IsCpuList(std::string_view list) {
  size_t i = 0;
  const auto number = [&](long& value) {
    const size_t begin = i;
    for (value = 0; i < list.size() && std::isdigit(static_cast<unsigned char>(list[i])) != 0; ++i) {
      value = value * 10 + (list[i] - '0');
      if (value > 1'000'000) return false;
    }
    return i > begin;
  };
  while (true) {
    long first = 0, last = 0;
    if (!number(first)) return false;
    if (i < list.size() && list[i] == '-') {
      ++i;
      if (!number(last) || last < first) return false;
    }
    if (i == list.size()) return true;
    if (list[i++] != ',') return false;
  }
}

Status CheckCpuList(const char* field, const std::string& list) {
  if (list.empty() || IsCpuList(list)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("resources: ", field, " is \"", list, "\"; give numbers and ranges like 0-3,5"));
}

// The name of a controller's file and nothing else: no path, none of the cgroup's own files.
Status CheckUnified(const std::string& file) {
  const bool plain =
      file.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") ==
      std::string::npos;
  const bool controller =
      file.find('.') != std::string::npos && file[0] != '.' && file.rfind("cgroup.", 0) != 0;
  if (plain && controller) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("resources: unified: \"", file, "\" is not a controller's file; use names like memory.high"));
}

Status CheckHugepage(const cri::HugepageLimit& limit) {
  const std::string& size = limit.page_size();
  const size_t digits = size.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "" : size.substr(digits);
  if (digits != 0 && (unit == "KB" || unit == "MB" || unit == "GB")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("resources: hugepage_limits: page size \"", size, "\" is none; use sizes like 2MB or 1GB"));
}

Status CheckLinux(const cri::LinuxContainerResources& asked) {
  RETURN_IF_ERROR(CheckRange("cpu_period", asked.cpu_period(), kMinPeriod, kMaxPeriod));
  RETURN_IF_ERROR(CheckQuota(asked.cpu_quota()));
  RETURN_IF_ERROR(CheckRange("cpu_shares", asked.cpu_shares(), kMinShares, kMaxShares));
  RETURN_IF_ERROR(CheckMemory(asked.memory_limit_in_bytes()));
  RETURN_IF_ERROR(CheckSwap(asked.memory_swap_limit_in_bytes(), asked.memory_limit_in_bytes()));
  RETURN_IF_ERROR(CheckRange("oom_score_adj", asked.oom_score_adj(), -1000, 1000));
  RETURN_IF_ERROR(CheckCpuList("cpuset_cpus", asked.cpuset_cpus()));
  RETURN_IF_ERROR(CheckCpuList("cpuset_mems", asked.cpuset_mems()));
  for (const auto& [file, value] : asked.unified()) {
    RETURN_IF_ERROR(CheckUnified(file));
    RETURN_IF_ERROR(CheckText(value, "resources: unified"));
  }
  for (const auto& limit : asked.hugepage_limits()) RETURN_IF_ERROR(CheckHugepage(limit));
  return absl::OkStatus();
}

// In the reference's words, which users look for.
Status CheckWindowsCpu(const cri::WindowsContainerResources& resources) {
  const int64_t count = resources.cpu_count(), maximum = resources.cpu_maximum(), shares = resources.cpu_shares();
  if ((count != 0) + (maximum != 0) + (shares != 0) > 1) {
    return absl::InvalidArgumentError(Concat("resources: windows cpu_count: '", count, "', cpu_maximum: '", maximum,
                                             "', and cpu_shares: '", shares, "' are mutually exclusive; set one"));
  }
  RETURN_IF_ERROR(Annotate(CheckRange("windows cpu_maximum", maximum, 1, 10'000),
                           Concat("processor rate of `", maximum, "` is invalid")));
  RETURN_IF_ERROR(Annotate(CheckRange("windows cpu_shares", shares, 1, 10'000),
                           Concat("processor weight value of `", shares, "` is invalid")));
  return CheckRange("windows cpu_count", count, 1, 65'536);
}

Status CheckAffinity(const cri::WindowsContainerResources& asked) {
  constexpr int kMaxGroups = 64;
  bool fits = asked.affinity_cpus_size() <= kMaxGroups;
  for (const auto& group : asked.affinity_cpus()) fits = fits && group.cpu_group() < kMaxGroups;
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("resources: affinity_cpus: at most ", kMaxGroups,
                                           " processor groups, numbered from 0, are allowed"));
}

// Processors of Windows' groups of 64 as a list; group 0 holds processors 0 to 63.
std::string CpuList(const cri::WindowsContainerResources& asked) {
  std::string list;
  for (const auto& group : asked.affinity_cpus()) {
    for (uint64_t bit = 0; bit < 64; ++bit) {
      if (((group.cpu_mask() >> bit) & 1) == 0) continue;
      list += Concat(list.empty() ? "" : ",", group.cpu_group() * uint64_t{64} + bit);
    }
  }
  return list;
}

}  // namespace

StatusOr<Limits> TranslateLinuxLimits(const cri::LinuxContainerResources& resources) {
  RETURN_IF_ERROR(CheckLinux(resources));
  Limits limits;
  limits.set_memory_bytes(resources.memory_limit_in_bytes());
  limits.set_memory_swap_bytes(resources.memory_swap_limit_in_bytes());
  limits.set_cpu_period_us(resources.cpu_period());
  limits.set_cpu_quota_us(resources.cpu_quota());
  limits.set_cpu_shares(resources.cpu_shares());
  limits.set_cpuset_cpus(resources.cpuset_cpus());
  limits.set_cpuset_mems(resources.cpuset_mems());
  limits.mutable_unified()->insert(resources.unified().begin(), resources.unified().end());
  for (const auto& asked : resources.hugepage_limits()) {
    auto* limit = limits.add_hugepages();
    limit->set_page_size(asked.page_size());
    limit->set_limit_bytes(asked.limit());
  }
  return limits;
}

StatusOr<Limits> TranslateWindowsLimits(const cri::WindowsContainerResources& resources) {
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  RETURN_IF_ERROR(CheckWindowsCpu(resources));
  RETURN_IF_ERROR(CheckRange("windows rootfs_size_in_bytes", resources.rootfs_size_in_bytes(), 1, kAny));
  RETURN_IF_ERROR(CheckMemory(resources.memory_limit_in_bytes()));
  RETURN_IF_ERROR(CheckAffinity(resources));
  Limits limits;
  limits.set_memory_bytes(resources.memory_limit_in_bytes());
  limits.set_windows_cpu_maximum(resources.cpu_maximum());
  limits.set_windows_cpu_count(resources.cpu_count());
  limits.set_windows_cpu_shares(resources.cpu_shares());
  limits.set_cpuset_cpus(CpuList(resources));
  return limits;
}

StatusOr<Limits> TranslatePodLimits(const cri::LinuxContainerResources& resources,
                                    const cri::LinuxContainerResources& overhead) {
  ASSIGN_OR_RETURN(Limits limits, TranslateLinuxLimits(resources));
  if (overhead.memory_limit_in_bytes() < 0 || overhead.cpu_quota() < 0) {
    return absl::InvalidArgumentError("overhead: memory_limit_in_bytes and cpu_quota must not be negative");
  }
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  if (limits.memory_bytes() > 0 && overhead.memory_limit_in_bytes() < kAny - limits.memory_bytes()) {
    limits.set_memory_bytes(limits.memory_bytes() + overhead.memory_limit_in_bytes());
  }
  const bool both = limits.cpu_quota_us() > 0 && overhead.cpu_quota() > 0;
  if (both && overhead.cpu_period() == limits.cpu_period_us() &&
      overhead.cpu_quota() < kAny - limits.cpu_quota_us()) {
    limits.set_cpu_quota_us(limits.cpu_quota_us() + overhead.cpu_quota());
  }
  return limits;
}

}  // namespace jobpod
