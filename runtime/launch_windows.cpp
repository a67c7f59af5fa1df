#include <windows.h>

#include "base/win32_windows.hpp"
#include "runtime/account_environment_windows.hpp"
#include "runtime/launch.hpp"
#include "runtime/launch_process.hpp"
#include "runtime/user_windows.hpp"
#include "runtime/windows_environment.hpp"
#include "runtime/windows_launch.hpp"
#include "volumes/rootfs_walk_windows.hpp"

namespace jobpod {
namespace {

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& field) {
  return {field.begin(), field.end()};
}

std::string WindowsDirectory() {
  wchar_t path[512];
  return Utf8({path, GetSystemWindowsDirectoryW(path, std::size(path))});
}

// PATH as the process will have it, but for what its account adds.
std::string SearchPath(const LaunchPlan& plan) {
  return WindowsValueOf(MergeWindowsEnvironment(AccountEnvironment(nullptr), Strings(plan.environment())), "PATH");
}

Status SetCommand(std::vector<std::string> argv, bool escaped, const std::string& rootfs, LaunchPlan& plan) {
  const WindowsSearch search{SearchPath(plan), plan.working_directory(), rootfs, WindowsDirectory()};
  ASSIGN_OR_RETURN(WindowsCommand command, ComposeWindowsCommand(std::move(argv), escaped, search));
  for (const std::string& word : command.argv) plan.add_argv(word);
  plan.set_command_line(command.line);
  for (WindowsCommand::Program& program : command.programs) {
    plan.add_executables(std::move(program.path));
    plan.add_executable_words(program.words);
  }
  return absl::OkStatus();
}

// As in the reference a missing one is made, but only inside the container's own files.
Status SetDirectory(const ContainerSpec& spec, const ImageConfig& image, LaunchPlan& plan) {
  const std::string& rootfs = plan.mounts().root().target();
  ASSIGN_OR_RETURN(std::string path, ChooseWindowsDirectory({spec.working_directory(), image.working_directory, rootfs,
                                                             plan.mounts().private_namespace()}));
  plan.set_make_working_directory(IsWithinWindowsDirectory(path, rootfs));
  // Only a launcher would find it in a view of the container's own, and the account that it runs as may add nothing.
  if (plan.make_working_directory() && plan.mounts().private_namespace())
    RETURN_IF_ERROR(Annotate(MakeRootfsDirectory(plan.mounts().root(), path), Concat("working directory ", path)));
  plan.set_working_directory(std::move(path));
  return absl::OkStatus();
}

bool IsTrue(const google::protobuf::Map<std::string, std::string>& annotations, const char* name) {
  auto at = annotations.find(name);
  return at != annotations.end() && at->second == "true";
}

// Said by the pod, for all its containers, as kubelet hands on no annotations of containers.
bool InheritsUser(const PodSpec& pod, const ContainerSpec& spec) {
  constexpr char kInherit[] = "microsoft.com/hostprocess-inherit-user";
  return IsTrue(pod.annotations(), kInherit) || IsTrue(spec.annotations(), kInherit);
}

// Whether the account exists is asked at start: an init container may make it.
Status SetAccount(const PodSpec& pod, const ContainerSpec& spec, const ImageConfig& image, LaunchPlan& plan) {
  if (!InheritsUser(pod, spec)) return CheckUserForm(spec.user(), image.user);
  plan.mutable_user()->set_logon(LOGON_OWN);
  plan.mutable_user()->set_name("the account of jobpodd");
  return absl::OkStatus();
}

}  // namespace

Status DescribeProcess(const PodSpec& pod, const ContainerSpec& spec, const ImageConfig& image, Command command,
                       LaunchPlan& plan) {
  const std::string& rootfs = plan.mounts().root().target();
  RETURN_IF_ERROR(SetAccount(pod, spec, image, plan));
  for (std::string& entry : ComposeWindowsEnvironment(image.environment, Strings(spec.environment()), rootfs)) {
    plan.add_environment(std::move(entry));
  }
  RETURN_IF_ERROR(SetDirectory(spec, image, plan));
  return SetCommand(std::move(command.argv), image.args_escaped && command.first_is_the_images, rootfs, plan);
}

Status DescribeExec(const LaunchPlan& container, std::vector<std::string> argv, bool terminal, LaunchPlan& plan) {
  if (terminal && WindowsValueOf(Strings(plan.environment()), "TERM").empty()) plan.add_environment("TERM=xterm");
  return SetCommand(std::move(argv), false, container.mounts().root().target(), plan);
}

Status FinishPlan(const ContainerRecord& container, const std::string& image_user, Accounts& accounts,
                  LaunchPlan& plan) {
  if (plan.user().logon() == LOGON_OWN) return absl::OkStatus();
  ASSIGN_OR_RETURN(*plan.mutable_user(), accounts.Resolve(container.id(), container.spec().user(), image_user));
  return absl::OkStatus();
}

StatusOr<std::string> JoinLogPath(const std::string& directory, const std::string& relative) {
  return JoinWindowsLogPath(directory, relative, std::string_view(WindowsDirectory()).substr(0, 2));
}

}  // namespace jobpod
