#include "runtime/pod_manager.hpp"

#include "base/file.hpp"
#include "runtime/manager.hpp"

namespace jobpod {

Manager::Manager(PodManagerConfig config, Images& images, std::unique_ptr<Store> store,
                 std::unique_ptr<HostJournal> journal, std::unique_ptr<Jobs> jobs)
    : config_(std::move(config)),
      images_(images),
      store_(std::move(store)),
      journal_(std::move(journal)),
      jobs_(std::move(jobs)),
      volumes_(*journal_, config_.link_root.empty() ? config_.root + "/hpc" : config_.link_root, config_.bind_root),
      accounts_(*journal_),
      io_work_(io_.get_executor()),
      reaper_(ChildReaper::Start(io_)),
      io_thread_([this] { io_.run(); }) {}

Manager::~Manager() {
  io_.stop();
  io_thread_.join();
  if (!ListPods().empty()) return;
  // Without pods nothing of this daemon stays on the host, not even the empty job above them.
  if (auto job = jobs_->Open(config_.job_root); job.ok()) (*job)->Remove().IgnoreError();
}

StatusOr<std::unique_ptr<PodManager>> PodManager::Open(const PodManagerConfig& config, Images& images) {
  RETURN_IF_ERROR(MakeDirectories(config.root, 0755));
  RETURN_IF_ERROR(MakeDirectories(config.state + "/pods", 0711));
  ASSIGN_OR_RETURN(std::unique_ptr<Jobs> jobs, SystemJobs());
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(config.root + "/pods.db"));
  ASSIGN_OR_RETURN(std::unique_ptr<HostJournal> journal, HostJournal::Open(config.root + "/host.db"));
  auto manager = std::make_unique<Manager>(config, images, std::move(store), std::move(journal), std::move(jobs));
  RETURN_IF_ERROR(manager->Recover());
  return manager;
}

}  // namespace jobpod
