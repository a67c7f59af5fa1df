// What must be remembered of pods and containers, in SQLite (WAL, synchronous NORMAL: nothing is lost by a killed
// daemon). Read once, at start.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <vector>

#include "base/sqlite.hpp"
#include "runtime/checkpointer.hpp"
#include "runtime/record.pb.h"

namespace jobpod {

// Thread-safe.
class Store {
 public:
  struct Content {
    std::vector<PodRecord> pods;
    std::vector<ContainerRecord> containers;
    std::string boot_id;  // of the boot in which the store was last used; empty when new
  };

  // Opens `path`, making or upgrading it. A damaged file is set aside as <path>.damaged-<time> and a new
  // one is begun (`was_damaged` tells). FailedPrecondition when a newer daemon has written it.
  static StatusOr<std::unique_ptr<Store>> Open(const std::string& path);

  bool was_damaged() const { return was_damaged_; }
  StatusOr<Content> Load();
  Status SetBootId(const std::string& boot_id);

  Status Save(const PodRecord& pod);
  Status Save(const ContainerRecord& container);
  Status DeletePod(const std::string& id);
  Status DeleteContainer(const std::string& id);

 private:
  struct Statements {
    SqliteStatement save_pod, save_container, delete_pod, delete_container;
  };

  Status PrepareLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status Run(SqliteStatement& statement) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  SqliteDatabase database_ ABSL_GUARDED_BY(mutex_);
  Statements statements_ ABSL_GUARDED_BY(mutex_);
  bool was_damaged_ = false;
  std::unique_ptr<Checkpointer> checkpointer_;
};

}  // namespace jobpod
