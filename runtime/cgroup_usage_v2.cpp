#include <algorithm>

#include "runtime/cgroup_usage.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kNsPerUs = 1000;

// "max" is no number: unset.
std::optional<uint64_t> Number(KeptFile& file, std::string& buffer) {
  auto text = file.Read(buffer);
  return text ? ParseNumber(*text) : std::nullopt;
}

class Memory : public UsageSource {
 public:
  explicit Memory(const std::string& directory)
      : current_(Concat(directory, "/memory.current")),
        stat_(Concat(directory, "/memory.stat")),
        limit_(Concat(directory, "/memory.max")),
        peak_(Concat(directory, "/memory.peak")),
        events_(Concat(directory, "/memory.events")),
        swap_(Concat(directory, "/memory.swap.current")),
        swap_limit_(Concat(directory, "/memory.swap.max")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail detail) override {
    std::optional<uint64_t> current = Number(current_, buffer);
    if (!current) return false;
    usage.memory_bytes = usage.working_set_bytes = *current;
    if (auto text = stat_.Read(buffer)) AddStat(*text, usage);
    usage.memory_limit_bytes = Number(limit_, buffer);
    usage.swap_bytes = Number(swap_, buffer);
    usage.swap_limit_bytes = Number(swap_limit_, buffer);
    if (detail == UsageDetail::kBasic) return true;
    usage.memory_max_usage_bytes = Number(peak_, buffer);
    if (auto text = events_.Read(buffer)) {
      usage.memory_failcnt = FlatKey(*text, "max");
      usage.oom_kills = FlatKey(*text, "oom_kill").value_or(0);
    }
    return true;
  }

 private:
  static void AddStat(std::string_view text, JobUsage& usage) {
    ForEachFlatKey(text, [&](std::string_view key, uint64_t value) {
      if (key == "inactive_file")
        usage.working_set_bytes -= std::min(value, usage.memory_bytes);
      else if (key == "anon")
        usage.rss_bytes = value;
      else if (key == "file")
        usage.cache_bytes = value;
      else if (key == "file_mapped")
        usage.mapped_file_bytes = value;
      else if (key == "kernel")
        usage.kernel_bytes = value;
      else if (key == "pgfault")
        usage.page_faults = value;
      else if (key == "pgmajfault")
        usage.major_page_faults = value;
    });
  }

  KeptFile current_, stat_, limit_, peak_, events_, swap_, swap_limit_;
};

class Cpu : public UsageSource {
 public:
  explicit Cpu(const std::string& directory) : stat_(Concat(directory, "/cpu.stat")) {}

  // The nr_ lines are there only with the cpu controller, the others always.
  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    auto text = stat_.Read(buffer);
    if (!text) return false;
    ForEachFlatKey(*text, [&](std::string_view key, uint64_t value) {
      if (key == "usage_usec")
        usage.cpu_ns = value * kNsPerUs;
      else if (key == "user_usec")
        usage.cpu_user_ns = value * kNsPerUs;
      else if (key == "system_usec")
        usage.cpu_system_ns = value * kNsPerUs;
      else if (key == "nr_periods")
        usage.cfs_periods = value;
      else if (key == "nr_throttled")
        usage.cfs_throttled_periods = value;
      else if (key == "throttled_usec")
        usage.cfs_throttled_ns = value * kNsPerUs;
    });
    return true;
  }

 private:
  KeptFile stat_;
};

class Io : public UsageSource {
 public:
  explicit Io(const std::string& directory) : stat_(Concat(directory, "/io.stat")) {}

  // "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" for each disk.
  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    auto text = stat_.Read(buffer);
    if (!text) return false;
    uint64_t sums[4] = {};
    std::string_view rest = *text, line, field;
    while (NextPiece(rest, '\n', line)) {
      while (NextPiece(line, ' ', field)) AddField(field, sums);
    }
    usage.read_bytes = sums[0];
    usage.write_bytes = sums[1];
    usage.reads = sums[2];
    usage.writes = sums[3];
    return true;
  }

 private:
  static void AddField(std::string_view field, uint64_t (&sums)[4]) {
    constexpr std::string_view kFields[4] = {"rbytes=", "wbytes=", "rios=", "wios="};
    for (size_t i = 0; i < 4; ++i) {
      if (field.starts_with(kFields[i])) sums[i] += ParseNumber(field.substr(kFields[i].size())).value_or(0);
    }
  }

  KeptFile stat_;
};

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
JobUsage::Pressure::Line ParsePressureLine(std::string_view line) {
  JobUsage::Pressure::Line out;
  std::string_view field;
  while (NextPiece(line, ' ', field)) {
    size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view key = field.substr(0, equals), value = field.substr(equals + 1);
    if (key == "total")
      out.total_us = ParseNumber(value).value_or(0);
    else if (key == "avg10")
      out.avg10 = ParseNumber<double>(value).value_or(0);
    else if (key == "avg60")
      out.avg60 = ParseNumber<double>(value).value_or(0);
    else if (key == "avg300")
      out.avg300 = ParseNumber<double>(value).value_or(0);
  }
  return out;
}

std::optional<JobUsage::Pressure> ReadPressure(KeptFile& file, std::string& buffer) {
  auto text = file.Read(buffer);
  if (!text) return std::nullopt;
  JobUsage::Pressure out;
  std::string_view line;
  while (NextPiece(*text, '\n', line)) {
    if (line.starts_with("some")) out.some = ParsePressureLine(line);
    if (line.starts_with("full")) out.full = ParsePressureLine(line);
  }
  return out;
}

class Pressure : public UsageSource {
 public:
  explicit Pressure(const std::string& directory)
      : cpu_(Concat(directory, "/cpu.pressure")),
        memory_(Concat(directory, "/memory.pressure")),
        io_(Concat(directory, "/io.pressure")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    usage.cpu_pressure = ReadPressure(cpu_, buffer);
    usage.memory_pressure = ReadPressure(memory_, buffer);
    usage.io_pressure = ReadPressure(io_, buffer);
    return usage.cpu_pressure.has_value();
  }

 private:
  KeptFile cpu_, memory_, io_;
};

// The same files in both versions. They count threads.
class Pids : public UsageSource {
 public:
  explicit Pids(const std::string& directory)
      : current_(Concat(directory, "/pids.current")), limit_(Concat(directory, "/pids.max")) {}

  bool Add(JobUsage& usage, std::string& buffer, UsageDetail) override {
    usage.threads = Number(current_, buffer);
    usage.threads_limit = Number(limit_, buffer);
    return usage.threads.has_value();
  }

 private:
  KeptFile current_, limit_;
};

}  // namespace

std::unique_ptr<UsageSource> MemoryUsageV2(const std::string& directory) {
  return std::make_unique<Memory>(directory);
}
std::unique_ptr<UsageSource> CpuUsageV2(const std::string& directory) {
  return std::make_unique<Cpu>(directory);
}
std::unique_ptr<UsageSource> IoUsageV2(const std::string& directory) {
  return std::make_unique<Io>(directory);
}
std::unique_ptr<UsageSource> PressureV2(const std::string& directory) {
  return std::make_unique<Pressure>(directory);
}
std::unique_ptr<UsageSource> PidsUsage(const std::string& directory) {
  return std::make_unique<Pids>(directory);
}

}  // namespace jobpod
