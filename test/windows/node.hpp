// What cases of the Windows suite stand on.
#pragma once

#include <string>
#include <vector>

#include "test/harness/processes.hpp"
#include "test/suite/checks.hpp"
#include "test/suite/pod.hpp"
#include "test/windows/probe_image.hpp"

namespace jobpod::test {

using Runtime = cri::RuntimeService::Stub;
using Images = cri::ImageService::Stub;

// The same as for any daemon, in the shared one.
inline std::string Image(const std::string& name) { return Image(name, SharedDaemon()); }
inline cri::ContainerConfig Does(const std::string& deeds) { return Does(deeds, SharedDaemon()); }
inline cri::ContainerConfig Command(const std::vector<std::string>& words) { return Command(words, SharedDaemon()); }
inline cri::ContainerConfig Sleeps() { return Sleeps(SharedDaemon()); }

// The directory of a container's files, as the host sees it.
std::string RootfsOf(const std::string& container, const Daemon& daemon = SharedDaemon());

double SecondsOf(const std::function<void()>& call);
// Children that the probe has started, from what it printed.
std::vector<pid_t> Children(const std::string& text);
bool AnyAlive(const std::vector<pid_t>& pids);

// jobpod.exe with these arguments, against the daemon.
CommandResult Jobpod(std::vector<std::string> arguments, Daemon& daemon = SharedDaemon());

}  // namespace jobpod::test
