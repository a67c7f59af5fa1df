// jobpodd as a service of Windows. systemd needs a unit file and no commands, so Linux has none.
#pragma once

#include "cri/daemon_options.hpp"

namespace CLI {
class App;
}

namespace jobpod {

// Declares `service prepare`, `install`, `remove` and `run`, where there are such services.
void AddServiceCommands(CLI::App& app, DaemonOptions& options);

}  // namespace jobpod
