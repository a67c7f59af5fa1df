#include "runtime/launch.hpp"

#include "runtime/command_line.hpp"
#include "runtime/environment.hpp"
#include "runtime/image_user.hpp"
#include "runtime/isolation.hpp"
#include "runtime/mount_point.hpp"
#include "runtime/user.hpp"
#include "volumes/rootfs_read.hpp"

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

// `view` is the container's.
void SetProgram(const std::vector<std::string>& argv, const MountList& view, LaunchPlan& plan) {
  for (const std::string& word : argv) plan.add_argv(word);
  std::string path = ValueOf(Strings(plan.environment()), "PATH");
  const std::string& directory = plan.working_directory();
  for (std::string& candidate : view.has_image_root()
                                    ? ImageCandidates(argv[0], path, directory)
                                    : ExecutableCandidates(argv[0], path, directory, view.root().target())) {
    plan.add_executables(std::move(candidate));
  }
}

// The pod's as given (below the rootfs in the link layout, unless it names the rootfs), the image's below
// the rootfs, else the rootfs.
std::string ChooseWorkingDirectory(const ContainerSpec& spec, const ImageConfig& image,
                                   const MountList& mounts) {
  const std::string rootfs = mounts.has_image_root() ? "" : mounts.root().target();
  auto below = [&](const std::string& path) {
    return path.empty() || path[0] != '/' ? rootfs + "/" + path : rootfs + path;
  };
  if (!spec.working_directory().empty()) {
    std::string path = SubstituteMountPoint(spec.working_directory(), mounts.root().target());
    bool names_rootfs = path != spec.working_directory();
    return mounts.private_namespace() || names_rootfs ? path : below(path);
  }
  if (image.working_directory.empty() || image.working_directory == "/") return mounts.root().target();
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
  if (plan.mounts().has_image_root()) plan.set_make_working_directory(true);
  if (plan.mounts().has_image_root()) return absl::OkStatus();
  plan.set_make_working_directory(path == rootfs || path.compare(0, rootfs.size() + 1, rootfs + "/") == 0);
  return absl::OkStatus();
}

StatusOr<User> FindImageUser(const UserSpec& spec, const std::string& image_user, const MountList& mounts) {
  constexpr size_t kMaxFile = 16u << 20;
  ASSIGN_OR_RETURN(std::vector<std::string> files,
                   ReadRootfsFiles(mounts.root(), {"/etc/passwd", "/etc/group"}, kMaxFile));
  return ResolveImageUser(spec, image_user, {files[0], files[1]});
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
  const bool image_root = plan.mounts().has_image_root();
  SetEnvironment(ComposeEnvironment({image.environment, Strings(spec.environment()), rootfs, spec.tty(),
                                     image_root ? HostnameOf(pod.spec()) : "", image_root}),
                 plan);
  RETURN_IF_ERROR(SetWorkingDirectory(spec, image, plan));
  SetProgram(argv, plan.mounts(), plan);
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
  std::vector<std::string> environment = Strings(plan.environment());
  if (plan.mounts().has_image_root()) {
    ASSIGN_OR_RETURN(*plan.mutable_user(), FindImageUser(container.spec().user(), image_user, plan.mounts()));
    AddHome(plan.user(), environment);
  } else {
    ASSIGN_OR_RETURN(*plan.mutable_user(), ResolveUser(container.spec().user(), image_user));
    AddAccount(plan.user(), environment);
  }
  SetEnvironment(environment, plan);
  return absl::OkStatus();
}

StatusOr<LaunchPlan> ComposeExecPlan(const LaunchPlan& container, const std::string& exec_id,
                                     const std::vector<std::string>& command, bool terminal) {
  if (command.empty() || command[0].empty())
    return absl::InvalidArgumentError("the command to execute is empty");
  LaunchPlan plan;
  plan.set_id(exec_id);
  plan.set_pod_id(container.pod_id());
  *plan.mutable_environment() = container.environment();
  if (terminal && ValueOf(Strings(plan.environment()), "TERM").empty()) plan.add_environment("TERM=xterm");
  plan.set_working_directory(container.working_directory());
  *plan.mutable_user() = container.user();
  plan.set_no_new_privileges(container.no_new_privileges());
  if (container.has_oom_score_adj()) plan.set_oom_score_adj(container.oom_score_adj());
  const std::string& rootfs = container.mounts().root().target();
  std::vector<std::string> argv = command;
  for (std::string& word : argv) word = SubstituteMountPoint(word, rootfs);
  SetProgram(argv, container.mounts(), plan);
  if (!container.has_isolation()) return plan;
  *plan.mutable_isolation() = container.isolation();
  // The container's namespaces are there already.
  plan.mutable_isolation()->clear_pid();
  plan.mutable_isolation()->clear_ipc();
  plan.mutable_isolation()->clear_hostname();
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
