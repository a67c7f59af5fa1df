// What integration cases stand on: one registry, one daemon and pods that run the image's busybox.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "test/harness/host.hpp"
#include "test/harness/registry.hpp"
#include "test/suite/checks.hpp"
#include "test/suite/pod.hpp"

namespace jobpod::test {

using Runtime = cri::RuntimeService::Stub;
using Images = cri::ImageService::Stub;

// The one registry of this program, with the test images in it.
const Registry& SharedRegistry();
// Pulls a test image ("busybox") into a daemon; its id.
std::string Image(const std::string& name, Daemon& daemon = SharedDaemon());

// A script container of the busybox image.
cri::ContainerConfig Busybox(const std::string& script, Daemon& daemon = SharedDaemon());
// Runs one to its end.
Ran RunScript(Pod& pod, const std::string& script);

}  // namespace jobpod::test
