// CRI messages of what jobs have used.
#pragma once

#include "cri/wire.hpp"
#include "runtime/pod_manager.hpp"

namespace jobpod {

cri::ContainerStats StatsOf(const ContainerUsage& usage);
cri::PodSandboxStats StatsOf(const PodUsage& usage);
cri::FilesystemUsage FilesystemOf(const FilesystemUsage& usage, int64_t timestamp);

}  // namespace jobpod
