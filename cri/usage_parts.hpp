// What statistics of containers and of pods are made of.
#pragma once

#include "cri/usage.hpp"

namespace jobpod {

void SetCpu(const JobUsage& usage, const std::optional<uint64_t>& nano_cores, cri::CpuUsage& out);
void SetMemory(const JobUsage& usage, cri::MemoryUsage& out);
void SetIo(const JobUsage& usage, cri::IoUsage& out);
void SetAttributes(const ContainerRecord& record, cri::ContainerAttributes& out);
void SetAttributes(const PodRecord& record, cri::PodSandboxAttributes& out);

}  // namespace jobpod
