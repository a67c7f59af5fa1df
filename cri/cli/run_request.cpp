#include "cri/cli/run_request.hpp"

#include <charconv>
#include <filesystem>
#include <limits>

#include "base/file.hpp"
#include "cri/cli/client.hpp"
#include "cri/cli/run_host.hpp"

namespace jobpod::cli {
namespace {

Status Bad(std::string text) {
  return absl::InvalidArgumentError(std::move(text));
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

int ShiftOf(char unit) {
  switch (unit) {
    case 'k':
    case 'K':
      return 10;
    case 'm':
    case 'M':
      return 20;
    case 'g':
    case 'G':
      return 30;
    default:
      return 0;
  }
}

Status SetEnvironment(const RunOptions& options, cri::ContainerConfig& config) {
  for (const std::string& entry : options.environment) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    if (name.empty()) return Bad(Concat("--env ", entry, " has no name; use NAME=VALUE"));
    const auto own = equals == std::string::npos ? OwnVariable(name) : std::nullopt;
    if (equals == std::string::npos && !own) continue;
    cri::KeyValue& pair = *config.add_envs();
    pair.set_key(name);
    pair.set_value(own ? *own : entry.substr(equals + 1));
  }
  return absl::OkStatus();
}

Status TakeLimits(const RunOptions& options, cri::ContainerConfig& config) {
  int64_t memory = 0;
  if (!options.memory.empty()) {
    ASSIGN_OR_RETURN(memory, ParseBytes(options.memory));
  }
  const bool fits = options.cpus == 0 || (options.cpus >= 0.01 && options.cpus <= 10'000);
  if (!fits) return Bad("--cpus must be from 0.01 to 10000");
  SetLimits(memory, options.cpus, config);
  return absl::OkStatus();
}

}  // namespace

StatusOr<int64_t> ParseBytes(const std::string& text) {
  const int shift = text.empty() ? 0 : ShiftOf(text.back());
  const std::string_view digits = std::string_view(text).substr(0, text.size() - (shift ? 1 : 0));
  const auto number = WholeNumber(digits);
  if (!number || *number > std::numeric_limits<int64_t>::max() >> shift || *number << shift < 4096) {
    return Bad(Concat("--memory ", text, " is no size; use a number with k, m or g, for instance 512m"));
  }
  return *number << shift;
}

StatusOr<cri::PodSandboxConfig> MakePodConfig(const RunOptions& options, const std::string& uid) {
  cri::PodSandboxConfig config;
  const std::string name = options.name.empty() ? "run-" + uid.substr(0, 8) : options.name;
  if (name.find_first_of("/\\") != std::string::npos || name.starts_with('.')) {
    return Bad(Concat("--name ", name, " must not contain a slash or start with a dot"));
  }
  config.mutable_metadata()->set_name(name);
  config.mutable_metadata()->set_namespace_("jobpod");
  config.mutable_metadata()->set_uid(options.name.empty() ? uid : name);
  config.set_log_directory(Below(options.log_directory, Concat(name, "_", uid)));
  (*config.mutable_labels())[kRunLabel] = uid;
  (*config.mutable_annotations())[kLogDirectoryAnnotation] = config.log_directory();
  config.mutable_windows()->mutable_security_context()->set_host_process(true);
  cri::LinuxSandboxSecurityContext& security = *config.mutable_linux()->mutable_security_context();
  security.set_privileged(true);
  security.mutable_namespace_options()->set_network(cri::NODE);
  security.mutable_namespace_options()->set_pid(cri::NODE);
  security.mutable_namespace_options()->set_ipc(cri::NODE);
  return config;
}

StatusOr<cri::ContainerConfig> MakeContainerConfig(const RunOptions& options,
                                                   const cri::PodSandboxConfig& pod,
                                                   const std::string& image_id) {
  cri::ContainerConfig config;
  config.mutable_metadata()->set_name(pod.metadata().name());
  config.mutable_image()->set_image(image_id);
  config.mutable_image()->set_user_specified_image(options.image);
  if (options.entrypoint) config.add_command(*options.entrypoint);
  config.mutable_args()->Add(options.command.begin(), options.command.end());
  config.set_working_dir(options.working_directory);
  config.set_log_path("0.log");
  config.set_stdin(options.input);
  config.set_stdin_once(options.input && !options.detach);
  config.set_tty(options.terminal);
  config.mutable_labels()->insert(pod.labels().begin(), pod.labels().end());
  config.mutable_windows()->mutable_security_context()->set_host_process(true);
  cri::LinuxContainerSecurityContext& security = *config.mutable_linux()->mutable_security_context();
  security.set_privileged(true);
  *security.mutable_namespace_options() = pod.linux().security_context().namespace_options();
  RETURN_IF_ERROR(SetUser(options.user, config));
  RETURN_IF_ERROR(SetEnvironment(options, config));
  RETURN_IF_ERROR(TakeLimits(options, config));
  for (const std::string& text : options.mounts) {
    ASSIGN_OR_RETURN(*config.add_mounts(), ParseMount(text));
  }
  return config;
}

Status RemoveRunLogs(const cri::PodSandbox& pod) {
  const auto run = pod.labels().find(kRunLabel);
  const auto logs = pod.annotations().find(kLogDirectoryAnnotation);
  if (run == pod.labels().end() || logs == pod.annotations().end()) return absl::OkStatus();
  const std::string expected = Concat(pod.metadata().name(), "_", run->second);
  const std::filesystem::path directory(logs->second);
  if (run->second.empty() || directory.filename() != expected) return absl::OkStatus();
  return RemoveTree(logs->second);
}

}  // namespace jobpod::cli
