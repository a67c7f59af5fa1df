#include "runtime/command_line.hpp"
#include "runtime/environment.hpp"
#include "runtime/hostname.hpp"
#include "runtime/image_user.hpp"
#include "runtime/launch.hpp"
#include "runtime/launch_process.hpp"
#include "runtime/mount_point.hpp"
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

std::vector<std::string> Substituted(std::vector<std::string> argv, const MountList& view) {
  for (std::string& word : argv) word = SubstituteMountPoint(word, view.root().target());
  return argv;
}

}  // namespace

Status DescribeProcess(const PodSpec& pod, const ContainerSpec& spec, const ImageConfig& image, Command command,
                       LaunchPlan& plan) {
  const bool image_root = plan.mounts().has_image_root();
  SetEnvironment(ComposeEnvironment({image.environment, Strings(spec.environment()), plan.mounts().root().target(),
                                     spec.tty(), image_root ? HostnameOf(pod) : "", image_root}),
                 plan);
  RETURN_IF_ERROR(SetWorkingDirectory(spec, image, plan));
  SetProgram(Substituted(std::move(command.argv), plan.mounts()), plan.mounts(), plan);
  return absl::OkStatus();
}

Status DescribeExec(const LaunchPlan& container, std::vector<std::string> argv, bool terminal, LaunchPlan& plan) {
  if (terminal && ValueOf(Strings(plan.environment()), "TERM").empty()) plan.add_environment("TERM=xterm");
  SetProgram(Substituted(std::move(argv), container.mounts()), container.mounts(), plan);
  return absl::OkStatus();
}

Status FinishPlan(const ContainerRecord& container, const std::string& image_user, Accounts& accounts,
                  LaunchPlan& plan) {
  std::vector<std::string> environment = Strings(plan.environment());
  if (plan.mounts().has_image_root()) {
    ASSIGN_OR_RETURN(*plan.mutable_user(), FindImageUser(container.spec().user(), image_user, plan.mounts()));
    AddHome(plan.user(), environment);
  } else {
    ASSIGN_OR_RETURN(*plan.mutable_user(), accounts.Resolve(container.id(), container.spec().user(), image_user));
    AddAccount(plan.user(), environment);
  }
  SetEnvironment(environment, plan);
  return absl::OkStatus();
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

}  // namespace jobpod
