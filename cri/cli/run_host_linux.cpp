#include <charconv>
#include <cmath>
#include <cstdlib>

#include "cri/cli/run_host.hpp"

namespace jobpod::cli {
namespace {

namespace cri = ::runtime::v1;

constexpr int64_t kCpuPeriod = 100'000;  // microseconds, the kernel's own default

Status Bad(std::string text) {
  return absl::InvalidArgumentError(std::move(text));
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

const char* const kUserHelp = "Who the process is on the host: NAME, UID or UID:GID";
const char* const kDefaultUser = "";

StatusOr<cri::Mount> ParseMount(const std::string& text) {
  std::string rest = text;
  cri::Mount mount;
  if (rest.ends_with(":ro") || rest.ends_with(":rw")) {
    mount.set_readonly(rest.ends_with(":ro"));
    rest.resize(rest.size() - 3);
  }
  const size_t colon = rest.find(':');
  mount.set_host_path(rest.substr(0, colon));
  if (colon != std::string::npos) mount.set_container_path(rest.substr(colon + 1));
  if (mount.host_path().starts_with('/') && mount.container_path().starts_with('/') &&
      mount.container_path().find(':') == std::string::npos) {
    return mount;
  }
  return Bad(Concat("--mount ", text, " is not SOURCE:TARGET[:ro] with two absolute paths"));
}

Status SetUser(const std::string& text, cri::ContainerConfig& config) {
  if (text.empty()) return absl::OkStatus();
  cri::LinuxContainerSecurityContext& security = *config.mutable_linux()->mutable_security_context();
  const size_t colon = text.find(':');
  const std::string user = text.substr(0, colon);
  if (user.empty()) return Bad(Concat("--user ", text, " names no user; use NAME, UID or UID:GID"));
  if (const auto uid = WholeNumber(user)) {
    security.mutable_run_as_user()->set_value(*uid);
  } else {
    security.set_run_as_username(user);
  }
  if (colon == std::string::npos) return absl::OkStatus();
  const auto gid = WholeNumber(std::string_view(text).substr(colon + 1));
  if (!gid) return Bad(Concat("--user ", text, ": the group is not a number; use UID:GID"));
  security.mutable_run_as_group()->set_value(*gid);
  return absl::OkStatus();
}

void SetLimits(int64_t memory_bytes, double cpus, cri::ContainerConfig& config) {
  cri::LinuxContainerResources& resources = *config.mutable_linux()->mutable_resources();
  resources.set_memory_limit_in_bytes(memory_bytes);
  if (cpus == 0) return;
  resources.set_cpu_period(kCpuPeriod);
  resources.set_cpu_quota(static_cast<int64_t>(std::llround(cpus * static_cast<double>(kCpuPeriod))));
}

std::optional<std::string> OwnVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace jobpod::cli
