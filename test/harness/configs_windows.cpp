#include "test/harness/configs.hpp"

namespace jobpod::test {

// Windows' own field says it all.
void AskForHost(cri::PodSandboxConfig&) {}
void AskForHost(cri::ContainerConfig&) {}

}  // namespace jobpod::test
