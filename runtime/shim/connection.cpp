#include "runtime/shim/connection.hpp"

#include "runtime/shim/reply.hpp"

namespace jobpod::shim {
namespace {

constexpr size_t kMaxOutgoing = 1 << 20;
constexpr size_t kFrameHeaderSize = 4;

}  // namespace

void Connection::Send(const FromShim& message) {
  if (!IsOpen()) return;
  std::string payload = message.SerializeAsString();
  outgoing_ += FrameHeader(payload.size());
  outgoing_ += payload;
  if (outgoing_.size() > kMaxOutgoing) return Close();
  if (!writing_) WriteSome();
}

void Connection::Fail(uint64_t id, const Status& error) {
  FromShim reply = ReplyOf(error);
  reply.set_id(id);
  Send(reply);
}

OwnedHandle Connection::TakeHandle() {
  if (handles_.empty()) return {};
  OwnedHandle handle = std::move(handles_.front());
  handles_.pop_front();
  return handle;
}

bool Connection::Take(std::string_view bytes) {
  reader_.Append(bytes);
  unread_ += bytes.size();
  return HandleFrames();
}

bool Connection::HandleFrames() {
  for (;;) {
    StatusOr<std::optional<std::string>> frame = reader_.Next();
    if (!frame.ok()) return false;
    if (!frame->has_value()) break;
    unread_ -= kFrameHeaderSize + (*frame)->size();
    ToShim request;
    if (!request.ParseFromString(**frame)) return false;
    frame->reset();
    AdoptHandles(request);
    owner_.OnRequest(shared_from_this(), request);
    if (!IsOpen()) return true;
  }
  if (unread_ == 0) reader_ = FrameReader();  // gives the memory of a large request back
  return true;
}

void Connection::Close() {
  if (!IsOpen()) return;
  CloseSocket();
  handles_.clear();
  subscribed_ = false;
  owner_.OnClosed(shared_from_this());
}

}  // namespace jobpod::shim
