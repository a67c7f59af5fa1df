// jobpod run: the whole life of one HostProcess pod.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <vector>

#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/follow.hpp"
#include "cri/cli/interrupt.hpp"
#include "cri/cli/pull.hpp"
#include "cri/cli/run_request.hpp"

namespace jobpod::cli {
namespace {

// jobpod's own failures, apart from the codes of programs (the convention of docker run).
constexpr int kOwnFailure = 125, kNotExecutable = 126, kNotFound = 127;

struct Run {
  const Client& client;
  const RunOptions& options;
  bool json = false;
  cri::PodSandboxConfig pod_config{};
  std::string pod_id{}, container_id{};
};

StatusOr<std::string> ImageId(const Run& run) {
  ASSIGN_OR_RETURN(const auto image, FindImage(run.client, run.options.image));
  if (image) return image->id();
  return Pull(run.client, {.reference = run.options.image});
}

// One call that Ctrl-C cancels.
template <typename Request, typename Response, typename Method>
Status Call(const Run& run, Method method, const Request& request, Response& response) {
  grpc::ClientContext context;
  const OnInterrupt cancel([&](int) { context.TryCancel(); });
  return FromGrpc(((*run.client.runtime).*method)(&context, request, &response));
}

Status StartPod(Run& run) {
  ASSIGN_OR_RETURN(run.pod_config, MakePodConfig(run.options, NewId()));
  cri::RunPodSandboxRequest request;
  *request.mutable_config() = run.pod_config;
  request.set_runtime_handler(run.options.handler);
  cri::RunPodSandboxResponse response;
  RETURN_IF_ERROR(Call(run, &cri::RuntimeService::Stub::RunPodSandbox, request, response));
  run.pod_id = response.pod_sandbox_id();
  return absl::OkStatus();
}

Status CreateContainer(Run& run, const std::string& image_id) {
  cri::CreateContainerRequest request;
  ASSIGN_OR_RETURN(*request.mutable_config(), MakeContainerConfig(run.options, run.pod_config, image_id));
  request.set_pod_sandbox_id(run.pod_id);
  *request.mutable_sandbox_config() = run.pod_config;
  cri::CreateContainerResponse response;
  RETURN_IF_ERROR(Call(run, &cri::RuntimeService::Stub::CreateContainer, request, response));
  run.container_id = response.container_id();
  return absl::OkStatus();
}

Status StartContainer(const Run& run) {
  cri::StartContainerRequest request;
  request.set_container_id(run.container_id);
  cri::StartContainerResponse response;
  return Call(run, &cri::RuntimeService::Stub::StartContainer, request, response);
}

void StopContainer(const Run& run, int64_t timeout) {
  grpc::ClientContext context;
  cri::StopContainerRequest request;
  request.set_container_id(run.container_id);
  request.set_timeout(timeout);
  cri::StopContainerResponse response;
  Report(FromGrpc(run.client.runtime->StopContainer(&context, request, &response)));
}

// The first Ctrl-C stops gracefully, the second at once; the log is followed meanwhile.
StatusOr<cri::ContainerStatus> FollowToTheEnd(const Run& run) {
  std::vector<std::jthread> stops;  // written by one OnInterrupt, which ends before they are joined
  const OnInterrupt stop([&](int count) {
    if (count > 2) return;
    stops.emplace_back([&run, count] { StopContainer(run, count == 1 ? run.options.stop_timeout : 0); });
  });
  return Follow(run.client, run.container_id);
}

void Remove(const Run& run) {
  if (!run.pod_id.empty()) Report(RemovePod(run.client, run.pod_id));
}

void PrintIds(const Run& run) {
  if (run.json) {
    fmt::print("{{\"container\":\"{}\",\"pod\":\"{}\"}}\n", run.container_id, run.pod_id);
  } else {
    fmt::print("{}\n", run.container_id);
  }
}

int CodeOfStartError(const Status& status) {
  if (status.code() == absl::StatusCode::kNotFound) return kNotFound;
  return status.code() == absl::StatusCode::kPermissionDenied ? kNotExecutable : kOwnFailure;
}

int Finish(const Run& run) {
  const StatusOr<cri::ContainerStatus> last = FollowToTheEnd(run);
  if (!last.ok()) return Report(last.status(), kOwnFailure);
  if (last->reason() == "OOMKilled") fmt::print(stderr, "jobpod: the container hit its memory limit\n");
  return last->exit_code();
}

int RunPod(const RunOptions& options, const Globals& globals) {
  const StatusOr<Client> client = Connect(globals.address);
  if (!client.ok()) return Report(client.status(), kOwnFailure);
  Run run{.client = *client, .options = options, .json = globals.json};
  const StatusOr<std::string> image_id = ImageId(run);
  if (!image_id.ok()) return Report(image_id.status(), kOwnFailure);
  ScopeExit remove([&] { Remove(run); });
  Status ready = StartPod(run);
  if (ready.ok()) ready = CreateContainer(run, *image_id);
  if (!ready.ok()) return Report(ready, kOwnFailure);
  const Status started = StartContainer(run);
  if (!started.ok()) return Report(started, CodeOfStartError(started));
  if (options.detach || options.keep) remove.Release();
  if (!options.detach) return Finish(run);
  PrintIds(run);
  return 0;
}

int Checked(RunOptions options, const Globals& globals) {
  if (options.remove && (options.detach || options.keep)) {
    return Report(
        absl::InvalidArgumentError("--rm cannot be given with --detach or --keep; use jobpod rm later"),
        kOwnFailure);
  }
  std::error_code error;
  options.log_directory = std::filesystem::absolute(options.log_directory, error).lexically_normal().string();
  return RunPod(options, globals);
}

// One value each time it is given: what follows may be the image.
void AddRepeated(CLI::App& run, const char* name, std::vector<std::string>& values, const char* help) {
  run.add_option(name, values, help)->expected(1)->take_all()->allow_extra_args(false);
}

void AddOptions(CLI::App& run, RunOptions& options) {
  run.add_option("image", options.image, "The image; pulled when it is not there")->required();
  run.add_option("command", options.command,
                 "The command and its arguments instead of the image's, behind --");
  AddRepeated(run, "-e,--env", options.environment, "NAME=VALUE, or NAME to pass this shell's on; may be repeated");
  AddRepeated(run, "--mount", options.mounts,
              "SOURCE:TARGET[:ro], a host path shown in the container; may be repeated");
  run.add_option("-u,--user", options.user, "Who the process is on the host: NAME, UID or UID:GID");
  run.add_option("--handler", options.handler,
                 "Runtime handler: hostprocess (files at /hpc), hostprocess-link");
  run.add_option("--name", options.name, "Name of pod and container; only one pod of a name at a time");
  run.add_option("-w,--workdir", options.working_directory, "Working directory");
  run.add_option("--entrypoint", options.entrypoint, "Program instead of the image's entrypoint");
  run.add_option("-m,--memory", options.memory, "Memory limit: bytes, or with k, m, g");
  run.add_option("--cpus", options.cpus, "CPU limit, for instance 1.5");
  run.add_option("--stop-timeout", options.stop_timeout, "Seconds between Ctrl-C and the kill")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  run.add_option("--log-dir", options.log_directory, "Where the log files go")->capture_default_str();
  run.add_flag("--rm", options.remove, "Remove everything at the end; so it is without --detach anyway");
  run.add_flag("-d,--detach", options.detach, "Print the container's id and leave it running");
  run.add_flag("--keep", options.keep, "Keep the ended pod and its log; see jobpod logs, jobpod rm");
}

}  // namespace

void AddRun(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* run = app.add_subcommand("run", "Run an image as a HostProcess pod and show its output");
  run->footer(
      "Ctrl-C stops the pod gracefully, a second one kills it. The exit code is the container's; 125 = "
      "jobpod itself "
      "failed, 126 = the command cannot be run, 127 = there is no such command.\n"
      "Example: jobpod run --rm docker.io/library/busybox -- sh -c 'echo from "
      "$CONTAINER_SANDBOX_MOUNT_POINT'");
  const auto options = std::make_shared<RunOptions>();
  AddOptions(*run, *options);
  run->callback(
      [&globals, &action, options] { action = [&globals, options] { return Checked(*options, globals); }; });
}

}  // namespace jobpod::cli
