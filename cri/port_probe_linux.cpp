#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "cri/host_checks.hpp"

namespace jobpod {

HostCheck CheckPort(uint16_t port) {
  const std::string place = Concat("127.0.0.1:", port);
  const Fd probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return {"http port", CheckResult::kOk, place + " is free", ""};
  }
  return {"http port", CheckResult::kWarn,
          std::string(Message(ErrnoStatus(errno, Concat("cannot have ", place)))),
          "set [http] address to another port, or to \"off\""};
}

}  // namespace jobpod
