#include "cri/events_stream.hpp"

#include <mutex>

#include "cri/views.hpp"

namespace jobpod {
namespace {

cri::ContainerEventType TypeOf(EventKind kind) {
  switch (kind) {
    case EventKind::kCreated:
      return cri::CONTAINER_CREATED_EVENT;
    case EventKind::kStarted:
      return cri::CONTAINER_STARTED_EVENT;
    case EventKind::kStopped:
      return cri::CONTAINER_STOPPED_EVENT;
    default:
      return cri::CONTAINER_DELETED_EVENT;
  }
}

grpc::ByteBuffer WireOf(const Event& event, const Rooms& rooms) {
  cri::ContainerEventResponse message;
  message.set_container_id(event.id);
  message.set_container_event_type(TypeOf(event.kind));
  message.set_created_at(event.created_at);
  if (event.pod != nullptr)
    *message.mutable_pod_sandbox_status() = StatusOf(*event.pod, rooms.host_identity());
  for (const auto& container : event.containers) {
    *message.add_containers_statuses() = StatusOf(*container, rooms.images);
  }
  grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

// One write is under way at a time. The hub calls Pump from the publishing thread when there is something
// to read, gRPC calls it when a write is done; `busy_` decides who goes on.
class EventStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  EventStream(const Rooms& rooms, RpcRecord record) : rooms_(rooms), record_(std::move(record)) {}

  void Begin() {
    StartSendInitialMetadata();  // the client knows that from now on it misses nothing
    subscription_ = rooms_.pods.events().Subscribe();
    handle_ = std::make_shared<Handle>();
    handle_->stream = this;
    subscription_->OnReady([handle = handle_] {
      const std::lock_guard lock(handle->mutex);
      if (handle->stream != nullptr) handle->stream->Pump();
    });
    Pump();  // what was published before OnReady
  }
  void End(const Status& status) {
    record_.Finish(Call(), status);
    Finish(ToGrpc(status));
  }

  void OnWriteDone(bool ok) override {
    if (TakeEndAfterWrite(ok)) {
      End(Cancelled());
    } else {
      Pump();
    }
  }
  void OnCancel() override {
    if (TakeEndOnCancel()) End(Cancelled());
  }
  void OnDone() override {
    if (handle_ != nullptr) {
      const std::lock_guard lock(handle_->mutex);
      handle_->stream = nullptr;
    }
    delete this;
  }

 private:
  // Outlives the stream: the hub may be calling while the stream ends.
  struct Handle {
    std::mutex mutex;
    EventStream* stream = nullptr;
  };

  static Status Cancelled() { return absl::CancelledError("the client has ended the event stream"); }

  // Each Take…: whether the caller is the one that ends the stream. Never while a write is under way.
  bool TakeEnd() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(ended_, true);
  }
  bool TakeEndOnCancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    return !busy_ && !std::exchange(ended_, true);
  }
  bool TakeEndAfterWrite(bool ok) {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    return (cancelled_ || !ok) && !std::exchange(ended_, true);
  }

  // The next event to write, nothing when there is none or somebody else is writing.
  StatusOr<EventPointer> Take() {
    const std::lock_guard lock(mutex_);
    if (busy_ || ended_ || cancelled_) return EventPointer();
    auto event = subscription_->Next();
    busy_ = event.ok() && *event != nullptr;
    return event;
  }

  void Pump() {
    const auto event = Take();
    if (!event.ok()) {
      if (TakeEnd()) End(event.status());
      return;
    }
    if (*event == nullptr) return;
    message_ = WireOf(**event, rooms_);
    StartWrite(&message_);
  }

  const Rooms& rooms_;
  const RpcRecord record_;
  std::shared_ptr<EventHub::Subscription> subscription_;
  std::shared_ptr<Handle> handle_;
  grpc::ByteBuffer message_;
  std::mutex mutex_;
  bool busy_ = false;
  bool cancelled_ = false;
  bool ended_ = false;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamEvents(const Rooms& rooms, const Status& admitted,
                                                         RpcRecord record) {
  auto* stream = new EventStream(rooms, std::move(record));
  if (admitted.ok()) {
    stream->Begin();
  } else {
    stream->End(admitted);
  }
  return stream;
}

}  // namespace jobpod
