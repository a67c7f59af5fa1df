#include "runtime/shim/stream_handles.hpp"

namespace jobpod::shim {

Status TakeHandle(Connection& connection, bool asked, OwnedHandle& place) {
  if (!asked) return absl::OkStatus();
  place = connection.TakeHandle();
  if (place) return absl::OkStatus();
  return absl::InvalidArgumentError("a descriptor is missing from the request");
}

StatusOr<ExecHandles> TakeExecHandles(Connection& connection, const Exec& exec) {
  ExecHandles handles;
  RETURN_IF_ERROR(TakeHandle(connection, exec.has_stdin(), handles.input));
  RETURN_IF_ERROR(TakeHandle(connection, exec.has_stdout(), handles.output));
  RETURN_IF_ERROR(TakeHandle(connection, exec.has_stderr(), handles.error));
  RETURN_IF_ERROR(TakeHandle(connection, exec.streamed(), handles.control));
  return handles;
}

}  // namespace jobpod::shim
