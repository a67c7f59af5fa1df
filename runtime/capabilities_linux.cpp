#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/capabilities.hpp"

namespace jobpod {

CapabilitySet OwnCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].permitted | static_cast<CapabilitySet>(data[1].permitted) << 32;
}

}  // namespace jobpod
