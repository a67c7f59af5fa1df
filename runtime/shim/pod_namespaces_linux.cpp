#include <fcntl.h>
#include <poll.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "base/pipe_linux.hpp"
#include "base/scope_exit.hpp"
#include "runtime/job_removal.hpp"
#include "runtime/shim/pod_init.hpp"
#include "runtime/shim/pod_namespaces.hpp"

namespace jobpod::shim {
namespace {

constexpr int kReadyBound = 5000;  // ms
constexpr size_t kMaxWords = 4096;

LaunchPlan InitPlan(const Config& config) {
  LaunchPlan plan;
  plan.set_id("init");
  plan.add_argv(kPodInitName);
  plan.add_executables("/proc/self/exe");
  plan.set_working_directory("/");
  Isolation& isolation = *plan.mutable_isolation();
  isolation.set_pid(config.pod_pid_namespace() ? NAMESPACE_CONTAINER : NAMESPACE_HOST);
  isolation.set_ipc(config.pod_ipc_namespace() ? NAMESPACE_CONTAINER : NAMESPACE_HOST);
  isolation.set_capabilities(~uint64_t{0});  // it gives them up itself
  return plan;
}

// The end of its output, without a word.
Status WaitReady(int output) {
  pollfd wait{output, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&wait, 1, kReadyBound);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return absl::DeadlineExceededError("the pod's first process does not get ready");
  ASSIGN_OR_RETURN(std::string words, ReadAll(output, kMaxWords, "the pod's first process"));
  return words.empty() ? absl::OkStatus() : absl::InternalError(Concat("the pod's first process: ", words));
}

}  // namespace

StatusOr<PodNamespaces> PodNamespaces::Create(boost::asio::io_context& io, Job& pod_job,
                                              const Config& config) {
  PodNamespaces namespaces;
  if (!config.pod_pid_namespace() && !config.pod_ipc_namespace()) return namespaces;
  ASSIGN_OR_RETURN(std::unique_ptr<Job> job, pod_job.CreateChild("init", JobKind::kExec, Limits()));
  ScopeExit undo([&] {
    (void)job->Terminate();
    RemoveWhenEmpty(io, std::move(job), [](const Status&) {});
  });
  ASSIGN_OR_RETURN(Pipe go, MakePipe());
  ASSIGN_OR_RETURN(Pipe ready, MakePipe());
  SpawnHandles handles;
  handles.standard_input = go.read.get();
  handles.standard_output = ready.write.get();
  ASSIGN_OR_RETURN(Spawned init, job->Spawn(InitPlan(config), handles));
  Fd handle(static_cast<int>(init.process_handle));  // the reaper of the shim waits for it
  ready.write.Reset();
  RETURN_IF_ERROR(WaitReady(ready.read.get()));
  RETURN_IF_ERROR(namespaces.Take(init.pid));
  if (config.pod_pid_namespace()) undo.Release();  // else the process has nothing left to do
  return namespaces;
}

Status PodNamespaces::Take(int32_t pid) {
  const auto take = [pid](std::string_view name, OwnedHandle& place) -> Status {
    ASSIGN_OR_RETURN(Fd file, OpenFile(Concat("/proc/", pid, "/ns/", name), O_RDONLY));
    place = OwnedHandle(file.Release());
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(take("pid", processes_));
  RETURN_IF_ERROR(take("ipc", ipc_));
  return take("mnt", mounts_);
}

Status PodNamespaces::Describe(const LaunchPlan& plan, SpawnHandles& handles) const {
  const Isolation& isolation = plan.isolation();
  bool asked = isolation.pid() == NAMESPACE_POD || isolation.ipc() == NAMESPACE_POD;
  if (asked && !mounts_) return absl::InternalError("the pod was made without namespaces to share");
  if (isolation.pid() == NAMESPACE_POD) handles.birth_namespace = processes_.get();
  if (isolation.ipc() == NAMESPACE_POD) handles.pod_ipc = ipc_.get();
  if (plan.mounts().image_root().pod_ipc()) handles.pod_mounts = mounts_.get();
  return absl::OkStatus();
}

}  // namespace jobpod::shim
