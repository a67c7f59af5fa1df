#include "cri/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/handle_linux.hpp"
#include "cri/process.hpp"

namespace jobpod {
namespace {

// Does nothing without NOTIFY_SOCKET. Best effort.
void Notify(std::string_view state) {
  const char* place = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const size_t length = place ? std::strlen(place) : 0;
  if (length < 2 || length >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, place, length);
  if (place[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  [[maybe_unused]] const ssize_t sent = sendto(socket_fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                               reinterpret_cast<const sockaddr*>(&address), size);
}

class Systemd final : public ServiceManager {
 public:
  std::string LogFile(const std::string&) const override { return ""; }
  void Ready() override { Notify("READY=1"); }
  void WaitForEnd() override { WaitForEndSignal(); }
  void Stopping() override { Notify("STOPPING=1"); }
  void Left() override {}
};

}  // namespace

std::unique_ptr<ServiceManager> OrdinaryManager() {
  return std::make_unique<Systemd>();
}

}  // namespace jobpod
