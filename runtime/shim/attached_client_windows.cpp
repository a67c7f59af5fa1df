#include "base/pipe_windows.hpp"
#include "runtime/shim/attached_client.hpp"
#include "runtime/shim/input_end_windows.hpp"
#include "runtime/shim/stream_handles.hpp"

namespace jobpod::shim {

Status AttachedClient::AddPipe(LogStream stream) {
  outputs_[static_cast<int>(stream)] = std::make_shared<ClientOutput>(io_, when_behind_);
  return absl::OkStatus();
}

StatusOr<bool> AttachedClient::HandOver(LogStream stream, bool asked, ClientHandles& handles) {
  auto& output = outputs_[static_cast<int>(stream)];
  if (output == nullptr) return false;
  OwnedHandle& end = stream == LogStream::kStdout ? handles.output : handles.error;
  if (asked && end) {
    output->Connect(std::move(end));
    return true;
  }
  std::exchange(output, nullptr)->Close();
  return false;
}

Status AttachedClient::HandOverInput(const Input& input, ClientHandles& handles) {
  if (handles.input) RelayInput(io_, std::move(handles.input), input.end);
  return absl::OkStatus();
}

// The pipes are the daemon's.
StatusOr<ClientHandles> TakeClientHandles(Connection& connection, const shim::Attach& asked) {
  ClientHandles handles;
  RETURN_IF_ERROR(TakeHandle(connection, asked.has_stdin(), handles.input));
  RETURN_IF_ERROR(TakeHandle(connection, asked.has_stdout(), handles.output));
  RETURN_IF_ERROR(TakeHandle(connection, asked.has_stderr(), handles.error));
  RETURN_IF_ERROR(TakeHandle(connection, true, handles.control));
  return handles;
}

}  // namespace jobpod::shim
