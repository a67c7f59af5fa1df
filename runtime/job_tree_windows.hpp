// The part of a job that its port and the jobs inside it reach.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "base/handle_windows.hpp"
#include "runtime/job.hpp"
#include "runtime/logon_windows.hpp"

namespace jobpod {

// Thread-safe, but for what is said otherwise.
class JobTree : public std::enable_shared_from_this<JobTree> {
 public:
  // `own_view`: of the host's files (volumes/bind_filter_windows.hpp).
  JobTree(Handle job, std::shared_ptr<JobTree> outer, bool own_view);

  // The job object, kept open while the caller holds it; null after Close.
  std::shared_ptr<const Handle> Job() const;

  bool Empty() const;

  // Null for the outermost one.
  const std::shared_ptr<JobTree>& outer() const { return outer_; }
  void AddInner(const std::shared_ptr<JobTree>& inner);

  // Whether this job or one around it has a view of its own.
  bool HasView() const { return own_view_ || (outer_ && outer_->HasView()); }

  // Who processes of this job run as: logged on for the first of them and kept until Close; a job inside this one
  // finds it here. Null for this process's own account.
  StatusOr<std::shared_ptr<const LoggedOn>> AccountFor(const User& user);

  // Gives up the job object and those inside it.
  void Close();

  // Windows tells the job whose limit was hit and those around it, so that each counts it once, as cgroups do.
  void CountMemoryHit();
  uint64_t memory_hits() const { return memory_hits_; }

  // Calls back on the watcher's io_context.
  void Tell(std::function<void()> JobEvents::*what);

  // False when somebody watches already. Watch and Unwatch are called on the thread of `io`.
  bool Watch(boost::asio::io_context& io, JobEvents events);
  // Nothing is told after this.
  void Unwatch();

 private:
  void Poll();
  std::shared_ptr<const LoggedOn> KeptAccount(const std::string& sid) const;

  const std::shared_ptr<JobTree> outer_;
  const bool own_view_;
  std::atomic<uint64_t> memory_hits_{0};
  // On the thread of the watcher's io_context.
  std::unique_ptr<boost::asio::steady_timer> timer_;
  bool told_empty_ = true;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Handle> job_;
  std::shared_ptr<const LoggedOn> account_;
  std::vector<std::weak_ptr<JobTree>> inner_;
  boost::asio::io_context* io_ = nullptr;
  std::shared_ptr<JobEvents> events_;
};

}  // namespace jobpod
