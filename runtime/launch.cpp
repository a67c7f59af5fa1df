#include "runtime/launch.hpp"

#include "runtime/command_line.hpp"
#include "runtime/launch_process.hpp"

namespace jobpod {
namespace {

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& field) {
  return {field.begin(), field.end()};
}

StatusOr<Command> ChooseCommand(const ContainerSpec& spec, const ImageConfig& image) {
  Command command;
  ASSIGN_OR_RETURN(command.argv, MergeCommand(Strings(spec.command()), Strings(spec.args()), image.entrypoint,
                                              image.command));
  command.first_is_the_images = spec.command().empty() && (!image.entrypoint.empty() || spec.args().empty());
  return command;
}

bool IsTrue(const google::protobuf::Map<std::string, std::string>& annotations, const char* name) {
  auto at = annotations.find(name);
  return at != annotations.end() && at->second == "true";
}

void SetStdio(const ContainerRecord& container, Stdio& stdio) {
  stdio.set_stdin(container.spec().stdin());
  stdio.set_stdin_once(container.spec().stdin_once());
  stdio.set_tty(container.spec().tty());
  stdio.set_log_path(container.log_path());
}

}  // namespace

StatusOr<LaunchPlan> ComposePlan(const PodRecord& pod, const ContainerRecord& container,
                                 const ImageConfig& image, MountList mounts, uint32_t survivor_grace_ms) {
  const ContainerSpec& spec = container.spec();
  LaunchPlan plan;
  plan.set_id(container.id());
  plan.set_pod_id(pod.id());
  *plan.mutable_mounts() = std::move(mounts);
  ASSIGN_OR_RETURN(Command command, ChooseCommand(spec, image));
  RETURN_IF_ERROR(DescribeProcess(pod.spec(), spec, image, std::move(command), plan));
  *plan.mutable_limits() = spec.limits();
  SetStdio(container, *plan.mutable_stdio());
  int signal = spec.stop_signal();
  if (signal == 0) {
    ASSIGN_OR_RETURN(signal, ParseSignal(image.stop_signal));
  }
  plan.set_stop_signal(signal);
  plan.set_stop_whole_tree(IsTrue(pod.spec().annotations(), "jobpod.io/stop-whole-tree"));
  plan.set_survivor_grace_ms(survivor_grace_ms);
  if (spec.has_oom_score_adj()) plan.set_oom_score_adj(spec.oom_score_adj());
  plan.set_no_new_privileges(spec.no_new_privileges());
  return plan;
}

StatusOr<LaunchPlan> ComposeExecPlan(const LaunchPlan& container, const std::string& exec_id,
                                     const std::vector<std::string>& command, bool terminal) {
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
  RETURN_IF_ERROR(DescribeExec(container, command, terminal, plan));
  if (!container.has_isolation()) return plan;
  *plan.mutable_isolation() = container.isolation();
  // The container's namespaces are there already.
  plan.mutable_isolation()->clear_pid();
  plan.mutable_isolation()->clear_ipc();
  plan.mutable_isolation()->clear_hostname();
  return plan;
}

void MergeLimits(const Limits& update, Limits& limits) {
  if (update.hugepages_size() > 0) limits.clear_hugepages();
  limits.MergeFrom(update);
}

}  // namespace jobpod
