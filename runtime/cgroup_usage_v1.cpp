#include <algorithm>

#include "runtime/cgroup_usage.hpp"

namespace jobpod {
namespace {

// v1 says "no limit" with the largest number of whole pages.
constexpr uint64_t kUnlimited = uint64_t{1} << 62;
constexpr uint64_t kNsPerTick = 10'000'000;  // USER_HZ is 100 on every Linux

std::optional<uint64_t> Number(KeptFile& file, std::string& buffer) {
  auto text = file.Read(buffer);
  return text ? ParseNumber(*text) : std::nullopt;
}

std::optional<uint64_t> Limit(KeptFile& file, std::string& buffer) {
  std::optional<uint64_t> value = Number(file, buffer);
  return value && *value < kUnlimited ? value : std::nullopt;
}

class Memory : public UsageSource {
 public:
  explicit Memory(const std::string& directory)
      : usage_(Concat(directory, "/memory.usage_in_bytes")),
        stat_(Concat(directory, "/memory.stat")),
        limit_(Concat(directory, "/memory.limit_in_bytes")),
        with_swap_limit_(Concat(directory, "/memory.memsw.limit_in_bytes")),
        max_usage_(Concat(directory, "/memory.max_usage_in_bytes")),
        failures_(Concat(directory, "/memory.failcnt")),
        kernel_(Concat(directory, "/memory.kmem.usage_in_bytes")),
        oom_(Concat(directory, "/memory.oom_control")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail detail) override {
    std::optional<uint64_t> now = Number(usage_, buffer);
    if (!now) return false;
    usage.memory_bytes = usage.working_set_bytes = *now;
    if (auto text = stat_.Read(buffer)) AddStat(*text, usage);
    usage.memory_limit_bytes = Limit(limit_, buffer);
    std::optional<uint64_t> with_swap = Limit(with_swap_limit_, buffer);
    if (with_swap && usage.memory_limit_bytes)
      usage.swap_limit_bytes = *with_swap - *usage.memory_limit_bytes;
    if (detail == UsageDetail::kBasic) return true;
    usage.memory_max_usage_bytes = Number(max_usage_, buffer);
    usage.memory_failcnt = Number(failures_, buffer);
    usage.kernel_bytes = Number(kernel_, buffer);
    if (auto text = oom_.Read(buffer)) usage.oom_kills = FlatKey(*text, "oom_kill").value_or(0);
    return true;
  }

 private:
  // The total_ lines count nested groups in.
  static void AddStat(std::string_view text, JobUsage& usage) {
    ForEachFlatKey(text, [&](std::string_view key, uint64_t value) {
      if (!key.starts_with("total_")) return;
      key.remove_prefix(6);
      if (key == "inactive_file")
        usage.working_set_bytes -= std::min(value, usage.memory_bytes);
      else if (key == "rss")
        usage.rss_bytes = value;
      else if (key == "cache")
        usage.cache_bytes = value;
      else if (key == "mapped_file")
        usage.mapped_file_bytes = value;
      else if (key == "pgfault")
        usage.page_faults = value;
      else if (key == "pgmajfault")
        usage.major_page_faults = value;
      else if (key == "swap")
        usage.swap_bytes = value;
    });
  }

  KeptFile usage_, stat_, limit_, with_swap_limit_, max_usage_, failures_, kernel_, oom_;
};

class Cpu : public UsageSource {
 public:
  explicit Cpu(const std::string& directory)
      : total_(Concat(directory, "/cpuacct.usage")), stat_(Concat(directory, "/cpuacct.stat")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    std::optional<uint64_t> total = Number(total_, buffer);
    auto text = stat_.Read(buffer);
    if (!total || !text) return false;
    usage.cpu_ns = *total;
    if (auto ticks = FlatKey(*text, "user")) usage.cpu_user_ns = *ticks * kNsPerTick;
    if (auto ticks = FlatKey(*text, "system")) usage.cpu_system_ns = *ticks * kNsPerTick;
    return true;
  }

 private:
  KeptFile total_, stat_;
};

class Throttle : public UsageSource {
 public:
  explicit Throttle(const std::string& directory) : stat_(Concat(directory, "/cpu.stat")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    auto text = stat_.Read(buffer);
    if (!text) return false;
    usage.cfs_periods = FlatKey(*text, "nr_periods");
    usage.cfs_throttled_periods = FlatKey(*text, "nr_throttled");
    usage.cfs_throttled_ns = FlatKey(*text, "throttled_time");
    return true;
  }

 private:
  KeptFile stat_;
};

// Lines "8:0 Read 4096"; the last one, "Total 4096", has no device.
void SumIo(std::string_view text, std::optional<uint64_t>& reads, std::optional<uint64_t>& writes) {
  reads = writes = 0;
  std::string_view line;
  while (NextPiece(text, '\n', line)) {
    std::string_view device, kind;
    if (!NextPiece(line, ' ', device) || !NextPiece(line, ' ', kind)) continue;
    uint64_t value = ParseNumber(line).value_or(0);
    if (kind == "Read") *reads += value;
    if (kind == "Write") *writes += value;
  }
}

class Io : public UsageSource {
 public:
  explicit Io(const std::string& directory)
      : bytes_(Concat(directory, "/blkio.throttle.io_service_bytes_recursive")),
        operations_(Concat(directory, "/blkio.throttle.io_serviced_recursive")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    auto text = bytes_.Read(buffer);
    if (!text) return false;
    SumIo(*text, usage.read_bytes, usage.write_bytes);
    text = operations_.Read(buffer);
    if (text) SumIo(*text, usage.reads, usage.writes);
    return true;
  }

 private:
  KeptFile bytes_, operations_;
};

}  // namespace

std::unique_ptr<UsageSource> MemoryUsageV1(const std::string& directory) {
  return std::make_unique<Memory>(directory);
}
std::unique_ptr<UsageSource> CpuUsageV1(const std::string& directory) {
  return std::make_unique<Cpu>(directory);
}
std::unique_ptr<UsageSource> ThrottleUsageV1(const std::string& directory) {
  return std::make_unique<Throttle>(directory);
}
std::unique_ptr<UsageSource> IoUsageV1(const std::string& directory) {
  return std::make_unique<Io>(directory);
}

}  // namespace jobpod
