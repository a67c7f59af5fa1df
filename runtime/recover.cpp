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

void Manager::ApplyRunning(Container& container, const shim::ContainerReport& report) {
  if (container.Confirm(report.pid(), report.started_at())) return;
  UpdateContainer(container, false, [&](ContainerRecord& record) {
    if (record.finished_at() != 0) return false;
    record.set_pid(report.pid());
    record.set_started_at(report.started_at());
    return true;
  }).IgnoreError();
  container.Confirm(report.pid(), report.started_at());
}

void Manager::ApplyReports(Pod& pod, const shim::HelloReply& reply) {
  std::set<std::string> told;
  for (const shim::ContainerReport& report : reply.containers()) {
    told.insert(report.id());
    StatusOr<ContainerPointer> container = GetContainer(report.id());
    bool ended = !container.ok() || (*container)->view()->state() == ContainerState::kExited;
    if (report.exited()) {
      if (container.ok()) MarkExited(**container, report);
    } else if (!ended) {
      ApplyRunning(**container, report);
    } else if (std::shared_ptr<ShimClient> client = pod.shim(); client != nullptr) {
      KillStray(*client, report.id());
    }
  }
  // Started as far as the store knows, and the shim has never heard of it: the daemon died in between.
  for (const ContainerPointer& container : LiveContainersOf(pod.id)) {
    ContainerView view = container->view();
    bool claimed = view->state() == ContainerState::kRunning || view->state() == ContainerState::kUnknown;
    if (!claimed || told.count(container->id) != 0) continue;
    MarkExited(*container, UnknownEnd("its shim does not know it: the daemon died while it was being started"));
  }
}

void Manager::RecoverPod(const PodPointer& pod) {
  auto client = ShimClient::Connect(io_, ShimSocket(StateDirectory(pod->id)), CallbacksFor(pod->id));
  if (absl::IsNotFound(client.status()) || absl::IsUnavailable(client.status())) return OnShimLost(pod->id);
  if (!client.ok()) {
    log::error("pod {}: its shim cannot be reached now ({}); its containers are UNKNOWN until the daemon is started again",
               pod->id, Message(client.status()));
    return;
  }
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

void Manager::SweepOrphans() {
  for (const std::string& id : Names(config_.state + "/pods")) {
    if (GetPod(id).ok()) continue;
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
    if (!GetPod(id).ok()) KillJob(Concat(config_.job_root, "/", id), std::chrono::seconds(5));
  }
}

// Nothing volatile has survived: what ran has ended, nobody knows how.
void Manager::AfterReboot() {
  log::info("the host was restarted; containers that ran are marked as exited");
  for (const PodView& view : ListPods()) {
    if (!view->ready()) continue;
    PodPointer pod = *GetPod(view->record.id());
    for (const ContainerPointer& container : LiveContainersOf(pod->id)) {
      if (container->view()->state() == ContainerState::kExited) continue;
      MarkExited(*container, UnknownEnd("the host was restarted"));
    }
    UpdatePod(*pod, false, [](PodRecord& record) {
      record.set_ready(false);
      record.set_shim_pid(0);
    }).IgnoreError();
  }
}

// Of two with one name the older was removed while the database could not be written.
template <typename Record>
void NewestFirst(std::vector<Record>& records) {
  std::sort(records.begin(), records.end(),
            [](const Record& a, const Record& b) { return a.created_at() > b.created_at(); });
}

Status Manager::AdoptPods(std::vector<PodRecord> records) {
  NewestFirst(records);
  for (PodRecord& record : records) {
    if (Status free = ReserveName(PodName(record.spec())); !free.ok()) {
      log::error("pod {} is dropped: {}", record.id(), Message(free));
      store_->DeletePod(record.id()).IgnoreError();
      continue;
    }
    if (store_->was_damaged()) RETURN_IF_ERROR(store_->Save(record));
    auto snapshot = std::make_shared<PodSnapshot>();
    snapshot->record = std::move(record);
    AddPod(std::make_shared<Pod>(snapshot));
  }
  return absl::OkStatus();
}

Status Manager::AdoptContainers(std::vector<ContainerRecord> records) {
  NewestFirst(records);
  for (ContainerRecord& record : records) {
    StatusOr<PodPointer> pod = GetPod(record.pod_id());
    Status free = pod.ok() ? ReserveName(ContainerName(record.spec(), (*pod)->view()->record.spec())) : pod.status();
    if (!free.ok()) {
      log::error("container {} is dropped: {}", record.id(), Message(free));
      store_->DeleteContainer(record.id()).IgnoreError();
      continue;
    }
    if (store_->was_damaged()) RETURN_IF_ERROR(store_->Save(record));
    auto snapshot = std::make_shared<ContainerSnapshot>();
    // Until its shim has spoken.
    snapshot->unknown = record.started_at() != 0 && record.finished_at() == 0;
    snapshot->record = std::move(record);
    AddContainer(std::make_shared<Container>(snapshot));
  }
  return absl::OkStatus();
}

Status Manager::Recover() {
  ASSIGN_OR_RETURN(Store::Content content, store_->Load());
  if (store_->was_damaged()) content = FromCopies(config_.state + "/pods");
  RETURN_IF_ERROR(AdoptPods(std::move(content.pods)));
  RETURN_IF_ERROR(AdoptContainers(std::move(content.containers)));
  ASSIGN_OR_RETURN(std::string boot_id, ReadBootId());
  if (content.boot_id != boot_id) {
    if (!content.boot_id.empty()) {
      AfterReboot();
      RETURN_IF_ERROR(RemoveTree(config_.state + "/pods"));
    }
    RETURN_IF_ERROR(store_->SetBootId(boot_id));
  }
  {
    const std::vector<PodView> pods = ListPods();
    Workers recoveries(16, pods.size() + 1);
    for (const PodView& view : pods) {
      if (!view->ready()) continue;
      RETURN_IF_ERROR(recoveries.Run([this, pod = *GetPod(view->record.id())] { RecoverPod(pod); }));
    }
  }
  SweepOrphans();
  // What cannot be undone today (a file system that has become read-only, or hangs) is tried again at the next start.
  std::set<std::string> known;
  for (const ContainerView& view : ListContainers()) known.insert(view->record.id());
  for (const Status& swept : {accounts_.Recover(known), images_.Recover(known), volumes_.Recover(known)}) {
    if (!swept.ok()) log::error("what dead containers left is not all gone: {}", Message(swept));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
