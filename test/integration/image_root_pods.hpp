// Ordinary pods, whose containers have their image as root, and a daemon that admits them.
#pragma once

#include "test/integration/suite.hpp"

namespace jobpod::test {

// A case's own daemon with pods.admit = "all".
class OpenDaemon {
 public:
  OpenDaemon() : daemon("[pods]\nadmit = \"all\"\n") {}
  Daemon daemon;

  // The image's busybox runs a script; nothing is asked for, so customary capabilities and no seccomp.
  cri::ContainerConfig Plain(const std::string& script, const std::string& image = "busybox") {
    cri::ContainerConfig container =
        HostProcessContainer("main", Image(image, daemon), {"/bin/sh", "-c", script});
    container.clear_linux();
    container.clear_windows();
    return container;
  }
};

// A pod that asks for nothing of the host but its network, edited.
class PlainPod : public Pod {
 public:
  explicit PlainPod(OpenDaemon& open, const std::function<void(cri::PodSandboxConfig&)>& edit = {})
      : Pod(open.daemon, "", [&](cri::PodSandboxConfig& pod) {
          pod.clear_windows();
          pod.mutable_linux()->mutable_security_context()->set_privileged(false);
          if (edit) edit(pod);
        }) {}
};

inline cri::NamespaceOption& Namespaces(cri::PodSandboxConfig& pod) {
  return *pod.mutable_linux()->mutable_security_context()->mutable_namespace_options();
}
inline cri::LinuxContainerSecurityContext& Security(cri::ContainerConfig& container) {
  return *container.mutable_linux()->mutable_security_context();
}

}  // namespace jobpod::test
