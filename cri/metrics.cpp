#include "cri/metrics.hpp"

#include <fmt/format.h>

#include "cri/process_usage.hpp"

namespace jobpod {
namespace {

constexpr std::array<const char*, 17> kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

const char* CodeName(int code) {
  return code >= 0 && static_cast<size_t>(code) < kCodes.size() ? kCodes[static_cast<size_t>(code)]
                                                                : "Unknown";
}

std::string Escape(std::string_view value) {
  std::string out;
  for (char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    out += c == '\n' ? std::string_view("\\n") : std::string_view(&c, 1);
  }
  return out;
}

void WriteContainers(const PodManager& pods, MetricsText& out) {
  constexpr std::array<const char*, 4> kNames = {"created", "running", "exited", "unknown"};
  std::array<uint64_t, 4> counts{};
  for (const ContainerView& view : pods.ListContainers()) ++counts[static_cast<size_t>(view->state())];
  out.Family("jobpod_containers", "gauge", "Containers by state.");
  for (size_t i = 0; i < counts.size(); ++i) {
    out.Sample("jobpod_containers", {{"state", kNames[i]}}, static_cast<double>(counts[i]));
  }
}

void WritePods(const PodManager& pods, MetricsText& out) {
  std::array<uint64_t, 2> counts{};
  for (const PodView& view : pods.ListPods()) ++counts[view->ready() ? 1 : 0];
  out.Family("jobpod_pods", "gauge", "Pod sandboxes by state.");
  out.Sample("jobpod_pods", {{"state", "ready"}}, static_cast<double>(counts[1]));
  out.Sample("jobpod_pods", {{"state", "notready"}}, static_cast<double>(counts[0]));
}

void One(MetricsText& out, std::string_view name, std::string_view type, std::string_view help,
         double value) {
  out.Family(name, type, help);
  out.Sample(name, {}, value);
}

void WriteProcess(MetricsText& out) {
  const ProcessUsage usage = ReadProcessUsage();
  One(out, "process_resident_memory_bytes", "gauge", "Resident memory of the daemon.",
      static_cast<double>(usage.resident_bytes));
  One(out, "process_open_fds", "gauge", "Open file descriptors of the daemon.",
      static_cast<double>(usage.open_files));
  One(out, "process_threads", "gauge", "Threads of the daemon.", static_cast<double>(usage.threads));
  One(out, "process_cpu_seconds_total", "counter", "CPU time of the daemon.", usage.cpu_seconds);
}

}  // namespace

void MetricsText::Family(std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void MetricsText::Sample(std::string_view name, Labels labels, double value) {
  text_.append(name);
  char separator = '{';
  for (const auto& [label, text] : labels) {
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", separator, label, Escape(text));
    separator = ',';
  }
  fmt::format_to(std::back_inserter(text_), "{} {}\n", labels.size() > 0 ? "}" : "", value);
}

void RpcMetrics::Finished(std::string_view rpc, int code, std::chrono::nanoseconds elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const std::lock_guard lock(mutex_);
  ++ended_[{std::string(rpc), code}];
  auto found = durations_.find(rpc);
  if (found == durations_.end()) found = durations_.emplace(rpc, Durations{}).first;
  Durations& durations = found->second;
  ++durations.count;
  durations.seconds += seconds;
  for (size_t i = 0; i < kBuckets.size(); ++i) durations.buckets[i] += seconds <= kBuckets[i];
}

void RpcMetrics::Write(MetricsText& out) const {
  const std::lock_guard lock(mutex_);
  out.Family("jobpod_rpc_total", "counter", "RPCs that have ended, by method and gRPC code.");
  for (const auto& [key, count] : ended_) {
    out.Sample("jobpod_rpc_total", {{"method", key.first}, {"code", CodeName(key.second)}},
               static_cast<double>(count));
  }
  out.Family("jobpod_rpc_duration_seconds", "histogram", "Time from a request's arrival to its answer.");
  for (const auto& [method, durations] : durations_) {
    for (size_t i = 0; i < kBuckets.size(); ++i) {
      out.Sample("jobpod_rpc_duration_seconds_bucket",
                 {{"method", method}, {"le", fmt::format("{}", kBuckets[i])}},
                 static_cast<double>(durations.buckets[i]));
    }
    const auto count = static_cast<double>(durations.count);
    out.Sample("jobpod_rpc_duration_seconds_bucket", {{"method", method}, {"le", "+Inf"}}, count);
    out.Sample("jobpod_rpc_duration_seconds_sum", {{"method", method}}, durations.seconds);
    out.Sample("jobpod_rpc_duration_seconds_count", {{"method", method}}, count);
  }
}

void WriteState(const PodManager& pods, const Images& images, std::string_view version, MetricsText& out) {
  WritePods(pods, out);
  WriteContainers(pods, out);
  One(out, "jobpod_log_records_lost_total", "counter",
      "Log records of containers that could not be written since the daemon began.",
      static_cast<double>(pods.LostLogRecords()));
  const FilesystemUsage usage = images.Usage();
  One(out, "jobpod_images", "gauge", "Images in the store.", static_cast<double>(images.List().size()));
  One(out, "jobpod_image_store_bytes", "gauge", "Disk space of the image store.",
      static_cast<double>(usage.used_bytes));
  WriteProcess(out);
  out.Family("jobpod_build_info", "gauge", "Always 1; the label says which jobpodd this is.");
  out.Sample("jobpod_build_info", {{"version", version}}, 1);
}

}  // namespace jobpod
