#include "test/harness/configs.hpp"

namespace jobpod::test {

void AskForHost(cri::PodSandboxConfig& pod) {
  auto& security = *pod.mutable_linux()->mutable_security_context();
  security.set_privileged(true);
  security.mutable_namespace_options()->set_network(cri::NODE);
}

void AskForHost(cri::ContainerConfig& container) {
  container.mutable_linux()->mutable_security_context()->set_privileged(true);
}

cri::ContainerConfig Script(const std::string& image, const std::string& script) {
  return HostProcessContainer("main", image, {kBusybox, "sh", "-c", script});
}

}  // namespace jobpod::test
