// What cases of the Windows suite stand on: the images, and the probe in them.
#pragma once

#include <string>
#include <vector>

#include "test/harness/processes.hpp"
#include "test/suite/checks.hpp"
#include "test/suite/pod.hpp"

namespace jobpod::test {

using Runtime = cri::RuntimeService::Stub;
using Images = cri::ImageService::Stub;

// The image's program, by the name that users are told to write.
inline constexpr const char* kProbe = "%CONTAINER_SANDBOX_MOUNT_POINT%\\probe.exe";

// Where test/windows/images.py has put its layouts, and the program itself on the host.
std::string ImagesDirectory();
std::string HostProbe();

// Imports a layout or archive; throws RpcFailed. The ids of its images.
std::vector<std::string> Import(Daemon& daemon, const std::string& path);
// The id of an image of images.py, "probe"; imported when the daemon lacks it.
std::string Image(const std::string& name, Daemon& daemon = SharedDaemon());

// The probe's command line for deeds with blanks between them, "out hello + exit 3".
std::vector<std::string> Deeds(const std::string& deeds);
// A container of the image "probe" that does them.
cri::ContainerConfig Does(const std::string& deeds, Daemon& daemon = SharedDaemon());
// One with any command line.
cri::ContainerConfig Command(const std::vector<std::string>& words, Daemon& daemon = SharedDaemon());
// One that stays until it is killed.
cri::ContainerConfig Sleeps(Daemon& daemon = SharedDaemon());

// The directory of a container's files, as the host sees it, with a backslash behind it.
std::string RootfsOf(Pod& pod, const std::string& running);

double SecondsOf(const std::function<void()>& call);
// Children that the probe has started, from what it printed.
std::vector<pid_t> Children(const std::string& text);
bool AnyAlive(const std::vector<pid_t>& pids);

// jobpod.exe with these arguments, against the daemon.
CommandResult Jobpod(std::vector<std::string> arguments, Daemon& daemon = SharedDaemon());

}  // namespace jobpod::test
