#include <windows.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/win32_windows.hpp"
#include "cri/cli/run_host.hpp"

namespace jobpod::cli {
namespace {

namespace cri = ::runtime::v1;

constexpr double kWholeMachine = 10'000;  // CRI's unit of cpu_maximum: the hundredth of a percent of it

bool IsSlash(char c) {
  return c == '\\' || c == '/';
}

bool HasDrive(std::string_view path) {
  const bool letter = !path.empty() && ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z');
  return path.size() >= 3 && letter && path[1] == ':' && IsSlash(path[2]);
}

bool IsAbsolute(std::string_view path) {
  return HasDrive(path) || (!path.empty() && IsSlash(path[0]));
}

// Behind a drive's own colon there is none.
size_t EndOfPath(std::string_view text) {
  return text.find(':', HasDrive(text) ? 2 : 0);
}

}  // namespace

const char* const kUserHelp = "Who the process is on the host, for instance \"NT AUTHORITY\\LOCAL SERVICE\"; the "
                              "image's user, or else NT AUTHORITY\\SYSTEM, when nobody is named";
const char* const kDefaultUser = "NT AUTHORITY\\SYSTEM";

StatusOr<cri::Mount> ParseMount(const std::string& text) {
  std::string rest = text;
  cri::Mount mount;
  if (rest.ends_with(":ro") || rest.ends_with(":rw")) {
    mount.set_readonly(rest.ends_with(":ro"));
    rest.resize(rest.size() - 3);
  }
  const size_t colon = EndOfPath(rest);
  mount.set_host_path(rest.substr(0, colon));
  if (colon != std::string::npos) mount.set_container_path(rest.substr(colon + 1));
  if (IsAbsolute(mount.host_path()) && IsAbsolute(mount.container_path()) &&
      EndOfPath(mount.container_path()) == std::string::npos) {
    return mount;
  }
  return absl::InvalidArgumentError(
      Concat("--mount ", text, " is not SOURCE:TARGET[:ro] with two absolute paths, like C:\\data:C:\\data:ro"));
}

Status SetUser(const std::string& text, cri::ContainerConfig& config) {
  if (!text.empty()) config.mutable_windows()->mutable_security_context()->set_run_as_username(text);
  return absl::OkStatus();
}

void SetLimits(int64_t memory_bytes, double cpus, cri::ContainerConfig& config) {
  cri::WindowsContainerResources& resources = *config.mutable_windows()->mutable_resources();
  resources.set_memory_limit_in_bytes(memory_bytes);
  if (cpus == 0) return;
  const double all = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
  resources.set_cpu_maximum(std::clamp<int64_t>(std::llround(cpus / all * kWholeMachine), 1, 10'000));
}

std::optional<std::string> OwnVariable(const std::string& name) {
  const std::wstring wide = Wide(name);
  std::wstring value(GetEnvironmentVariableW(wide.c_str(), nullptr, 0), L'\0');
  if (value.empty()) return std::nullopt;
  value.resize(GetEnvironmentVariableW(wide.c_str(), value.data(), static_cast<DWORD>(value.size())));
  return Utf8(value);
}

}  // namespace jobpod::cli
