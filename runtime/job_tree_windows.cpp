#include "runtime/job_tree_windows.hpp"

#include <boost/asio/post.hpp>

#include "runtime/job_object_windows.hpp"

namespace jobpod {
namespace {
// Windows may lose the message that a job is empty.
constexpr std::chrono::seconds kPollPause{2};
}  // namespace

JobTree::JobTree(Handle job, std::shared_ptr<JobTree> outer, bool own_view)
    : outer_(std::move(outer)), own_view_(own_view), job_(std::make_shared<Handle>(std::move(job))) {}

std::shared_ptr<const Handle> JobTree::Job() const {
  std::lock_guard lock(mutex_);
  return job_;
}

bool JobTree::Empty() const {
  const std::shared_ptr<const Handle> job = Job();
  return !job || ActiveProcesses(job->get()) == 0;
}

void JobTree::AddInner(const std::shared_ptr<JobTree>& inner) {
  std::lock_guard lock(mutex_);
  std::erase_if(inner_, [](const auto& other) { return other.expired(); });
  inner_.push_back(inner);
}

std::shared_ptr<const LoggedOn> JobTree::KeptAccount(const std::string& sid) const {
  {
    std::lock_guard lock(mutex_);
    if (account_ && account_->sid() == sid) return account_;
  }
  return outer_ ? outer_->KeptAccount(sid) : nullptr;
}

StatusOr<std::shared_ptr<const LoggedOn>> JobTree::AccountFor(const User& user) {
  if (user.logon() == LOGON_UNKNOWN || user.logon() == LOGON_OWN) return std::shared_ptr<const LoggedOn>();
  if (auto kept = KeptAccount(user.sid())) return kept;
  ASSIGN_OR_RETURN(std::shared_ptr<const LoggedOn> account, LogOn(user, SystemLogonCalls()));
  std::lock_guard lock(mutex_);
  return account_ = std::move(account);
}

void JobTree::Close() {
  std::vector<std::weak_ptr<JobTree>> inner;
  {
    std::lock_guard lock(mutex_);
    job_.reset();
    account_.reset();
    inner.swap(inner_);
  }
  for (const std::weak_ptr<JobTree>& tree : inner) {
    if (auto alive = tree.lock()) alive->Close();
  }
}

void JobTree::CountMemoryHit() {
  ++memory_hits_;
  Tell(&JobEvents::memory_limit_hit);
}

void JobTree::Tell(std::function<void()> JobEvents::*what) {
  std::lock_guard lock(mutex_);
  if (io_ == nullptr || !((*events_).*what)) return;
  // A copy is called: the callback may end the watch it was given to.
  boost::asio::post(*io_, [kept = events_, what] {
    if (auto call = (*kept).*what) call();
  });
}

bool JobTree::Watch(boost::asio::io_context& io, JobEvents events) {
  {
    std::lock_guard lock(mutex_);
    if (io_ != nullptr) return false;
    io_ = &io;
    events_ = std::make_shared<JobEvents>(std::move(events));
  }
  timer_ = std::make_unique<boost::asio::steady_timer>(io);
  Poll();
  return true;
}

void JobTree::Unwatch() {
  std::lock_guard lock(mutex_);
  io_ = nullptr;
  if (events_) *events_ = {};
  timer_.reset();
}

void JobTree::Poll() {
  timer_->expires_after(kPollPause);
  timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<JobTree> alive = weak.lock();
    if (error || !alive || !alive->timer_) return;
    const bool empty = alive->Empty();
    if (empty && !alive->told_empty_) alive->Tell(&JobEvents::became_empty);
    alive->told_empty_ = empty;
    alive->Poll();
  });
}

}  // namespace jobpod
