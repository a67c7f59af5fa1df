#include "test/harness/configs.hpp"

namespace jobpod::test {

// Windows' own field says it all.
void AskForHost(cri::PodSandboxConfig&) {}

void AskForHost(cri::ContainerConfig& container) {
  container.mutable_windows()->mutable_security_context()->set_run_as_username("NT AUTHORITY\\SYSTEM");
}

}  // namespace jobpod::test
