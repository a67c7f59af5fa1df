// Start of the daemon: what does the store say, what do the shims say, and what belongs to nobody.
#include <algorithm>
#include <filesystem>
#include <future>

#include "base/file.hpp"
#include "base/log.hpp"
#include "runtime/boot_id.hpp"
#include "runtime/manager.hpp"
#include "runtime/names.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

// The start does not wait longer for a shim; what it says later is applied then. Lists never wait.
constexpr std::chrono::milliseconds kFirstTry{250};

std::vector<std::string> Names(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

bool EndsWith(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// A lost database: the copies beside the shims say what runs.
Store::Content FromCopies(const std::string& pods_directory) {
  Store::Content content;
  for (const std::string& id : Names(pods_directory)) {
    for (const std::string& name : Names(Concat(pods_directory, "/", id))) {
      StatusOr<std::string> bytes = absl::NotFoundError("");
      if (EndsWith(name, ".record")) bytes = ReadFile(Concat(pods_directory, "/", id, "/", name));
      if (!bytes.ok()) continue;
      if (PodRecord pod; name == "pod.record" && pod.ParseFromString(*bytes)) {
        content.pods.push_back(std::move(pod));
      } else if (ContainerRecord container; name != "pod.record" && container.ParseFromString(*bytes)) {
        content.containers.push_back(std::move(container));
      }
    }
  }
  return content;
}

}  // namespace

void Manager::ApplyReports(Pod& pod, const shim::HelloReply& reply) {
  std::set<std::string> told;
  for (const shim::ContainerReport& report : reply.containers()) {
    told.insert(report.id());
    StatusOr<ContainerPointer> container = GetContainer(report.id());
    if (!container.ok()) continue;
    if (report.exited()) {
      MarkExited(**container, report);
      continue;
    }
    UpdateContainer(**container, false, [&](ContainerRecord& record) {
      if (record.finished_at() != 0) return false;
      record.set_pid(report.pid());
      record.set_started_at(report.started_at());
      return true;
    }).IgnoreError();
  }
  // Started as far as the store knows, and the shim has never heard of it: the daemon died in between.
  for (const ContainerPointer& container : LiveContainersOf(pod.id)) {
    ContainerView view = container->view();
    bool claimed = view->state() == ContainerState::kRunning || view->state() == ContainerState::kUnknown;
    if (!claimed || told.count(container->id) != 0) continue;
    shim::ContainerReport lost;
    lost.set_finished_at(NowUnixNanos());
    lost.set_exit_code(255);
    lost.set_reason("Unknown");
    MarkExited(*container, lost);
  }
}

void Manager::RecoverPod(const PodPointer& pod) {
  auto client = ShimClient::Connect(io_, ShimSocket(StateDirectory(pod->id)), CallbacksFor(pod->id));
  if (!client.ok()) return OnShimLost(pod->id);
  {
    absl::MutexLock lock(&pod->mutex);
    pod->shim_ = *client;
  }
  // Shared with the callback, which may come long after this has given up waiting.
  auto answered = std::make_shared<std::promise<void>>();
  std::future<void> first = answered->get_future();
  (*client)->HelloAsync([this, pod, answered](const StatusOr<shim::HelloReply>& reply) {
    if (reply.ok()) ApplyReports(*pod, *reply);
    answered->set_value();
  });
  if (first.wait_for(kFirstTry) == std::future_status::ready) return;
  log::warn("pod {}: its shim does not answer yet; its containers are UNKNOWN until it does", pod->id);
}

void Manager::SweepOrphans(const std::set<std::string>& known_pods) {
  for (const std::string& id : Names(config_.state + "/pods")) {
    if (known_pods.count(id) != 0) continue;
    std::string directory = StateDirectory(id);
    log::warn("pod {}: left behind half-made; it is removed", id);
    bool ended = false;
    if (auto client = ShimClient::Connect(io_, ShimSocket(directory), {}); client.ok()) {
      (*client)->Expect();
      ended =
          (*client)->Hello(After(kFirstTry)).ok() && (*client)->Shutdown(After(std::chrono::seconds(3))).ok();
    }
    if (!ended) KillShimOf(0, directory);
    shim::Config shim_config;
    StatusOr<std::string> bytes = ReadFile(directory + "/config");
    if (bytes.ok() && shim_config.ParseFromString(*bytes)) {
      KillJob(shim_config.job_name(), std::chrono::seconds(5));
    }
    RemoveTree(directory).IgnoreError();
  }
  for (const std::string& id : jobs_->Children(config_.job_root)) {
    if (known_pods.count(id) == 0) KillJob(Concat(config_.job_root, "/", id), std::chrono::seconds(5));
  }
}

// Nothing volatile has survived: what ran has ended, nobody knows how.
void Manager::AfterReboot() {
  log::info("the host was restarted; containers that ran are marked as exited");
  for (const PodView& view : ListPods()) {
    if (!view->ready()) continue;
    PodPointer pod = *GetPod(view->record.id());
    LoseContainers(*pod);
    UpdatePod(*pod, false, [](PodRecord& record) {
      record.set_ready(false);
      record.set_shim_pid(0);
    }).IgnoreError();
  }
}

Status Manager::Recover() {
  ASSIGN_OR_RETURN(Store::Content content, store_->Load());
  if (store_->was_damaged()) content = FromCopies(config_.state + "/pods");
  std::set<std::string> known_pods, known_containers;
  for (PodRecord& record : content.pods) {
    known_pods.insert(record.id());
    if (store_->was_damaged()) RETURN_IF_ERROR(store_->Save(record));
    auto snapshot = std::make_shared<PodSnapshot>();
    snapshot->record = std::move(record);
    auto pod = std::make_shared<Pod>(snapshot);
    RETURN_IF_ERROR(ReserveName(PodName(snapshot->record.spec())));
    AddPod(pod);
  }
  for (ContainerRecord& record : content.containers) {
    StatusOr<PodPointer> pod = GetPod(record.pod_id());
    if (!pod.ok()) {
      store_->DeleteContainer(record.id()).IgnoreError();
      continue;
    }
    known_containers.insert(record.id());
    if (store_->was_damaged()) RETURN_IF_ERROR(store_->Save(record));
    auto snapshot = std::make_shared<ContainerSnapshot>();
    // Until its shim has spoken.
    snapshot->unknown = record.started_at() != 0 && record.finished_at() == 0;
    snapshot->record = std::move(record);
    RETURN_IF_ERROR(ReserveName(ContainerName(snapshot->record.spec(), (*pod)->view()->record.spec())));
    AddContainer(std::make_shared<Container>(snapshot));
  }
  ASSIGN_OR_RETURN(std::string boot_id, ReadBootId());
  if (!content.boot_id.empty() && content.boot_id != boot_id) {
    AfterReboot();
    RETURN_IF_ERROR(RemoveTree(config_.state + "/pods"));
  }
  RETURN_IF_ERROR(store_->SetBootId(boot_id));
  {
    Workers recoveries(16, content.pods.size() + 1);
    for (const PodView& view : ListPods()) {
      if (!view->ready()) continue;
      RETURN_IF_ERROR(recoveries.Run([this, pod = *GetPod(view->record.id())] { RecoverPod(pod); }));
    }
  }
  SweepOrphans(known_pods);
  RETURN_IF_ERROR(accounts_.Recover(known_containers));
  RETURN_IF_ERROR(images_.Recover(known_containers));
  return volumes_.Recover(known_containers);
}

}  // namespace jobpod
