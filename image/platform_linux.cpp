#include "image/platform.hpp"

namespace jobpod {

Platform HostPlatform() {
  return {"linux", HostArchitecture(), "", ""};
}

}  // namespace jobpod
