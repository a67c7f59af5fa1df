#include "runtime/console_linux.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace jobpod {
namespace {

// One packet with room for one descriptor.
struct Packet {
  Packet() {
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  char byte = 0;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec piece{&byte, 1};
  msghdr message{};
};

}  // namespace

void ResizeConsole(intptr_t console, uint16_t width, uint16_t height) {
  if (width == 0 || height == 0) return;
  winsize size{};
  size.ws_col = width;
  size.ws_row = height;
  ioctl(static_cast<int>(console), TIOCSWINSZ, &size);
}

StatusOr<SocketPair> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoStatus(errno, "make a socket pair for a stream");
  }
  return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

Status SendHandle(int socket, int handle) {
  Packet packet;
  cmsghdr* header = CMSG_FIRSTHDR(&packet.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof handle);
  std::memcpy(CMSG_DATA(header), &handle, sizeof handle);
  if (sendmsg(socket, &packet.message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) return absl::OkStatus();
  return ErrnoStatus(errno, "hand a terminal over");
}

StatusOr<Fd> ReceiveHandle(int socket) {
  Packet packet;
  ssize_t count = recvmsg(socket, &packet.message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  const cmsghdr* header = count == 1 ? CMSG_FIRSTHDR(&packet.message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) {
    return absl::UnavailableError("the process did not hand its terminal over");
  }
  int handle = -1;
  std::memcpy(&handle, CMSG_DATA(header), sizeof handle);
  return Fd(handle);
}

}  // namespace jobpod
