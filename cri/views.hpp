// CRI messages of the snapshots runtime/ keeps. Labels, annotations, mounts and the image are answered as
// they were given: they are read from the request the record carries.
#pragma once

#include <string>

#include "cri/rooms.hpp"
#include "cri/wire.hpp"
#include "runtime/snapshot.hpp"

namespace jobpod {

cri::PodSandboxConfig ConfigOf(const PodRecord& record);
cri::ContainerConfig ConfigOf(const ContainerRecord& record);

cri::ContainerState StateOf(const ContainerSnapshot& container);
cri::PodSandboxState StateOf(const PodSnapshot& pod);

// One item of ListPodSandbox and ListContainers in its wire form (WireItem).
const std::string& ListItem(const PodSnapshot& pod);
const std::string& ListItem(const ContainerSnapshot& container);

cri::PodSandboxStatus StatusOf(const PodSnapshot& pod, const HostIdentity& host);
cri::ContainerStatus StatusOf(const ContainerSnapshot& container, const Images& images);

}  // namespace jobpod
