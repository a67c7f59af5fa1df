// Pod and container configs as clients write them.
#pragma once

#include <string>
#include <vector>

#include "test/harness/client.hpp"

namespace jobpod::test {

// A HostProcess pod on the host's network with a name and uid of its own.
cri::PodSandboxConfig HostProcessPod(const std::string& name, const std::string& log_directory = "");

// A HostProcess container; empty `command` leaves the image's.
cri::ContainerConfig HostProcessContainer(const std::string& name, const std::string& image,
                                          const std::vector<std::string>& command = {});

// What this system's kubelet says besides the HostProcess field.
void AskForHost(cri::PodSandboxConfig& pod);
void AskForHost(cri::ContainerConfig& container);

cri::Mount* AddMount(cri::ContainerConfig& container, const std::string& host_path,
                     const std::string& container_path, bool readonly = false);
void AddVariable(cri::ContainerConfig& container, const std::string& name, const std::string& value);

// Linux: HostProcessContainer that runs a shell script with the image's own busybox, wherever the layout puts it.
inline constexpr const char* kBusybox = "$CONTAINER_SANDBOX_MOUNT_POINT/bin/busybox";
cri::ContainerConfig Script(const std::string& image, const std::string& script);

}  // namespace jobpod::test
