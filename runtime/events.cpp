#include "runtime/events.hpp"

#include <utility>

namespace jobpod {

void EventHub::Subscription::OnReady(std::function<void()> ready) {
  bool call = false;
  {
    std::scoped_lock lock(mutex_);
    ready_ = ready;
    call = ready && (!queue_.empty() || overflowed_);
  }
  if (call) ready();
}

StatusOr<EventPointer> EventHub::Subscription::Next() {
  std::scoped_lock lock(mutex_);
  if (!queue_.empty()) {
    EventPointer event = std::move(queue_.front());
    queue_.pop_front();
    return event;
  }
  if (overflowed_) {
    return absl::ResourceExhaustedError("events came faster than they were read; list again and resubscribe");
  }
  return EventPointer();
}

std::shared_ptr<EventHub::Subscription> EventHub::Subscribe() {
  auto subscription = std::make_shared<Subscription>();
  std::scoped_lock lock(mutex_);
  std::erase_if(subscriptions_, [](const auto& weak) { return weak.expired(); });
  subscriptions_.push_back(subscription);
  return subscription;
}

bool EventHub::HasSubscribers() {
  std::scoped_lock lock(mutex_);
  std::erase_if(subscriptions_, [](const auto& weak) { return weak.expired(); });
  return !subscriptions_.empty();
}

void EventHub::Publish(EventPointer event) {
  // Callbacks run after the hub's lock is gone, in the order the events were published per subscriber.
  std::vector<std::shared_ptr<Subscription>> readers;
  {
    std::scoped_lock lock(mutex_);
    for (const auto& weak : subscriptions_) {
      if (auto reader = weak.lock()) readers.push_back(std::move(reader));
    }
    for (const auto& reader : readers) {
      std::scoped_lock reader_lock(reader->mutex_);
      if (reader->queue_.size() >= queue_limit_) reader->overflowed_ = true;
      if (!reader->overflowed_) reader->queue_.push_back(event);
    }
  }
  for (const auto& reader : readers) {
    std::function<void()> ready;
    {
      std::scoped_lock reader_lock(reader->mutex_);
      ready = reader->ready_;
    }
    if (ready) ready();
  }
}

}  // namespace jobpod
