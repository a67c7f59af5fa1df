// The daemon's live objects. Immutable identity, a mutex each for what changes; the registry's own lock
// (manager.hpp) guards only the maps that lead here.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "image/images.hpp"
#include "runtime/cpu_rate.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/client.hpp"
#include "runtime/snapshot.hpp"

namespace jobpod {

struct Pod {
  explicit Pod(PodView first) : id(first->record.id()), view_(std::move(first)) {}

  const std::string id;
  // Held for the length of a StopPod or RemovePod.
  absl::Mutex operation;

  PodView view() const {
    absl::MutexLock lock(&mutex);
    return view_;
  }
  std::shared_ptr<ShimClient> shim() const {
    absl::MutexLock lock(&mutex);
    return shim_;
  }

  // Held from a change until it is stored; readers never wait for the disk.
  absl::Mutex writing ABSL_ACQUIRED_BEFORE(mutex);
  mutable absl::Mutex mutex;
  PodView view_ ABSL_GUARDED_BY(mutex);
  std::shared_ptr<ShimClient> shim_ ABSL_GUARDED_BY(mutex);  // null: not reached yet, or gone
  bool removed ABSL_GUARDED_BY(mutex) = false;               // no container may be added any more

  absl::Mutex usage_mutex;
  CpuRate cpu_rate ABSL_GUARDED_BY(usage_mutex);
};

struct Container {
  explicit Container(ContainerView first)
      : id(first->record.id()), pod_id(first->record.pod_id()), view_(std::move(first)) {}

  const std::string id, pod_id;
  // Held for the length of a StartContainer or RemoveContainer; StopContainer may run beside them.
  absl::Mutex operation;

  ContainerView view() const {
    absl::MutexLock lock(&mutex);
    return view_;
  }
  bool ExitedLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex) {
    return view_->state() == ContainerState::kExited;
  }
  // Readers see `next` from now on. `writing` is held.
  void Show(ContainerView next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writing);
  // The shim says what the store has said: UNKNOWN becomes RUNNING, and there is nothing to write. False when it
  // says something else.
  bool Confirm(int32_t pid, int64_t started_at);
  // True when it is EXITED now or becomes so before `deadline`.
  bool WaitExited(Deadline deadline) const;

  // Held from a change until it is stored and published; readers never wait for the disk.
  absl::Mutex writing ABSL_ACQUIRED_BEFORE(mutex);
  mutable absl::Mutex mutex;
  ContainerView view_ ABSL_GUARDED_BY(mutex);

  // Samples for stats: the job's descriptors stay open, the walk of the writable layer is kept for a while.
  absl::Mutex usage_mutex;
  std::unique_ptr<Job> job ABSL_GUARDED_BY(usage_mutex);
  CpuRate cpu_rate ABSL_GUARDED_BY(usage_mutex);
  FilesystemUsage writable_layer ABSL_GUARDED_BY(usage_mutex);
  Deadline writable_layer_until ABSL_GUARDED_BY(usage_mutex){};  // epoch: never walked
  bool walking ABSL_GUARDED_BY(usage_mutex) = false;
};

}  // namespace jobpod
