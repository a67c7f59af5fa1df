// jobpod run: the whole life of one HostProcess pod.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <vector>

#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/attach_session.hpp"
#include "cri/cli/follow.hpp"
#include "cri/cli/interrupt.hpp"
#include "cri/cli/pull.hpp"
#include "cri/cli/raw_terminal.hpp"
#include "cri/cli/run_host.hpp"
#include "cri/cli/run_request.hpp"

namespace jobpod::cli {
namespace {

// Besides kOwnFailure: the command cannot be run, there is no such command.
constexpr int kNotExecutable = 126, kNotFound = 127;

struct Run {
  const Client& client;
  const RunOptions& options;
  bool json = false;
  cri::PodSandboxConfig pod_config;
  std::string pod_id{}, container_id{};
};

StatusOr<cri::Image> FindOrPull(const Run& run) {
  ASSIGN_OR_RETURN(auto image, FindImage(run.client, run.options.image));
  if (image) return *image;
  ASSIGN_OR_RETURN(const std::string id, Pull(run.client, {.reference = run.options.image}));
  ASSIGN_OR_RETURN(image, FindImage(run.client, id));
  if (image) return *image;
  return absl::NotFoundError(Concat("image ", id, " was removed while it was to be used"));
}

// One call that Ctrl-C cancels.
template <typename Request, typename Response, typename Method>
Status Call(const Run& run, Method method, const Request& request, Response& response) {
  grpc::ClientContext context;
  const OnInterrupt cancel([&](int) { context.TryCancel(); });
  return FromGrpc(((*run.client.runtime).*method)(&context, request, &response));
}

// A cancelled call may have made a pod whose id nobody gets to know: the first Ctrl-C waits for the answer.
Status StartPod(Run& run) {
  cri::RunPodSandboxRequest request;
  *request.mutable_config() = run.pod_config;
  request.set_runtime_handler(run.options.handler);
  cri::RunPodSandboxResponse response;
  grpc::ClientContext context;
  bool interrupted = false;
  {
    const OnInterrupt wait([&](int count) {
      interrupted = true;
      if (count > 1) context.TryCancel();
    });
    RETURN_IF_ERROR(FromGrpc(run.client.runtime->RunPodSandbox(&context, request, &response)));
  }
  run.pod_id = response.pod_sandbox_id();
  return interrupted ? absl::CancelledError("interrupted; the pod is removed again") : absl::OkStatus();
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

// The first Ctrl-C stops gracefully, the second at once.
class Stops {
 public:
  explicit Stops(const Run& run) : run_(run) {}
  void Add(int count) {
    if (count > 2) return;
    threads_.emplace_back([this, count] { StopContainer(run_, count == 1 ? run_.options.stop_timeout : 0); });
  }

 private:
  const Run& run_;
  std::vector<std::jthread> threads_;  // written by one OnInterrupt, which ends before they are joined
};

// The log is followed meanwhile.
StatusOr<cri::ContainerStatus> FollowToTheEnd(const Run& run) {
  Stops stops(run);
  const OnInterrupt stop([&](int count) { stops.Add(count); });
  return Follow(run.client, run.container_id);
}

// The container's streams are this program's. One that ends before it can be attached to is read from its log.
StatusOr<cri::ContainerStatus> AttendToTheEnd(const Run& run, bool& detached) {
  Stops stops(run);
  AttachRequest request{.container_id = run.container_id,
                        .input = true,
                        .terminal = run.options.terminal,
                        .on_interrupt = [&](int count) { stops.Add(count); }};
  bool printed = false;
  const StatusOr<SessionEnd> end = Attach(run.client, request, printed);
  detached = end.ok() && end->how == SessionEnd::How::kDetached;
  ASSIGN_OR_RETURN(const cri::ContainerStatus now, ContainerStatus(run.client, run.container_id));
  if (detached || (printed && !end.ok())) return end.ok() ? now : StatusOr<cri::ContainerStatus>(end.status());
  if (!end.ok() && now.state() != cri::CONTAINER_EXITED) return end.status();
  if (end.ok() && end->how == SessionEnd::How::kSignaled) stops.Add(1);
  const OnInterrupt stop([&](int count) { stops.Add(count); });
  return end.ok() ? WaitForExit(run.client, run.container_id) : Follow(run.client, run.container_id);
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
  if (absl::IsNotFound(status)) return kNotFound;
  return absl::IsPermissionDenied(status) || absl::IsInvalidArgument(status) ? kNotExecutable : kOwnFailure;
}

// `detached`: the container goes on, and stays.
int Finish(const Run& run, bool& detached) {
  const StatusOr<cri::ContainerStatus> last =
      run.options.input ? AttendToTheEnd(run, detached) : FollowToTheEnd(run);
  if (!last.ok()) return Report(last.status(), kOwnFailure);
  if (detached) {
    fmt::print(stderr, "jobpod: detached; it goes on, see jobpod attach and jobpod rm {}\n",
               run.container_id.substr(0, 13));
    return 0;
  }
  if (last->reason() == "OOMKilled") fmt::print(stderr, "jobpod: the container hit its memory limit\n");
  return last->exit_code();
}

// The options are right as far as can be seen without the image.
StatusOr<cri::PodSandboxConfig> CheckedPodConfig(const RunOptions& options) {
  ASSIGN_OR_RETURN(cri::PodSandboxConfig config, MakePodConfig(options, NewId()));
  RETURN_IF_ERROR(MakeContainerConfig(options, config, "").status());
  return config;
}

int RunPod(RunOptions options, const Globals& globals) {
  StatusOr<cri::PodSandboxConfig> config = CheckedPodConfig(options);
  if (!config.ok()) return Report(config.status(), kOwnFailure);
  const StatusOr<Client> client = Connect(globals.address);
  if (!client.ok()) return Report(client.status(), kOwnFailure);
  Run run{.client = *client, .options = options, .json = globals.json, .pod_config = *std::move(config)};
  const StatusOr<cri::Image> image = FindOrPull(run);
  if (!image.ok()) return Report(image.status(), kOwnFailure);
  if (options.user.empty() && image->username().empty()) options.user = kDefaultUser;
  ScopeExit remove([&] { Remove(run); });
  Status ready = StartPod(run);
  if (ready.ok()) ready = CreateContainer(run, image->id());
  if (!ready.ok()) return Report(ready, kOwnFailure);
  const Status started = StartContainer(run);
  if (!started.ok()) return Report(started, CodeOfStartError(started));
  if (options.detach || options.keep) remove.Release();
  if (options.detach) {
    PrintIds(run);
    return 0;
  }
  bool detached = false;
  const int code = Finish(run, detached);
  if (detached) remove.Release();
  return code;
}

int Checked(RunOptions options, const Globals& globals) {
  if (options.remove && (options.detach || options.keep)) {
    return Report(
        absl::InvalidArgumentError("--rm cannot be given with --detach or --keep; use jobpod rm later"),
        kOwnFailure);
  }
  if (options.input && options.terminal && !options.detach && !StandardInputIsTerminal()) {
    return Report(absl::InvalidArgumentError("standard input is no terminal; leave --tty (-t) away"), kOwnFailure);
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
  run.add_option("-u,--user", options.user, kUserHelp);
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
  run.add_flag("-i,--stdin", options.input, "Pass this program's standard input on");
  run.add_flag("-t,--tty", options.terminal, "Give the command a terminal; with -i it is this one");
  run.add_flag("-d,--detach", options.detach, "Print the container's id and leave it running");
  run.add_flag("--keep", options.keep, "Keep the ended pod and its log; see jobpod logs, jobpod rm");
}

}  // namespace

void AddRun(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* run = app.add_subcommand("run", "Run an image as a HostProcess pod and show its output");
  run->footer(
      "Ctrl-C stops the pod gracefully, a second one kills it (with -it it is a key like others; Ctrl-P Ctrl-Q "
      "detaches). The exit code is the container's; 125 = "
      "jobpod itself "
      "failed, 126 = the command cannot be run, 127 = it, its user or its directory is not there.\n"
      "Example: jobpod run --rm docker.io/library/busybox -- sh -c 'echo from "
      "$CONTAINER_SANDBOX_MOUNT_POINT'\n"
      "         jobpod run -it docker.io/library/busybox -- sh");
  const auto options = std::make_shared<RunOptions>();
  AddOptions(*run, *options);
  run->callback(
      [&globals, &action, options] { action = [&globals, options] { return Checked(*options, globals); }; });
}

}  // namespace jobpod::cli
