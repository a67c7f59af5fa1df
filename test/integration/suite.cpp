#include "test/integration/suite.hpp"

#include <mutex>

namespace jobpod::test {

const Registry& SharedRegistry() {
  static const Registry registry;
  static std::once_flag filled;
  std::call_once(filled, [] {
    for (const char* tag : {"busybox", "debian", "alpine", "musl", "scripts", "layers", "accounts", "bare"})
      registry.Push(ImageLayout(), tag);
  });
  return registry;
}

std::string Image(const std::string& name, Daemon& daemon) {
  return daemon.client().Pull(SharedRegistry().Reference(name));
}

cri::ContainerConfig Busybox(const std::string& script, Daemon& daemon) {
  return Script(Image("busybox", daemon), script);
}

Ran RunScript(Pod& pod, const std::string& script) {
  return pod.Run(Busybox(script, pod.daemon()));
}

}  // namespace jobpod::test
