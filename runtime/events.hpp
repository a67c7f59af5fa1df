// Life-cycle events for GetContainerEvents and `jobpod run`: every subscriber has a bounded queue; one
// that does not keep up is ended with an error, so that its client relists. Never a silent gap.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/status.hpp"
#include "runtime/snapshot.hpp"

namespace jobpod {

enum class EventKind { kCreated, kStarted, kStopped, kDeleted };

// One snapshot of the pod and all its containers, taken with the event. For a pod's own events
// `id` is the pod's.
struct Event {
  EventKind kind;
  std::string id;
  int64_t created_at = 0;  // ns since the epoch
  PodView pod;
  std::vector<ContainerView> containers;
};
using EventPointer = std::shared_ptr<const Event>;

// Thread-safe.
class EventHub {
 public:
  class Subscription {
   public:
    // Called whenever the queue stops being empty, or ended. From the publishing thread: must not block.
    void OnReady(std::function<void()> ready);
    // The next event; null when there is none now; ResourceExhausted after an overflow.
    StatusOr<EventPointer> Next();

   private:
    friend class EventHub;
    std::mutex mutex_;
    std::deque<EventPointer> queue_;
    bool overflowed_ = false;
    std::function<void()> ready_;
  };

  explicit EventHub(size_t queue_limit = 1024) : queue_limit_(queue_limit) {}

  // Ends when the pointer is dropped.
  std::shared_ptr<Subscription> Subscribe();
  void Publish(EventPointer event);
  // Whether anybody would read; saves making the snapshot.
  bool HasSubscribers();

 private:
  const size_t queue_limit_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Subscription>> subscriptions_;
};

}  // namespace jobpod
