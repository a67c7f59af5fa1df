// One lock for each path that somebody is at, so that who waits for a silent file system keeps up only those who want
// the same place.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace jobpod {

// Thread-safe.
class PathLocks {
 public:
  // Holds one path until it ends; must not outlive the locks.
  class Hold {
   public:
    Hold(PathLocks& locks, std::string path) : locks_(locks), path_(std::move(path)) {
      std::unique_lock lock(locks_.mutex_);
      locks_.free_.wait(lock, [&] { return !locks_.held_.contains(path_); });
      locks_.held_.insert(path_);
    }
    ~Hold() {
      const std::scoped_lock lock(locks_.mutex_);
      locks_.held_.erase(path_);
      locks_.free_.notify_all();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    PathLocks& locks_;
    const std::string path_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  std::set<std::string> held_;
};

}  // namespace jobpod
