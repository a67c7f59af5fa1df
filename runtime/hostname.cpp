#include "runtime/hostname.hpp"

#include "network/host_identity.hpp"

namespace jobpod {

std::string HostnameOf(const PodSpec& pod) {
  return pod.hostname().empty() ? ReadHostname() : pod.hostname();
}

}  // namespace jobpod
