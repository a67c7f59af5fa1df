// From what CRI asks to what runtime/ does, with every check that needs nothing but the message: names,
// ranges, paths. Nothing here touches the operating system. Errors are InvalidArgument and name the field.
#pragma once

#include <chrono>
#include <string>

#include "base/status.hpp"
#include "cri/wire.hpp"
#include "image/images.hpp"
#include "runtime/record.pb.h"
#include "runtime/snapshot.hpp"

namespace jobpod {

// `layout` comes from AdmitPod.
StatusOr<PodSpec> TranslatePod(const cri::PodSandboxConfig& config, const std::string& handler,
                               const std::string& layout);

// `image` is the container's; the images of its volumes are looked up in `images` (NotFound when one is
// missing). `pod` is the sandbox's record with its parsed config.
StatusOr<ContainerSpec> TranslateContainer(const cri::ContainerConfig& config, const PodRecord& pod,
                                           const cri::PodSandboxConfig& pod_config, const Image& image,
                                           const Images& images);

NamespaceScope ScopeOf(cri::NamespaceMode mode);

// What a container of an image-root pod is shut in by.
StatusOr<SecuritySpec> TranslateSecurity(const cri::ContainerConfig& config, const PodSpec& pod);

StatusOr<Limits> TranslateLinuxLimits(const cri::LinuxContainerResources& resources);
StatusOr<Limits> TranslateWindowsLimits(const cri::WindowsContainerResources& resources);
// Limits of a whole pod: resources plus overhead.
StatusOr<Limits> TranslatePodLimits(const cri::LinuxContainerResources& resources,
                                    const cri::LinuxContainerResources& overhead);

// The resources now in force: as asked for, and what an update has changed since.
cri::ContainerResources ResourcesInForce(const cri::ContainerConfig& config, const ContainerRecord& record);

// A Linux signal number; 0 for the default. `SignalOf` is the other way round.
int SignalNumber(cri::Signal signal);
cri::Signal SignalOf(int number);

// Seconds of a request as a duration; negative ones are refused, huge ones cut to a hundred years.
StatusOr<std::chrono::milliseconds> Seconds(int64_t seconds, const char* field);

// Names that go into messages, reservations and paths: not empty (unless `may_be_empty`), at most 253
// bytes, no slash, no control characters.
Status CheckName(const std::string& name, const char* field, bool may_be_empty = false);
// No zero byte: the operating system would cut the text there.
Status CheckText(const std::string& text, const char* field);

}  // namespace jobpod
