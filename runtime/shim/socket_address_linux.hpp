// Unix socket addresses hold 107 bytes; a longer path is reached through its open directory.
#pragma once

#include <sys/un.h>

#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

struct SocketAddress {
  sockaddr_un value{};
  Fd directory;  // must stay open while `value` is used
};

StatusOr<SocketAddress> ShortSocketAddress(const std::string& path);

}  // namespace jobpod
