#include "cri/service_commands.hpp"

namespace jobpod {

void AddServiceCommands(CLI::App&, DaemonOptions&) {}

}  // namespace jobpod
