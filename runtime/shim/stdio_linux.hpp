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

  SpawnHandles handles() const {
    return {process_input.get(), process_output.get(), process_error.get(), terminal, -1};
  }
};

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked);

}  // namespace jobpod::shim
