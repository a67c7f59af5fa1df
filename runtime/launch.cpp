#include "runtime/launch.hpp"

#include "runtime/command_line.hpp"
#include "runtime/environment.hpp"
#include "runtime/mount_point.hpp"
#include "runtime/user.hpp"

namespace jobpod {
namespace {

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& field) {
  return {field.begin(), field.end()};
}

void SetEnvironment(const std::vector<std::string>& environment, LaunchPlan& plan) {
  plan.clear_environment();
  for (const std::string& entry : environment) plan.add_environment(entry);
}

void SetProgram(const std::vector<std::string>& argv, const std::string& rootfs, LaunchPlan& plan) {
  for (const std::string& word : argv) plan.add_argv(word);
  std::string path = ValueOf(Strings(plan.environment()), "PATH");
  for (std::string& candidate : ExecutableCandidates(argv[0], path, plan.working_directory(), rootfs)) {
    plan.add_executables(std::move(candidate));
  }
}

// The pod's as given (below the rootfs in the link layout, unless it names the rootfs), the image's below
// the rootfs, else the rootfs.
std::string ChooseWorkingDirectory(const ContainerSpec& spec, const ImageConfig& image,
                                   const MountList& mounts) {
  const std::string& rootfs = mounts.root().target();
  auto below = [&](const std::string& path) {
    return path.empty() || path[0] != '/' ? rootfs + "/" + path : rootfs + path;
  };
  if (!spec.working_directory().empty()) {
    std::string path = SubstituteMountPoint(spec.working_directory(), rootfs);
    bool names_rootfs = path != spec.working_directory();
    return mounts.private_namespace() || names_rootfs ? path : below(path);
  }
  if (image.working_directory.empty() || image.working_directory == "/") return rootfs;
  return below(image.working_directory);
}

Status SetWorkingDirectory(const ContainerSpec& spec, const ImageConfig& image, LaunchPlan& plan) {
  std::string path = ChooseWorkingDirectory(spec, image, plan.mounts());
  if (path[0] != '/') {
    return absl::InvalidArgumentError(Concat("working_dir \"", path, "\" is not absolute; give a full path"));
  }
  plan.set_working_directory(path);
  // As in the reference a missing one is made, but only inside the container's own files.
  const std::string& rootfs = plan.mounts().root().target();
  plan.set_make_working_directory(path == rootfs || path.compare(0, rootfs.size() + 1, rootfs + "/") == 0);
  return absl::OkStatus();
}

}  // namespace

StatusOr<LaunchPlan> ComposePlan(const PodRecord& pod, const ContainerRecord& container,
                                 const ImageConfig& image, MountList mounts, uint32_t survivor_grace_ms) {
  const ContainerSpec& spec = container.spec();
  LaunchPlan plan;
  plan.set_id(container.id());
  plan.set_pod_id(pod.id());
  *plan.mutable_mounts() = std::move(mounts);
  const std::string& rootfs = plan.mounts().root().target();
  ASSIGN_OR_RETURN(std::vector<std::string> argv, MergeCommand(Strings(spec.command()), Strings(spec.args()),
                                                               image.entrypoint, image.command));
  for (std::string& word : argv) word = SubstituteMountPoint(word, rootfs);
  SetEnvironment(ComposeEnvironment({image.environment, Strings(spec.environment()), rootfs, spec.tty()}),
                 plan);
  RETURN_IF_ERROR(SetWorkingDirectory(spec, image, plan));
  SetProgram(argv, rootfs, plan);
  *plan.mutable_limits() = spec.limits();
  Stdio& stdio = *plan.mutable_stdio();
  stdio.set_stdin(spec.stdin());
  stdio.set_stdin_once(spec.stdin_once());
  stdio.set_tty(spec.tty());
  stdio.set_log_path(container.log_path());
  int signal = spec.stop_signal();
  if (signal == 0) {
    ASSIGN_OR_RETURN(signal, ParseSignal(image.stop_signal));
  }
  plan.set_stop_signal(signal);
  auto whole_tree = pod.spec().annotations().find("jobpod.io/stop-whole-tree");
  plan.set_stop_whole_tree(whole_tree != pod.spec().annotations().end() && whole_tree->second == "true");
  plan.set_survivor_grace_ms(survivor_grace_ms);
  if (spec.has_oom_score_adj()) plan.set_oom_score_adj(spec.oom_score_adj());
  plan.set_no_new_privileges(spec.no_new_privileges());
  return plan;
}

Status FinishPlan(const ContainerRecord& container, const std::string& image_user, LaunchPlan& plan) {
  ASSIGN_OR_RETURN(*plan.mutable_user(), ResolveUser(container.spec().user(), image_user));
  std::vector<std::string> environment = Strings(plan.environment());
  AddAccount(plan.user(), environment);
  SetEnvironment(environment, plan);
  return absl::OkStatus();
}

StatusOr<LaunchPlan> ComposeExecPlan(const LaunchPlan& container, const std::string& exec_id,
                                     const std::vector<std::string>& command) {
  if (command.empty() || command[0].empty())
    return absl::InvalidArgumentError("the command to execute is empty");
  LaunchPlan plan;
  plan.set_id(exec_id);
  plan.set_pod_id(container.pod_id());
  *plan.mutable_environment() = container.environment();
  plan.set_working_directory(container.working_directory());
  *plan.mutable_user() = container.user();
  plan.set_no_new_privileges(container.no_new_privileges());
  if (container.has_oom_score_adj()) plan.set_oom_score_adj(container.oom_score_adj());
  const std::string& rootfs = container.mounts().root().target();
  std::vector<std::string> argv = command;
  for (std::string& word : argv) word = SubstituteMountPoint(word, rootfs);
  SetProgram(argv, rootfs, plan);
  return plan;
}

StatusOr<std::string> JoinLogPath(const std::string& directory, const std::string& relative) {
  if (directory.empty() || relative.empty()) return std::string();
  if (relative[0] == '/') {
    return absl::InvalidArgumentError(
        Concat("log_path \"", relative, "\" must be relative to the pod's log_directory"));
  }
  std::string joined = directory;
  while (joined.size() > 1 && joined.back() == '/') joined.pop_back();
  for (size_t at = 0; at < relative.size();) {
    size_t end = std::min(relative.find('/', at), relative.size());
    std::string part = relative.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(
          Concat("log_path \"", relative, "\" leaves the pod's log_directory; remove the \"..\""));
    }
    joined += "/" + part;
  }
  return joined;
}

void MergeLimits(const Limits& update, Limits& limits) {
  if (update.hugepages_size() > 0) limits.clear_hugepages();
  limits.MergeFrom(update);
}

}  // namespace jobpod
