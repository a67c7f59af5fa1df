// The handles of streams, as they come with requests (protocol.proto).
#pragma once

#include "base/status.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/attached_client.hpp"
#include "runtime/shim/connection.hpp"

namespace jobpod::shim {

struct ExecHandles {
  OwnedHandle input, output, error, control;

  SpawnHandles ForProcess() const {
    SpawnHandles handles;
    handles.standard_input = input.get();
    handles.standard_output = output.get();
    handles.standard_error = error.get();
    return handles;
  }
};

// InvalidArgument when one is missing.
StatusOr<ExecHandles> TakeExecHandles(Connection& connection, const Exec& exec);
StatusOr<ClientHandles> TakeClientHandles(Connection& connection, const shim::Attach& asked);

// What both are made of: the next one into `place`, if `asked`.
Status TakeHandle(Connection& connection, bool asked, OwnedHandle& place);

}  // namespace jobpod::shim
