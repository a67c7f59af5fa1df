// The standard streams of a new container: pipes, or a terminal.
#pragma once

#include <memory>

#include "base/native_handle.hpp"
#include "base/status.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/terminal.hpp"

namespace jobpod::shim {

struct ContainerStdio {
  // The process's ends; closed once it runs.
  OwnedHandle process_input, process_output, process_error;
  std::shared_ptr<Terminal> terminal;  // instead of the three
  // The shim's ends, for asynchronous use. With a terminal `output` and `input` are its owner's side, there once
  // TakeTerminal has been called, and `error` is not set; otherwise `input` is set when standard input is kept
  // open.
  OwnedHandle input, output, error;

  // Sets the streams of `handles`.
  void Describe(SpawnHandles& handles) const {
    handles.standard_input = process_input.get();
    handles.standard_output = process_output.get();
    handles.standard_error = process_error.get();
    handles.console = terminal ? terminal->console() : kNoHandle;
  }

  // Called when the process runs.
  Status TakeTerminal() { return terminal ? terminal->Take(input, output) : absl::OkStatus(); }
};

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked);

}  // namespace jobpod::shim
