#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"
#include "runtime/shim/attached_client.hpp"
#include "runtime/shim/input_end_linux.hpp"
#include "runtime/shim/stream_handles.hpp"

namespace jobpod::shim {
namespace {

// How far a client may be behind. Pages of the kernel's that are there only while something lies in them.
constexpr int kPipeSize = 1 << 20;

}  // namespace

Status AttachedClient::AddPipe(LogStream stream) {
  const int at = static_cast<int>(stream);
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  theirs_[at] = OwnedHandle(pipe.read.Release());
  outputs_[at] = std::make_shared<ClientOutput>(io_, when_behind_);
  outputs_[at]->Connect(OwnedHandle(pipe.write.Release()));
  return absl::OkStatus();
}

StatusOr<bool> AttachedClient::HandOver(LogStream stream, bool asked, ClientHandles& handles) {
  const Fd end(static_cast<int>(theirs_[static_cast<int>(stream)].Release()));
  if (!asked || !end) return false;
  SetPipeSize(end, kPipeSize);
  RETURN_IF_ERROR(SendHandle(static_cast<int>(handles.control.get()), end.get()));
  return true;
}

Status AttachedClient::HandOverInput(const Input& input, ClientHandles& handles) {
  if (input.end == nullptr) return absl::OkStatus();
  return SendHandle(static_cast<int>(handles.control.get()), input.end->get());
}

// The pipes are the shim's.
StatusOr<ClientHandles> TakeClientHandles(Connection& connection, const shim::Attach&) {
  ClientHandles handles;
  RETURN_IF_ERROR(TakeHandle(connection, true, handles.control));
  return handles;
}

std::shared_ptr<InputEnd> ShareInput(boost::asio::io_context&, OwnedHandle end) {
  return end ? std::make_shared<InputEnd>(std::move(end)) : nullptr;
}

}  // namespace jobpod::shim
