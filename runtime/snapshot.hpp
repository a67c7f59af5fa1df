// Immutable views of pods and containers. Every change makes a new snapshot; readers keep the one they
// took. State is derived, never stored.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/record.pb.h"

namespace jobpod {

// Bytes that belong to one snapshot, made at most once: cri/ keeps a list item's wire form here.
class WireCache {
 public:
  // Thread-safe. `build` runs at most once.
  const std::string& Get(const std::function<std::string()>& build) const {
    std::call_once(once_, [&] { bytes_ = build(); });
    return bytes_;
  }

 private:
  mutable std::once_flag once_;
  mutable std::string bytes_;
};

struct PodSnapshot {
  PodRecord record;
  bool ready() const { return record.ready(); }
  WireCache list_item;
};
using PodView = std::shared_ptr<const PodSnapshot>;

//   CREATED ──start──▶ RUNNING ──exit──▶ EXITED
//      └────start failed (128, StartError)──▶┘        UNKNOWN: its shim does not answer yet
enum class ContainerState { kCreated, kRunning, kExited, kUnknown };

struct ContainerSnapshot {
  ContainerRecord record;
  bool unknown = false;
  ContainerState state() const {
    if (record.finished_at() != 0) return ContainerState::kExited;
    if (unknown) return ContainerState::kUnknown;
    return record.started_at() != 0 ? ContainerState::kRunning : ContainerState::kCreated;
  }
  WireCache list_item;
};
using ContainerView = std::shared_ptr<const ContainerSnapshot>;

}  // namespace jobpod
