// The standard streams of a new container: pipes, or a terminal.
#pragma once

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod::shim {

struct ContainerStdio {
  // The process's ends; closed once it runs.
  Fd process_input, process_output, process_error;
  // The shim's ends, non-blocking. With a terminal `output` is its master side and `error` is not set;
  // `input` is set when standard input is kept open (for a terminal: the master once more).
  Fd input, output, error;
  bool terminal = false;

  // Sets the streams of `handles`.
  void Describe(SpawnHandles& handles) const {
    handles.standard_input = process_input.get();
    handles.standard_output = process_output.get();
    handles.standard_error = process_error.get();
    handles.terminal = terminal;
  }
};

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked);

}  // namespace jobpod::shim
