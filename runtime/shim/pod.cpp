#include "runtime/shim/pod.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/id.hpp"
#include "runtime/job_removal.hpp"

namespace jobpod::shim {
namespace {

// Bounds what one shim holds; a pod with so many at once is broken or hostile.
constexpr size_t kMaxContainers = 1000;
constexpr size_t kMaxExecs = 500;
// For the pod's job to become empty after all its containers have.
constexpr std::chrono::seconds kLastWait{1};

}  // namespace

StatusOr<std::unique_ptr<Pod>> Pod::Create(boost::asio::io_context& io, Reaper& reaper, ReadBuffer& buffer,
                                           const Config& config, Exited on_exited,
                                           LostLog on_log_loss) {
  std::unique_ptr<Pod> pod(new Pod(io, reaper, buffer, config, std::move(on_exited), std::move(on_log_loss)));
  ASSIGN_OR_RETURN(pod->jobs_, SystemJobs());
  ASSIGN_OR_RETURN(pod->job_, pod->jobs_->Create(config.job_name(), config.limits()));
  ASSIGN_OR_RETURN(pod->namespaces_, PodNamespaces::Create(io, *pod->job_, config));
  return pod;
}

Pod::Pod(boost::asio::io_context& io, Reaper& reaper, ReadBuffer& buffer, const Config& config,
         Exited on_exited, LostLog on_log_loss)
    : host_{io,
            reaper,
            buffer,
            config.state_directory(),
            config.log_line_limit(),
            [this](const ContainerReport& report) { OnExited(report); },
            std::move(on_log_loss)},
      on_exited_(std::move(on_exited)) {}

Status Pod::RefuseNew(const LaunchPlan& plan) const {
  if (shutting_down_) return absl::FailedPreconditionError("the pod is being removed");
  // The id becomes a part of paths.
  if (IsIdOrPrefix(plan.id())) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("id \"", plan.id(), "\" is not 1 to 64 hexadecimal digits"));
}

StatusOr<ContainerReport> Pod::Start(const LaunchPlan& plan) {
  RETURN_IF_ERROR(RefuseNew(plan));
  if (containers_.size() >= kMaxContainers) {
    return absl::ResourceExhaustedError(Concat("the pod has ", kMaxContainers, " containers already"));
  }
  StatusOr<SpawnHandles> namespaces = NamespacesFor(plan);
  auto& container = containers_[plan.id()];
  if (container != nullptr) {
    return absl::AlreadyExistsError(Concat("container ", plan.id(), " was started before"));
  }
  container = std::make_shared<Container>(host_, plan.id());
  RETURN_IF_ERROR(container->Start(*job_, plan, namespaces));
  return container->report();
}

// The handles without streams.
StatusOr<SpawnHandles> Pod::NamespacesFor(const LaunchPlan& plan) const {
  SpawnHandles handles;
  RETURN_IF_ERROR(namespaces_.Describe(plan, handles));
  if (plan.isolation().pid() != NAMESPACE_TARGET) return handles;
  ASSIGN_OR_RETURN(auto target, Find(plan.isolation().pid_target()));
  ASSIGN_OR_RETURN(Container::Place place, target->PlaceForExec());
  handles.birth_namespace = place.process;
  return handles;
}

Status Pod::Stop(const shim::Stop& stop) {
  ASSIGN_OR_RETURN(auto container, Find(stop.container_id()));
  container->Stop(std::chrono::milliseconds(stop.timeout_ms()), stop.signal(), stop.whole_tree());
  return absl::OkStatus();
}

Status Pod::Forget(const std::string& container_id) {
  auto found = containers_.find(container_id);
  if (found == containers_.end()) return absl::OkStatus();
  RETURN_IF_ERROR(found->second->Forget());
  containers_.erase(found);
  return absl::OkStatus();
}

Status Pod::ReopenLog(const std::string& container_id) {
  ASSIGN_OR_RETURN(auto container, Find(container_id));
  return container->ReopenLog();
}

StatusOr<AttachReply> Pod::Attach(const shim::Attach& asked, ClientHandles handles) {
  ASSIGN_OR_RETURN(auto container, Find(asked.container_id()));
  return container->Attach(asked, std::move(handles));
}

Status Pod::Exec(const shim::Exec& exec, SpawnHandles handles, ExecSession::Done done) {
  const std::string& id = exec.plan().id();
  RETURN_IF_ERROR(RefuseNew(exec.plan()));
  if (execs_.count(id) > 0) return absl::AlreadyExistsError(Concat("exec ", id, " is running"));
  if (execs_.size() >= kMaxExecs) {
    return absl::ResourceExhaustedError(Concat(kMaxExecs, " execs run in this pod; try again later"));
  }
  ASSIGN_OR_RETURN(auto container, Find(exec.container_id()));
  ASSIGN_OR_RETURN(Container::Place place, container->PlaceForExec());
  handles.mount_namespace = place.mount_namespace;
  if (place.isolated) handles.birth_namespace = handles.container_process = place.process;
  auto forget = [this, id, done = std::move(done)](StatusOr<ExecReply> outcome) {
    auto session = execs_.extract(id);
    done(std::move(outcome));
  };
  ASSIGN_OR_RETURN(execs_[id],
                   ExecSession::Start(host_.io, host_.reaper, *place.job, exec.plan(), handles,
                                      std::chrono::milliseconds(exec.timeout_ms()), std::move(forget)));
  return absl::OkStatus();
}

void Pod::CancelExec(const std::string& exec_id, std::chrono::milliseconds grace) {
  auto found = execs_.find(exec_id);
  if (found == execs_.end()) return;
  auto session = found->second;
  session->Cancel(grace);
}

void Pod::Shutdown(std::function<void(const Status&)> on_end) {
  shutting_down_ = true;
  on_shut_down_ = std::move(on_end);
  auto containers = containers_;  // one that ends at once must not disturb the loop
  for (auto& [id, container] : containers) container->Kill();
  ContinueShutdown();
}

void Pod::ContinueShutdown() {
  bool running = std::any_of(containers_.begin(), containers_.end(),
                             [](const auto& entry) { return !entry.second->exited(); });
  if (!shutting_down_ || running || job_ == nullptr) return;
  (void)job_->Terminate();
  RemoveWhenEmpty(host_.io, std::move(job_), on_shut_down_, {.bound = kLastWait});
}

std::vector<ContainerReport> Pod::Reports() const {
  std::vector<ContainerReport> reports;
  for (const auto& [id, container] : containers_) reports.push_back(container->report());
  return reports;
}

StatusOr<std::shared_ptr<Container>> Pod::Find(const std::string& id) const {
  auto found = containers_.find(id);
  if (found != containers_.end()) return found->second;
  return absl::NotFoundError(Concat("no container ", id, " was started in this pod"));
}

void Pod::OnExited(const ContainerReport& report) {
  on_exited_(report);
  // After the container has let go of its own job.
  if (shutting_down_) boost::asio::post(host_.io, [this] { ContinueShutdown(); });
}

}  // namespace jobpod::shim
