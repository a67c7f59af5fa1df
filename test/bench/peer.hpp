// The two runtimes under comparison, each with private directories and a private socket.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/harness/client.hpp"
#include "test/harness/registry.hpp"

namespace jobpod::bench {

namespace cri = ::runtime::v1;

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  virtual std::string address() const = 0;
  virtual pid_t daemon() const = 0;
  virtual std::vector<pid_t> shims() const = 0;
  // The image's busybox as this runtime's containers reach it.
  virtual std::string busybox() const = 0;
  virtual std::string logs() const = 0;
  // SIGKILL, and begun again on the same directories; does not wait until it answers.
  virtual void Restart() = 0;
};

std::unique_ptr<Peer> MakeJobpod();
// Debian's containerd with runc: overlayfs, images from the registry, host-network pods, no CNI.
std::unique_ptr<Peer> MakeContainerd(const test::Registry& registry);

}  // namespace jobpod::bench
