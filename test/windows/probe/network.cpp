// A TCP server on the host's loopback.
#include <winsock2.h>

#include <windows.h>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

void EchoAll(SOCKET client) {
  char buffer[16 * 1024];
  for (int got = 0; (got = recv(client, buffer, sizeof buffer, 0)) > 0;) {
    for (int sent = 0; sent < got;) {
      const int now = send(client, buffer + sent, got - sent, 0);
      if (now <= 0) return;
      sent += now;
    }
  }
}

// echo PORT: serves 127.0.0.1, one client after the other, for ever; port 0 is a free one, and told.
std::optional<int> Echo(Words words) {
  WSADATA data;
  WSAStartup(MAKEWORD(2, 2), &data);
  const SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<u_short>(Number(words, 0)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int size = sizeof address;
  if (bind(server, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(server, 16) != 0 ||
      getsockname(server, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Failed("listen");
  }
  Print("port=" + std::to_string(ntohs(address.sin_port)) + "\n");
  for (SOCKET client; (client = accept(server, nullptr, nullptr)) != INVALID_SOCKET; closesocket(client))
    EchoAll(client);
  return Failed("accept");
}

constexpr Deed kDeeds[] = {{"echo", false, Echo}};

}  // namespace

std::span<const Deed> NetworkDeeds() {
  return kDeeds;
}

}  // namespace jobpod::probe
