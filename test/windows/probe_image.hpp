// The images of images.py in a daemon, and containers of the probe in them.
#pragma once

#include <string>
#include <vector>

#include "test/harness/configs.hpp"
#include "test/harness/daemon.hpp"

namespace jobpod::test {

// The image's program, by the name that users are told to write.
inline constexpr const char* kProbe = "%CONTAINER_SANDBOX_MOUNT_POINT%\\probe.exe";

// Where images.py has put its layouts, and the program itself on the host.
std::string ImagesDirectory();
std::string HostProbe();

// Imports a layout or archive; throws RpcFailed. The ids of its images.
std::vector<std::string> Import(Daemon& daemon, const std::string& path);
// The id of an image of images.py, "probe"; imported when the daemon lacks it.
std::string Image(const std::string& name, Daemon& daemon);

// The probe's command line for deeds with blanks between them, "out hello + exit 3".
std::vector<std::string> Deeds(const std::string& deeds);
// A container of the image "probe" that does them.
cri::ContainerConfig Does(const std::string& deeds, Daemon& daemon);
// One with any command line.
cri::ContainerConfig Command(const std::vector<std::string>& words, Daemon& daemon);
// One that stays until it is killed.
cri::ContainerConfig Sleeps(Daemon& daemon);

}  // namespace jobpod::test
